"""Which page of a list is asked for, and how is the next one named?

A cursor is opaque: the last item's sort key, encoded. It tells a reader nothing that the page did not.
"""

import base64
import binascii
import json
from collections.abc import Sequence
from typing import Annotated, Final, TypeVar

from fastapi import Query

from callgate.domain.errors import Invalid

LIMIT_DEFAULT: Final = 50
LIMIT_MAX: Final = 200

Limit = Annotated[int, Query(ge=1, le=LIMIT_MAX, description="How many items at most.")]
Cursor = Annotated[str | None, Query(max_length=512, description="`next_cursor` of the page before.")]
T = TypeVar("T")


def encode_cursor(key: Sequence[str | int]) -> str:
    """Name the page that begins after `key`."""
    return base64.urlsafe_b64encode(json.dumps(list(key)).encode()).decode().rstrip("=")


def decode_cursor(cursor: str | None, *, parts: int) -> tuple[str, ...] | None:
    """The sort key after which the page begins.

    Raises:
        Invalid: it is no cursor that callgate gave for this list.
    """
    if cursor is None:
        return None
    try:
        key = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError, UnicodeDecodeError):
        key = None
    if not isinstance(key, list) or len(key) != parts or not all(_is_name(part) for part in key):
        raise Invalid(
            "cursor_not_valid", "This cursor was not given by this list. Begin without one.", pointer="/cursor"
        )
    return tuple(key)


def _is_name(part: object) -> bool:
    # A database refuses some characters that JSON can carry, and no sort key has them.
    return isinstance(part, str) and part.isascii() and part.isprintable()


def page_of(rows: Sequence[T], *, limit: int) -> tuple[Sequence[T], bool]:
    """Cut what was read with `limit + 1`: the page, and whether there is more."""
    return rows[:limit], len(rows) > limit
