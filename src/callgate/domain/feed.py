"""Which files can be fed in, what may stand in each column, and what can become of a row?"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final

from callgate.domain.instants import to_milliseconds
from callgate.domain.phone_list import EntryKind, EntryState

BRAKE_PERCENT: Final = 10
"""A file that ends more than this share is held back. A jail lets a few percent of its people go on a day, a prison far
fewer; a file that was cut off half-way, or exported for one building, ends most of them."""
BRAKE_LEAST: Final = 10
"""So few at once never trip the brake: in a place of twenty, two are a tenth."""
AHEAD_MILLISECONDS: Final = 24 * 3600 * 1000
"""How far ahead of this clock a file's instant may be: one mistyped year would make every later file stale."""


class FeedKind(StrEnum):
    """What is a file about?"""

    INMATES = "inmates"
    LISTS = "lists"
    BLOCKS = "blocks"


class RowOutcome(StrEnum):
    """What becomes of a row?

    `REFUSED` alone holds back the whole file. `NOT_JUDGED`: another row about the same person or block is refused.
    """

    ADDED = "added"
    CHANGED = "changed"
    MOVED = "moved"
    RELEASED = "released"
    LIFTED = "lifted"
    PENDING_WARDEN = "pending_warden"
    NOT_APPROVED = "not_approved"
    UNCHANGED = "unchanged"
    STALE = "stale"
    REFUSED = "refused"
    NOT_JUDGED = "not_judged"


class Accept(StrEnum):
    """Which consequences are taken on purpose? Each is refused unless it is named."""

    RELEASES = "releases"
    REMOVALS = "removals"
    LIFTS = "lifts"
    DECISIONS = "decisions"
    LONG_LISTS = "long-lists"


class CellFault(ValueError):
    """A cell does not hold what its column takes. Never repeats what it holds."""

    def __init__(self, code: str) -> None:
        """Keep the code, one of `WHY`."""
        super().__init__(code)
        self.code = code


class Form(StrEnum):
    """How is a cell read?"""

    ID = "id"
    PHONE = "phone"
    LINE = "line"
    TEXT = "text"
    UNIT = "unit"
    DAY = "day"
    INSTANT = "instant"
    UNTIL = "until"
    STATUS = "status"
    LIST_KIND = "list_kind"
    LIST_STATE = "list_state"
    SCOPE = "scope"
    BLOCK_KIND = "block_kind"


@dataclass(frozen=True, slots=True)
class FeedColumn:
    """One column. `required`: the file must have it, and each row must fill it."""

    name: str
    form: Form
    required: bool = False


def _columns(*columns: tuple[str, Form] | tuple[str, Form, bool]) -> tuple[FeedColumn, ...]:
    return tuple(FeedColumn(*column) for column in columns)


COLUMNS: Final[Mapping[FeedKind, tuple[FeedColumn, ...]]] = MappingProxyType(
    {
        FeedKind.INMATES: _columns(
            ("inmate_id", Form.ID, True),
            ("facility_id", Form.ID, True),
            ("unit", Form.UNIT, True),
            ("status", Form.STATUS, True),
            ("name", Form.LINE, True),
            ("date_of_birth", Form.DAY),
            ("projected_release", Form.DAY),
            ("as_of", Form.INSTANT, True),
        ),
        FeedKind.LISTS: _columns(
            ("inmate_id", Form.ID, True),
            # Not required in a row: a row without any number says that the list is empty.
            ("number", Form.PHONE),
            ("name", Form.LINE),
            ("relationship", Form.LINE),
            ("kind", Form.LIST_KIND),
            ("state", Form.LIST_STATE),
            ("since", Form.INSTANT),
            ("decided_at", Form.INSTANT),
            ("decided_by", Form.ID),
            ("decision_reason", Form.TEXT),
            ("evidence_reference", Form.LINE),
            ("as_of", Form.INSTANT, True),
        ),
        FeedKind.BLOCKS: _columns(
            ("block_id", Form.ID, True),
            ("number", Form.PHONE, True),
            ("scope", Form.SCOPE, True),
            ("inmate_id", Form.ID),
            ("facility_id", Form.ID),
            ("unit", Form.UNIT),
            ("kind", Form.BLOCK_KIND, True),
            ("authority", Form.LINE, True),
            ("note", Form.TEXT, True),
            ("document_reference", Form.LINE),
            ("until", Form.UNTIL, True),
            ("effective_at", Form.INSTANT),
            ("lifted_at", Form.INSTANT),
            ("lift_authority", Form.LINE),
            ("lift_evidence", Form.LINE),
            ("as_of", Form.INSTANT, True),
        ),
    }
)

SUBJECT: Final[Mapping[FeedKind, str]] = MappingProxyType(
    {FeedKind.INMATES: "inmate_id", FeedKind.LISTS: "inmate_id", FeedKind.BLOCKS: "block_id"}
)
"""What a row is about: rows about one of these are judged together."""

INDEFINITE: Final = "indefinite"
_LINE_MAX: Final = 200
_TEXT_MAX: Final = 2000
_UNIT_MAX: Final = 64
_PHONE_MAX: Final = 64
_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")
_INSTANT: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?([Zz]|[+-][0-9]{2}:[0-9]{2})"
)
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_CONTROL_IN_LINE: Final = re.compile("[\\x00-\\x1f\\x7f-\\x9f]")
_CONTROL_IN_TEXT: Final = re.compile("[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f-\\x9f]")
_SOMETHING: Final = re.compile("[^\\x00-\\x20\\x7f-\\xa0]")
_CHOICES: Final[Mapping[Form, tuple[str, ...]]] = MappingProxyType(
    {
        Form.STATUS: ("active", "released"),
        Form.LIST_KIND: tuple(EntryKind),
        Form.LIST_STATE: (EntryState.ACTIVE.value, EntryState.PENDING_WARDEN.value),
        Form.SCOPE: ("inmate", "unit", "facility", "system"),
        Form.BLOCK_KIND: (
            "victim",
            "court_order",
            "protected_person",
            "called_party",
            "guardian",
            "investigation",
            "facility",
        ),
    }
)


def read_cell(text: str, form: Form) -> Any:  # noqa: ANN401 - text, or an instant in milliseconds since 1970
    """What does this cell hold? Instants as milliseconds since 1970, days and everything else as text.

    The forms are those of the HTTP API, so that whatever a file brings could have been typed there too.

    Raises:
        CellFault: it is none of its form; the value is not repeated.

    Example:
        >>> read_cell("2026-11-22T03:04:05Z", Form.INSTANT)
        1795316645000
    """
    _require(text, bool(text), "missing")
    if form is Form.INSTANT:
        return _read_instant(text)
    if form is Form.UNTIL:
        return INDEFINITE if text == INDEFINITE else _read_instant(text)
    if form is Form.DAY:
        return _read_day(text)
    if form in _CHOICES:
        return _require(text, text in _CHOICES[form], "not_one_of")
    if form is Form.ID:
        return _require(text, _ID.fullmatch(text) is not None, "not_an_id")
    return _read_words(text, form)


def _read_words(text: str, form: Form) -> str:
    longest = {Form.TEXT: _TEXT_MAX, Form.UNIT: _UNIT_MAX, Form.PHONE: _PHONE_MAX}.get(form, _LINE_MAX)
    _require(text, len(text) <= longest, "too_long")
    control = _CONTROL_IN_TEXT if form is Form.TEXT else _CONTROL_IN_LINE
    _require(text, control.search(text) is None, "control_character")
    return _require(text, _SOMETHING.search(text) is not None, "nothing_to_read")


@lru_cache(maxsize=1024)  # a nightly file tells one instant, on every line
def _read_instant(text: str) -> int:
    _require(text, _INSTANT.fullmatch(text) is not None, "not_an_instant")
    try:
        return to_milliseconds(datetime.fromisoformat(text.upper()).astimezone(UTC))
    except (ValueError, OverflowError):
        raise CellFault("not_an_instant") from None


def _read_day(text: str) -> str:
    _require(text, _DAY.fullmatch(text) is not None, "not_a_day")
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise CellFault("not_a_day") from None


def _require(text: str, holds: bool, code: str) -> str:  # noqa: FBT001 - reads as a sentence where it is called
    if not holds:
        raise CellFault(code)
    return text
