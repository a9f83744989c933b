"""Does a file of lists follow the rules of a counselor's change, and tell no more than its answer does?"""

from typing import Any

import pytest

from callgate.domain.instants import to_wire
from tests.conftest import NOON, World
from tests.feeding import AFTERNOON, LATER, MORNING, Fed, export, feed, listed
from tests.people import CARL, DORA, ERIC, FREE, block_body, change_list, hotline_row, read_list, set_block
from tests.places import audit_trail
from tests.seeding import ANNA, BORIS, NUMBER, OTHER_NUMBER, attempt_body, fill

ATTORNEY: dict[str, Any] = {"kind": "attorney", "relationship": "lawyer"}
DECIDED: dict[str, Any] = ATTORNEY | {
    "state": "active",
    "decided_at": MORNING,
    "decided_by": "w.lamb",
    "evidence_reference": "bar 12345",
}

pytestmark = pytest.mark.usefixtures("seeded")


async def lists(world: World, *rows: dict[str, Any], **order: Any) -> Fed:
    accept = order.pop("accept", ())
    return await feed(world.deployment, "lists", list(rows), *accept, **order)


async def numbers_of(world: World, inmate_id: str) -> dict[str, str]:
    return {entry["number"]: entry["state"] for entry in (await read_list(world, inmate_id)).json()["numbers"]}


async def authorize(world: World, call_id: str, **changes: Any) -> dict[str, Any]:
    answer = await world.call("switch", "POST", "/v1/authorize", json=attempt_body(call_id, **changes))
    told: dict[str, Any] = answer.json()
    return told


async def test_the_file_has_the_whole_list_of_whom_it_names_and_nobody_elses(world: World) -> None:
    fed = await lists(world, listed(ANNA, FREE[0]), listed(ANNA, "(860) 555-0151"), listed(DORA, FREE[2], **ATTORNEY))

    assert fed.state == "applied"
    assert fed.outcomes() == ["added", "added", "pending_warden"]
    assert await numbers_of(world, ANNA) == {FREE[0]: "active", FREE[1]: "active"}
    assert await numbers_of(world, DORA) == {FREE[2]: "pending_warden"}
    assert await numbers_of(world, BORIS) == {OTHER_NUMBER: "active"}
    assert fed.result.proof is not None
    assert fed.result.proof.held == 3


async def test_a_row_without_a_number_empties_the_list(world: World) -> None:
    empty = {"inmate_id": ANNA, "as_of": AFTERNOON}

    assert (await lists(world, empty)).outcomes() == ["changed"]
    assert await numbers_of(world, ANNA) == {}
    assert (await lists(world, empty)).state == "nothing_new"


async def test_what_is_fed_is_callable_and_what_comes_off_ends_its_call(world: World) -> None:
    call = await authorize(world, "running")
    await lists(world, listed(ANNA, FREE[0]))

    revoked = (await world.call("warden", "GET", f"/v1/calls/{call['decision_id']}")).json()["revoked_at"]
    assert revoked is not None
    ended = {"call_id": "running", "type": "ended", "sequence_number": 1, "occurred_at": to_wire(NOON)}
    await world.call("switch", "POST", "/v1/call-events", json=ended | {"duration_seconds": 0, "cause": "failed"})
    assert (await authorize(world, "old"))["reason"] == "number_not_available"
    assert (await authorize(world, "new", called_number=FREE[0]))["decision"] == "allow"


async def test_another_name_under_the_same_number_ends_no_call(world: World) -> None:
    call = await authorize(world, "running")
    fed = await lists(world, listed(ANNA, NUMBER, name="Another Name"))

    assert fed.outcomes() == ["changed"]
    assert (await world.call("warden", "GET", f"/v1/calls/{call['decision_id']}")).json()["revoked_at"] is None


async def test_the_same_file_again_changes_nothing_and_an_older_one_is_stale(world: World, seeded: str) -> None:
    rows = (listed(ANNA, FREE[0]), listed(DORA, FREE[2], **ATTORNEY))
    await lists(world, *rows)
    after, trail = export(seeded, "lists"), await audit_trail(world)

    again = await lists(world, *rows)
    older = await lists(world, listed(ANNA, FREE[5], as_of=to_wire(NOON)), listed(DORA, FREE[2], as_of=MORNING))

    assert (again.state, again.outcomes()) == ("nothing_new", ["unchanged", "unchanged"])
    assert (older.state, older.outcomes()) == ("nothing_new", ["stale", "stale"])
    assert export(seeded, "lists") == after
    assert await audit_trail(world) == trail


async def test_a_file_older_than_what_a_counselor_did_is_stale(world: World) -> None:
    world.clock.advance(7200)
    assert (await change_list(world, DORA, add=(FREE[0],))).status_code == 201

    assert (await lists(world, listed(DORA, FREE[1]))).outcomes() == ["stale"]
    assert await numbers_of(world, DORA) == {FREE[0]: "active"}


async def test_a_newer_file_that_says_the_same_is_remembered(world: World) -> None:
    evening = to_wire(LATER.replace(hour=22))
    await lists(world, listed(ANNA, NUMBER, as_of=evening))

    assert (await lists(world, listed(ANNA, FREE[0], as_of=AFTERNOON))).outcomes() == ["stale"]


@pytest.mark.feature("F10")
async def test_a_number_that_waits_is_decided_by_the_warden_like_any_other(world: World) -> None:
    await lists(world, listed(DORA, FREE[2], **ATTORNEY))
    (waiting,) = (await world.call("warden", "GET", "/v1/pending-numbers")).json()["items"]
    path = f"/v1/list-changes/{waiting['change_id']}/numbers/{FREE[2]}/decision"
    body = {"decision": "approve", "reason": "verified", "evidence_reference": "bar 12345"}

    assert (await world.call("warden", "POST", path, json=body)).status_code == 200
    assert await numbers_of(world, DORA) == {FREE[2]: "active"}
    again = await lists(world, listed(DORA, FREE[2], state="pending_warden", **ATTORNEY))
    assert again.state == "nothing_new", "no file takes a decision back"


async def test_a_decision_made_elsewhere_is_taken_over_on_purpose_alone(world: World) -> None:
    undecided = await lists(world, listed(DORA, FREE[2], **ATTORNEY, state="active"))
    assert undecided.told() == [(2, "refused", "decision_missing")]
    unpapered = await lists(world, listed(DORA, FREE[2], **DECIDED | {"evidence_reference": ""}))
    assert unpapered.told() == [(2, "refused", "decision_missing")]
    decided = listed(DORA, FREE[2], **DECIDED)
    assert (await lists(world, decided)).told() == [(2, "refused", "decision_not_accepted")]
    assert (await lists(world, decided, accept=("decisions",))).outcomes() == ["added"]
    assert await numbers_of(world, DORA) == {FREE[2]: "active"}
    assert (await lists(world, decided)).state == "nothing_new"


async def test_a_decision_that_comes_later_ends_the_wait(world: World) -> None:
    await lists(world, listed(DORA, FREE[2], **ATTORNEY))
    decided = listed(DORA, FREE[2], **DECIDED, as_of=to_wire(LATER.replace(minute=30)))

    assert (await lists(world, decided, accept=("decisions",))).outcomes() == ["changed"]
    assert await numbers_of(world, DORA) == {FREE[2]: "active"}


@pytest.mark.feature("F16")
@pytest.mark.parametrize("kind", ["victim", "called_party", "guardian", "facility"])
async def test_a_blocked_number_is_not_approved_in_one_word_for_every_cause(world: World, kind: str) -> None:
    await set_block(world, FREE[0], kind=kind)
    rows = (listed(ANNA, FREE[0]), listed(ANNA, FREE[1]))

    fed = await lists(world, *rows)

    assert fed.told() == [(2, "not_approved", None), (3, "added", None)]
    assert await numbers_of(world, ANNA) == {FREE[1]: "active"}
    assert (await lists(world, *rows)).told() == [(2, "not_approved", None), (3, "unchanged", None)]


async def test_those_who_guard_a_protected_number_are_told_once_and_without_it(world: World) -> None:
    block = block_body(FREE[0], kind="victim")
    await world.call("warden", "POST", "/v1/blocks", json=block)
    for _ in range(2):
        await lists(world, listed(BORIS, FREE[0]), listed(BORIS, OTHER_NUMBER))

    alerts = (await world.call("warden", "GET", "/v1/alerts")).json()["items"]
    assert [alert["kind"] for alert in alerts] == ["protected_number_submitted"]
    assert alerts[0]["detail"] == {"inmate_id": BORIS}
    assert FREE[0] not in str(alerts)


@pytest.mark.feature("F08")
async def test_an_eleventh_number_is_refused_unless_long_lists_are_accepted(world: World) -> None:
    rows = [listed(DORA, number) for number in FREE[:11]]

    assert (await lists(world, *rows[:10], dry_run=True)).state == "dry_run"
    refused = await lists(world, *rows)
    assert [one for one in refused.told() if one[1] == "refused"] == [(12, "refused", "list_full")]
    assert set(refused.outcomes()) == {"refused", "not_judged"}
    assert await numbers_of(world, DORA) == {}
    assert (await lists(world, *rows, accept=("long-lists",))).state == "applied"
    assert (await lists(world, *rows)).state == "nothing_new"
    assert (await lists(world, *rows[:-1])).state == "applied", "fewer, even if still long"


@pytest.mark.feature("F09")
async def test_a_file_is_not_held_to_the_30_days_and_counts_as_a_change(world: World) -> None:
    await lists(world, listed(DORA, FREE[0]))
    first = (await read_list(world, DORA)).json()["next_change_on"]
    await lists(world, listed(DORA, FREE[1], as_of=to_wire(LATER.replace(minute=10))))
    second = (await read_list(world, DORA)).json()["next_change_on"]
    await lists(world, listed(DORA, FREE[2], as_of=to_wire(LATER.replace(minute=20))))

    assert (first, second) == (None, "2026-12-20")
    assert (await change_list(world, DORA, add=(FREE[5],))).json()["code"] == "change_too_soon"
    assert await numbers_of(world, DORA) == {FREE[2]: "active"}


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([listed("nobody", FREE[0])], (2, "inmate_unknown")),
        ([listed(ANNA, "*67 8605550150")], (2, "number_not_valid")),
        ([listed(ANNA, "1-900-555-0123")], (2, "number_not_valid")),
        ([listed(ANNA, FREE[0]), listed(ANNA, "8605550150")], (3, "number_twice")),
        ([listed(ANNA, "8005550199")], (2, "hotline_number")),
        ([listed(ANNA, FREE[0], kind="")], (2, "missing")),
        ([listed(ANNA, FREE[0], since="2026-11-21T00:00:00Z")], (2, "after_as_of")),
        ([listed(ANNA, FREE[0]), listed(ANNA, FREE[1], as_of=MORNING)], (2, "as_of_differs")),
        ([listed(ANNA, FREE[0]), {"inmate_id": ANNA, "as_of": AFTERNOON}], (3, "empty_list_with_numbers")),
        ([{"inmate_id": ANNA, "as_of": AFTERNOON, "kind": "social"}], (2, "empty_list_with_cells")),
        ([listed(ANNA, FREE[0], as_of="2027-11-20T18:00:00Z")], (2, "as_of_ahead")),
    ],
)
async def test_one_row_that_cannot_be_right_holds_back_the_file(
    world: World, seeded: str, rows: list[dict[str, Any]], told: tuple[int, str]
) -> None:
    fill(seeded, common_numbers=[hotline_row("+18005550199")])
    before, trail = export(seeded, "lists"), await audit_trail(world)

    fed = await lists(world, *rows, listed(CARL, FREE[9]))

    assert fed.state == "refused"
    assert [(line, reason) for line, outcome, reason in fed.told() if outcome == "refused"] == [told]
    assert export(seeded, "lists") == before
    assert await audit_trail(world) == trail


@pytest.mark.feature("F53")
async def test_a_file_that_would_take_too_many_numbers_off_is_held_back(world: World) -> None:
    both = [listed(one, number) for one in (ANNA, DORA) for number in FREE[:8]]
    await lists(world, *both, accept=("removals",))
    cut = [listed(one, number, as_of=to_wire(LATER.replace(minute=5))) for one in (ANNA, DORA) for number in FREE[:2]]

    held = await lists(world, *cut)

    assert (held.state, held.result.brakes[0].ended, held.result.brakes[0].standing) == ("held_back", 12, 16)
    assert len(await numbers_of(world, ANNA)) == 8
    assert (await lists(world, *cut, accept=("removals",))).state == "applied"


async def test_a_released_persons_list_is_kept_for_their_return(world: World, seeded: str) -> None:
    assert (await lists(world, listed(ERIC, FREE[0]))).outcomes() == ["added"]
    assert f"{ERIC},{FREE[0]}" in export(seeded, "lists")
