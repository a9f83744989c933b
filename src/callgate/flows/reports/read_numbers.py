"""Which numbers do several people here hold, and which do several call?

Clause: RULES F51 (the list of Missouri and the VAC). A number on two lists may be a family's, or a victim's reached
through another person's list.
"""

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from callgate.domain.instants import from_milliseconds, to_wire
from callgate.flows.deployment import Deployment
from callgate.store.database import Record
from callgate.store.report_numbers import ReportAsked, list_numbers_called_by_several, list_numbers_on_several_lists


async def read_numbers_on_several_lists(deployment: Deployment, asked: ReportAsked) -> list[Mapping[str, Any]]:
    """As the lists stand now, by number: how many hold it, and who."""
    async with deployment.database.read() as transaction:
        rows = await list_numbers_on_several_lists(transaction, asked)
    return [
        {
            "number": number,
            "lists": len(held),
            "waiting": sum(1 for row in held if row.state == "pending_warden"),
            "kinds": sorted({row.kind for row in held}),
            "first_since": _instant(min(row.since for row in held)),
            "inmate_ids": [row.inmate_id for row in held],
        }
        for number, held in _by_number(rows)
    ]


async def read_numbers_called_by_several(deployment: Deployment, asked: ReportAsked) -> list[Mapping[str, Any]]:
    """Numbers that more than one person called in those days: how often, and who."""
    async with deployment.database.read() as transaction:
        rows = await list_numbers_called_by_several(transaction, asked)
    return [
        {
            "number": number,
            "people": len(called),
            "calls": sum(row.calls for row in called),
            "answered": sum(row.answered for row in called),
            "first_at": _instant(min(row.first_at for row in called)),
            "last_at": _instant(max(row.last_at for row in called)),
            "inmate_ids": [row.inmate_id for row in called],
        }
        for number, called in _by_number(rows)
    ]


def _by_number(rows: Sequence[Record]) -> list[tuple[str, list[Record]]]:
    return [(number, list(several)) for number, several in groupby(rows, key=lambda row: str(row.number))]


def _instant(milliseconds: int) -> str | None:
    return to_wire(from_milliseconds(milliseconds))
