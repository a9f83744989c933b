"""`callgate doctor`: is this deployment as it should be?"""

import os
from collections.abc import Iterator
from dataclasses import asdict
from typing import Annotated

import typer

from callgate.clock import SystemClock
from callgate.commands.examine_machine import (
    examine_disk,
    examine_keys,
    examine_machine,
    examine_policies,
    examine_settings,
)
from callgate.commands.examine_records import examine_contents, examine_database, examine_migrations
from callgate.commands.findings import Found, fail, warn, worst
from callgate.commands.terminal import AsJson, end_wrong, examples, say, show_json, table
from callgate.policies import MalformedProfile, load_caps, load_profiles
from callgate.settings import PREFIX, Settings
from callgate.store.reading import RecordsUnreadable, embedded_path, open_records

EXAMPLES = examples("callgate doctor", "callgate doctor --json", "callgate doctor --settings")


def doctor(
    *,
    as_json: AsJson = False,
    settings: Annotated[bool, typer.Option("--settings", help="List every setting instead, with its default.")] = False,
) -> None:
    """Examine this deployment.

    Machine, settings, keys, policies, database and what stands in it. Reads only, beside a running service too. Each
    line says ok, info, warn or fail, what was found and what to do. Exit code 1 when anything fails.
    """
    if settings:
        _list_settings(as_json=as_json)
        return
    findings = list(_examine())
    verdict = worst(findings)
    if as_json:
        show_json({"verdict": verdict, "checks": [asdict(one) for one in findings]})
    else:
        rows = [(one.verdict, one.check, f"{one.found}. {one.advice}" if one.advice else one.found) for one in findings]
        for line in table(rows, widths=(6, 19)):
            say(line)
    if verdict == "fail":
        end_wrong()


def _examine() -> Iterator[Found]:
    environment = dict(os.environ)
    settings, findings = examine_settings(environment)
    yield from findings
    yield from examine_machine()
    if settings is None:
        return
    yield from examine_keys(settings, environment)
    yield from examine_policies(settings.policy_dir)
    if settings.is_embedded:
        yield examine_disk(settings.data_dir)
    yield from _examine_records(settings)


def _examine_records(settings: Settings) -> Iterator[Found]:
    now = SystemClock().now
    try:
        if settings.is_embedded and not embedded_path(settings.database_url).is_file():
            yield warn("database", f"none at {embedded_path(settings.database_url)} yet", "`callgate serve` makes it.")
            return
        with open_records(settings.database_url) as reading:
            yield from examine_database(reading, now())
            migrations = examine_migrations(reading)
            yield migrations
            if migrations.verdict == "ok":
                try:
                    profiles = load_profiles(settings.policy_dir)
                except MalformedProfile:
                    profiles = {}  # told above
                yield from examine_contents(reading, profiles=profiles, caps=load_caps())
    except RecordsUnreadable as error:
        yield fail("database", str(error).rstrip("."), "")


def _list_settings(*, as_json: bool) -> None:
    fields = Settings.model_fields.items()
    if as_json:
        listed = [
            {"name": PREFIX + name.upper(), "default": _default(field.default), "description": field.description}
            for name, field in fields
        ]
        show_json({"settings": listed})
        return
    rows = [(PREFIX + name.upper(), _default(field.default) or "-", field.description or "") for name, field in fields]
    for line in table([("SETTING", "DEFAULT", "MEANING"), *rows], widths=(27, 30)):
        say(line)
    say()
    say("Each may be given as NAME_FILE too, a path to a file that holds the value: do so for the keys.")


def _default(value: object) -> str | None:
    return None if value is None or value == "" else str(value)
