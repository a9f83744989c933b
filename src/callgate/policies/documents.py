"""How is a policy kept, so that a decision of today can be decided again under it years later?

As canonical JSON: keys sorted, no spaces, ASCII, so that equal policies are equal texts and one hash. The document
holds every value that a check may read and the clauses behind them, and nothing of the file's wording beyond that:
mending a source note of a value makes no new policy. `DOCUMENT_SCHEMA` stands in every document; when `Policy` gains or
loses a field, raise it and teach `policy_from_document` to read the older ones, whose text and hash never change.
"""

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from datetime import date
from decimal import Decimal
from functools import cache
from hashlib import sha256
from types import MappingProxyType
from typing import Final

from pydantic import TypeAdapter, ValidationError

from callgate.domain.policy import Policy
from callgate.policies.malformed import MalformedProfile

DOCUMENT_SCHEMA: Final = 2
# What older documents do not say, and what held then: nothing was suspended, and the rest no check ever read.
_ADDED_AFTER: Final[Mapping[int, Mapping[str, object]]] = MappingProxyType(
    {
        1: MappingProxyType(
            {
                "list_kinds_suspended": [],
                "pending_due_business_days": 3,
                "block_end_warning_days": 14,
                "one_time_call_hours_max": 24,
                "probing_numbers_per_person": 5,
                "probing_numbers_per_station": 15,
                "three_way_action": "ignore",
                "diversion_action": "ignore",
                "restriction_days_per_year": None,
            }
        ),
        2: MappingProxyType({}),
    }
)
_NAME: Final = "stored policy document"

Plain = None | bool | int | str | list["Plain"] | dict[str, "Plain"]


def document_of(policy: Policy) -> str:
    """Answer the one text that stands for this policy; its SHA-256 is `policy.content_hash`."""
    return _written(policy, schema=DOCUMENT_SCHEMA)


def _written(policy: Policy, *, schema: int) -> str:
    values = {field.name: _plain(getattr(policy, field.name)) for field in fields(policy)}
    for name in ("content_hash", *_ADDED_AFTER[schema]):
        del values[name]
    return json.dumps({"schema": schema, **values}, sort_keys=True, separators=(",", ":"))


def hash_of(document: str) -> str:
    """Answer the content hash of a document, 64 hexadecimal digits."""
    return sha256(document.encode("ascii")).hexdigest()


def policy_from_document(document: str) -> Policy:
    """Rebuild the policy that `document_of` wrote.

    Raises:
        MalformedProfile: not such a document, to the byte: what was recorded was not altered on the way.
    """
    try:
        values = json.loads(document)
    except (ValueError, RecursionError):
        raise MalformedProfile(file=_NAME, key="", reason="is not JSON") from None
    schema = values.pop("schema", None) if isinstance(values, dict) else None
    if type(schema) is not int or schema not in _ADDED_AFTER:
        raise MalformedProfile(file=_NAME, key="schema", reason=f"must be 1 to {DOCUMENT_SCHEMA}")
    try:
        whole = {**_ADDED_AFTER[schema], **values, "content_hash": hash_of(document)}
        policy = _adapter().validate_json(json.dumps(whole), strict=True)
    except (ValidationError, UnicodeEncodeError):
        raise MalformedProfile(file=_NAME, key="", reason="does not hold the values of a policy") from None
    policy = _sealed(policy)
    if _written(policy, schema=schema) != document:
        raise MalformedProfile(file=_NAME, key="", reason="is not in canonical form")
    return policy


@cache
def _adapter() -> TypeAdapter[Policy]:
    return TypeAdapter(Policy)


def _sealed(policy: Policy) -> Policy:
    """The same policy with mappings that nobody can write to: one value is shared by every decision."""
    quotas = replace(policy.quotas, minutes_per_month_in=MappingProxyType(dict(policy.quotas.minutes_per_month_in)))
    return replace(
        policy,
        call_cap_factor=MappingProxyType(dict(policy.call_cap_factor)),
        quotas=quotas,
        announcements=MappingProxyType(dict(policy.announcements)),
        recorded=MappingProxyType(dict(policy.recorded)),
        clauses=MappingProxyType(dict(policy.clauses)),
    )


def _plain(value: object) -> Plain:
    match value:
        case None | bool() | int():
            return value
        case str() | Decimal() | date():
            return str(value)
        case frozenset():
            return [*sorted(str(item) for item in value)]
        case tuple():
            return [_plain(item) for item in value]
        case Mapping():
            return {str(key): _plain(item) for key, item in value.items()}
        case _ if is_dataclass(value):
            return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
        case _:
            raise TypeError(f"a policy holds no {type(value).__name__}")
