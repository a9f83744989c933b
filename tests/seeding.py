"""A small world written straight into the tables, for tests of what stands above them."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from pydantic import SecretStr
from sqlalchemy import insert

from callgate.domain.ids import new_id
from callgate.domain.instants import to_milliseconds
from callgate.domain.pin import parse_pin_keys
from callgate.settings import Settings
from callgate.store import tables as t
from callgate.store.database import open_sync

TOKEN_KEY = "test-token-key-0123456789abcdef0123456789abcdef"
PIN_KEY = "test-pin-key-0123456789abcdef0123456789abcdef"
NOON = datetime(2026, 11, 20, 17, 0, 0, tzinfo=UTC)  # a Friday, 12:00 in New York

FACILITY = "demo-ci"
STATION = "demo-ci-a1"
OTHER_STATION = "demo-ci-a2"
ANNA, BORIS = "100001", "100002"
PINS: Mapping[str, str] = {ANNA: "905318264", BORIS: "714093852"}
NUMBER = "+18605550123"
OTHER_NUMBER = "+18605550124"


def settings_for(url: str, **changes: Any) -> Settings:
    """Settings of a test deployment: patient, since a busy machine is no failure."""
    given: dict[str, Any] = {"token_key": SecretStr(TOKEN_KEY), "pin_key": SecretStr(PIN_KEY), "deadline_seconds": 10.0}
    return Settings(database_url=url, **(given | changes))


def fill(url: str, **rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows, table by table in the order given."""
    with open_sync(url) as connection:
        for name, several in rows.items():
            if several:
                connection.execute(insert(t.metadata.tables[name]), [dict(row) for row in several])
        connection.commit()


def seed(url: str) -> None:
    """One facility, two telephones, two people with PINs and one number each."""
    fill(
        url,
        facilities=[facility_row()],
        stations=[station_row(STATION), station_row(OTHER_STATION)],
        inmates=[inmate_row(ANNA), inmate_row(BORIS)],
        pins=[pin_row(ANNA), pin_row(BORIS)],
        list_entries=[entry_row(ANNA, NUMBER), entry_row(BORIS, OTHER_NUMBER)],
    )


def facility_row(facility_id: str = FACILITY, **changes: Any) -> dict[str, Any]:
    row = {
        "facility_id": facility_id,
        "name": "Demo CI",
        "time_zone": "America/New_York",
        "profile": "ct-doc",
        "region": "US",
    }
    return row | changes


def station_row(station_id: str, facility_id: str = FACILITY, **changes: Any) -> dict[str, Any]:
    row = {"station_id": station_id, "facility_id": facility_id, "unit": "A", "media": "voice", "enabled": True}
    return row | changes


def inmate_row(inmate_id: str, facility_id: str = FACILITY, **changes: Any) -> dict[str, Any]:
    row = {
        "inmate_id": inmate_id,
        "facility_id": facility_id,
        "unit": "A",
        "status": "active",
        "name": "A Person",
        "as_of": to_milliseconds(NOON),
    }
    return row | changes


def pin_row(inmate_id: str, pin: str | None = None) -> dict[str, Any]:
    keys = parse_pin_keys(PIN_KEY)
    chosen = pin or PINS[inmate_id]
    ((version, digest), *_) = keys.digests(chosen)
    return {
        "inmate_id": inmate_id,
        "digest": digest,
        "key_version": version,
        "length": len(chosen),
        "set_at": to_milliseconds(NOON),
    }


def entry_row(inmate_id: str, number: str, **changes: Any) -> dict[str, Any]:
    row = {
        "entry_id": new_id(NOON),
        "inmate_id": inmate_id,
        "number": number,
        "name": "B Person",
        "relationship": "friend",
        "kind": "social",
        "state": "active",
        "since": to_milliseconds(NOON),
    }
    return row | changes


def block_row(number: str, **changes: Any) -> dict[str, Any]:
    row = {
        "block_id": new_id(NOON),
        "number": number,
        "scope": "system",
        "kind": "investigation",
        "authority": "test",
        "note": "test",
        "effective_at": to_milliseconds(NOON),
        "created_by": "test",
        "created_role": "warden",
    }
    return row | changes


def attempt_body(call_id: str, **changes: Any) -> dict[str, Any]:
    """An authorize that the seeded world allows."""
    body: dict[str, Any] = {
        "call_id": call_id,
        "station_id": STATION,
        "pin": PINS[ANNA],
        "called_number": NUMBER,
    }
    return {name: value for name, value in (body | changes).items() if value is not None}


def as_json(value: object) -> str:
    return json.dumps(value)
