"""Which forms does a field on the wire have? Every shared one, once.

Bodies are strict: a number is no text, `1.0` no integer, an unknown field an error. Dates and instants come as text, so
each is read here by its own form before the strict type is asked; what Python would read beside it (week dates,
`+0000`) is refused. Patterns name the digits they mean: the short form for "digit" takes Arabic and full-width ones.
"""

import re
from datetime import UTC, date, datetime
from typing import Annotated, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, WithJsonSchema

from callgate.domain.instants import to_millisecond

CALLER_ID_PATTERN: Final = "^[A-Za-z0-9._-]{1,64}$"
# No control character (a database refuses NUL, a terminal obeys the others), and something beside spaces.
_LINE_PATTERN: Final = (
    "^[^\\u0000-\\u001f\\u007f-\\u009f]*[^\\u0000-\\u0020\\u007f-\\u00a0][^\\u0000-\\u001f\\u007f-\\u009f]*$"
)
_TEXT_PATTERN: Final = (
    "^[^\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f-\\u009f]*"
    "[^\\u0000-\\u0020\\u007f-\\u00a0]"
    "[^\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f-\\u009f]*$"
)
_INSTANT: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?([Zz]|[+-][0-9]{2}:[0-9]{2})"
)
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class WireIn(BaseModel):
    """A body that staff send: strict, and closed to fields that it does not know."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, hide_input_in_errors=True)


class WireOut(BaseModel):
    """An answer. It describes what the flows built; nothing is built from it."""

    model_config = ConfigDict(frozen=True)


def read_instant(value: object) -> object:
    """Read an RFC 3339 instant with its offset; in UTC, and to the millisecond.

    Raises:
        ValueError: it is not one. The message never repeats it.

    Example:
        >>> read_instant("2026-11-22T03:04:05.6789-05:00")
        datetime.datetime(2026, 11, 22, 8, 4, 5, 678000, tzinfo=datetime.timezone.utc)
    """
    if isinstance(value, str) and _INSTANT.fullmatch(value):
        try:
            return to_millisecond(datetime.fromisoformat(value.upper()).astimezone(UTC))
        except (ValueError, OverflowError):
            pass
    raise ValueError("an instant is RFC 3339 with its offset, such as 2026-11-22T03:04:05.678Z")


def read_day(value: object) -> object:
    """Read a calendar day.

    Raises:
        ValueError: it is not one. The message never repeats it.

    Example:
        >>> read_day("2026-11-22")
        datetime.date(2026, 11, 22)
    """
    if isinstance(value, str) and _DAY.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    raise ValueError("a day is YYYY-MM-DD")


def _shown_as(kind: str, example: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "format": kind, "examples": [example]})


CallerId = Annotated[str, StringConstraints(pattern=CALLER_ID_PATTERN)]
"""An id that callers give."""

Instant = Annotated[datetime, BeforeValidator(read_instant), _shown_as("date-time", "2026-11-22T03:04:05.678Z")]
"""An instant in a body or a query: aware, in UTC."""

Day = Annotated[date, BeforeValidator(read_day), _shown_as("date", "2026-11-22")]
"""A calendar day in a body or a query."""

InstantText = Annotated[str, _shown_as("date-time", "2026-11-22T03:04:05.678Z")]
"""An instant in an answer: RFC 3339 in UTC with `Z` and milliseconds."""

DayText = Annotated[str, _shown_as("date", "2026-11-22")]
"""A calendar day in an answer."""

LocalTime = Annotated[
    str,
    StringConstraints(pattern="^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$"),
    Field(examples=["06:00"], description="`HH:MM` by the facility's wall clock; `24:00` is the end of the day."),
]

ShortText = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=_LINE_PATTERN)]
"""One line of words."""

LongText = Annotated[str, StringConstraints(min_length=1, max_length=2000, pattern=_TEXT_PATTERN)]
"""Words that may run over several lines."""

UnitName = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=_LINE_PATTERN)]
"""The name of a housing unit, compared as it stands."""

DecimalText = Annotated[
    str,
    StringConstraints(pattern="^(0|[1-9][0-9]{0,8})(\\.[0-9]{1,6})?$"),
    Field(examples=["0.21"], description="A plain decimal, six decimals at most. Kept exactly as given."),
]

PhoneText = Annotated[
    str,
    StringConstraints(min_length=1, max_length=64),
    Field(examples=["+18605550123"], description="E.164, or as dialled at the facility."),
]

PinText = Annotated[str, StringConstraints(pattern="^[0-9]{4,16}$")]

Media = Literal["voice", "tty", "relay"]
PaymentType = Literal["collect", "prepaid", "debit", "free"]


class HoursIn(WireIn):
    """A daily window of local time: open from `open` on, closed again at `close`."""

    open: LocalTime
    close: LocalTime


class HoursOut(WireOut):
    """A daily window of local time."""

    open: str = Field(examples=["08:00"])
    close: str = Field(examples=["21:30"])
