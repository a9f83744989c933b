"""Is this machine, as far as callgate depends on it, as it should be? Everything that needs no database."""

import os
import platform
import shutil
import stat
import sys
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Final

from callgate.api.token_keys import UnusableTokenKey, read_secrets
from callgate.commands.findings import Found, fail, info, ok, warn
from callgate.domain.pin import parse_pin_keys
from callgate.policies import MalformedProfile, list_values, load_profiles
from callgate.settings import PREFIX, Settings, UnusableSettings, load_settings
from callgate.store import inspection

_PYTHON_MIN: Final = (3, 11)
_MEBIBYTE: Final = 2**20
_FREE_FAIL_BYTES: Final = 100 * _MEBIBYTE
_FREE_WARN_BYTES: Final = 1024 * _MEBIBYTE
_KEYS: Final = ("token_key", "pin_key")


def examine_settings(environment: Mapping[str, str]) -> tuple[Settings | None, list[Found]]:
    """Read the settings, and where a name is unknown say so and read the others.

    Returns:
        None in the place of the settings where they cannot be read at all.
    """
    found: list[Found] = []
    known = dict(environment)
    for name in sorted(name for name in environment if name.startswith(PREFIX)):
        try:
            load_settings({name: environment[name]})
        except UnusableSettings as error:
            advice = "Mend or remove it; `callgate doctor --settings` lists what there is."
            found.append(fail("settings", str(error).rstrip("."), advice))
            del known[name]
    if found:
        found.append(info("settings", "everything below was examined without those"))
    try:
        # `or` as in load_settings: an empty mapping would mean the environment itself.
        settings = load_settings(known or {"PATH": ""})
    except UnusableSettings as error:
        return None, [*found, fail("settings", str(error), "Mend it, then ask again.")]
    if not found:
        given = sorted(name for name in environment if name.startswith(PREFIX))
        found.append(ok("settings", ", ".join(given) if given else "none given, all are defaults"))
    return settings, found


def examine_machine() -> Iterator[Found]:
    """The interpreter, SQLite and the zone files."""
    told = f"{platform.python_implementation()} {platform.python_version()}"
    if sys.version_info < _PYTHON_MIN:
        yield fail("python", told, "callgate needs Python 3.11 or newer.")
    else:
        yield ok("python", told)
    yield _sqlite()
    faults = inspection.sqlite_connection_faults()
    if faults:
        advice = "Use another SQLite, or PostgreSQL."
        yield fail("sqlite_durability", f"does not hold here: {', '.join(faults)}", advice)
    else:
        yield ok("sqlite_durability", "journal_mode=WAL, synchronous=FULL and foreign_keys=ON hold")
    yield ok("time_zones", f"tzdata {version('tzdata')}, pinned with callgate")


def examine_keys(settings: Settings, environment: Mapping[str, str]) -> Iterator[Found]:
    """Are both keys there, fit, and nobody else's to read? None is made and none is shown."""
    for name in _KEYS:
        variable = f"{PREFIX}{name.upper()}"
        path = _key_path(settings, name, environment)
        if path is not None and path.exists():
            yield _permissions(name, path, is_given=f"{variable}_FILE" in environment)
        secret = getattr(settings, name)
        text = secret.get_secret_value() if secret is not None else _read(path)
        if text is None:
            yield _missing(settings, name, variable)
        else:
            yield _fitness(name, text, variable)


def examine_disk(folder: Path) -> Found:
    """Is there room where the embedded database lies?"""
    there = next(each for each in (folder.resolve(), *folder.resolve().parents) if each.exists())
    free = shutil.disk_usage(there).free
    told = f"{free / _MEBIBYTE:,.0f} MiB free at {there}"
    advice = "A full disk stops every decision: make room, or move the database."
    if free < _FREE_FAIL_BYTES:
        return fail("disk", told, advice)
    return warn("disk", told, advice) if free < _FREE_WARN_BYTES else ok("disk", told)


def examine_policies(directory: Path | None) -> Iterator[Found]:
    """Can every profile be used, and which of its values did nobody find a source for?"""
    try:
        profiles = load_profiles(directory)
    except MalformedProfile as error:
        yield fail("policies", str(error), "Mend the file: one that cannot be used keeps the service from starting.")
        return
    yield ok("policies", ", ".join(policy.label for policy in profiles.values()))
    for name in profiles:
        unfound = sum(1 for value in list_values(name, directory=directory) if value.mark == "NF")
        if unfound:
            yield info("policies", f"{name}: {unfound} values have no source (NF); see `callgate policies {name}`")


def _sqlite() -> Found:
    told = f"SQLite {inspection.sqlite_version()}"
    if inspection.sqlite_is_safe():
        return ok("sqlite", told)
    return warn(
        "sqlite",
        f"{told}: before 3.51.3, two processes that reset one WAL can corrupt it",
        "callgate lets one process alone write the embedded database; let no other program write it either.",
    )


def _key_path(settings: Settings, name: str, environment: Mapping[str, str]) -> Path | None:
    given = environment.get(f"{PREFIX}{name.upper()}_FILE")
    if given is not None:
        return Path(given)
    if f"{PREFIX}{name.upper()}" in environment or not settings.is_embedded:
        return None
    return settings.data_dir / name


def _permissions(name: str, path: Path, *, is_given: bool) -> Found:
    mode = stat.S_IMODE(path.stat().st_mode)
    told = f"{path} has mode {mode:04o}"
    if not mode & (stat.S_IRWXG | stat.S_IRWXO):
        return ok(f"{name}_file", told)
    advice = f"Others on this machine can get at it: chmod 0600 {path}"
    # Container platforms mount secrets readable by all and keep others out of the container instead.
    return warn(f"{name}_file", told, advice) if is_given else fail(f"{name}_file", told, advice)


def _missing(settings: Settings, name: str, variable: str) -> Found:
    if settings.is_embedded:
        path = settings.data_dir / name
        return info(name, f"not there yet; the first `callgate serve` or `callgate token` makes {path}")
    return fail(name, f"{variable} is not set", f"Every node needs the same: set {variable} or {variable}_FILE.")


def _fitness(name: str, text: str, variable: str) -> Found:
    try:
        count = len(read_secrets(text)) if name == "token_key" else len(parse_pin_keys(text).by_version)
    except (UnusableTokenKey, ValueError) as error:
        return fail(name, f"{variable} cannot be used: {error}", "Replace it with a long random secret.")
    return ok(name, "present" if count == 1 else f"present, {count} versions")


def _read(path: Path | None) -> str | None:
    if path is None or not os.access(path, os.R_OK):
        return None
    return path.read_text(encoding="utf-8", errors="replace").strip() or None
