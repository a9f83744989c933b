"""How is a list paged that is sorted by one unique name?"""

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import Response

from callgate.api.answers import listed
from callgate.api.paging import decode_cursor, encode_cursor, page_of


def name_before_page(cursor: str | None) -> str | None:
    """The name of the last item of the page before; None: this is the first page.

    Raises:
        Invalid: no list gave this cursor.
    """
    key = decode_cursor(cursor, parts=1)
    return None if key is None else key[0]


def page(items: Sequence[Mapping[str, Any]], *, limit: int, name: str) -> Response:
    """One page of what was read with `limit + 1`; `name` is the member that the list is sorted by."""
    shown, has_more = page_of(items, limit=limit)
    return listed(list(shown), next_cursor=encode_cursor([shown[-1][name]]) if has_more else None)
