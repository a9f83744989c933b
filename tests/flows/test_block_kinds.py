"""What does each kind of block do beyond refusing the number, and what does its reader learn of it?"""

from typing import Any

import pytest

from tests.asking import decide, tell
from tests.conftest import World
from tests.moves import hears
from tests.people import (
    CARL,
    CARLS_PIN,
    DORA,
    FREE,
    NORTH,
    NORTH_STATION,
    change_list,
    hotline_row,
    of_facility,
    of_system,
    seed_people,
    set_block,
)
from tests.seeding import ANNA, BORIS, FACILITY, NUMBER, OTHER_STATION, PINS, entry_row, fill

REFUSED = "number_not_available"
VICTIM_CLASS = ("victim", "court_order", "protected_person")
OTHER_KINDS = ("called_party", "guardian", "investigation", "facility")
ATTORNEY, COMMON = FREE[0], FREE[1]


@pytest.fixture
def people(world: World, database_url: str) -> World:
    seed_people(database_url)
    fill(
        database_url,
        list_entries=[entry_row(ANNA, ATTORNEY, kind="attorney"), entry_row(BORIS, NUMBER)],
        common_numbers=[hotline_row(COMMON, kind="privileged")],
    )
    return world


async def alerts(people: World, kind: str, **sent: Any) -> list[dict[str, Any]]:
    answer = await people.call("warden", "GET", "/v1/alerts", **sent)
    return [item for item in answer.json()["items"] if item["kind"] == kind]


# ------------------------------------------------------------------------------------------- every kind, alike outside


@pytest.mark.feature("F13", "F16", "F18")
@pytest.mark.parametrize("kind", VICTIM_CLASS + OTHER_KINDS)
async def test_every_kind_beats_the_list_and_sounds_like_a_number_that_is_not_on_it(people: World, kind: str) -> None:
    unlisted = await decide(people, "c1", called_number=FREE[9])
    assert await hears(people, "c2", NUMBER) == "allow"
    await set_block(people, NUMBER, kind=kind, document_reference="D-1")
    blocked = await decide(people, "c3")
    assert blocked["reason"] == REFUSED
    heard = [{**answer, "decision_id": 0, "call_id": 0, "decided_at": 0} for answer in (unlisted, blocked)]
    assert heard[0] == heard[1]
    # The list itself shows nothing of it.
    listed = (await people.call("counselor", "GET", f"/v1/inmates/{ANNA}/phone-list")).json()
    assert (listed["numbers"][0]["number"], listed["numbers"][0]["state"]) == (NUMBER, "active")


@pytest.mark.feature("F13")
async def test_a_guardians_objection_keeps_the_number_off_the_list_like_any_refusal(people: World) -> None:
    await set_block(people, FREE[2], kind="guardian", inmate_id=DORA, document_reference="letter of 2026-11-18")
    await set_block(people, FREE[3], kind="called_party", inmate_id=DORA)
    answer = await change_list(people, DORA, add=FREE[2:5])
    assert [outcome["outcome"] for outcome in answer.json()["outcomes"]] == ["not_approved", "not_approved", "added"]
    # It binds the one person whose guardian objected, and shields nobody else.
    answer = await change_list(people, BORIS, add=FREE[2:3])
    assert answer.json()["outcomes"][0]["outcome"] == "added"
    # And it protects nobody from the person who asked: no alert.
    assert await alerts(people, "protected_number_submitted") == []


@pytest.mark.feature("F13")
async def test_an_auditor_reads_a_guardians_objection_without_person_and_papers(people: World) -> None:
    await set_block(people, FREE[2], kind="guardian", inmate_id=DORA, document_reference="letter of 2026-11-18")
    (event,) = (await people.call("auditor", "GET", "/v1/audit-events")).json()["items"]
    read = event["after"]
    assert (read["kind"], read["number"], read["created_by"]) == ("protected", FREE[2], "warden")
    for name in ("inmate_id", "authority", "note", "document_reference", "lift_authority", "lift_needs"):
        assert read[name] is None, name
    assert "letter" not in str(event)


# ------------------------------------------------------------------------------------------------------------ privilege


@pytest.mark.feature("F16")
@pytest.mark.parametrize("number", [ATTORNEY, COMMON])
async def test_a_block_beats_privilege_and_the_warden_is_told_of_the_clash(people: World, number: str) -> None:
    assert (await decide(people, "c1", called_number=number))["call_class"] == "privileged"
    block = await set_block(people, number)
    assert block["calls_revoked"] == 1
    assert (await tell(people, "c1", "ended", 1))["action"] == "terminate"
    assert await hears(people, "c2", number) == REFUSED
    (alert,) = await alerts(people, "privileged_number_blocked", facilities=[FACILITY])
    assert (alert["subject"], alert["facility_id"], alert["detail"]) == (
        block["block_id"],
        FACILITY,
        {"block_id": block["block_id"]},
    )


@pytest.mark.feature("F16")
async def test_it_is_a_clash_only_for_somebody_whom_the_block_binds(people: World, database_url: str) -> None:
    north_only = FREE[5]
    fill(database_url, common_numbers=[hotline_row(north_only, kind="privileged", facility_id=NORTH)])
    fill(
        database_url,
        list_entries=[
            entry_row(DORA, FREE[6], kind="consulate", state="active"),
            entry_row(DORA, FREE[7], kind="attorney", state="pending_warden"),
        ],
        common_numbers=[
            hotline_row(FREE[8], kind="privileged", state="proposed", confirmed_by=None, confirmed_at=None),
        ],
    )
    unit: dict[str, Any] = {"scope": "unit", "inmate_id": None, "facility_id": FACILITY, "kind": "facility"}
    cases: tuple[tuple[str, dict[str, Any], bool], ...] = (
        (ATTORNEY, {"inmate_id": BORIS}, False),
        (ATTORNEY, {"inmate_id": BORIS, "kind": "victim"}, True),  # Anna is beside him
        (ATTORNEY, {"inmate_id": CARL, "kind": "victim"}, False),
        (ATTORNEY, {"inmate_id": "999999", "kind": "victim"}, False),
        (ATTORNEY, of_facility(), True),
        (ATTORNEY, of_facility(facility_id=NORTH), False),
        (ATTORNEY, of_system(), True),
        (ATTORNEY, {**unit, "unit": "A"}, True),
        (ATTORNEY, {**unit, "unit": "B"}, False),
        (FREE[6], {**unit, "unit": "B"}, True),
        (FREE[7], {"inmate_id": DORA}, False),
        (FREE[8], of_facility(), False),
        (COMMON, {"inmate_id": "999999"}, True),
        (north_only, of_facility(), False),
        (north_only, {"inmate_id": ANNA}, False),
        (north_only, {"inmate_id": CARL}, True),
        (north_only, of_system(), True),
    )
    for number, changes, clashes in cases:
        block_id = (await set_block(people, number, **changes))["block_id"]
        raised = [alert["subject"] for alert in await alerts(people, "privileged_number_blocked")]
        assert (block_id in raised) is clashes, (number, changes)
        people.clock.advance(1)


# ----------------------------------------------------------------------------------------------------- who can lift it


@pytest.mark.feature("F22")
async def test_a_block_says_who_can_end_it_and_those_can(people: World) -> None:
    for kind in VICTIM_CLASS + OTHER_KINDS:
        block = await set_block(people, FREE[9], kind=kind, document_reference="D-1")
        asked = [(position, role) for position, roles in enumerate(block["lift_needs"]) for role in roles]
        assert len(block["lift_needs"]) == (2 if kind in VICTIM_CLASS else 1)
        papers = {"authority": "a", "evidence_reference": "e"}
        path = f"/v1/blocks/{block['block_id']}/lift"
        # The first named of each person needed, one after the other: the last of them lifts it.
        people_needed = [roles[0] for roles in block["lift_needs"]]
        answers = [
            await people.call(role, "POST", path, json=papers, subject=f"p.{position}")
            for position, role in enumerate(people_needed)
        ]
        assert [answer.status_code for answer in answers] == [202] * (len(people_needed) - 1) + [200], (kind, asked)
        lifted = (await people.call("warden", "GET", f"/v1/blocks/{block['block_id']}")).json()
        assert (lifted["lift_authority"], lifted["lift_needs"]) == (None, [])


@pytest.mark.feature("F22")
async def test_a_block_that_has_run_out_is_ended_by_nobody(people: World) -> None:
    block = await set_block(people, FREE[9], until="2026-11-20T17:00:01.000Z")
    assert block["lift_authority"] == "A warden or security lifts it."
    people.clock.advance(0.999)
    assert (await people.call("warden", "GET", f"/v1/blocks/{block['block_id']}")).json()["lift_needs"]
    people.clock.advance(0.001)
    (read,) = (await people.call("warden", "GET", "/v1/blocks")).json()["items"]
    assert (read["state"], read["lift_authority"], read["lift_needs"]) == ("expired", None, [])


@pytest.mark.feature("F22")
async def test_the_whole_systems_block_says_whose_tokens_it_takes(people: World) -> None:
    block = await set_block(people, FREE[9], **of_system())
    assert block["lift_authority"] == (
        "A warden or security lifts it. It is the whole system's, so it takes tokens for every facility."
    )


# -------------------------------------------------------------------------------------- whom others may not reach


@pytest.mark.feature("F17")
async def test_another_persons_victim_that_somebody_submits_is_struck_out_and_told_to_those_who_guard_it(
    people: World,
) -> None:
    await set_block(people, FREE[9], kind="victim", inmate_id=ANNA)
    await set_block(people, FREE[10], inmate_id=BORIS)
    struck = await change_list(people, BORIS, add=FREE[9:10])
    people.clock.advance(31 * 86_400)
    plain = await change_list(people, BORIS, add=FREE[10:11])
    told = [[outcome["outcome"] for outcome in answer.json()["outcomes"]] for answer in (struck, plain)]
    assert told == [["not_approved"], ["not_approved"]]
    assert [alert["subject"] for alert in await alerts(people, "protected_number_submitted")] == [
        struck.json()["change_id"]
    ]


@pytest.mark.feature("F20")
async def test_a_keypress_binds_the_one_who_called_and_counts_once(people: World) -> None:
    await decide(people, "c1")
    for number in (1, 1, 2):
        assert (await tell(people, "c1", "called_party_block", number))["action"] == "terminate"
    await tell(people, "c1", "ended", 3)
    assert await hears(people, "c2", NUMBER) == REFUSED
    assert await hears(people, "c3", NUMBER, pin=PINS[BORIS], station_id=OTHER_STATION) == "allow"
    (block,) = (await people.call("security", "GET", "/v1/blocks")).json()["items"]
    assert (block["kind"], block["scope"], block["inmate_id"], block["until"], block["created_role"]) == (
        "called_party",
        "inmate",
        ANNA,
        "indefinite",
        "switch",
    )
    assert block["lift_needs"] == [["security", "warden"]]


@pytest.mark.feature("F20", "F54")
async def test_a_keypress_block_is_the_persons_and_holds_wherever_they_are_moved(people: World) -> None:
    await decide(people, "c1", pin=CARLS_PIN, station_id=NORTH_STATION, called_number=COMMON)
    await tell(people, "c1", "called_party_block", 1)
    await tell(people, "c1", "ended", 2)
    body = {"facility_id": FACILITY, "unit": "A", "status": "active", "name": "A Person"}
    assert (await people.call("operator", "PUT", f"/v1/inmates/{CARL}", json=body)).status_code == 200
    assert await hears(people, "c2", COMMON, pin=CARLS_PIN) == REFUSED
