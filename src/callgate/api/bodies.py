"""Is this body one JSON document that says one thing?

Python's parser takes the last of two equal keys, invents NaN, rounds a large exponent to infinity and lets half a
character through; a body that two readers could read differently is refused.
"""

import json
import math
from typing import Any, Final, Never

from fastapi.exceptions import RequestValidationError


class AmbiguousBody(ValueError):
    """A key stands twice, a number is none, or a text is none."""


def parse_object(raw: bytes) -> Any:  # noqa: ANN401 - whatever JSON can say
    """Read one JSON document strictly.

    Raises:
        ValueError: it is not UTF-8, not JSON, has a key twice, or holds a number or a text that is none.
        RecursionError: it is nested deeper than anything that callgate takes.

    Example:
        >>> parse_object(b'{"call_id": "a"}')
        {'call_id': 'a'}
    """
    found = _DECODER.decode(raw.decode("utf-8"))
    if b"\\u" in raw:
        # Only an escape can spell half a character, and no database, no log and no switch could keep it.
        json.dumps(found, ensure_ascii=False).encode("utf-8")
    return found


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


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise AmbiguousBody
    return number


# Made once: making a decoder costs as much as reading a small body with it.
_DECODER: Final = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_refuse_constant, parse_float=_finite)
