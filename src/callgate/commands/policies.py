"""`callgate policies`: which law is there, and where does every value come from?"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from callgate.commands.terminal import AsJson, examples, say, show_json, table
from callgate.domain.policy import Policy
from callgate.domain.rates import RATE_CAP_TIERS
from callgate.policies import (
    PolicyValue,
    list_cap_values,
    list_values,
    load_caps,
    load_profile,
    load_profiles,
    profile_text,
)
from callgate.settings import load_settings

EXAMPLES = examples(
    "callgate policies",
    "callgate policies ct-doc",
    "callgate policies ct-doc --toml > ct-doc.toml",
    "callgate policies caps",
    "callgate policies --json",
)
_CAPS: Final = "caps"
_MARKS: Final = ("S", "S2", "M", "NF")
_LEGEND: Final = (
    "S: the source was read. S2: only a secondary source. M: background knowledge. NF: looked for and not found, so "
    "the value is a choice of this project and its source says why."
)
_VALUE_LENGTH_MAX: Final = 400


def policies(
    *,
    name: Annotated[
        str | None, typer.Argument(help="A profile, or `caps` for the federal rate caps. Default: an overview of all.")
    ] = None,
    as_toml: Annotated[
        bool, typer.Option("--toml", help="Print the profile's own file, to begin a draft of another from.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """List the policy profiles, or every value of one.

    Each value is shown with its source and how sure that is (its mark).
    Profiles of your own are read from CALLGATE_POLICY_DIR; a malformed file is refused with its name, key and reason.
    """
    directory = load_settings().policy_dir
    # All are read whatever was asked for: a profile that cannot be used stops the service, so it must be told here.
    loaded = load_profiles(directory)
    if as_toml:
        if name is None or name == _CAPS or as_json:
            raise typer.BadParameter("--toml prints one profile: `callgate policies ct-doc --toml`.")
        say(profile_text(name, directory=directory).rstrip("\n"))
    elif name is None:
        _show_all(loaded, directory, as_json=as_json)
    elif name == _CAPS:
        heading = "Federal rate caps by date and size of facility"
        _show_values({"name": _CAPS}, heading, list_cap_values(), as_json=as_json)
    else:
        policy = load_profile(name, directory=directory)
        heading = f"{policy.label}  {policy.title}"
        _show_values(_identity(policy), heading, list_values(name, directory=directory), as_json=as_json)


def _show_all(loaded: Mapping[str, Policy], directory: Path | None, *, as_json: bool) -> None:
    values = {name: list_values(name, directory=directory) for name in loaded}
    if as_json:
        profiles = [{**_identity(policy), "values": _rows(values[name])} for name, policy in loaded.items()]
        show_json({"profiles": profiles, "caps": _rows(list_cap_values())})
        return
    rows: list[Sequence[str]] = [("PROFILE", *_MARKS, "TITLE")]
    for name, policy in loaded.items():
        marks = Counter(value.mark for value in values[name])
        rows.append((policy.label, *(str(marks[mark]) for mark in _MARKS), policy.title))
    _say_all(table(rows, widths=(26, 5, 5, 5, 5)))
    say()
    rows = [("FEDERAL CAPS, US DOLLARS A MINUTE", *(tier.replace("_", " ") for tier in RATE_CAP_TIERS))]
    for period in load_caps():
        days = f"{period.from_date} to {period.until_date or 'further notice'}"
        rows.append((days, *(period.per_minute_by_tier[tier] for tier in RATE_CAP_TIERS)))
    _say_all(table(rows, widths=(34, 10, 10, 10, 10, 11)))
    say()
    _say_all(table([("Marks.", _LEGEND)], widths=(7,)))


def _show_values(identity: Mapping[str, str], heading: str, values: Sequence[PolicyValue], *, as_json: bool) -> None:
    if as_json:
        show_json({**identity, "values": _rows(values)})
        return
    say(heading)
    for value in values:
        say()
        say(f"{value.key} = {_shown(value.value)}" if value.value is not None else value.key)
        _say_all(table([(value.mark, value.source)], widths=(3,), indent="  "))
    say()
    _say_all(table([("Marks.", _LEGEND)], widths=(7,)))


def _identity(policy: Policy) -> dict[str, str]:
    return {
        "profile": policy.profile,
        "version": policy.version,
        "title": policy.title,
        "content_hash": policy.content_hash,
    }


def _rows(values: Sequence[PolicyValue]) -> list[dict[str, Any]]:
    return [asdict(value) for value in values]


def _shown(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)[:_VALUE_LENGTH_MAX]


def _say_all(lines: Sequence[str]) -> None:
    for line in lines:
        say(line)
