"""The verbs: one file for each thing someone does. A flow owns its transaction and commits before it answers."""
