"""Is this body one JSON document that says one thing?

Python's parser takes the last of two equal keys and invents NaN; a body that two readers could read differently is refused.
"""

import json
from typing import Any, Never

from fastapi.exceptions import RequestValidationError


class AmbiguousBody(ValueError):  # noqa: N818 - the name is the sentence
    """A key stands twice, or a number is none."""


def parse_object(raw: bytes) -> Any:  # noqa: ANN401 - whatever JSON can say
    """Read one JSON document strictly.

    Raises:
        ValueError: it is not UTF-8, not JSON, has a key twice, or holds NaN or Infinity.
    """
    return json.loads(raw.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_refuse_constant)


def canonical_text(raw: bytes) -> str:
    """The same document always in the same text, so that a repeated request is known again whatever its spacing.

    Raises:
        RequestValidationError: the body is there but is not one unambiguous JSON document.
    """
    if not raw:
        return ""
    try:
        return json.dumps(parse_object(raw), sort_keys=True, separators=(",", ":"))
    except (ValueError, RecursionError):
        raise RequestValidationError([{"type": "json_invalid", "loc": ("body",), "msg": "", "input": None}]) from None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise AmbiguousBody
    return found


def _refuse_constant(_name: str) -> Never:
    raise AmbiguousBody
