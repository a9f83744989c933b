"""Which profiles are there, and what does each say?

The shipped ones lie beside this file; a directory of the operator's may add others. Every file is read and checked
whole before any of it is used.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache, lru_cache
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import Final

from pydantic import BaseModel

from callgate.domain.policy import Policy
from callgate.domain.rates import CapPeriod
from callgate.policies.building import to_policy
from callgate.policies.caps import CapsFile, check_periods
from callgate.policies.consistency import check_consistency
from callgate.policies.leaf import NONE_WORD, Leaf, Sourced
from callgate.policies.malformed import Contradiction, MalformedProfile, parse_toml, validate
from callgate.policies.schema import ProfileFile

CAPS_FILE: Final = "caps.toml"
_FILE_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,63}\.toml")

ProfileValue = None | bool | int | str | list["ProfileValue"] | dict[str, "ProfileValue"]


class UnknownProfile(LookupError):
    """No profile of this name is shipped or was added."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyValue:
    """One value of a policy file as its reader sees it: dotted key, plain value, source and mark.

    A clause has no value of its own, so None; a tariff is one value, a table of its terms; no ceiling is "none".
    """

    key: str
    value: ProfileValue
    source: str
    mark: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Floor:
    """How much of the telephone does the law give everyone at least? None: it says nothing.

    A report lists where it was missed; no call is refused or granted by it, so it is no part of a `Policy`.
    """

    minutes_per_day: int | None = None
    calls_per_month: int | None = None

    @property
    def is_set(self) -> bool:
        """Does the law say anything?"""
        return self.minutes_per_day is not None or self.calls_per_month is not None


def read_profile(content: bytes | str, *, file_name: str) -> Policy:
    """Answer the policy that this text describes.

    Args:
        content: TOML.
        file_name: must be the profile's own name and `.toml`; it is what a refusal names.

    Raises:
        MalformedProfile: with file, key and reason.
    """
    return _read(content, file_name)


@lru_cache(maxsize=64)  # the same text says the same, and to read one takes longer than most of a start
def _read(content: bytes | str, file_name: str) -> Policy:
    return _policy_of(_read_file(content, file_name=file_name), file_name=file_name)


def load_profile(name: str, *, directory: Path | None = None) -> Policy:
    """Answer one profile by name.

    Raises:
        UnknownProfile: there is none of this name.
        MalformedProfile: there is, and it cannot be used.
    """
    file_name = f"{name}.toml"
    return read_profile(_find_content(file_name, directory), file_name=file_name)


def load_floor(name: str, *, directory: Path | None = None) -> Floor:
    """Answer what one profile's law gives everyone at least.

    Raises:
        UnknownProfile: there is none of this name.
        MalformedProfile: there is, and it cannot be used.
    """
    file_name = f"{name}.toml"
    facts = _read_file(_find_content(file_name, directory), file_name=file_name).facts
    minutes, calls = facts.floor_minutes_per_day, facts.floor_calls_per_month
    return Floor(
        minutes_per_day=None if minutes is None else minutes.value,
        calls_per_month=None if calls is None else calls.value,
    )


def profile_text(name: str, *, directory: Path | None = None) -> str:
    """Answer the file of one profile as it was written, comments and all.

    Raises:
        UnknownProfile: there is none of this name.
    """
    return _find_content(f"{name}.toml", directory).decode()


def load_profiles(directory: Path | None = None) -> Mapping[str, Policy]:
    """Answer every profile by name: the shipped ones and those in `directory`.

    Raises:
        MalformedProfile: any of them cannot be used. One bad file stops all, because a facility that silently lost its
            profile would have all its calls refused.
    """
    contents = _list_contents(directory)
    return MappingProxyType(
        {name.removesuffix(".toml"): read_profile(contents[name], file_name=name) for name in sorted(contents)}
    )


def load_caps() -> tuple[CapPeriod, ...]:
    """Answer the federal caps, oldest period first, day by day without a gap; the last one has no end.

    Raises:
        MalformedProfile: the file cannot be used.
    """
    return tuple(row.to_period() for row in _read_caps().period)


def list_values(name: str, *, directory: Path | None = None) -> tuple[PolicyValue, ...]:
    """Answer every value of one profile with its source, in the order of the format.

    Raises:
        UnknownProfile: there is none of this name.
        MalformedProfile: there is, and it cannot be used.
    """
    file_name = f"{name}.toml"
    profile = _read_file(_find_content(file_name, directory), file_name=file_name)
    return tuple(_walk(profile, ""))


def list_cap_values() -> tuple[PolicyValue, ...]:
    """Answer every federal cap with its source, governing or not."""
    return tuple(_walk(_read_caps(), ""))


def _read_file(content: bytes | str, *, file_name: str) -> ProfileFile:
    tables = parse_toml(content, file_name=file_name)
    profile = validate(ProfileFile, tables, file_name=file_name)
    if f"{profile.profile}.toml" != file_name:
        raise MalformedProfile(file=file_name, key="profile", reason="must be the file's name without .toml")
    try:
        check_consistency(profile)
    except Contradiction as error:
        raise MalformedProfile(file=file_name, key=error.key, reason=error.reason) from None
    return profile


def _policy_of(profile: ProfileFile, *, file_name: str) -> Policy:
    try:
        return to_policy(profile)
    except ValueError as error:
        # What the format lets through and a domain value still refuses; its own message never repeats the value.
        raise MalformedProfile(file=file_name, key="", reason=str(error)) from None


@cache  # shipped, and so the same until the next start
def _read_caps() -> CapsFile:
    content = (files("callgate.policies") / CAPS_FILE).read_bytes()
    caps = validate(CapsFile, parse_toml(content, file_name=CAPS_FILE), file_name=CAPS_FILE)
    try:
        check_periods(caps.period)
    except Contradiction as error:
        raise MalformedProfile(file=CAPS_FILE, key=error.key, reason=error.reason) from None
    return caps


def _find_content(file_name: str, directory: Path | None) -> bytes:
    contents = _list_contents(directory)
    if file_name not in contents:
        raise UnknownProfile("no profile of this name")
    return contents[file_name]


def _list_contents(directory: Path | None) -> dict[str, bytes]:
    shipped = {
        entry.name: entry.read_bytes()
        for entry in files("callgate.policies").iterdir()
        if entry.name.endswith(".toml") and entry.name != CAPS_FILE
    }
    return shipped | (_list_added(directory, set(shipped)) if directory is not None else {})


def _list_added(directory: Path, shipped: set[str]) -> dict[str, bytes]:
    if not directory.is_dir():
        raise MalformedProfile(file=directory.name, key="", reason="is no directory that can be read")
    added: dict[str, bytes] = {}
    for path in sorted(directory.glob("*.toml")):
        if not _FILE_NAME.fullmatch(path.name):
            raise MalformedProfile(file=path.name, key="", reason="must be named as its profile: a-z, 0-9 and hyphens")
        if path.name in shipped or path.name == CAPS_FILE:
            # Two laws under one name could not be told apart in a record that says `ct-doc`.
            raise MalformedProfile(file=path.name, key="profile", reason="is a name that callgate ships; take another")
        try:
            added[path.name] = path.read_bytes()
        except OSError:
            raise MalformedProfile(file=path.name, key="", reason="cannot be read") from None
    return added


def _walk(node: object, key: str) -> Iterator[PolicyValue]:
    if isinstance(node, Leaf):
        value = NONE_WORD if node.value is None else _shown(node.value)
        yield PolicyValue(key=key, value=value, source=node.source, mark=node.mark)
        return
    if isinstance(node, Sourced):
        yield PolicyValue(key=key, value=_terms_of(node), source=node.source, mark=node.mark)
    for name, part in _parts_of(node):
        yield from _walk(part, f"{key}.{name}" if key else name)


def _parts_of(node: object) -> list[tuple[str, object]]:
    """What may have sources of its own; a bare text has none, be it a file's name or an absent fact."""
    match node:
        case BaseModel():
            return [(name, getattr(node, name)) for name in type(node).model_fields]
        case list():
            return [(str(place), item) for place, item in enumerate(node, start=1)]
        case dict():
            return list(node.items())
        case _:
            return []


def _terms_of(node: Sourced) -> ProfileValue:
    """What stands under the source of the whole table; None for a clause, which is nothing but its source."""
    values = {name: getattr(node, name) for name in type(node).model_fields if name not in Sourced.model_fields}
    terms = {name: _shown(value) for name, value in values.items() if not isinstance(value, BaseModel)}
    return terms or None


def _shown(value: object) -> ProfileValue:
    match value:
        case None | bool() | int():
            return value
        case list():
            return [_shown(item) for item in value]
        case dict():
            return {str(name): _shown(item) for name, item in value.items()}
        case str() | Decimal() | date():
            return str(value)
        case _:
            raise TypeError(f"a policy file holds no {type(value).__name__}")
