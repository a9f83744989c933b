"""How do tests dial numbers that nobody may call, and read what callgate noticed?"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from callgate.domain.instants import to_milliseconds
from callgate.domain.roles import Actor, Role
from callgate.flows.attempt import Answered, Attempt
from callgate.flows.authorize_calls import decide_batch
from callgate.flows.watch import run_round
from tests.asking import SWITCH, decide
from tests.conftest import World
from tests.seeding import ANNA, NUMBER, PINS, STATION, block_row, entry_row

# Numbers that stand on nobody's list.
UNLISTED = tuple(f"+186055502{last:02}" for last in range(40))
PEOPLE = ("100001", "100002", "300001", "300002")
MORE_PINS = {"300001": "905318265", "300002": "714093853"}


async def refuse(world: World, call_id: str, number: str = UNLISTED[0], **changes: Any) -> dict[str, Any]:
    """One attempt that is refused for its number."""
    answer = await decide(world, call_id, called_number=number, **changes)
    assert answer["reason"] == "number_not_available", answer
    return answer


async def dial(world: World, numbers: Sequence[str], *, prefix: str = "d", **changes: Any) -> None:
    """One refused attempt for each of these."""
    for i, number in enumerate(numbers):
        await refuse(world, f"{prefix}-{i}", number, **changes)


async def told(world: World, kind: str | None = None, **sent: Any) -> list[dict[str, Any]]:
    """The alerts that security reads, newest first, once all that was noted is told."""
    await world.app.state.alarms.settled()
    query = "" if kind is None else f"?kind={kind}"
    answer = await world.call("security", "GET", f"/v1/alerts{query}", **sent)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def decide_unheard(world: World, numbers: Sequence[str], *, prefix: str = "u") -> list[Answered]:
    """Attempts that are decided and kept while nobody listens, as when the process dies after the commit."""
    attempts = [attempt_of(world, f"{prefix}-{i}", number) for i, number in enumerate(numbers)]
    outcomes = await decide_batch(world.deployment, attempts, lambda: False)
    assert all(isinstance(outcome, Answered) for outcome in outcomes)
    return [outcome for outcome in outcomes if isinstance(outcome, Answered)]


def attempt_of(world: World, call_id: str, number: str = NUMBER) -> Attempt:
    return Attempt(
        switch_id=SWITCH,
        call_id=call_id,
        station_id=STATION,
        pin=PINS[ANNA],
        called_number=number,
        payment_type="collect",
        media=None,
        requested_duration_seconds=None,
        setup_time=None,
        actor=Actor(SWITCH, Role.SWITCH, None),
        token_issued_at=world.clock.now(),
    )


async def subjects(world: World, kind: str) -> list[str]:
    """What the watch tells of this kind after one more round, in order of the alphabet."""
    await run_round(world.deployment)
    return sorted(alert["subject"] for alert in await told(world, kind))


def ending(block_id: str, until: datetime | None, **changes: Any) -> dict[str, Any]:
    """A court's block on one person, with its end."""
    ends = None if until is None else to_milliseconds(until)
    of_anna = {"scope": "inmate", "inmate_id": ANNA, "kind": "court_order", "document_reference": "FA-26-4011"}
    return block_row(NUMBER, block_id=block_id, until=ends, **(of_anna | changes))


def waiting(entry_id: str, since: datetime, inmate_id: str = ANNA, **changes: Any) -> dict[str, Any]:
    """A number that waits for the warden."""
    pending = {"entry_id": entry_id, "kind": "attorney", "state": "pending_warden", "since": to_milliseconds(since)}
    number = f"+186055503{len(entry_id):02}"
    return entry_row(inmate_id, number, **(pending | changes))
