"""The wire: routes, who may call them, problem answers, and the dialects that switches speak."""
