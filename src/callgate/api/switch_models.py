"""What do a switch's question and its answer look like on the wire?

Unknown fields are ignored, because switch scripts add things; everything known is strict, and a body that two readers
could read differently is malformed. A null is an absent field. What a person keyed (the PIN, the number) shows in no
repr.
"""

from typing import Annotated, Any, Final, Literal, get_args

from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, ValidationError, WithJsonSchema

from callgate.api import bodies
from callgate.api.dialects import form
from callgate.api.fields import CallerId, Instant, InstantText, Media, PaymentType, PinText, WireOut

# The largest integer that every JSON reader keeps exactly. The contract sets no bound, and what carriers send for "no
# limit" is large.
INTEGER_MAX: Final = 2**53 - 1
PRINTABLE: Final = "^[ -~]+$"
_DEFAULT_PAYMENT: Final = "collect"

CallId = Annotated[
    str,
    StringConstraints(min_length=1, max_length=255, pattern=PRINTABLE),
    Field(
        description="Unique for each attempt of this switch: a SIP Call-ID, an Acct-Session-Id.",
        examples=["3f1c9a7e-b2@switch-1.example"],
    ),
]


def _payment_type_given(value: object) -> object:
    return _DEFAULT_PAYMENT if value is None else value


class OpenIn(BaseModel):
    """A body that a switch sends: strict in what it knows, open to what it does not."""

    model_config = ConfigDict(extra="ignore", strict=True, frozen=True, hide_input_in_errors=True)


class AuthorizeIn(OpenIn):
    """One call attempt."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "call_id": "3f1c9a7e-b2@switch-1.example",
                    "station_id": "osborn-B-03",
                    "pin": "49371568",
                    "called_number": "+18605550123",
                }
            ]
        }
    )

    call_id: CallId
    station_id: CallerId = Field(
        description="The telephone. It gives the facility, the unit and the time zone.", examples=["osborn-B-03"]
    )
    pin: PinText | None = Field(
        default=None,
        repr=False,
        description="As keyed. Ignored, and not recorded, on a hotline.",
        examples=["49371568"],
    )
    called_number: Annotated[str, StringConstraints(min_length=1, max_length=32, pattern=PRINTABLE)] = Field(
        repr=False, description="E.164, or as dialled at the facility.", examples=["+18605550123"]
    )
    payment_type: Annotated[
        PaymentType,
        BeforeValidator(_payment_type_given),
        WithJsonSchema({"anyOf": [{"type": "string", "enum": list(get_args(PaymentType))}, {"type": "null"}]}),
    ] = Field(default=_DEFAULT_PAYMENT, description="Picks the tariff.")
    media: Media | None = Field(
        default=None, description="The station's own where absent; another than the station's is `not_in_service`."
    )
    requested_duration_seconds: Annotated[int, Field(ge=1, le=INTEGER_MAX)] | None = Field(
        default=None, description="The carrier's own limit. It can only lower the grant.", examples=[3600]
    )
    setup_time: Instant | None = Field(default=None, description="The switch's own clock: recorded, and never decides.")


class RateQuoteOut(WireOut):
    """What the call costs, told before it begins. It depends on place, destination, payment type and media alone."""

    tariff: str = Field(description="The tariff's name.", examples=["ct-2012"])
    currency: str = Field(description="ISO 4217.", examples=["USD"])
    per_minute: str = Field(description="As the tariff gave it.", examples=["0.21"])
    connection_fee: str = Field(description="As the tariff gave it.", examples=["0.00"])
    increment_seconds: int = Field(description="Every started increment is charged whole.", examples=[60])
    payer: Literal["called_party", "prepaid_account", "inmate", "agency"] = Field(description="Who pays.")
    max_charge: str | None = Field(
        description="The charge for `max_duration_seconds`; null beside a refusal.", examples=["3.15"]
    )


class ChargeOut(WireOut):
    """What the call cost."""

    amount: str = Field(examples=["1.26"])
    currency: str = Field(description="ISO 4217.", examples=["USD"])


ReasonClass = Literal[
    "not_in_service",
    "outside_calling_hours",
    "pin_not_accepted",
    "calls_restricted",
    "call_in_progress",
    "limit_reached",
    "number_not_valid",
    "number_not_available",
    "rate_unavailable",
]

_QUOTE: Final[dict[str, Any]] = {
    "tariff": "ct-2012",
    "currency": "USD",
    "per_minute": "0.21",
    "connection_fee": "0.00",
    "increment_seconds": 60,
    "payer": "called_party",
    "max_charge": "3.15",
}
ALLOWED: Final[dict[str, Any]] = {
    "decision": "allow",
    "decision_id": "019abf4e-5b1a-7c3d-9e2f-8a6b4c1d0e5f",
    "call_id": "3f1c9a7e-b2@switch-1.example",
    "decided_at": "2026-11-20T17:00:00.000Z",
    "policy": "ct-doc@1",
    "reason": None,
    "announcement": None,
    "max_duration_seconds": 900,
    "limiting_factor": "call_cap",
    "end_by": "2026-11-20T17:17:00.000Z",
    "authorization_expires_at": "2026-11-20T17:02:00.000Z",
    "warn_at_remaining_seconds": [60],
    "call_class": "social",
    "record": True,
    "monitor": True,
    "announcements": ["recorded_call", "facility_branding", "rate_quote", "accept_or_block"],
    "rate_quote": _QUOTE,
    "retry_at": None,
    "sip_status": 200,
}
DENIED: Final[dict[str, Any]] = {
    **ALLOWED,
    "decision": "deny",
    "reason": "number_not_available",
    "announcement": "number_not_available",
    "max_duration_seconds": 0,
    "limiting_factor": None,
    "end_by": None,
    "authorization_expires_at": None,
    "warn_at_remaining_seconds": [],
    "call_class": None,
    "record": False,
    "monitor": False,
    "announcements": [],
    "rate_quote": {**_QUOTE, "max_charge": None},
    "sip_status": 603,
}


def _show_answers(schema: dict[str, Any], model: type) -> None:
    # An answer that says more than this one is no example of it, and this one none of that.
    if model is AuthorizeOut:
        schema["examples"] = [ALLOWED, DENIED]


class AuthorizeOut(WireOut):
    """The decision. Allow and deny have the same keys."""

    model_config = ConfigDict(json_schema_extra=_show_answers)

    decision: Literal["allow", "deny"]
    decision_id: str = Field(description="Names the decision in every record.")
    call_id: str = Field(description="As asked.")
    decided_at: InstantText
    policy: str | None = Field(description="`profile@version`; null where the station is unknown.")
    reason: ReasonClass | None = Field(description="The class of the refusal; null on allow.")
    announcement: ReasonClass | None = Field(description="The prompt to play to the caller; null on allow.")
    max_duration_seconds: Annotated[int, Field(ge=0)] = Field(
        description="Talk time, counted from the answer; 0 on deny."
    )
    limiting_factor: Literal["call_cap", "calling_hours", "quota", "carrier_limit"] | None = Field(
        description="What bounds the talk time; on a tie the first of these. Null on deny."
    )
    end_by: InstantText | None = Field(description="The call must be over by then, however long it rang; null on deny.")
    authorization_expires_at: InstantText | None = Field(description="The call must be answered before; null on deny.")
    warn_at_remaining_seconds: list[int] = Field(description="When to warn both sides.")
    call_class: Literal["social", "privileged", "hotline"] | None = Field(description="Null on deny.")
    record: bool = Field(description="May, and must, the call be recorded?")
    monitor: bool = Field(description="May the call be listened to?")
    announcements: list[Literal["recorded_call", "facility_branding", "rate_quote", "accept_or_block"]] = Field(
        description="Prompts to play to both sides before connecting, in order."
    )
    rate_quote: RateQuoteOut | None = Field(
        description="Null where the station, the number or the payment type cannot be rated."
    )
    retry_at: InstantText | None = Field(
        description="The next opening, or when a reached limit ends; null for every other cause and on allow."
    )
    sip_status: int = Field(description="The SIP status that says the same.", examples=[200, 603])


def parse_attempt(raw: bytes, content_type: str) -> AuthorizeIn:
    """Read one call attempt.

    A body is a form where it says that it is one, and JSON whatever else its label says: some switches call what they
    send text, or nothing at all.

    Raises:
        RequestValidationError: it is malformed; names the fields at fault and none of their values.
    """
    is_form = content_type.partition(";")[0].strip().lower() == form.MEDIA_TYPE
    try:
        given = form.decode_request(raw) if is_form else bodies.parse_object(raw)
    except (ValueError, RecursionError):
        kind = "form_invalid" if is_form else "json_invalid"
        raise RequestValidationError([{"type": kind, "loc": ("body",)}]) from None
    return validated_attempt(given)


def validated_attempt(given: Any) -> AuthorizeIn:  # noqa: ANN401 - whatever a dialect made of its body
    """The attempt that these fields are.

    Raises:
        RequestValidationError: as above.
    """
    try:
        return AuthorizeIn.model_validate(given)
    except ValidationError as error:
        raise malformed(error) from None


def malformed(error: ValidationError, *path: str | int) -> RequestValidationError:
    """What does not fit, at which place under `path`, and nothing of what was there."""
    found = error.errors(include_url=False, include_context=False, include_input=False)
    return RequestValidationError([{"type": each["type"], "loc": ("body", *path, *each["loc"])} for each in found])
