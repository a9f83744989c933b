"""Who reads the trail and the alerts, of which places, and what is withheld from an auditor?"""

from typing import Any

import pytest

from callgate.domain.instants import to_milliseconds
from callgate.store.alerts import Alert, record_alerts
from tests.conftest import World
from tests.people import CARL, FREE, NORTH, change_list, of_facility, of_system, seed_people, set_block
from tests.places import code_of
from tests.seeding import ANNA, BORIS, FACILITY, NUMBER

PAPERS = {"authority": "order vacated", "evidence_reference": "DOC-2026-1"}
SECRETS = ("State v. Doe", "she is afraid", "FA-26-4011", "order vacated", "DOC-2026-1", "his sister")


@pytest.fixture
def people(world: World, database_url: str) -> World:
    seed_people(database_url)
    return world


async def trail(people: World, role: str, query: str = "", **sent: Any) -> list[dict[str, Any]]:
    answer = await people.call(role, "GET", f"/v1/audit-events{query}", **sent)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def protect(people: World, kind: str) -> str:
    """A block of this kind with everything that can be told of one: two words for its end and an exception."""
    papers = {"authority": "State v. Doe", "note": "she is afraid", "document_reference": "FA-26-4011"}
    block_id: str = (await set_block(people, NUMBER, kind=kind, **papers))["block_id"]
    people.clock.advance(1)
    exception = {"inmate_id": BORIS, "note": "his sister", "until": "indefinite"}
    await people.call("warden", "POST", f"/v1/blocks/{block_id}/exceptions", json=exception)
    people.clock.advance(1)
    await people.call("warden", "POST", f"/v1/blocks/{block_id}/lift", json=PAPERS, subject="w.lamb")
    return block_id


async def test_an_auditor_reads_protected_kinds_without_person_papers_or_authority(people: World) -> None:
    for kind in ("victim", "court_order", "protected_person", "guardian", "investigation"):
        block_id = await protect(people, kind)
        full = [event for event in await trail(people, "security") if event["object_id"] == block_id]
        redacted = [event for event in await trail(people, "auditor") if event["object_id"] == block_id]
        assert len(full) == len(redacted) >= 2
        assert all(secret in str(full) for secret in SECRETS[:3])
        assert not any(secret in str(redacted) for secret in SECRETS)
        assert ANNA not in str(redacted)
        assert BORIS not in str(redacted)
        for shown, event in zip(redacted, full, strict=True):
            assert shown["after"]["kind"] == "protected"
            assert shown["after"].keys() == event["after"].keys()
            named = ("event_id", "occurred_at", "author", "role", "action", "object_type", "facility_id")
            assert [shown[name] for name in named] == [event[name] for name in named]
            assert (shown["after"]["created_by"], shown["after"]["number"]) == ("warden", NUMBER)
            assert [each["asked_by"] for each in shown["after"]["lifts"]] == [
                each["asked_by"] for each in event["after"]["lifts"]
            ]
        assert "w.lamb" in str(redacted)


async def test_an_auditor_reads_other_kinds_in_full(people: World) -> None:
    for kind in ("called_party", "facility"):
        await set_block(people, NUMBER, kind=kind)
    assert await trail(people, "auditor") == await trail(people, "security")
    assert {event["after"]["authority"] for event in await trail(people, "auditor")} == {"letter of the owner"}


async def test_an_investigations_restriction_is_withheld_like_its_block(people: World) -> None:
    dates = {"starts_at": "2026-11-20T17:00:00Z", "ends_at": "2026-11-30T17:00:00Z"}
    told = {**dates, "authority": "special investigations", "case_number": "SI-77"}
    for kind in ("investigation", "disciplinary"):
        await people.call("security", "POST", f"/v1/inmates/{ANNA}/restrictions", json={**told, "kind": kind})
        people.clock.advance(1)
    disciplinary, investigation = await trail(people, "auditor")
    assert (disciplinary["after"]["kind"], disciplinary["after"]["case_number"]) == ("disciplinary", "SI-77")
    assert (investigation["after"]["kind"], investigation["after"]["case_number"]) == ("protected", None)
    assert (investigation["after"]["inmate_id"], investigation["author"]) == (None, "security")


async def test_the_trail_shows_what_happened_at_the_facilities_that_the_token_covers(people: World) -> None:
    for changes in (
        {},
        {"inmate_id": CARL},
        of_facility(),
        of_facility(facility_id=NORTH),
        of_system(),
        {"inmate_id": "999"},
    ):
        await set_block(people, NUMBER, **changes)
        people.clock.advance(1)

    async def places(query: str = "", **sent: Any) -> list[str | None]:
        return [event["facility_id"] for event in await trail(people, "security", query, **sent)]

    assert await places() == [None, None, NORTH, FACILITY, NORTH, FACILITY]
    assert await places(facilities=[FACILITY]) == [FACILITY, FACILITY]
    assert await places(facilities=[FACILITY, NORTH]) == [NORTH, FACILITY, NORTH, FACILITY]
    assert await places(f"?facility_id={NORTH}") == [NORTH, NORTH]
    for path in ("/v1/audit-events", "/v1/alerts"):
        elsewhere = await people.call("security", "GET", f"{path}?facility_id={NORTH}", facilities=[FACILITY])
        assert (elsewhere.status_code, code_of(elsewhere)) == (404, "not_found")


async def test_the_trail_is_read_page_by_page(people: World) -> None:
    for number in FREE[:5]:
        await set_block(people, number)
        people.clock.advance(1)
    whole = [event["event_id"] for event in await trail(people, "auditor")]
    read: list[str] = []
    query = "?limit=2"
    while query:
        page = (await people.call("auditor", "GET", f"/v1/audit-events{query}")).json()
        read += [event["event_id"] for event in page["items"]]
        query = f"?limit=2&cursor={page['next_cursor']}" if page["next_cursor"] else ""
    assert (read, len(read)) == (whole, 5)
    nonsense = await people.call("auditor", "GET", "/v1/audit-events?cursor=bm9uc2Vuc2U")
    assert (nonsense.status_code, code_of(nonsense)) == (422, "cursor_not_valid")


async def test_who_may_read_the_trail_and_the_alerts(people: World) -> None:
    for path, may in (("/v1/audit-events", {"security", "auditor"}), ("/v1/alerts", {"warden", "security"})):
        for role in ("switch", "counselor", "warden", "security", "victim_services", "auditor", "operator"):
            answer = await people.call(role, "GET", path)
            assert answer.status_code == (200 if role in may else 403), (role, path)


async def test_a_refused_write_leaves_no_trace(people: World) -> None:
    await change_list(people, ANNA, add=("1",))
    await people.call("warden", "POST", "/v1/blocks", json={})
    assert await trail(people, "security") == []


async def test_alerts_are_read_newest_first_and_one_subject_is_told_once(people: World) -> None:
    now = people.clock.now()
    async with people.deployment.database.write() as transaction:
        for alert_id, kind, subject, place in (
            ("a1", "pin_guessing", "station-1", FACILITY),
            ("a2", "pin_guessing", "station-1", FACILITY),
            ("a3", "pin_guessing", "station-2", NORTH),
            ("a4", "check_failed", "station-1", None),
        ):
            alert = Alert(
                alert_id=alert_id,
                raised_at=to_milliseconds(now),
                kind=kind,
                facility_id=place,
                subject=subject,
                detail='{"station_id": "s"}',
            )
            await record_alerts(transaction, [alert])

    async def listed(query: str = "", facilities: list[str] | None = None) -> list[str]:
        answer = await people.call("warden", "GET", f"/v1/alerts{query}", facilities=facilities)
        return [item["alert_id"] for item in answer.json()["items"]]

    assert await listed() == ["a4", "a3", "a1"]
    assert await listed(facilities=[FACILITY]) == ["a1"]
    assert await listed(f"?facility_id={NORTH}") == ["a3"]
    assert await listed("?kind=pin_guessing") == ["a3", "a1"]
    assert await listed(f"?kind=pin_guessing&facility_id={FACILITY}") == ["a1"]
    assert await listed("?kind=check_failed", facilities=[FACILITY]) == []
    assert await listed("?kind=removal_overdue") == []
    assert (await people.call("warden", "GET", "/v1/alerts?kind=made_up")).status_code == 422
    page = (await people.call("warden", "GET", "/v1/alerts?limit=1")).json()
    assert page["items"] == [
        {
            "alert_id": "a4",
            "raised_at": "2026-11-20T17:00:00.000Z",
            "kind": "check_failed",
            "facility_id": None,
            "subject": "station-1",
            "detail": {"station_id": "s"},
        }
    ]
    assert await listed(f"?limit=2&cursor={page['next_cursor']}") == ["a3", "a1"]
