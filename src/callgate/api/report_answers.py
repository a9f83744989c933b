"""How does a report leave: as a page of JSON, or as the same page in CSV for a spreadsheet?

`Accept: text/csv` asks for the second. Its columns are the members of an item in their order; a list is written with
spaces between, a count by name as `name=count`. No cell can be taken for a formula. The next page is named by a `Link`
header, since CSV has no place for it.
"""

import csv
from collections.abc import Mapping, Sequence
from io import StringIO
from typing import Any, Final

from fastapi import Request, Response

from callgate.api.fields import WireOut
from callgate.api.pages import page
from callgate.api.paging import encode_cursor, page_of
from callgate.flows.feeds.cells import guarded

CSV: Final = "text/csv"
CSV_ANSWER: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "content": {
            CSV: {"schema": {"type": "string", "description": "The same page, one item a line, with a header line."}}
        }
    }
}
"""What a report's route declares beside its JSON."""


def answer(
    request: Request, items: Sequence[Mapping[str, Any]], *, limit: int, name: str, model: type[WireOut]
) -> Response:
    """One page of what was read with `limit + 1`; `name` is the member that the report is sorted by."""
    if not _wants_csv(request.headers.get("accept", "")):
        return page(items, limit=limit, name=name)
    shown, has_more = page_of(items, limit=limit)
    text = StringIO()
    lines = csv.writer(text, lineterminator="\r\n")
    lines.writerow(model.model_fields)
    lines.writerows([_cell(item[column]) for column in model.model_fields] for item in shown)
    headers = {"Vary": "Accept"}
    if has_more:
        following = request.url.include_query_params(cursor=encode_cursor([shown[-1][name]]))
        headers["Link"] = f'<{following.path}?{following.query}>; rel="next"'
    return Response(text.getvalue(), media_type=CSV, headers=headers)


def _wants_csv(accept: str) -> bool:
    """Is CSV asked for before JSON? The first of the two that is named wins."""
    kinds = [part.partition(";")[0].strip().lower() for part in accept.split(",")]
    named = [kind for kind in kinds if kind in (CSV, "application/json")]
    return bool(named) and named[0] == CSV


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, Mapping):
        return guarded(" ".join(f"{name}={count}" for name, count in value.items()))
    if isinstance(value, Sequence) and not isinstance(value, str):
        return guarded(" ".join(str(member) for member in value))
    return guarded(str(value))
