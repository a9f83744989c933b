"""A number for everyone takes two people, and neither learns more than their part."""

import asyncio
import json
from typing import Any

import httpx
from sqlalchemy import insert

from callgate.domain.instants import to_milliseconds
from callgate.store import tables as t
from tests.conftest import World
from tests.places import audit_trail, code_of, put_facility, put_inmate

NUMBER = "+18005550123"
PATH = f"/v1/common-numbers/{NUMBER}"
PROPOSAL: dict[str, Any] = {
    "facility_id": None,
    "kind": "hotline",
    "name": "Crisis line",
    "verified_by": "its operator's letter",
}
NOTE = {"note": "called back on the published number"}


async def propose(world: World, number: str = NUMBER, *, by: str = "o.perez", **changes: Any) -> httpx.Response:
    world.clock.advance(0.001)
    headers = changes.pop("headers", None)
    facilities = changes.pop("facilities", None)
    return await world.call(
        "operator",
        "PUT",
        f"/v1/common-numbers/{number}",
        json=PROPOSAL | changes,
        subject=by,
        headers=headers,
        facilities=facilities,
    )


async def confirm(world: World, number: str = NUMBER, *, by: str = "w.lamb", **how: Any) -> httpx.Response:
    world.clock.advance(0.001)
    body = how.pop("body", NOTE)
    return await world.call("warden", "POST", f"/v1/common-numbers/{number}/confirm", json=body, subject=by, **how)


async def read(world: World, number: str = NUMBER, **how: Any) -> httpx.Response:
    return await world.call(how.pop("role", "warden"), "GET", f"/v1/common-numbers/{number}", **how)


async def block(world: World, **changes: Any) -> None:
    row = {
        "block_id": f"block-{len(changes)}-{changes.get('scope', 'system')}",
        "number": NUMBER,
        "scope": "system",
        "kind": "investigation",
        "authority": "warrant",
        "note": "x",
        "effective_at": 0,
        "created_by": "x",
        "created_role": "security",
    }
    async with world.deployment.database.write() as transaction:
        await transaction.execute(insert(t.blocks).values(row | changes))


async def enlist(world: World, state: str) -> None:
    async with world.deployment.database.write() as transaction:
        entry = {
            "entry_id": f"entry-{state}",
            "inmate_id": "204418",
            "number": NUMBER,
            "name": "x",
            "relationship": "x",
            "kind": "social",
            "state": state,
            "since": 0,
        }
        await transaction.execute(insert(t.list_entries).values(entry))


async def test_a_number_is_proposed_by_one_person_and_put_in_force_by_another(world: World) -> None:
    proposed = await propose(world)
    expected = {
        "number": NUMBER,
        **PROPOSAL,
        "state": "proposed",
        "proposed_by": "o.perez",
        "proposed_at": "2026-11-20T17:00:00.001Z",
        "confirmed_by": None,
        "confirmed_at": None,
        "confirm_note": None,
    }
    assert (proposed.status_code, proposed.json()) == (201, expected)
    shown = await read(world)
    assert (shown.json(), shown.headers["etag"]) == (expected, proposed.headers["etag"])
    confirmed = await confirm(world)
    expected |= {
        "state": "in_force",
        "confirmed_by": "w.lamb",
        "confirmed_at": "2026-11-20T17:00:00.002Z",
        "confirm_note": NOTE["note"],
    }
    assert (confirmed.status_code, confirmed.json()) == (200, expected)
    shown = await read(world, role="operator")
    assert (shown.json(), shown.headers["etag"]) == (expected, confirmed.headers["etag"])
    trail = [(event["action"], event["author"], event["object_id"]) for event in await audit_trail(world)]
    assert trail == [("put_common_number", "o.perez", NUMBER), ("confirm_common_number", "w.lamb", NUMBER)]
    assert json.loads((await audit_trail(world))[1]["after"]) == expected


async def test_the_proposer_cannot_be_the_second_person_in_any_office(world: World) -> None:
    await propose(world, by="w.lamb")
    refused = await confirm(world, by="w.lamb")
    assert (refused.status_code, code_of(refused)) == (409, "second_person_needed")
    assert (await read(world)).json()["state"] == "proposed"
    assert (await confirm(world, by="w.fox")).status_code == 200


async def test_what_is_in_force_just_so_stays_and_every_other_put_is_a_proposal_again(world: World) -> None:
    await propose(world)
    again = await propose(world)
    assert (again.status_code, again.json()["proposed_at"]) == (200, "2026-11-20T17:00:00.001Z")
    in_force = (await confirm(world)).json()
    same = await propose(world, by="o.other")
    assert (same.status_code, same.json()) == (200, in_force)
    twice = await confirm(world, by="w.fox")
    assert (twice.status_code, code_of(twice)) == (409, "not_proposed")
    for changes in ({"kind": "privileged"}, {"name": "Other line"}, {"verified_by": "a call"}):
        changed = await propose(world, by="o.other", **changes)
        assert (changed.status_code, changed.json()["state"]) == (200, "proposed")
        assert (changed.json()["proposed_by"], changed.json()["confirmed_by"]) == ("o.other", None)
        assert (await confirm(world)).status_code == 200
    # A proposal repeated by another person is theirs: they cannot confirm it either.
    await propose(world, by="o.other")
    assert (await propose(world, by="w.lamb")).json()["proposed_by"] == "w.lamb"
    assert code_of(await confirm(world)) == "second_person_needed"


async def test_every_spelling_names_the_one_number(world: World) -> None:
    assert (await propose(world, "1%20(800)%20555-0123")).status_code == 201
    for spelling in ("+18005550123", "8005550123", "1-800-555-0123", "01118005550123"):
        assert (await read(world, spelling)).json()["number"] == NUMBER
    assert (await propose(world, "988", name="Suicide line")).json()["number"] == "988"
    assert (await confirm(world, "1988")).json()["number"] == "988"
    for wrong in ("*67988", "12345", "1-800-FLOWERS", "8005550123,1", "%20", "9" * 65):
        for answer in (await propose(world, wrong), await read(world, wrong), await confirm(world, wrong)):
            assert answer.status_code == 422, wrong
            assert code_of(answer) in ("number_not_valid", "malformed_request")
    assert (await read(world, "+18005550124")).status_code == 404
    assert (await confirm(world, "+18005550124")).status_code == 404


async def test_a_blocked_number_is_refused_at_the_confirmation_and_only_there(world: World) -> None:
    await put_facility(world)
    now = to_milliseconds(world.clock.now())
    stands: list[dict[str, Any]] = [
        {"until": now + 60_000},
        {"scope": "inmate", "inmate_id": "not-yet-booked", "kind": "victim"},
        {"scope": "facility", "facility_id": "osborn", "kind": "facility", "until": None},
    ]
    for changes in stands:
        await block(world, **changes)
        assert (await propose(world)).status_code in (200, 201)
        refused = await confirm(world)
        assert (refused.status_code, code_of(refused)) == (409, "number_blocked"), changes
        async with world.deployment.database.write() as transaction:
            await transaction.execute(t.blocks.update().values(lifted_at=now))
    await block(world, block_id="run out", until=to_milliseconds(world.clock.now()) + 1)
    assert (await confirm(world)).status_code == 200


async def test_a_hotline_on_somebodys_list_is_refused_and_a_privileged_number_is_not(world: World) -> None:
    await put_facility(world)
    await put_inmate(world)
    for state in ("active", "pending_warden"):
        await enlist(world, state)
        await propose(world)
        refused = await confirm(world)
        assert (refused.status_code, code_of(refused)) == (409, "number_listed"), state
        await propose(world, kind="privileged")
        assert (await confirm(world)).status_code == 200
        async with world.deployment.database.write() as transaction:
            await transaction.execute(t.list_entries.update().values(state="removed"))
    await propose(world)
    assert (await confirm(world)).status_code == 200


async def test_places_bind_both_people(world: World) -> None:
    for name in ("osborn", "enfield"):
        await put_facility(world, name)
    whole = await propose(world, facilities=["osborn"])
    assert (whole.status_code, code_of(whole)) == (403, "system_scope")
    assert (await propose(world, facility_id="enfield", facilities=["osborn"])).status_code == 404
    unknown = await propose(world, facility_id="nowhere")
    assert (unknown.status_code, code_of(unknown)) == (422, "facility_unknown")
    own = await propose(world, facility_id="osborn", facilities=["osborn"])
    assert (own.status_code, own.json()["facility_id"]) == (201, "osborn")
    # For whoever does not cover the place the number is not there, before the body is looked at.
    foreign = [
        await read(world, facilities=["enfield"]),
        await confirm(world, facilities=["enfield"], body={"not": "looked at"}),
        await propose(world, facility_id="enfield", facilities=["enfield"]),
        await propose(world, kind="not looked at", facilities=["enfield"]),
    ]
    assert {(answer.status_code, code_of(answer)) for answer in foreign} == {(404, "not_found")}
    assert (await confirm(world, facilities=["osborn"])).status_code == 200


async def test_a_number_of_the_whole_system_is_read_everywhere_and_changed_by_nobody_smaller(world: World) -> None:
    await put_facility(world)
    await propose(world)
    assert (await read(world, facilities=["osborn"])).status_code == 200
    for answer in (
        await confirm(world, facilities=["osborn"]),
        await propose(world, facility_id="osborn", facilities=["osborn"]),
    ):
        assert (answer.status_code, code_of(answer)) == (403, "system_scope")


async def test_lists_page_filter_and_show_what_the_token_reaches(world: World) -> None:
    for name in ("osborn", "enfield"):
        await put_facility(world, name)
    for number, place in (("+18005550101", None), ("+18005550102", "osborn"), ("+18005550103", "enfield")):
        await propose(world, number, facility_id=place)
    await confirm(world, "+18005550102")

    async def listed(query: str, **how: Any) -> list[str]:
        body = (await world.call("warden", "GET", f"/v1/common-numbers{query}", **how)).json()
        return [item["number"][-3:] for item in body["items"]]

    assert await listed("") == ["101", "102", "103"]
    assert await listed("", facilities=["osborn"]) == ["101", "102"]
    assert await listed("?state=proposed") == ["101", "103"]
    assert await listed("?state=in_force") == ["102"]
    page = (await world.call("operator", "GET", "/v1/common-numbers?limit=2")).json()
    assert await listed(f"?limit=2&cursor={page['next_cursor']}") == ["103"]


async def test_roles_other_than_the_two_have_no_part_in_it(world: World) -> None:
    await propose(world)
    asked: list[tuple[str, str, Any]] = [
        ("GET", PATH, None),
        ("GET", "/v1/common-numbers", None),
        ("PUT", PATH, {}),
        ("POST", f"{PATH}/confirm", {}),
    ]
    for role in ("switch", "counselor", "security", "victim_services", "auditor"):
        for method, path, body in asked:
            answer = await world.call(role, method, path, json=body)
            assert (answer.status_code, code_of(answer)) == (403, "not_permitted")
    assert (await world.call("warden", "PUT", PATH, json=PROPOSAL)).status_code == 403
    assert (await world.call("operator", "POST", f"{PATH}/confirm", json=NOTE)).status_code == 403


async def test_if_match_confirms_what_was_read_and_nothing_else(world: World) -> None:
    seen = (await propose(world)).headers["etag"]
    changed = await propose(world, name="Another line")
    assert (await confirm(world, headers={"If-Match": seen})).status_code == 412
    assert (await propose(world, headers={"If-Match": seen})).status_code == 412
    assert (await confirm(world, headers={"If-Match": changed.headers["etag"]})).status_code == 200


async def test_a_confirmation_is_answered_once_and_replayed(world: World) -> None:
    await propose(world)
    key = {"Idempotency-Key": "confirm-1"}
    first = await confirm(world, headers=key)
    again = await confirm(world, headers=key)
    assert (again.status_code, again.json()) == (200, first.json())
    assert again.headers["idempotent-replayed"] == "true"
    other = await confirm(world, headers=key, body={"note": "something else"})
    assert (other.status_code, code_of(other)) == (422, "idempotency_key_reused")


async def test_of_confirmations_at_once_exactly_one_puts_it_in_force(world: World) -> None:
    await propose(world)
    answers = await asyncio.gather(*(confirm(world, by=f"w.{i}") for i in range(5)))
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 4


async def test_a_malformed_proposal_is_422(world: World) -> None:
    malformed: dict[str, Any] = {
        "facility_id": ["", "a b", 1],
        "kind": ["attorney", None],
        "name": ["", "x" * 201, None],
        "verified_by": ["", "a\x00", None],
        "state": ["in_force"],
    }
    for field, values in malformed.items():
        for value in values:
            answer = await propose(world, **{field: value})
            assert (answer.status_code, code_of(answer)) == (422, "malformed_request"), (field, value)
    await propose(world)
    notes: list[Any] = [{}, {"note": ""}, {"note": "x" * 2001}, {"note": None}, {"note": "x", "force": True}, []]
    for body in notes:
        assert (await confirm(world, body=body)).status_code == 422
