"""How is a case, and what was found about it, kept as text and read again?

What is written here is read for years: a field may be added with a default, never renamed or removed.
"""

import json
from collections.abc import Sequence
from functools import cache

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


def write_findings(findings: Sequence[Finding]) -> str:
    """Every finding in order as compact JSON rows: check, verdict, seconds, reason, failed."""
    rows = [[one.check, one.verdict, one.seconds, one.reason, one.failed] for one in findings]
    return to_json(rows).decode()


def read_findings(text: str) -> tuple[Finding, ...]:
    """The findings that were written."""
    return tuple(
        Finding(check=check, verdict=verdict, seconds=seconds, reason=reason, failed=failed)
        for check, verdict, seconds, reason, failed in json.loads(text)
    )
