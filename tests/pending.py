"""How do tests submit numbers that wait for the warden, and decide them?"""

from datetime import timedelta
from typing import Any
from urllib.parse import quote

import httpx

from tests.conftest import World
from tests.people import addition, change_list

COUNSELOR = "m.okafor"
WARDEN = "w.lamb"
KINDS = ("attorney", "consulate", "confined_person", "supervised_person")
APPROVED: dict[str, Any] = {"decision": "approve", "reason": "Called back.", "evidence_reference": "Bar roll 417-22"}
REFUSED: dict[str, Any] = {"decision": "refuse", "reason": "identity_not_verified"}


async def submit(world: World, inmate_id: str, *numbers: str, kind: str = "confined_person", **sent: Any) -> str:
    """A change that puts these numbers before the warden; its id."""
    answer = await change_list(world, inmate_id, add=tuple(addition(it, kind=kind) for it in numbers), **sent)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["change_id"])


async def decide_number(world: World, change_id: str, number: str, body: Any = None, /, **sent: Any) -> httpx.Response:
    """The warden approves, or sends another body."""
    path = f"/v1/list-changes/{change_id}/numbers/{quote(number, safe='')}/decision"
    how = {"subject": WARDEN} | sent
    return await world.call(how.pop("role", "warden"), "POST", path, json=APPROVED if body is None else body, **how)


async def read_change(world: World, change_id: str) -> dict[str, Any]:
    """The change as a counselor reads it."""
    answer = await world.call("counselor", "GET", f"/v1/list-changes/{change_id}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def restrict(world: World, inmate_id: str, *, hours: tuple[float, float], kind: str = "disciplinary") -> str:
    """A restriction that begins and ends so many hours from now; its id."""
    starts, ends = (
        (world.clock.now() + timedelta(hours=it)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        for it in hours
    )
    body = {"kind": kind, "starts_at": starts, "ends_at": ends, "authority": "hearing officer", "case_number": "DR-1"}
    answer = await world.call("warden", "POST", f"/v1/inmates/{inmate_id}/restrictions", json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["restriction_id"])
