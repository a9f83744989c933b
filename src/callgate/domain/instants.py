"""How is an instant written: on the wire, and in a table?

Instants are aware UTC datetimes inside callgate, RFC 3339 with `Z` and milliseconds on the wire, and whole milliseconds
since 1970 in the tables, so that both databases compare them alike and nothing is lost on the way.
"""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import overload

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def to_milliseconds(instant: datetime) -> int:
    """Milliseconds since 1970 UTC, rounded down.

    Example:
        >>> to_milliseconds(datetime(1970, 1, 1, 0, 0, 1, 999, tzinfo=UTC))
        1000
    """
    return (instant - _EPOCH) // _MILLISECOND


@overload
def from_milliseconds(milliseconds: int) -> datetime: ...
@overload
def from_milliseconds(milliseconds: int | None) -> datetime | None: ...
def from_milliseconds(milliseconds: int | None) -> datetime | None:
    """The instant that many milliseconds after 1970 UTC."""
    return None if milliseconds is None else _EPOCH + timedelta(milliseconds=milliseconds)


def to_millisecond(instant: datetime) -> datetime:
    """The same instant without anything finer than a millisecond: what both the wire and the tables keep."""
    return instant.replace(microsecond=instant.microsecond // 1000 * 1000)


@overload
def to_wire(instant: datetime) -> str: ...
@overload
def to_wire(instant: datetime | None) -> str | None: ...
def to_wire(instant: datetime | None) -> str | None:
    """RFC 3339 in UTC with `Z` and milliseconds.

    Example:
        >>> to_wire(datetime(2026, 11, 22, 3, 4, 5, 678901, tzinfo=UTC))
        '2026-11-22T03:04:05.678Z'
    """
    return None if instant is None else _written(instant)


@lru_cache(maxsize=1024)  # one instant serves a whole batch
def _written(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
