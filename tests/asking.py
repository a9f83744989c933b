"""How do tests ask like a switch, and compare what they hear?"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
from sqlalchemy import event

from tests.conftest import World
from tests.seeding import attempt_body

SWITCH = "sw-1"


async def ask(world: World, call_id: str, *, subject: str = SWITCH, **changes: Any) -> httpx.Response:
    """One authorize that the seeded world allows, but for the changes; None leaves a field out."""
    return await world.call("switch", "POST", "/v1/authorize", json=attempt_body(call_id, **changes), subject=subject)


async def decide(world: World, call_id: str, **changes: Any) -> dict[str, Any]:
    """The same, and it must be a decision."""
    response = await ask(world, call_id, **changes)
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    return answer


async def tell(world: World, call_id: str, kind: str, number: int, **changes: Any) -> dict[str, Any]:
    """One call event of the same switch."""
    response = await world.call(
        "switch", "POST", "/v1/call-events", json=event_body(world, call_id, kind, number, **changes), subject=SWITCH
    )
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    return answer


def event_body(world: World, call_id: str, kind: str, number: int, **changes: Any) -> dict[str, Any]:
    body: dict[str, Any] = {
        "call_id": call_id,
        "type": kind,
        "sequence_number": number,
        "occurred_at": world.clock.now().isoformat().replace("+00:00", "Z"),
    }
    if kind == "ended":
        body |= {"duration_seconds": 60, "cause": "completed"}
    return body | changes


def without_ids(text: str, answer: dict[str, Any]) -> str:
    """An answer's bytes with its ids and instants made alike."""
    for name in ("decision_id", "call_id", "decided_at"):
        text = text.replace(f'"{name}":"{answer[name]}"', f'"{name}":"-"')
    return text


@contextmanager
def counted_statements(world: World) -> Iterator[list[str]]:
    """Every statement sent to the database meanwhile."""
    engine = world.deployment.database._engine.sync_engine
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        sent.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(engine, "before_cursor_execute", note)
