"""Which safeguards does a facility have and never use?

An inspector found that most abuse of prison telephones needed no new control, only the use of those that were there.
What is counted is what staff did: the trail of those days, and what stands on the facility itself.

Clause: RULES F51 and C (United States, OIG 1999, *Criminal Calls*: little use of existing controls).
"""

from collections import defaultdict
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from callgate.domain.instants import from_milliseconds, to_wire
from callgate.flows.deployment import Deployment
from callgate.store.database import Record
from callgate.store.report_clocks import list_facilities_asked, list_uses
from callgate.store.report_numbers import ReportAsked

SAFEGUARDS: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        "blocks": frozenset({"set_block", "carry_block"}),
        "keypress_blocks": frozenset({"block_by_keypress"}),
        "restrictions": frozenset({"restrict_calls"}),
        "shut_offs": frozenset({"shut_off"}),
        "removal_requests": frozenset({"take_in_removal"}),
        "warden_decisions": frozenset({"decide_pending_number"}),
        "staff_removals": frozenset({"remove_from_list"}),
        "one_time_calls": frozenset({"ask_one_time_call"}),
        "terminated_calls": frozenset({"terminate_call"}),
        "previews": frozenset({"preview_decision"}),
        "closed_incidents": frozenset({"close_incident"}),
    }
)
"""Each by the actions of the audit trail that are its use."""


async def read_safeguards(deployment: Deployment, asked: ReportAsked) -> list[Mapping[str, Any]]:
    """By facility: what was not used in those days, and how often and when last the rest was."""
    async with deployment.database.read() as transaction:
        places = await list_facilities_asked(transaction, asked)
        names = [place.facility_id for place in places]
        rows = await list_uses(transaction, names, since_ms=asked.since_ms, until_ms=asked.until_ms)
    of: dict[str, list[Record]] = defaultdict(list)
    for row in rows:
        # What concerns the whole system is everybody's: a shut-off of all telephones is one here too.
        for name in names if row.facility_id is None else [row.facility_id]:
            of[name].append(row)
    return [_item(place, of[place.facility_id]) for place in places]


def _item(place: Record, rows: list[Record]) -> Mapping[str, Any]:
    used = {word: [row for row in rows if row.action in actions] for word, actions in SAFEGUARDS.items()}
    last = [row.last_at for several in used.values() for row in several]
    not_set = (
        ("own_hours", place.hours_open is None),
        ("own_limits", place.limits is None),
        ("rate_cap_tier", place.rate_cap_tier is None),
    )
    return {
        "facility_id": place.facility_id,
        "unused": [word for word, several in used.items() if not several],
        "uses": {word: sum(int(row.uses) for row in several) for word, several in used.items() if several},
        "last_used_at": to_wire(from_milliseconds(max(last))) if last else None,
        "not_set": [word for word, is_unset in not_set if is_unset],
    }
