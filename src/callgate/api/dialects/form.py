"""How does a switch ask and hear in form encoding? Asterisk's `CURL()` reads and writes nothing else.

In: one value a field, percent-encoded UTF-8; an empty field is an absent one. Out: the same answer as in JSON, flat.
The JSON answer is what was recorded, and this is made from it, so the two can never differ.
"""

import json
import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote, unquote_plus, urlencode

MEDIA_TYPE: Final = "application/x-www-form-urlencoded"

_FIELDS_MAX: Final = 100
_INTEGERS: Final = frozenset({"requested_duration_seconds"})
_DIGITS: Final = re.compile(r"[0-9]{1,19}")
# Printable ASCII; whatever else comes percent-encoded. A value may hold a bare `=`.
_WELL_FORMED: Final = re.compile(r"(?:[!-$&-~]|%[0-9A-Fa-f]{2})*")
_QUOTE_FIELDS: Final = (
    "tariff",
    "currency",
    "per_minute",
    "connection_fee",
    "increment_seconds",
    "payer",
    "max_charge",
)
_NAMED: Final = re.compile(r"^(\*|[^/\s]+)/(\*|[^/\s]+)$")


def decode_request(raw: bytes) -> dict[str, Any]:
    """Read a form as the object that the same request would be in JSON.

    Raises:
        ValueError: it is no form, or says one thing twice. The message repeats nothing.
    """
    found: dict[str, Any] = {}
    for name, value in decode_pairs(raw, pairs_max=_FIELDS_MAX):
        if name in found:
            raise ValueError("a field stands twice")
        found[name] = value_of(name, value)
    return {name: value for name, value in found.items() if value != ""}


def decode_pairs(raw: bytes, *, pairs_max: int) -> list[tuple[str, str]]:
    """The fields of a form in order, with their values as text.

    Raises:
        ValueError: it is no form, or has more fields than `pairs_max`. The message repeats nothing.
    """
    text = raw.decode("ascii")
    if not _WELL_FORMED.fullmatch(text):
        raise ValueError("this is no form")
    pairs = [pair.partition("=") for pair in text.split("&")] if text else []
    if len(pairs) > pairs_max or not all(separator for _, separator, _ in pairs):
        raise ValueError("too many fields, or one without a value")
    return [(_decoded(name), _decoded(value)) for name, _, value in pairs]


def _decoded(text: str) -> str:
    return unquote_plus(text, errors="strict") if "%" in text or "+" in text else text


def value_of(name: str, text: str) -> Any:  # noqa: ANN401 - what JSON would hold
    """A field's text as JSON would have it: a whole number where the field is one and the text is one."""
    return int(text) if name in _INTEGERS and _DIGITS.fullmatch(text) else text


def encode_answer(body: str) -> str:
    """The JSON text of an answer as a form."""
    return urlencode(flatten(json.loads(body)), quote_via=quote, safe="")


def flatten(answer: Mapping[str, Any]) -> dict[str, str]:
    """The answer's fields as a form has them; the same keys on allow and on deny.

    Example:
        >>> flatten({"record": False, "retry_at": None, "announcements": ["a", "b"]})
        {'record': 'false', 'retry_at': '', 'announcements': 'a,b'}
        >>> flatten({"max_duration_seconds": 900})
        {'max_duration_seconds': '900', 'max_duration_ms': '900000'}
    """
    flat: dict[str, str] = {}
    for name, value in answer.items():
        if name == "rate_quote":
            quoted = value or {}
            flat |= {f"rate_quote_{field}": _text(quoted.get(field)) for field in _QUOTE_FIELDS}
        else:
            flat[name] = _text(value)
        if name == "max_duration_seconds":
            flat["max_duration_ms"] = _text(value * 1000)
    return flat


def _text(value: Any) -> str:  # noqa: ANN401 - whatever an answer holds
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ",".join(_text(each) for each in value)
    return str(value)


def is_wanted(accept: str) -> bool:
    """Does this Accept header prefer a form to JSON?

    Example:
        >>> is_wanted("application/x-www-form-urlencoded"), is_wanted("*/*"), is_wanted("")
        (True, False, False)
    """
    if "x-www-form-urlencoded" not in accept.lower():
        return False
    ranges = _ranges(accept)
    form_at, form_weight = ranges.get(MEDIA_TYPE, (0, 0.0))
    json_at, json_weight = _find_json(ranges)
    # Named alike, the first one named wins; a wildcard names nothing.
    return form_weight > 0 and (form_weight, -form_at) > (json_weight, -json_at)


def _find_json(ranges: Mapping[str, tuple[int, float]]) -> tuple[int, float]:
    if "application/json" in ranges:
        return ranges["application/json"]
    weight = max((ranges[name][1] for name in ("application/*", "*/*") if name in ranges), default=0.0)
    return (len(ranges), weight)


def _ranges(accept: str) -> dict[str, tuple[int, float]]:
    found: dict[str, tuple[int, float]] = {}
    for place, part in enumerate(accept.lower().split(",")):
        name, *parameters = (piece.strip() for piece in part.split(";"))
        if _NAMED.match(name):
            found.setdefault(name, (place, _weight(parameters)))
    return found


def _weight(parameters: list[str]) -> float:
    for parameter in parameters:
        key, _, value = parameter.partition("=")
        if key.strip() == "q":
            try:
                return min(max(float(value), 0.0), 1.0)
            except ValueError:
                return 0.0
    return 1.0
