"""Every route that a switch, a counselor or an operator may use, asked once: what is new is taken in by itself.

Reading routes are asked with every id that those who ask were ever told, and with every filter that the document names.
Writing routes that a history left out are sent a good body about the hidden number.
"""

import json
from collections.abc import Iterator
from functools import cache
from itertools import product
from pathlib import Path
from string import Formatter
from typing import Any, Final

from tests.conformance.objects import good_bodies, path_of
from tests.conformance.observing import HIDDEN_NUMBER, OBSERVERS, Observer
from tests.conformance.roles_table import EXPECTED, PUBLIC
from tests.conformance.twin_causes import PAUL
from tests.seeding import FACILITY, STATION

DOCUMENT: Final = Path(__file__).parents[2] / "openapi" / "callgate.json"
ANYBODY: Final = "anybody"
NOT_ASKED: Final = {"GET /metrics"}  # held against its twin as a whole, since it counts across requests
_LAST_MAX: Final = 2
_FILTERS: Final[dict[str, str]] = {"number": HIDDEN_NUMBER, "facility_id": FACILITY}


def reading() -> Iterator[tuple[str, str]]:
    """Who may read what."""
    for name in sorted(EXPECTED):
        if name.startswith("GET "):
            yield from ((role, name) for role in OBSERVERS if role in EXPECTED[name])
    yield from ((ANYBODY, name) for name in sorted(PUBLIC - NOT_ASKED))


def writing() -> Iterator[tuple[str, str]]:
    """Who may write what."""
    for name in sorted(EXPECTED):
        if not name.startswith("GET "):
            yield from ((role, name) for role in OBSERVERS if role in EXPECTED[name])


async def read_everything(observer: Observer) -> None:
    """Ask every reading route with all that is known so far."""
    for role, name in reading():
        template = name.removeprefix("GET ")
        names = [each for _, each, _, _ in Formatter().parse(template) if each]
        declared = _filters_by_path().get(template, set())
        for values in product(*(_some(observer, each) for each in names)):
            path = path_of(template, dict(zip(names, values, strict=True)))
            for query in _queries(declared):
                await observer.ask(role, "GET", path + query, template=template)


@cache
def _filters_by_path() -> dict[str, set[str]]:
    """Which query parameters each reading route takes, by the document that is kept, which is the served one."""
    paths = json.loads(DOCUMENT.read_text(encoding="utf-8"))["paths"]
    return {
        path: {each["name"] for each in item["get"].get("parameters", ()) if each.get("in") == "query"}
        for path, item in paths.items()
        if "get" in item
    }


def _some(observer: Observer, name: str) -> list[str]:
    """The first of these ids that was told, and the last ones; of numbers the hidden one."""
    known = [HIDDEN_NUMBER] if name == "number" else observer.known[name]
    return [*known[:1], *known[1:][-_LAST_MAX:]]


def _queries(declared: set[str]) -> list[str]:
    """Without and with each filter; never waiting for something to happen."""
    always = "wait=0" if "wait" in declared else ""
    filters = [f"{name}={value.replace('+', '%2B')}" for name, value in _FILTERS.items() if name in declared]
    return [f"?{query}".rstrip("?") for query in (always, *filters)]


async def be_turned_away(observer: Observer) -> None:
    """Ask every route that is not for them, about the hidden number."""
    for name in sorted(EXPECTED):
        method, _, template = name.partition(" ")
        names = [each for _, each, _, _ in Formatter().parse(template) if each]
        ids = {each: HIDDEN_NUMBER if each == "number" else (observer.known[each] or ["x"])[-1] for each in names}
        for role in OBSERVERS:
            if role not in EXPECTED[name]:
                await observer.ask(role, method, path_of(template, ids), content=b"{}", template=template)


async def write_the_rest(observer: Observer) -> None:
    """Send a good body to each writing route that the history has not used, as each of those who may."""
    ids = {"facility_id": FACILITY, "station_id": STATION, "inmate_id": PAUL, "switch_id": "sw-1"}
    ids |= {"number": HIDDEN_NUMBER, "tariff": "own-collect"}
    bodies = dict(good_bodies(ids, now=observer.world.clock.now()))
    for role, name in writing():
        if (role, name) in observer.sent:
            continue
        method, _, template = name.partition(" ")
        names = [each for _, each, _, _ in Formatter().parse(template) if each]
        named = {each: ids.get(each) or (observer.known[each] or ["unknown"])[-1] for each in names}
        body: dict[str, Any] = dict(bodies.get(name, {}))
        body |= {each: HIDDEN_NUMBER for each in ("number", "called_number") if each in body}
        await observer.ask(role, method, path_of(template, named), json=body, template=template)


def never_asked(observer: Observer) -> list[str]:
    """Which route that they may use did they never use? A history must use them all."""
    wanted = {*reading(), *writing()}
    return sorted(f"{role}: {name}" for role, name in wanted - observer.sent)
