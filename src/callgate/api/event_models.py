"""What do a switch's reports and their answers look like on the wire?"""

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

from fastapi.exceptions import RequestValidationError
from pydantic import ConfigDict, Field, StringConstraints, ValidationError

from callgate.api import bodies
from callgate.api.fields import Instant, InstantText, WireOut
from callgate.api.switch_models import INTEGER_MAX, PRINTABLE, CallId, ChargeOut, OpenIn, malformed

EVENTS_MAX: Final = 500
_SECONDS_MAX: Final = 2**31 - 1
_ENDED_NEEDS: Final = ("duration_seconds", "cause")

Cause = Literal["completed", "max_duration", "terminated", "no_answer", "busy", "rejected", "failed"]
EventName = Literal["answered", "progress", "ended", "called_party_block", "three_way_suspected", "diverted"]

_ENDED: Final[dict[str, Any]] = {
    "call_id": "3f1c9a7e-b2@switch-1.example",
    "type": "ended",
    "sequence_number": 2,
    "occurred_at": "2026-11-20T17:05:20.000Z",
    "duration_seconds": 311,
    "cause": "completed",
    "answered_at": "2026-11-20T17:00:09.000Z",
    "recorded": True,
    "sip_status": 200,
    "q850_cause": 16,
}
_ANSWERED: Final[dict[str, Any]] = {
    "call_id": "3f1c9a7e-b2@switch-1.example",
    "type": "answered",
    "sequence_number": 1,
    "occurred_at": "2026-11-20T17:00:09.000Z",
}


class CallEventIn(OpenIn):
    """One report about one call. It may come late, twice, or out of order."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [_ANSWERED, _ENDED],
            "if": {"properties": {"type": {"const": "ended"}}},
            "then": {
                "required": list(_ENDED_NEEDS),
                "properties": {name: {"not": {"type": "null"}} for name in _ENDED_NEEDS},
            },
        }
    )

    call_id: CallId
    type: EventName
    sequence_number: Annotated[int, Field(ge=0, le=INTEGER_MAX)] = Field(
        description="Counts up within the call. An equal one is a replay.", examples=[1]
    )
    occurred_at: Instant = Field(description="By the switch's clock.")
    duration_seconds: Annotated[int, Field(ge=0, le=_SECONDS_MAX)] | None = Field(
        default=None,
        description="On `ended`, required: the talk time; 0 where the call was never answered.",
        examples=[311],
    )
    cause: Cause | None = Field(default=None, description="On `ended`, required: why the call is over.")
    answered_at: Instant | None = Field(default=None, description="On `ended`: when the talk began.")
    recorded: bool | None = Field(default=None, description="On `ended`: was the call recorded?")
    sip_status: Annotated[int, Field(ge=100, le=699)] | None = Field(
        default=None, description="On `ended`: the SIP status that ended it.", examples=[200]
    )
    q850_cause: Annotated[int, Field(ge=0, le=127)] | None = Field(
        default=None, description="On `ended`: the Q.850 cause that ended it.", examples=[16]
    )
    diverted_to: Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=PRINTABLE)] | None = Field(
        default=None,
        repr=False,
        description="On `diverted`: where to, where the switch knows it.",
        examples=["+18605550199"],
    )


class CallEventsIn(OpenIn):
    """A spooled catch-up, answered in the same order."""

    events: list[CallEventIn] = Field(min_length=1, max_length=EVENTS_MAX)


_CONTINUED: Final[dict[str, Any]] = {
    "call_id": "3f1c9a7e-b2@switch-1.example",
    "state": "answered",
    "action": "continue",
    "max_duration_seconds": 900,
    "end_by": "2026-11-20T17:17:00.000Z",
    "duplicate": False,
    "charge": None,
}
_OVER: Final[dict[str, Any]] = {
    **_CONTINUED,
    "state": "ended",
    "action": "terminate",
    "max_duration_seconds": 0,
    "charge": {"amount": "1.26", "currency": "USD"},
}


class CallEventOut(WireOut):
    """What the switch must do now."""

    model_config = ConfigDict(json_schema_extra={"examples": [_CONTINUED, _OVER]})

    call_id: str
    state: Literal["authorized", "answered", "ended", "expired", "orphan"] = Field(
        description="`orphan`: a call that was never asked about."
    )
    action: Literal["continue", "terminate"]
    max_duration_seconds: Annotated[int, Field(ge=0)] = Field(description="What remains; 0 with `terminate`.")
    end_by: InstantText | None = Field(description="The call must be over by then; null where it was never allowed.")
    duplicate: bool = Field(description="An event of this sequence number was heard before.")
    charge: ChargeOut | None = Field(
        description="On `ended`: for the talk time within the grant; 0.00 when never answered. Null otherwise."
    )


class CallEventsOut(WireOut):
    """The answers to a spooled catch-up, in its order."""

    results: list[CallEventOut]


def parse_events(raw: bytes) -> tuple[list[CallEventIn], bool]:
    """Read one event or a batch of them; the second value says which it was.

    Raises:
        RequestValidationError: it is malformed; names the fields at fault and none of their values.
    """
    try:
        given = bodies.parse_object(raw)
    except (ValueError, RecursionError):
        raise RequestValidationError([{"type": "json_invalid", "loc": ("body",)}]) from None
    is_batch = isinstance(given, Mapping) and "events" in given
    try:
        events = CallEventsIn.model_validate(given).events if is_batch else [CallEventIn.model_validate(given)]
    except ValidationError as error:
        raise malformed(error) from None
    lacking = [
        {"type": "missing", "loc": ("body", "events", i, name) if is_batch else ("body", name)}
        for i, event in enumerate(events)
        for name in _ENDED_NEEDS
        if event.type == "ended" and getattr(event, name) is None
    ]
    if lacking:
        raise RequestValidationError(lacking)
    return events, is_batch
