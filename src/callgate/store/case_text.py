"""How is a case, and what was found about it, kept as text and read again?

What is written here is read for years: a field may be added with a default, never renamed or removed.
"""

import json
from functools import cache, lru_cache

from pydantic import TypeAdapter
from pydantic_core import to_json

from callgate.domain.case import Case
from callgate.domain.verdict import Finding


@cache
def _cases() -> TypeAdapter[Case]:
    return TypeAdapter(Case)


def write_case(case: Case) -> str:
    """The whole case as JSON."""
    return _cases().dump_json(case).decode()


def read_case(text: str) -> Case:
    """The case that was written."""
    return _cases().validate_json(text)


@lru_cache(maxsize=1024)  # calls that are allowed alike have all their findings in common
def write_findings(findings: tuple[Finding, ...]) -> str:
    """Every finding in order as compact JSON rows: check, verdict, seconds, reason, failed."""
    return to_json([tuple(one) for one in findings]).decode()


def read_findings(text: str) -> tuple[Finding, ...]:
    """The findings that were written."""
    return tuple(Finding(*row) for row in json.loads(text))
