"""How does a RADIUS-only switch ask and report, through FreeRADIUS's rlm_rest?

In: the request's attributes as rlm_rest writes them, `{"Name": {"type": "string", "value": ["..."]}}`. Out: attributes
to set, `{"reply:Session-Timeout": 900}`. FreeRADIUS expands what it is sent, so nothing leaves here but codes, ids and
numbers. `deploy/switches/freeradius/` holds the server's side.

| attribute | field |
|---|---|
| Acct-Session-Id, or h323-conf-id | `call_id` |
| Calling-Station-Id | `station_id` |
| User-Password | `pin` |
| Called-Station-Id | `called_number` |
| Session-Timeout | `requested_duration_seconds` |
| Callgate-Payment-Type, Callgate-Media (the kit's own) | `payment_type`, `media` |
"""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from callgate.domain.instants import to_wire

ACCEPT: Final = "Accept"
REJECT: Final = "Reject"

_ATTRIBUTES_MAX: Final = 200
_FIELD_BY_ATTRIBUTE: Final[Mapping[str, str]] = {
    "Calling-Station-Id": "station_id",
    "User-Password": "pin",
    "Called-Station-Id": "called_number",
    "Session-Timeout": "requested_duration_seconds",
    "Callgate-Payment-Type": "payment_type",
    "Callgate-Media": "media",
}
_REPORTED: Final = ("Acct-Status-Type", "Acct-Session-Time", "Acct-Terminate-Cause", "Acct-Delay-Time")
_CALL_IDS: Final = ("Acct-Session-Id", "h323-conf-id")
# A Cisco attribute repeats its name inside its value: `h323-conf-id=1A2B ...`.
_CISCO: Final = "h323-conf-id"

# RADIUS numbers nothing within a session, so the kind and the time told give the order; a retransmission is the same.
_FIRST: Final = 0
_LAST: Final = 2**31 - 1
_STATUS: Final[Mapping[str, str]] = {
    "start": "answered",
    "1": "answered",
    "interim-update": "progress",
    "alive": "progress",
    "3": "progress",
    "stop": "ended",
    "2": "ended",
}
# Accounting-On and -Off are about the server and not about a call.
_NO_CALL: Final = frozenset({"accounting-on", "accounting-off", "7", "8"})
# RFC 2866, 5.10: why the session ended, by name and by number.
_CAUSES: Final[Mapping[str, str]] = {
    "user-request": "completed",
    "1": "completed",
    "session-timeout": "max_duration",
    "5": "max_duration",
    "admin-reset": "terminated",
    "6": "terminated",
    "admin-reboot": "terminated",
    "7": "terminated",
    "callback": "rejected",
    "16": "rejected",
    "user-error": "rejected",
    "17": "rejected",
}


def attempt_of(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """The attempt as the same request would be in JSON.

    Raises:
        ValueError: it is not what rlm_rest writes. The message repeats nothing.
    """
    found = _values(attributes)
    given: dict[str, Any] = {field: found[name] for name, field in _FIELD_BY_ATTRIBUTE.items() if name in found}
    if "requested_duration_seconds" in given:
        given["requested_duration_seconds"] = _whole(given["requested_duration_seconds"])
    call_id = _call_id(found)
    return given if call_id is None else {**given, "call_id": call_id}


def event_of(attributes: Mapping[str, Any], *, received_at: datetime) -> dict[str, Any] | None:
    """The report as the same would be in JSON; None where it is about no call.

    Args:
        received_at: less the delay told (RFC 2866, 5.2, with what a report lay in FreeRADIUS's spool), this is when it
            happened. RADIUS has no instant of its own that every server writes alike.

    Raises:
        ValueError: as above, or a status that is none of RFC 2866's for a call.
    """
    found = _values(attributes)
    status = str(found.get("Acct-Status-Type", "")).lower()
    if status in _NO_CALL:
        return None
    if status not in _STATUS:
        raise ValueError("an unknown accounting status")
    kind, seconds = _STATUS[status], _seconds(found.get("Acct-Session-Time", 0))
    occurred_at = received_at - timedelta(seconds=_seconds(found.get("Acct-Delay-Time", 0)))
    event: dict[str, Any] = {
        "type": kind,
        "occurred_at": to_wire(occurred_at),
        "sequence_number": _order(kind, seconds),
    }
    call_id = _call_id(found)
    if call_id is not None:
        event["call_id"] = call_id
    if kind == "ended":
        cause = str(found.get("Acct-Terminate-Cause", "")).lower()
        event |= {"duration_seconds": seconds, "cause": _CAUSES.get(cause, "failed")}
    return event


def accept_or_reject(body: str) -> str:
    """The recorded answer, as attributes.

    Example:
        >>> accept_or_reject('{"decision":"deny","reason":"number_not_available"}')
        '{"control:Auth-Type":"Reject","reply:Reply-Message":"number_not_available"}'
    """
    answer = json.loads(body)
    if answer["decision"] != "allow":
        return _written({"control:Auth-Type": REJECT, "reply:Reply-Message": answer["reason"]})
    seconds = answer["max_duration_seconds"]
    return _written(
        {
            "control:Auth-Type": ACCEPT,
            "reply:Session-Timeout": seconds,
            "reply:h323-credit-time": f"h323-credit-time={seconds}",
            "reply:Class": answer["decision_id"],
        }
    )


def _written(attributes: Mapping[str, Any]) -> str:
    return json.dumps(attributes, separators=(",", ":"))


def _values(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """The one value of every attribute that is read here.

    Raises:
        ValueError: too many attributes, one that is not as rlm_rest writes it, or one of ours with several values.
    """
    if len(attributes) > _ATTRIBUTES_MAX:
        raise ValueError("too many attributes")
    read = {*_FIELD_BY_ATTRIBUTE, *_CALL_IDS, *_REPORTED}
    found = {}
    for name in read & attributes.keys():
        told = attributes[name]
        values = told.get("value") if isinstance(told, Mapping) else None
        if not isinstance(values, list) or len(values) != 1 or not isinstance(values[0], str | int):
            raise ValueError("an attribute is not one text or number")
        found[name] = values[0]
    return found


def _call_id(found: Mapping[str, Any]) -> Any:  # noqa: ANN401 - a text if it is right; the model says so
    told = next((found[name] for name in _CALL_IDS if name in found), None)
    return told.removeprefix(f"{_CISCO}=") if isinstance(told, str) else told


def _whole(told: object) -> Any:  # noqa: ANN401 - as above
    return int(told) if isinstance(told, str) and told.isascii() and told.isdigit() and len(told) <= 10 else told  # noqa: PLR2004 - 32 bits


def _seconds(told: object) -> int:
    seconds = _whole(told)
    if type(seconds) is not int or not 0 <= seconds < _LAST - 1:
        raise ValueError("no time in seconds")
    return seconds


def _order(kind: str, seconds: int) -> int:
    return {"answered": _FIRST, "ended": _LAST}.get(kind, seconds + 1)
