"""A second, naive implementation of the rules, and the generator that plays it against the real one."""
