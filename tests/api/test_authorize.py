"""The answer on the wire: one key set, one wording for every cause of a class, the same statements."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from callgate.domain.instants import to_milliseconds
from callgate.domain.roles import Actor, Role
from callgate.flows.attempt import Attempt
from callgate.flows.authorize_calls import decide_batch
from tests.asking import ask, counted_statements, decide, without_ids
from tests.conftest import World
from tests.seeding import (
    ANNA,
    BORIS,
    FACILITY,
    NOON,
    NUMBER,
    OTHER_STATION,
    PINS,
    STATION,
    block_row,
    entry_row,
    facility_row,
    fill,
    inmate_row,
    pin_row,
    seed,
    station_row,
)

KEYS = {
    "decision",
    "decision_id",
    "call_id",
    "decided_at",
    "policy",
    "reason",
    "announcement",
    "max_duration_seconds",
    "limiting_factor",
    "end_by",
    "authorization_expires_at",
    "warn_at_remaining_seconds",
    "call_class",
    "record",
    "monitor",
    "announcements",
    "rate_quote",
    "retry_at",
    "sip_status",
}
ASKED = "+18605550199"


@pytest.fixture
def seeded(world: World, database_url: str) -> World:
    seed(database_url)
    return world


async def test_allows_a_listed_number_for_fifteen_minutes(seeded: World) -> None:
    answer = await decide(seeded, "c1")

    assert set(answer) == KEYS
    assert answer["decision"] == "allow"
    assert answer["reason"] is None
    assert answer["max_duration_seconds"] == 900
    assert answer["limiting_factor"] == "call_cap"
    assert answer["decided_at"] == "2026-11-20T17:00:00.000Z"
    assert answer["authorization_expires_at"] == "2026-11-20T17:02:00.000Z"
    assert answer["end_by"] == "2026-11-20T17:17:00.000Z"
    assert answer["warn_at_remaining_seconds"] == [60]
    assert answer["call_class"] == "social"
    assert answer["record"] is True
    assert answer["sip_status"] == 200
    assert answer["policy"].startswith("ct-doc@")


async def test_a_denial_has_the_same_keys_and_grants_nothing(seeded: World) -> None:
    answer = await decide(seeded, "c1", called_number=ASKED)

    assert set(answer) == KEYS
    assert answer["decision"] == "deny"
    assert answer["reason"] == answer["announcement"] == "number_not_available"
    assert answer["max_duration_seconds"] == 0
    assert (answer["record"], answer["monitor"], answer["announcements"]) == (False, False, [])
    assert answer["rate_quote"]["max_charge"] is None
    assert answer["sip_status"] == 603


@pytest.mark.parametrize(
    ("local", "decision", "seconds"),
    [
        ("2026-11-20T05:59:59-05:00", "deny", 0),
        ("2026-11-20T06:00:00-05:00", "allow", 900),
        ("2026-11-20T22:45:00-05:00", "allow", 900),
        ("2026-11-20T22:45:01-05:00", "allow", 899),
        ("2026-11-20T22:50:00-05:00", "allow", 600),
        ("2026-11-20T22:59:59-05:00", "allow", 1),
        ("2026-11-20T23:00:00-05:00", "deny", 0),
    ],
)
async def test_cuts_the_grant_at_closing_time(seeded: World, local: str, decision: str, seconds: int) -> None:
    seeded.clock.set(datetime.fromisoformat(local).astimezone(UTC))

    answer = await decide(seeded, "c1")

    assert (answer["decision"], answer["max_duration_seconds"]) == (decision, seconds)
    if decision == "deny":
        assert answer["reason"] == "outside_calling_hours"
        assert answer["sip_status"] == 480
        assert datetime.fromisoformat(answer["retry_at"]).astimezone(UTC).hour == 11
    elif seconds < 900:
        assert answer["limiting_factor"] == "calling_hours"
        assert answer["end_by"] == "2026-11-21T04:00:00.000Z"


def _not_available(cause: str, url: str) -> None:
    """Make `ASKED` unavailable to Anna in one of the ways there are."""
    listed = entry_row(ANNA, ASKED)
    until = to_milliseconds(NOON + timedelta(days=1))
    worlds: dict[str, dict[str, list[dict[str, Any]]]] = {
        "not on the list": {},
        "pending": {"list_entries": [entry_row(ANNA, ASKED, state="pending_warden", kind="confined_person")]},
        "removed by its owner": {"list_entries": [entry_row(ANNA, ASKED, state="removed")]},
        "called party": {"list_entries": [listed], "blocks": [_on(ANNA, "called_party")]},
        "victim": {"list_entries": [listed], "blocks": [_on(ANNA, "victim")]},
        "court order": {"list_entries": [listed], "blocks": [_on(ANNA, "court_order", document_reference="D1")]},
        "protected person": {"list_entries": [listed], "blocks": [_on(ANNA, "protected_person", until=until)]},
        "another's victim": {"list_entries": [listed], "blocks": [_on(BORIS, "victim")]},
        "investigation": {"list_entries": [listed], "blocks": [block_row(ASKED)]},
        "facility": {
            "list_entries": [listed],
            "blocks": [block_row(ASKED, scope="facility", facility_id=FACILITY, kind="facility")],
        },
        "unit": {
            "list_entries": [listed],
            "blocks": [block_row(ASKED, scope="unit", facility_id=FACILITY, unit="A", kind="guardian")],
        },
    }
    fill(url, **worlds[cause])


def _on(inmate_id: str, kind: str, **changes: Any) -> dict[str, Any]:
    return block_row(ASKED, scope="inmate", inmate_id=inmate_id, kind=kind, **changes)


UNAVAILABLE = (
    "pending",
    "removed by its owner",
    "called party",
    "victim",
    "court order",
    "protected person",
    "another's victim",
    "investigation",
    "facility",
    "unit",
)


@pytest.mark.parametrize("cause", UNAVAILABLE)
async def test_every_cause_of_an_unavailable_number_sounds_and_costs_the_same(
    seeded: World, database_url: str, cause: str
) -> None:
    with counted_statements(seeded) as plain_statements:
        plain = await ask(seeded, "plain", called_number=ASKED)
    _not_available(cause, database_url)

    with counted_statements(seeded) as statements:
        refused = await ask(seeded, "cause", called_number=ASKED)

    assert refused.json()["reason"] == "number_not_available"
    assert without_ids(refused.text, refused.json()) == without_ids(plain.text, plain.json())
    assert refused.headers.keys() == plain.headers.keys()
    assert statements == plain_statements


def _bad_pin(cause: str, url: str) -> dict[str, Any]:
    """How to ask with a PIN that is not accepted, for one of the causes there are."""
    if cause == "missing":
        return {"pin": None}
    if cause == "released":
        fill(url, inmates=[inmate_row("r1", status="released")], pins=[pin_row("r1", "660193847")])
        return {"pin": "660193847"}
    if cause == "elsewhere":
        fill(
            url,
            facilities=[facility_row("other-ci")],
            stations=[station_row("other-1", "other-ci")],
            inmates=[inmate_row("e1", "other-ci")],
            pins=[pin_row("e1", "770193846")],
        )
        return {"pin": "770193846"}
    if cause == "locked":
        locked = {
            "scope": "station",
            "scope_id": STATION,
            "wrong_at": "[]",
            "locked_until": to_milliseconds(NOON) + 1,
            "lock_seconds": 300,
        }
        fill(url, pin_throttles=[locked])
        return {}
    return {"pin": "880193845"}


@pytest.mark.parametrize("cause", ["missing", "released", "elsewhere", "locked"])
async def test_every_cause_of_a_refused_pin_sounds_and_costs_the_same(
    seeded: World, database_url: str, cause: str
) -> None:
    with counted_statements(seeded) as plain_statements:
        plain = await ask(seeded, "plain", pin="880193845", station_id=OTHER_STATION)
    changes = _bad_pin(cause, database_url)

    with counted_statements(seeded) as statements:
        refused = await ask(seeded, "cause", **changes)

    assert refused.json()["reason"] == "pin_not_accepted"
    assert refused.json()["sip_status"] == 403
    assert without_ids(refused.text, refused.json()) == without_ids(plain.text, plain.json())
    assert statements == plain_statements


@pytest.mark.parametrize("size", [1, 2, 64])
async def test_a_batch_takes_the_same_number_of_statements_whatever_its_size(seeded: World, size: int) -> None:
    attempts = [
        Attempt(
            switch_id="sw",
            call_id=f"c{i}",
            station_id=STATION,
            pin=PINS[ANNA],
            called_number=ASKED,
            payment_type="collect",
            media=None,
            requested_duration_seconds=None,
            setup_time=None,
            actor=Actor("sw", Role.SWITCH, None),
            token_issued_at=NOON,
        )
        for i in range(size)
    ]

    with counted_statements(seeded) as sent:
        outcomes = await decide_batch(seeded.deployment, attempts)

    assert len(outcomes) == size
    # Telephones 1, people 1, switches 1, facts 1, the log 1. SQLite counts its BEGIN as well; PostgreSQL takes 6 locks.
    assert len(sent) == 5 + (1 if seeded.deployment.database.is_sqlite else 6)


async def test_a_hotline_needs_no_pin_and_names_nobody(seeded: World, database_url: str) -> None:
    common = {
        "number": "+18005550142",
        "kind": "hotline",
        "name": "Hotline",
        "verified_by": "x",
        "state": "in_force",
        "proposed_by": "a",
        "proposed_at": to_milliseconds(NOON),
        "confirmed_by": "b",
        "confirmed_at": to_milliseconds(NOON),
    }
    fill(database_url, common_numbers=[common])
    seeded.clock.set(datetime(2026, 11, 20, 8, 0, tzinfo=UTC))  # 03:00 in New York

    with_pin = await decide(seeded, "c1", called_number="+18005550142")
    without = await decide(seeded, "c2", called_number="+18005550142", pin=None)
    recorded = await seeded.call("warden", "GET", f"/v1/decisions/{with_pin['decision_id']}")

    for answer in (with_pin, without):
        assert (answer["decision"], answer["call_class"]) == ("allow", "hotline")
        assert (answer["record"], answer["monitor"]) == (False, False)
        assert answer["rate_quote"]["payer"] == "agency"
        assert answer["rate_quote"]["max_charge"] == "0.00"
    assert recorded.json()["inmate_id"] is None
    assert ANNA not in recorded.text
    assert PINS[ANNA] not in recorded.text


async def test_an_unknown_station_is_out_of_service_and_has_no_policy(seeded: World) -> None:
    answer = await decide(seeded, "c1", station_id="nowhere")

    assert answer["reason"] == "not_in_service"
    assert answer["policy"] is None
    assert answer["rate_quote"] is None


async def test_a_station_outside_the_token_sounds_as_one_that_does_not_exist(seeded: World) -> None:
    body = {"call_id": "c1", "station_id": STATION, "pin": PINS[ANNA], "called_number": NUMBER}

    foreign = await seeded.call("switch", "POST", "/v1/authorize", json=body, facilities=["other-ci"])
    unknown = await ask(seeded, "c2", station_id="nowhere")

    assert foreign.json()["reason"] == "not_in_service"
    assert without_ids(foreign.text, foreign.json()) == without_ids(unknown.text, unknown.json())


async def test_a_registered_switch_is_bound_by_its_row_and_by_tokens_not_before(
    seeded: World, database_url: str
) -> None:
    row = {"switch_id": "sw-row", "name": "x", "facilities": '["other-ci"]', "webhook_secret": "s"}
    late = {
        "switch_id": "sw-late",
        "name": "x",
        "facilities": '["*"]',
        "webhook_secret": "s",
        "tokens_not_before": to_milliseconds(NOON) + 1000,
    }
    fill(database_url, switches=[{**row, "tokens_not_before": None}, late])

    bound = await ask(seeded, "c1", subject="sw-row")
    refused = await ask(seeded, "c2", subject="sw-late")

    assert bound.json()["reason"] == "not_in_service"
    assert refused.status_code == 401
    assert refused.json()["decision"] == "deny"


async def test_a_wrong_body_is_400_and_still_says_deny(seeded: World) -> None:
    response = await ask(seeded, "c1", pin="12ab")

    assert response.status_code == 400
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["decision"] == "deny"
    assert response.json()["max_duration_seconds"] == 0
    assert "12ab" not in response.text


async def test_unknown_fields_of_a_switch_are_ignored(seeded: World) -> None:
    answer = await decide(seeded, "c1", x_switch_added="yes")

    assert answer["decision"] == "allow"


async def test_a_decision_at_an_unknown_station_is_read_only_by_whoever_covers_everything(seeded: World) -> None:
    answer = await decide(seeded, "c1", station_id="nowhere")
    path = f"/v1/decisions/{answer['decision_id']}"

    everywhere = await seeded.call("warden", "GET", path)
    here = await seeded.call("warden", "GET", path, facilities=[FACILITY])

    assert (everywhere.status_code, here.status_code) == (200, 404)
