"""Is this what the contract says an authorize answers? Its table, checked by hand and not by a schema."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

Answer = Mapping[str, Any]

KEYS: Final = {
    *("decision", "decision_id", "call_id", "decided_at", "policy", "reason", "announcement", "max_duration_seconds"),
    *("limiting_factor", "end_by", "authorization_expires_at", "warn_at_remaining_seconds", "call_class", "record"),
    *("monitor", "announcements", "rate_quote", "retry_at", "sip_status"),
}
QUOTE_KEYS: Final = {
    *("tariff", "currency", "per_minute", "connection_fee", "increment_seconds", "payer", "max_charge"),
}
REASONS: Final = (
    *("not_in_service", "outside_calling_hours", "pin_not_accepted", "calls_restricted", "call_in_progress"),
    *("limit_reached", "number_not_valid", "number_not_available", "rate_unavailable"),
)
FACTORS: Final = ("call_cap", "calling_hours", "quota", "carrier_limit")
SIP_STATUS: Final = {"pin_not_accepted": 403, "outside_calling_hours": 480, "call_in_progress": 486}
TELLS_WHEN: Final = ("outside_calling_hours", "limit_reached")
ANNOUNCEMENTS: Final = {"recorded_call", "facility_branding", "rate_quote", "accept_or_block"}
ANSWER_WITHIN: Final = timedelta(seconds=120)

_UUID7: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
_INSTANT: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z")
_POLICY: Final = re.compile(r"[A-Za-z0-9._-]{1,64}@[A-Za-z0-9._-]{1,64}")
_AMOUNT: Final = re.compile(r"[0-9]+(\.[0-9]+)?")
_AMOUNT_TO_PAY: Final = re.compile(r"[0-9]+\.[0-9]{2,}")  # every currency of these tests has two decimals
_E164: Final = re.compile(r"\+[1-9][0-9]{1,14}")
_SHORT_CODE: Final = re.compile(r"[2-9]11|988")


def require_answer(answer: Answer, *, call_id: str, at: datetime) -> None:
    """Hold one answer to the contract's table.

    Raises:
        AssertionError: it does not fit.
    """
    assert set(answer) == KEYS
    assert answer["decision"] in ("allow", "deny")
    assert _UUID7.fullmatch(answer["decision_id"])
    assert answer["call_id"] == call_id
    assert read_instant(answer["decided_at"]) == at
    assert answer["policy"] is None or _POLICY.fullmatch(answer["policy"])
    assert type(answer["max_duration_seconds"]) is int
    assert type(answer["sip_status"]) is int
    for name in ("record", "monitor"):
        assert type(answer[name]) is bool
    (_require_allow if answer["decision"] == "allow" else _require_deny)(answer, at)


def _require_allow(answer: Answer, at: datetime) -> None:
    assert answer["policy"] is not None
    assert (answer["reason"], answer["announcement"], answer["retry_at"]) == (None, None, None)
    assert answer["sip_status"] == 200
    granted = answer["max_duration_seconds"]
    assert granted >= 1
    assert answer["limiting_factor"] in FACTORS
    expires_at = read_instant(answer["authorization_expires_at"])
    assert expires_at == at + ANSWER_WITHIN
    assert at < read_instant(answer["end_by"]) <= expires_at + timedelta(seconds=granted)
    assert answer["warn_at_remaining_seconds"] == [60]
    assert answer["call_class"] in ("social", "privileged", "hotline")
    if answer["call_class"] != "social":
        assert (answer["record"], answer["monitor"]) == (False, False)
    announced = answer["announcements"]
    assert isinstance(announced, list)
    assert len(set(announced)) == len(announced)
    assert set(announced) <= ANNOUNCEMENTS
    assert ("recorded_call" in announced) <= answer["record"]
    _require_quote(answer["rate_quote"], granted_seconds=granted)
    if answer["call_class"] == "hotline":
        assert (answer["rate_quote"]["max_charge"], answer["rate_quote"]["payer"]) == ("0.00", "agency")


def _require_deny(answer: Answer, at: datetime) -> None:
    reason = answer["reason"]
    assert reason in REASONS
    assert answer["announcement"] == reason
    assert answer["sip_status"] == SIP_STATUS.get(reason, 603)
    assert answer["max_duration_seconds"] == 0
    for name in ("limiting_factor", "end_by", "authorization_expires_at", "call_class"):
        assert answer[name] is None
    assert (answer["record"], answer["monitor"]) == (False, False)
    assert (answer["warn_at_remaining_seconds"], answer["announcements"]) == ([], [])
    if reason in TELLS_WHEN:
        assert read_instant(answer["retry_at"]) > at
    else:
        assert answer["retry_at"] is None
    if answer["rate_quote"] is not None:
        assert answer["policy"] is not None
        _require_quote(answer["rate_quote"], granted_seconds=None)
    if reason in ("number_not_valid", "rate_unavailable"):
        return  # what cannot be rated has no quote; what no policy opens may still have one
    if reason != "not_in_service":
        assert answer["policy"] is not None


def _require_quote(quote: Answer, *, granted_seconds: int | None) -> None:
    assert set(quote) == QUOTE_KEYS
    assert re.fullmatch(r"[A-Za-z0-9._-]{1,64}", quote["tariff"])
    assert quote["currency"] == "USD"
    assert _AMOUNT.fullmatch(quote["per_minute"])
    assert _AMOUNT.fullmatch(quote["connection_fee"])
    assert type(quote["increment_seconds"]) is int
    assert quote["increment_seconds"] >= 1
    assert quote["payer"] in ("called_party", "prepaid_account", "inmate", "agency")
    if granted_seconds is None:
        assert quote["max_charge"] is None
        return
    assert _AMOUNT_TO_PAY.fullmatch(quote["max_charge"])
    increments = -(-granted_seconds // quote["increment_seconds"])
    charged_minutes = Decimal(increments * quote["increment_seconds"]) / 60
    charge = Decimal(quote["connection_fee"]) + charged_minutes * Decimal(quote["per_minute"])
    assert abs(Decimal(quote["max_charge"]) - charge) < Decimal("0.000001")


def read_instant(text: object) -> datetime:
    """An instant as the contract writes it: RFC 3339 in UTC with `Z` and milliseconds, and no other way."""
    assert isinstance(text, str)
    assert _INSTANT.fullmatch(text)
    return datetime.fromisoformat(text).astimezone(UTC)


def require_number(text: object) -> None:
    """Hold a telephone number in an answer to E.164, or to one of the codes that have no such form."""
    assert isinstance(text, str)
    assert _E164.fullmatch(text) or _SHORT_CODE.fullmatch(text)
