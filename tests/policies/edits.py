"""The shipped profiles as text, and a profile with one thing changed: what a slip in a real file looks like."""

from importlib.resources import files

import pytest

from callgate.policies import MalformedProfile, read_profile

PROFILES = ("bop", "ct-doc", "ny-doccs", "tdcj")
PLANTED = "4711planted"
"""A value to put where it is wrong: no message may repeat it."""


def text_of(name: str) -> str:
    return (files("callgate.policies") / f"{name}.toml").read_text(encoding="utf-8")


def edited(old: str, new: str, *, name: str = "ct-doc") -> str:
    """The profile with `old`, which must stand in it exactly once, replaced by `new`."""
    text = text_of(name)
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {name}.toml"
    return text.replace(old, new)


def refusal_of(content: str | bytes) -> MalformedProfile:
    """What `ct-doc.toml` with this content is refused with."""
    with pytest.raises(MalformedProfile) as refused:
        read_profile(content, file_name="ct-doc.toml")
    return refused.value


def assert_refused(content: str | bytes, key: str, reason: str) -> None:
    refused = refusal_of(content)
    assert (refused.file, refused.key) == ("ct-doc.toml", key)
    assert reason in refused.reason
    assert PLANTED not in str(refused)
