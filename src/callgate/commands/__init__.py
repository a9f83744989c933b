"""What an operator types: one file a command. `callgate.cli` puts them together; nothing here is built at import."""
