"""The nouns: frozen values that the rest of callgate speaks in. Standard library only."""
