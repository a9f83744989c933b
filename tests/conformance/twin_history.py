"""What happens around a number that something stands against? One history, lived again for every cause.

Those who may not know of a block ask; what wardens and victim services do meanwhile is hidden. Every step is the same
in each history, and so is every instant.
"""

from typing import Any, Final

from tests.conformance.observing import HIDDEN_NUMBER, Observer
from tests.conformance.roles_table import EXPECTED
from tests.conformance.twin_calls import (
    call,
    call_against_other_reasons,
    call_another_number,
    call_in_every_way,
    register_switch,
    tell,
)
from tests.conformance.twin_causes import PAUL, PINS, QUIN, RITA, SAUL, Cause, hidden, lift_everything
from tests.conformance.twin_sweep import be_turned_away, read_everything, write_the_rest
from tests.people import FREE, NORTH, NORTH_STATION, addition, told
from tests.seeding import FACILITY, OTHER_STATION, STATION

OTHERS: Final = FREE[1:14]
MONTH: Final = 30 * 86400


# -------------------------------------------------------------------------------------------------------- the counselor


async def change(observer: Observer, inmate_id: str, add: Any = (), remove: Any = (), **headers: str) -> None:
    """One submission."""
    body = {"add": [addition(it) if isinstance(it, str) else it for it in add], "remove": list(remove)}
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    await observer.ask(
        "counselor",
        "POST",
        f"/v1/inmates/{inmate_id}/list-changes",
        template="/v1/inmates/{inmate_id}/list-changes",
        json=body,
        headers=sent,
    )


async def read_list(observer: Observer, inmate_id: str) -> str:
    """The list, and its ETag."""
    path = "/v1/inmates/{inmate_id}/phone-list"
    answer = await observer.ask("counselor", "GET", path.format(inmate_id=inmate_id), template=path)
    return answer.headers["etag"]


async def change_lists_in_every_way(observer: Observer) -> None:
    """The number is put on lists in every state that a list can be in."""
    clock = observer.world.clock
    before = await read_list(observer, PAUL)
    await change(observer, PAUL, [HIDDEN_NUMBER])  # listed already
    await change(observer, PAUL, remove=[OTHERS[9]])  # not listed
    await change(observer, PAUL, remove=[HIDDEN_NUMBER], If_Match=before, Idempotency_Key="off")
    await change(observer, PAUL, remove=[HIDDEN_NUMBER], If_Match=before, Idempotency_Key="off")
    await change(observer, PAUL, remove=[HIDDEN_NUMBER], If_Match=before)
    await change(observer, PAUL, [HIDDEN_NUMBER], If_Match=before)  # read before it changed, and too soon
    await change(observer, PAUL, [HIDDEN_NUMBER, HIDDEN_NUMBER])  # twice, and too soon
    await change(observer, PAUL, [HIDDEN_NUMBER])  # too soon
    await change(observer, PAUL, [f"{HIDDEN_NUMBER}9"])  # no number
    await change(observer, PAUL, [{"number": HIDDEN_NUMBER}])  # malformed
    for position, kind in enumerate(("social", "attorney", "confined_person")):
        clock.advance(MONTH)
        asked = [addition(HIDDEN_NUMBER, kind=kind), OTHERS[position + 1]]
        key = f"on-{position}"
        await change(observer, PAUL, asked, Idempotency_Key=key)
        await change(observer, PAUL, asked, Idempotency_Key=key)
        await change(observer, PAUL, [HIDDEN_NUMBER], Idempotency_Key=key)
        await read_list(observer, PAUL)
    await _fill_up(observer)
    await change(observer, SAUL, [HIDDEN_NUMBER])  # the first list, and nothing of it
    await change(observer, SAUL, [OTHERS[0], addition(HIDDEN_NUMBER, kind="consulate")])
    await change(observer, SAUL, [OTHERS[1]])
    await read_list(observer, SAUL)


async def _fill_up(observer: Observer) -> None:
    clock = observer.world.clock
    clock.advance(MONTH)
    await change(observer, PAUL, OTHERS[4:10])
    clock.advance(MONTH)
    await change(observer, PAUL, [HIDDEN_NUMBER])  # full
    await change(observer, PAUL, [HIDDEN_NUMBER], [OTHERS[5]])  # full but for one
    await read_list(observer, PAUL)


# ------------------------------------------------------------------------------------------------------ the whole of it


async def live(observer: Observer, cause: Cause) -> None:
    """The whole history: lists, calls, moves, a release and a lift."""
    world = observer.world
    await _begin(observer)
    world.clock.advance(1)
    await cause.set(world)
    await _meet_the_block(observer)
    await _move(observer)
    await _decide(observer, cause)
    observer.part = "lists"
    await change_lists_in_every_way(observer)
    off = {"number": HIDDEN_NUMBER, "note": "asked for by the warden"}
    await hidden(world, "warden", "POST", f"/v1/inmates/{QUIN}/list-removals", json=off, status=200)
    await read_list(observer, QUIN)
    await change(observer, QUIN, [HIDDEN_NUMBER])
    observer.part = "calls after the lists"
    await call_in_every_way(observer, "again")
    await call_against_other_reasons(observer, "reasons")
    await call_another_number(observer, "other")
    await _pins(observer)
    await _release(observer)
    await _lift_and_set_again(observer, cause)
    observer.part = "everything else"
    await _one_time_calls(observer)
    await _requests(observer)
    await write_the_rest(observer)
    await read_everything(observer)
    await be_turned_away(observer)


async def _begin(observer: Observer) -> None:
    observer.part = "before the block"
    await register_switch(observer)
    await read_list(observer, PAUL)
    await change(observer, PAUL, [HIDDEN_NUMBER, OTHERS[0]], Idempotency_Key="first")
    await change(observer, QUIN, [OTHERS[0], HIDDEN_NUMBER])
    await change(observer, RITA, [addition(HIDDEN_NUMBER, kind="attorney")])
    await call(observer, "running", PAUL)
    await tell(observer, "running", "answered", 1)
    await call(observer, "ringing", QUIN, station_id=OTHER_STATION)


async def _meet_the_block(observer: Observer) -> None:
    """A call runs and another rings when it is set."""
    observer.part = "block set"
    if "GET /v1/switches/self/commands" in EXPECTED:
        await observer.ask("switch", "GET", "/v1/switches/self/commands?wait=0")
    await tell(observer, "running", "progress", 2)
    await call(observer, "ringing", QUIN, station_id=OTHER_STATION)
    await tell(observer, "ringing", "answered", 1)
    await tell(observer, "running", "ended", 3)
    await tell(observer, "ringing", "ended", 2, duration_seconds=0, cause="no_answer")
    await call_in_every_way(observer, "set")
    await read_everything(observer)


async def _pins(observer: Observer) -> None:
    observer.part = "pins"
    path = "/v1/inmates/{inmate_id}/pin"
    for role, body in (("counselor", {}), ("operator", {}), ("operator", {"pin": "111222333"})):
        await observer.ask(role, "POST", path.format(inmate_id=PAUL), template=path, json=body)
    await call(observer, "old-pin", PAUL)
    await observer.ask("operator", "POST", path.format(inmate_id=PAUL), template=path, json={"pin": PINS[PAUL]})
    await call(observer, "own-pin", PAUL)


async def _decide(observer: Observer, cause: Cause) -> None:
    """A number waits for the warden, who may not approve it now, and refuses it at last for a reason of their own."""
    observer.part = "a number that waits"
    change_id = observer.known["change_id"][-1]
    approve = {"decision": "approve", "reason": "a letter of the bar", "evidence_reference": "E-1"}
    refuse = {"decision": "refuse", "reason": cause.refused_for}
    path = f"/v1/list-changes/{change_id}/numbers/{HIDDEN_NUMBER}/decision"
    for body, status in ((approve, 409), (refuse, 200)):
        await hidden(observer.world, "warden", "POST", path, json=body, status=status)
        await read_list(observer, RITA)
    await change(observer, RITA, [addition(HIDDEN_NUMBER, kind="attorney")])


async def _move(observer: Observer) -> None:
    """Away and back, with the number on their lists."""
    observer.part = "moves"
    for place, station in ((NORTH, NORTH_STATION), (FACILITY, STATION)):
        for inmate_id in (PAUL, QUIN, RITA):
            await _put_inmate(observer, inmate_id, told(place))
        for inmate_id in (PAUL, QUIN):
            await call(observer, f"in-{place}-{inmate_id}", inmate_id, station_id=station)
            await read_list(observer, inmate_id)


async def _release(observer: Observer) -> None:
    observer.part = "a release"
    for status in ("released", "active"):
        await _put_inmate(observer, PAUL, told(FACILITY, status=status))
        await call(observer, f"{status}-1", PAUL)
        await change(observer, PAUL, [HIDDEN_NUMBER])
        await read_list(observer, PAUL)
    path = "/v1/inmates/{inmate_id}/pin"
    await observer.ask("operator", "POST", path.format(inmate_id=PAUL), template=path, json={"pin": PINS[PAUL]})
    await call(observer, "returned", PAUL)


async def _put_inmate(observer: Observer, inmate_id: str, body: dict[str, Any]) -> None:
    path = "/v1/inmates/{inmate_id}"
    await observer.ask("operator", "PUT", path.format(inmate_id=inmate_id), template=path, json=body)


async def _lift_and_set_again(observer: Observer, cause: Cause) -> None:
    observer.part = "lifted"
    world = observer.world
    await lift_everything(world)
    await call(observer, "not-listed", PAUL)
    for inmate_id in (PAUL, QUIN):
        world.clock.advance(MONTH)
        await change(observer, inmate_id, [HIDDEN_NUMBER], [OTHERS[0]])
        await call(observer, f"listed-{inmate_id}", inmate_id)
    observer.part = "set again"
    await cause.set(world)
    for inmate_id in (PAUL, QUIN):
        await call(observer, f"listed-{inmate_id}", inmate_id)  # the allow is no more
        await tell(observer, f"listed-{inmate_id}", "ended", 1, duration_seconds=0, cause="failed")
        await call(observer, f"blocked-{inmate_id}", inmate_id)
        await read_list(observer, inmate_id)


async def _one_time_calls(observer: Observer) -> None:
    """A counselor asks for one call to the number; the warden, who may know, is refused it."""
    if "POST /v1/inmates/{inmate_id}/one-time-calls" not in EXPECTED:
        return
    asked = {"number": HIDDEN_NUMBER, "kind": "emergency", "reason": "a death in the family"}
    path = "/v1/inmates/{inmate_id}/one-time-calls"
    for inmate_id in (PAUL, SAUL):
        answer = await observer.ask("counselor", "POST", path.format(inmate_id=inmate_id), template=path, json=asked)
        one = answer.json()["one_time_call_id"]
        verdict = {"decision": "grant", "note": "verified"}
        await hidden(observer.world, "warden", "POST", f"/v1/one-time-calls/{one}/decision", json=verdict, status=409)
        await call(observer, f"once-{inmate_id}", inmate_id)
        await observer.ask("counselor", "GET", path.format(inmate_id=inmate_id), template=path)


async def _requests(observer: Observer) -> None:
    """The number's owner asks to be taken off, by way of the counselor."""
    name = "POST /v1/removal-requests"
    if name not in EXPECTED:
        return
    day = observer.world.clock.now().date().isoformat()
    body = {
        "facility_id": FACILITY,
        "number": HIDDEN_NUMBER,
        "requester_name": "R. Doe",
        "received_on": day,
        "channel": "phone",
        "identity_checked": True,
    }
    for position, about in enumerate(({"inmate_id": PAUL}, {"inmate_id": SAUL}, {})):
        for _ in range(2):
            await observer.ask(
                "counselor",
                "POST",
                "/v1/removal-requests",
                json=body | about,
                headers={"Idempotency-Key": f"request-{position}"},
            )
    for inmate_id in (PAUL, QUIN, SAUL):
        await call(observer, f"requested-{inmate_id}", inmate_id)
