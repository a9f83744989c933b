"""`python -m callgate` is `callgate`."""

from callgate.cli import main

if __name__ == "__main__":
    main()
