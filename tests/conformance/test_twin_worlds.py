"""Twin worlds: one history, lived with a victim's block and with its owner's word, sounds the same in every answer.

Whatever a switch, a counselor or an operator can read on any route is held byte for byte against the same history with
another cause, but for the order of ids: status, headers, bodies, the order of errors, repeats, ETags, the statements
that each answer took, and what is logged and counted meanwhile. A route that those three may use and that the history
leaves out fails by name.
"""

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from callgate import observe
from tests.conformance.asking_rounds import PATIENT_SECONDS
from tests.conformance.observing import Observer, Told, differences, told
from tests.conformance.twin_calls import live_at_the_telephone
from tests.conformance.twin_causes import BLOCKS, CALLS, Cause, seed_entry, seed_twins
from tests.conformance.twin_history import live
from tests.conformance.twin_sweep import never_asked
from tests.conftest import open_world
from tests.postgres import create_database, drop_database

NewDatabase = Callable[[], str]
History = Callable[[Observer, Cause], Awaitable[None]]
# Each database sees every cause in some history; the slower one sees each way of refusing once.
ON_POSTGRESQL = {"the owner's word about each", "his own victim", "a cellmate's victim", "not on the list"}
SHOWN_MAX = 10
_COUNTED = re.compile(r"^(callgate_\w+_(?:total|count))(\{[^}]*\})? (\S+)$", re.MULTILINE)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, NewDatabase]]:
    """Which kind it is, and a way to a fresh one as often as asked."""
    made: list[str] = []
    if request.param == "sqlite":
        template: Path = request.getfixturevalue("migrated_file")

        def make() -> str:
            path = tmp_path / f"{len(made)}.db"
            path.write_bytes(template.read_bytes())
            made.append(f"sqlite:///{path}")
            return made[-1]

        yield request.param, make
        return
    server, empty = request.getfixturevalue("postgres_url"), request.getfixturevalue("migrated_template")

    def copy() -> str:
        made.append(create_database(server, template=empty))
        return made[-1]

    yield request.param, copy
    for url in made:
        drop_database(server, url)


@dataclass(frozen=True, slots=True)
class Twin:
    """A history as those who may not know were told it, what was counted in it, and which routes it left out."""

    told: list[Told]
    counted: dict[str, float]
    left_out: list[str]


@asynccontextmanager
async def observed(url: str) -> AsyncIterator[Observer]:
    """Somebody who asks at a fresh deployment."""
    with capture_logs() as log:
        async with open_world(url, deadline_seconds=PATIENT_SECONDS) as world:
            yield Observer(world, log)


def counted() -> dict[str, float]:
    """What the metrics have counted so far, without how long anything took."""
    return {
        f"{name}{labels}": float(value) for name, labels, value in _COUNTED.findall(observe.metrics_text().decode())
    }


async def tell(url: str, cause: Cause, history: History) -> Twin:
    """Live the history with this cause."""
    before = counted()
    async with observed(url) as observer:
        await history(observer, cause)
        left_out = never_asked(observer)
    after = counted()
    grown = {name: after[name] - before.get(name, 0) for name in after if after[name] != before.get(name, 0)}
    return Twin(told(observer.seen), grown, left_out)


@pytest.mark.feature("F10", "F13", "F16", "F17")
async def test_no_answer_on_any_route_tells_whose_block_it_is(database: tuple[str, NewDatabase]) -> None:
    kind, new_database = database
    twins = {}
    for name, cause in _of_kind(BLOCKS, kind):
        url = new_database()
        seed_twins(url)
        twins[name] = await tell(url, cause, live)
    require_alike(twins)
    one = twins["his own victim"]
    assert one.left_out == [], "routes that they may use, and that the history does not"
    heard = "\n".join(each.text for each in one.told)
    for word, times in (('"number_not_available"', 40), ('"not_approved"', 7), ('"terminate"', 7), ("idempotent-r", 9)):
        assert heard.count(word) >= times, word


@pytest.mark.feature("F13", "F14", "F16", "F17")
async def test_no_call_tells_what_stands_against_it(database: tuple[str, NewDatabase]) -> None:
    kind, new_database = database
    twins = {}
    for name, cause in _of_kind(CALLS, kind):
        url = new_database()
        seed_twins(url)
        seed_entry(url, cause)
        twins[name] = await tell(url, cause, live_at_the_telephone)
    require_alike(twins)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
async def test_a_world_where_nothing_stands_against_the_number_sounds_otherwise(
    database: tuple[str, NewDatabase],
) -> None:
    twins = []
    for cause in (Cause(), CALLS["his own victim"]):
        url = database[1]()
        seed_twins(url)
        seed_entry(url, cause)
        twins.append(await tell(url, cause, live_at_the_telephone))
    found = differences(twins[0].told, twins[1].told)
    assert len(found) >= 5
    assert any('"decision":"allow"' in each for each in found)
    assert twins[0].counted != twins[1].counted


def _of_kind(causes: Mapping[str, Cause], kind: str) -> list[tuple[str, Cause]]:
    return [(name, cause) for name, cause in causes.items() if kind == "sqlite" or name in ON_POSTGRESQL]


def require_alike(twins: Mapping[str, Twin]) -> None:
    """Hold every history against the first one.

    Raises:
        AssertionError: with each answer that differs, and in what.
    """
    (first, one), *others = twins.items()
    for name, other in others:
        found = differences(one.told, other.told)
        assert not found, "\n".join([f"{len(found)} differ between {first!r} and {name!r}:", *found[:SHOWN_MAX]])
        assert one.counted == other.counted, name
