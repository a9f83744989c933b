"""What does callgate do when something around it breaks: its database, its disk, its clock, its keys, its own process?

Not to be confused with `tests/faults`, which breaks callgate's code to see whether the tests notice. Here the code is
whole and runs as real processes under load, and the world is broken. `make faults` prints what came of it.
"""
