"""How does each place, person, price, common number and switch look to its reader?

One function a noun, used by the write, the read, the ETag and the audit trail alike, so that they cannot differ. No
secret is in any of them.
"""

from collections.abc import Mapping
from typing import Any, TypeAlias

from callgate.domain.case import Hours
from callgate.domain.instants import from_milliseconds, to_wire
from callgate.domain.rates import Tariff
from callgate.store import facilities as store_facilities
from callgate.store import switches as store_switches
from callgate.store.facilities import LIMIT_NAMES, hours_of

Shown: TypeAlias = Mapping[str, Any]


def shown_facility(row: Any) -> Shown:  # noqa: ANN401 - a row of the store, which flows do not name
    """A facility with its own terms."""
    limits = store_facilities.limits_of(row)
    return {
        "facility_id": row.facility_id,
        "name": row.name,
        "time_zone": row.time_zone,
        "profile": row.profile,
        "hours": _hours(hours_of(row)),
        "region": row.region,
        "rate_cap_tier": row.rate_cap_tier,
        "limits": None if limits is None else {name: getattr(limits, name) for name in LIMIT_NAMES},
    }


def shown_station(row: Any) -> Shown:  # noqa: ANN401 - as above
    """A telephone."""
    return {
        "station_id": row.station_id,
        "facility_id": row.facility_id,
        "unit": row.unit,
        "media": row.media,
        "hours": _hours(hours_of(row)),
        "enabled": bool(row.enabled),
    }


def shown_tariff(tariff: Tariff, facility_id: str) -> Shown:
    """A price, with its amounts exactly as they were given."""
    until = tariff.effective_until
    return {
        "facility_id": facility_id,
        "tariff": tariff.tariff,
        "payment_types": list(tariff.payment_types),
        "media": list(tariff.media),
        "destination": tariff.destination,
        "currency": tariff.currency,
        "per_minute": tariff.per_minute,
        "connection_fee": tariff.connection_fee,
        "increment_seconds": tariff.increment_seconds,
        "payer": tariff.payer,
        "effective_from": tariff.effective_from.isoformat(),
        "effective_until": None if until is None else until.isoformat(),
    }


def shown_inmate(row: Any) -> Shown:  # noqa: ANN401 - as above
    """A person, as last told."""
    return {
        "inmate_id": row.inmate_id,
        "facility_id": row.facility_id,
        "unit": row.unit,
        "status": row.status,
        "name": row.name,
        "date_of_birth": row.date_of_birth,
        "projected_release": row.projected_release,
        "as_of": to_wire(from_milliseconds(row.as_of)),
    }


def shown_common_number(row: Any) -> Shown:  # noqa: ANN401 - as above
    """A number that is everyone's, or is proposed to be."""
    return {
        "number": row.number,
        "facility_id": row.facility_id,
        "kind": row.kind,
        "name": row.name,
        "verified_by": row.verified_by,
        "state": row.state,
        "proposed_by": row.proposed_by,
        "proposed_at": to_wire(from_milliseconds(row.proposed_at)),
        "confirmed_by": row.confirmed_by,
        "confirmed_at": to_wire(from_milliseconds(row.confirmed_at)),
        "confirm_note": row.confirm_note,
    }


def shown_switch(row: Any) -> Shown:  # noqa: ANN401 - as above
    """A switch; `webhook_secret` is in its place and always null here."""
    return {
        "switch_id": row.switch_id,
        "name": row.name,
        "facilities": list(store_switches.facilities_of(row)),
        "revoke_url": row.revoke_url,
        "tokens_not_before": to_wire(from_milliseconds(row.tokens_not_before)),
        "webhook_secret": None,
    }


def _hours(hours: Hours | None) -> Shown | None:
    return None if hours is None else {"open": hours.open, "close": hours.close}
