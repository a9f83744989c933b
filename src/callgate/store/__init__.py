"""The tables, and the only package that speaks SQL. One module a noun; no rule is written here."""
