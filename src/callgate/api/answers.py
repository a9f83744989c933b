"""How does a staff answer leave?"""

import json
from collections.abc import Mapping
from typing import Any

from fastapi import Response

from callgate.flows.staff_write import Written, etag_of

MEDIA_TYPE = "application/json"


def written(outcome: Written) -> Response:
    """The answer of a write that is durable."""
    headers = {}
    if outcome.etag is not None:
        headers["ETag"] = outcome.etag
    if outcome.replayed:
        headers["Idempotent-Replayed"] = "true"
    return _json(outcome.body, status=outcome.status, headers=headers)


def shown(representation: Mapping[str, Any], *, tagged: bool = True) -> Response:
    """One object, with its strong ETag where it can change."""
    return _json(representation, headers={"ETag": etag_of(representation)} if tagged else {})


def listed(items: list[Mapping[str, Any]], *, next_cursor: str | None) -> Response:
    """One page of a list."""
    return _json({"items": items, "next_cursor": next_cursor})


def _json(body: Mapping[str, Any], *, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return Response(text, status_code=status, media_type=MEDIA_TYPE, headers=dict(headers or {}))
