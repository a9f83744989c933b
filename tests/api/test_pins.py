"""A PIN is given once, shown once, kept nowhere, and opens nothing once it is replaced."""

import asyncio
import re
from dataclasses import replace
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from callgate.domain.roles import Actor, Role
from callgate.flows.issue_pin import issue_pin
from callgate.flows.staff_write import StaffRequest
from tests.conftest import World
from tests.places import audit_trail, code_of, in_full_width, put_facility, put_inmate

PATH = "/v1/inmates/204418/pin"
PIN = "493715"


async def issue(
    world: World, body: Any, *, role: str = "operator", inmate_id: str = "204418", **how: Any
) -> httpx.Response:
    world.clock.advance(0.001)
    return await world.call(role, "POST", f"/v1/inmates/{inmate_id}/pin", json=body, **how)


async def digests(world: World) -> dict[str, str]:
    async with world.deployment.database.read() as transaction:
        rows = await transaction.execute(text("SELECT inmate_id, digest FROM pins"))
        return {row.inmate_id: row.digest for row in rows}


async def every_text_kept(world: World) -> str:
    """Every value of every table, as one text."""
    async with world.deployment.database.read() as transaction:
        kept = []
        for table in ("pins", "inmates", "audit_events", "idempotency_keys"):
            kept += [repr(tuple(row)) for row in await transaction.execute(text(f"SELECT * FROM {table}"))]  # noqa: S608
    return "\n".join(kept)


async def with_person(world: World, **changes: Any) -> None:
    await put_facility(world)
    await put_inmate(world, **changes)


async def test_a_generated_pin_has_the_profiles_length_and_is_shown_once(world: World) -> None:
    await with_person(world)
    for role, body in (("operator", {}), ("counselor", {"pin": None})):
        answer = await issue(world, body, role=role)
        told = answer.json()
        assert (answer.status_code, set(told), told["inmate_id"]) == (201, {"inmate_id", "pin", "set_at"}, "204418")
        assert re.fullmatch("[0-9]+", told["pin"])
        assert len(told["pin"]) == world.deployment.policies["ct-doc"].pin_length
        assert "etag" not in answer.headers
        assert told["pin"] not in await every_text_kept(world)
        known = world.deployment.pin_keys.digests(told["pin"])[0][1]
        assert await digests(world) == {"204418": known}
    trail = [event for event in await audit_trail(world) if event["action"] == "issue_pin"]
    assert [(event["author"], event["object_id"]) for event in trail] == [
        ("operator", "204418"),
        ("counselor", "204418"),
    ]
    assert '"issued"' in trail[0]["after"]


@pytest.mark.feature("F04")
async def test_a_chosen_pin_is_given_as_it_is_and_the_old_one_dies(world: World) -> None:
    await with_person(world)
    first = await issue(world, {"pin": PIN})
    assert (first.status_code, first.json()["pin"]) == (201, PIN)
    assert PIN not in await every_text_kept(world)
    before = await digests(world)
    assert (await issue(world, {"pin": "0519472836"})).status_code == 201
    after = await digests(world)
    assert set(after) == {"204418"}
    assert before != after
    # Nobody has the first one any more, so somebody else may.
    await put_inmate(world, "777")
    assert (await issue(world, {"pin": PIN}, inmate_id="777")).status_code == 201
    assert '"chosen"' in (await audit_trail(world))[-1]["after"]


async def test_nobody_but_an_operator_may_choose_and_nobody_but_two_may_issue(world: World) -> None:
    await with_person(world)
    chosen = await issue(world, {"pin": PIN}, role="counselor")
    assert (chosen.status_code, code_of(chosen)) == (403, "not_permitted")
    assert PIN not in chosen.text
    for role in ("switch", "warden", "security", "victim_services", "auditor"):
        assert (await issue(world, {}, role=role)).status_code == 403
    assert await digests(world) == {}


@pytest.mark.feature("F03")
async def test_every_pin_that_cannot_be_is_refused_in_the_same_bytes(world: World) -> None:
    await with_person(world)
    await put_inmate(world, "555000")
    assert (await issue(world, {"pin": PIN}, inmate_id="555000")).status_code == 201
    assert (await issue(world, {"pin": "8405937"})).status_code == 201
    before = await digests(world)
    refused = {
        "of the inmate number": "920441",
        "the whole inmate number": "204418",
        "of the birth date": "851985",
        "month and day": "030785",
        "a run": "591234",
        "a run down": "765402",
        "a repeat": "900005",
        "a repeated block": "471471",
        "too short for one person": "4937",
        "too short for two": "49371",
        "somebody's": PIN,
        "their own already": "8405937",
    }
    bodies = set()
    for cause, pin in refused.items():
        answer = await issue(world, {"pin": pin})
        assert (answer.status_code, code_of(answer)) == (422, "pin_not_acceptable"), cause
        bodies.add(answer.text.replace(answer.json()["instance"], ""))
        assert pin not in answer.text
    assert len(bodies) == 1
    assert await digests(world) == before
    assert len([event for event in await audit_trail(world) if event["action"] == "issue_pin"]) == 2


async def test_pins_grow_with_the_population(world: World) -> None:
    await with_person(world)
    assert (await issue(world, {"pin": "49371"})).status_code == 201  # one person: 10^5 is enough
    for i in range(10):
        await put_inmate(world, f"p{i}", status="active" if i < 9 else "released")
    assert (await issue(world, {"pin": "493715"})).status_code == 201  # ten held: 10^6
    await put_inmate(world, "p9")
    assert (await issue(world, {"pin": "582604"})).status_code == 422  # eleven: 10^6 is too small
    assert (await issue(world, {"pin": "5826047"})).status_code == 201


async def test_a_generated_pin_is_longer_than_the_profiles_where_so_many_people_need_it(world: World) -> None:
    await with_person(world)
    short = replace(world.deployment.policies["ct-doc"], pin_length=4)
    deployment = replace(world.deployment, policies={"ct-doc": short})
    request = StaffRequest(actor=Actor("operator", Role.OPERATOR, None), route="test")
    answer = await issue_pin(deployment, request, inmate_id="204418", chosen=None)
    assert re.fullmatch("[0-9]{5}", answer.body["pin"])


@pytest.mark.feature("F55")
async def test_a_released_person_gets_no_pin_and_the_old_one_never_comes_back(world: World) -> None:
    await with_person(world)
    await issue(world, {"pin": PIN})
    await put_inmate(world, status="released")
    assert await digests(world) == {}
    for body in ({}, {"pin": PIN}):
        answer = await issue(world, body)
        assert (answer.status_code, code_of(answer)) == (409, "inmate_released")
    await put_inmate(world, status="active")
    assert await digests(world) == {}
    actions = [event["action"] for event in await audit_trail(world)]
    assert actions == ["put_facility", "put_inmate", "issue_pin", "end_pin", "put_inmate", "put_inmate"]
    assert (await issue(world, {"pin": PIN})).status_code == 201


async def test_a_move_keeps_the_pin(world: World) -> None:
    await with_person(world)
    await put_facility(world, "enfield")
    await issue(world, {"pin": PIN})
    before = await digests(world)
    await put_inmate(world, facility_id="enfield", unit="7")
    assert await digests(world) == before


async def test_a_replayed_issue_shows_no_pin_and_issues_none(world: World) -> None:
    await with_person(world)
    key = {"Idempotency-Key": "issue-1"}
    first = await issue(world, {}, headers=key)
    assert first.json()["pin"] is not None
    assert "idempotent-replayed" not in first.headers
    before = await digests(world)
    again = await issue(world, {}, headers=key)
    assert (again.status_code, again.json()) == (201, {**first.json(), "pin": None})
    assert again.headers["idempotent-replayed"] == "true"
    assert await digests(world) == before
    other = await issue(world, {"pin": PIN}, headers=key)
    assert (other.status_code, code_of(other)) == (422, "idempotency_key_reused")
    # Another author's key of the same name is another key.
    assert (await issue(world, {}, headers=key, role="counselor")).json()["pin"] is not None
    assert first.json()["pin"] not in await every_text_kept(world)


async def test_a_refused_issue_leaves_its_key_free(world: World) -> None:
    await with_person(world)
    key = {"Idempotency-Key": "issue-1"}
    assert (await issue(world, {"pin": "1111"}, headers=key)).status_code == 422
    assert (await issue(world, {"pin": PIN}, headers=key)).status_code == 201


async def test_of_several_people_given_one_pin_at_once_exactly_one_gets_it(world: World) -> None:
    await put_facility(world)
    people = [f"p{i}" for i in range(5)]
    for name in people:
        await put_inmate(world, name)
    for pin in (PIN, "582604", "730591"):
        answers = await asyncio.gather(*(issue(world, {"pin": pin}, inmate_id=name) for name in people))
        assert sorted(answer.status_code for answer in answers) == [201] + [422] * 4
        assert {code_of(answer) for answer in answers if answer.status_code == 422} == {"pin_not_acceptable"}
        kept = list((await digests(world)).values())
        assert len(set(kept)) == len(kept)
        assert kept.count(world.deployment.pin_keys.digests(pin)[0][1]) == 1


async def test_two_issues_for_one_person_at_once_leave_one_pin_that_one_of_them_showed(world: World) -> None:
    await with_person(world)
    answers = await asyncio.gather(*(issue(world, {}) for _ in range(4)))
    assert {answer.status_code for answer in answers} == {201}
    shown = {world.deployment.pin_keys.digests(answer.json()["pin"])[0][1] for answer in answers}
    assert set((await digests(world)).values()) < shown


async def test_a_malformed_pin_is_422_and_never_comes_back(world: World) -> None:
    await with_person(world)
    for value in (
        493715,
        "49371a",
        "493",
        "49371549371549371",
        in_full_width(PIN),
        ["493715"],
        {"493715": 1},
        "493715\n",
        True,
    ):
        answer = await issue(world, {"pin": value})
        assert (answer.status_code, code_of(answer)) == (422, "malformed_request"), value
        assert "4937" not in answer.text
        assert in_full_width(PIN) not in answer.text
    for raw in ({"493715": None}, {"pin": PIN, "extra": PIN}, ["493715"], "493715", None):
        answer = await issue(world, raw)
        assert answer.status_code == 422
        assert "4937" not in answer.text
    assert await digests(world) == {}
