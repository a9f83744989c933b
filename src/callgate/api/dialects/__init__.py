"""The decision in the words of telephone systems that speak no JSON: one module a dialect, one record behind all."""
