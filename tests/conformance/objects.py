"""One object of every kind that a path can name, at the facility here and at the one up north."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

import httpx

from callgate.domain.instants import to_milliseconds
from tests.people import CARL, DORA, NORTH, NORTH_STATION, hotline_row, seed_people
from tests.removals import removal_request_row
from tests.seeding import ANNA, FACILITY, OTHER_STATION, STATION, attempt_body, block_row, entry_row, fill

Ids = Mapping[str, str]

# What a path's parameters stand for. The decision is made over HTTP, so its id is known only then.
HERE: Final[Ids] = {
    "facility_id": FACILITY,
    "station_id": OTHER_STATION,
    "tariff": "own-collect",
    "inmate_id": DORA,
    "switch_id": "switch-here",
    "number": "+18605550170",
    "block_id": "block-here",
    "restriction_id": "restriction-here",
    "shutoff_id": "shutoff-here",
    "change_id": "change-here",
    "command_id": "command-here",
    "request_id": "removal-here",
    "tracking_token": "token-of-removal-here",
    "one_time_call_id": "one-time-here",
    "incident_id": "incident-here",
}
NORTHERN: Final[Ids] = {
    "facility_id": NORTH,
    "station_id": NORTH_STATION,
    "tariff": "own-collect",
    "inmate_id": CARL,
    "switch_id": "switch-north",
    "number": "+18605550180",
    "block_id": "block-north",
    "restriction_id": "restriction-north",
    "shutoff_id": "shutoff-north",
    "change_id": "change-north",
    "command_id": "command-north",
    "request_id": "removal-north",
    "tracking_token": "token-of-removal-north",
    "one_time_call_id": "one-time-north",
    "incident_id": "incident-north",
}
VICTIM_BLOCK: Final = "block-victim"  # on a person here
UNIT: Final = "Z"  # where no seeded telephone stands, so that its shut-off stops nobody


def seed_objects(url: str, *, now: datetime) -> None:
    """Everything but the decisions."""
    seed_people(url)
    for ids in (HERE, NORTHERN):
        fill(url, **_rows(ids, now=now))
    fill(
        url,
        blocks=[
            block_row(
                "+18605550190", block_id=VICTIM_BLOCK, scope="inmate", inmate_id=ANNA, kind="victim", **_made(now)
            )
        ],
    )


async def decide_at(client: httpx.AsyncClient, token: str, station_id: str) -> str:
    """Ask at that telephone, and answer the decision's id."""
    body = attempt_body(f"known-{station_id}", station_id=station_id)
    answer = await client.post("/v1/authorize", json=body, headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["decision_id"])


async def with_decisions(client: httpx.AsyncClient, token: str) -> tuple[Ids, Ids]:
    """The ids here and up north, decisions included."""
    here, north = [await decide_at(client, token, station) for station in (STATION, NORTH_STATION)]
    return {**HERE, "decision_id": here}, {**NORTHERN, "decision_id": north}


def _made(now: datetime) -> dict[str, Any]:
    return {"effective_at": to_milliseconds(now)}


def _rows(ids: Ids, *, now: datetime) -> dict[str, list[dict[str, Any]]]:
    here, later = {"facility_id": ids["facility_id"]}, to_milliseconds(now + timedelta(days=1))
    began = to_milliseconds(now)
    return {
        "tariffs": [here | {"tariff": ids["tariff"]} | dict(_TARIFF)],
        "switches": [
            {
                "switch_id": ids["switch_id"],
                "name": "A switch",
                "facilities": f'["{ids["facility_id"]}"]',
                "webhook_secret": "whsec_c2VjcmV0",
            }
        ],
        "common_numbers": [
            hotline_row(
                ids["number"],
                **here,
                state="proposed",
                confirmed_by=None,
                confirmed_at=None,
                proposed_at=began,
                kind="privileged",
            )
        ],
        "blocks": [
            block_row(
                f"{ids['number'][:-1]}1",
                block_id=ids["block_id"],
                scope="facility",
                kind="facility",
                **here,
                **_made(now),
            )
        ],
        "removal_requests": [removal_request_row(ids["request_id"], f"{ids['number'][:-1]}3", **here)],
        "restrictions": [
            {
                "restriction_id": ids["restriction_id"],
                "inmate_id": ids["inmate_id"],
                "kind": "disciplinary",
                "starts_at": began,
                "ends_at": later,
                "authority": "hearing officer",
                "case_number": "DR-1",
                "bars_privileged": False,
                "created_by": "w.lamb",
                "created_at": began,
            }
        ],
        "shutoffs": [
            here
            | {
                "shutoff_id": ids["shutoff_id"],
                "scope": "unit",
                "unit": UNIT,
                "reason": "count",
                "starts_at": began,
                "ends_at": later,
                "created_by": "w.lamb",
            }
        ],
        # A call of the role's own switch that must end: what a command is.
        "decisions": [
            {
                "decision_id": ids["command_id"],
                "switch_id": "switch",
                "call_id": ids["command_id"],
                "decided_at": began,
                "station_id": ids["station_id"],
                "decision": "allow",
                "fingerprint": "-",
                "answer": "{}",
                "findings": "[]",
                "facts": "{}",
                **here,
            }
        ],
        "calls": [
            {
                "decision_id": ids["command_id"],
                "switch_id": "switch",
                "call_id": ids["command_id"],
                "station_id": ids["station_id"],
                "number": f"{ids['number'][:-1]}4",
                "call_class": "social",
                "local_day": now.date().isoformat(),
                "authorized_at": began,
                "expires_at": later,
                "end_by": later,
                "max_duration_seconds": 900,
                "state": "authorized",
                "frees_at": later,
                "counted_seconds": 0,
                "revoked_at": began,
                "revoked_reason": "terminated_by_staff",
                **here,
            }
        ],
        "list_changes": [
            {
                "change_id": ids["change_id"],
                "inmate_id": ids["inmate_id"],
                "submitted_at": to_milliseconds(now - timedelta(days=40)),
                "local_day": (now - timedelta(days=40)).date().isoformat(),
                "is_first": True,
                "state": "pending_warden",
                "author": "m.okafor",
                "outcomes": '[{"number":"+18605550171","outcome":"not_approved"},'
                f'{{"number":"{ids["number"]}","outcome":"pending_warden"}}]',
            }
        ],
        "list_entries": [
            entry_row(
                ids["inmate_id"],
                ids["number"],
                change_id=ids["change_id"],
                kind="confined_person",
                state="pending_warden",
                since=to_milliseconds(now - timedelta(days=40)),
            )
        ],
        "one_time_calls": [
            {
                "one_time_call_id": ids["one_time_call_id"],
                "inmate_id": ids["inmate_id"],
                "number": f"{ids['number'][:-1]}2",
                "kind": "first_call",
                "reason": "admitted today",
                "state": "asked",
                "asked_by": "m.okafor",
                "asked_at": began,
            }
        ],
        "incidents": [
            here
            | {
                "incident_id": ids["incident_id"],
                "kind": "privileged_call_recorded",
                "subject": f"a-call-{ids['facility_id']}",
                "detail": "{}",
                "state": "open",
                "opened_at": began,
            }
        ],
    }


_TARIFF: Final = {
    "payment_types": '["collect"]',
    "media": '["voice","tty","relay"]',
    "destination": "domestic",
    "currency": "USD",
    "per_minute": "0.21",
    "connection_fee": "0.00",
    "increment_seconds": 60,
    "payer": "called_party",
    "effective_from": "2026-01-01",
}


def path_of(template: str, ids: Ids) -> str:
    """The path with its parameters filled in."""
    return template.format_map(dict(ids))


def good_bodies(ids: Ids, *, now: datetime) -> Iterator[tuple[str, dict[str, Any]]]:
    """A body that each writing route takes, in an order in which all of them can be sent."""
    facility, later = ids["facility_id"], _wire(now + timedelta(hours=2))
    person = {"facility_id": facility, "unit": "B", "status": "active", "name": "A Person"}
    yield "POST /v1/authorize", attempt_body("good-1")
    yield (
        "POST /v1/call-events",
        {"call_id": "good-1", "type": "answered", "sequence_number": 1, "occurred_at": _wire(now)},
    )
    yield "POST /v1/decisions/preview", {"inmate_id": DORA, "called_number": "+18605550160"}
    yield (
        "POST /v1/radius/authorize",
        {
            name: {"type": "string", "value": [value]}
            for name, value in (
                ("Acct-Session-Id", "good-2"),
                ("Calling-Station-Id", STATION),
                ("Called-Station-Id", "+18605550123"),
            )
        },
    )
    yield (
        "POST /v1/radius/accounting",
        {
            name: {"type": "string", "value": [value]}
            for name, value in (("Acct-Session-Id", "good-1"), ("Acct-Status-Type", "Start"))
        },
    )
    yield "POST /v1/calls/{decision_id}/terminate", {"note": "threats"}
    yield "POST /v1/switches/self/commands/{command_id}/ack", {}
    yield "PUT /v1/switches/{switch_id}", {"name": "Kamailio", "facilities": [facility]}
    yield "POST /v1/switches/{switch_id}/webhook-secret", {}
    yield (
        "PUT /v1/facilities/{facility_id}",
        {"name": "Demo CI", "time_zone": "America/New_York", "profile": "ct-doc", "hours": None, "region": "US"}
        | {"rate_cap_tier": None},
    )
    yield (
        "PUT /v1/facilities/{facility_id}/stations/{station_id}",
        {"unit": "A", "media": "voice", "hours": None, "enabled": True},
    )
    yield (
        "PUT /v1/facilities/{facility_id}/tariffs/{tariff}",
        {"payment_types": ["collect"], "destination": "domestic", "currency": "USD", "per_minute": "0.21"}
        | {"connection_fee": "0.00", "increment_seconds": 60, "payer": "called_party"}
        | {"effective_from": "2026-01-01", "effective_until": None},
    )
    yield "PUT /v1/inmates/{inmate_id}", person
    yield "POST /v1/inmates/{inmate_id}/pin", {}
    yield (
        "PUT /v1/common-numbers/{number}",
        {"facility_id": facility, "kind": "privileged", "name": "The bar", "verified_by": "a letter"},
    )
    yield "POST /v1/common-numbers/{number}/confirm", {"note": "called back"}
    yield (
        "POST /v1/inmates/{inmate_id}/list-changes",
        {"add": [{"number": "+18605550161", "name": "Ruth Doe", "relationship": "mother", "kind": "social"}]}
        | {"remove": []},
    )
    yield (
        "POST /v1/list-changes/{change_id}/numbers/{number}/decision",
        {"decision": "approve", "reason": "the other facility agreed", "evidence_reference": None},
    )
    yield "POST /v1/inmates/{inmate_id}/list-removals", {"number": "+18605550161", "note": "disconnected"}
    yield (
        "POST /v1/blocks",
        {"number": "+18605550162", "scope": "facility", "facility_id": facility, "kind": "facility"}
        | {"authority": "warden", "note": "asked for", "until": "indefinite"},
    )
    yield (
        "POST /v1/blocks/{block_id}/exceptions",
        {"inmate_id": DORA, "note": "a sister", "until": "indefinite"},
    )
    yield "POST /v1/blocks/{block_id}/lift", {"authority": "warden", "evidence_reference": "D-1"}
    yield (
        "POST /v1/removal-requests",
        {"facility_id": facility, "number": "+18605550168", "requester_name": "Ruth Doe"}
        | {"received_on": (now - timedelta(days=1)).date().isoformat(), "channel": "letter", "identity_checked": True},
    )
    yield (
        "POST /v1/removal-requests/{request_id}/decision",
        {"decision": "grant", "scope": "facility", "note": "a telephone bill was seen"},
    )
    yield (
        "POST /v1/inmates/{inmate_id}/restrictions",
        {"kind": "disciplinary", "starts_at": _wire(now), "ends_at": later, "authority": "hearing officer"}
        | {"case_number": "DR-2", "bars_privileged": False, "finding": None},
    )
    yield "POST /v1/restrictions/{restriction_id}/end", {"note": "reversed"}
    yield (
        "POST /v1/inmates/{inmate_id}/one-time-calls",
        {"number": "+18605550167", "kind": "emergency", "reason": "a death in the family"},
    )
    yield "POST /v1/one-time-calls/{one_time_call_id}/decision", {"decision": "grant", "note": "verified"}
    yield "POST /v1/facilities/{facility_id}/shutoffs", {"unit": UNIT, "reason": "count", "ends_at": later}
    yield "POST /v1/shutoffs/{shutoff_id}/end", {"note": "count cleared"}
    yield "POST /v1/shutoffs", {"reason": "Commissioner's order", "ends_at": later}
    yield "POST /v1/incidents/{incident_id}/close", {"note": "the recording was deleted"}


def _wire(instant: datetime) -> str:
    return instant.isoformat(timespec="milliseconds").replace("+00:00", "Z")
