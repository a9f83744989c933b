"""What ever stood on a person's list, who put it there, who decided it, and what took it off?

Two readers see two histories. Why a warden refused a number, whose wish took one off and what was noted about it can
tell of somebody who must not be found, so these stand here for those who guard them; to everybody else a number that
its owner had taken off reads like any that staff took off, and one refusal like another.
"""

from collections.abc import Mapping
from typing import Any, Final

from callgate.domain.instants import from_milliseconds, to_wire
from callgate.domain.phone_list import EndedBy
from callgate.domain.roles import Actor, Permission, Role
from callgate.flows.deployment import Deployment
from callgate.store.list_history import EverListed, list_history

# An auditor must be able to see that nobody was refused a number as a punishment (RULES F37), and reads no more.
_READS_REASONS: Final = frozenset({Role.AUDITOR})


async def read_list_history(
    deployment: Deployment, actor: Actor, *, inmate_id: str, before: str | None, limit: int
) -> list[Mapping[str, Any]]:
    """Every number that ever stood on this list, newest first; `before`: the last id of the page before.

    Clause: RULES F10, F37, C.3.
    """
    async with deployment.database.read() as transaction:
        found = await list_history(transaction, inmate_id, before=before, limit=limit)
    return [_shown(entry, actor) for entry in found]


def _shown(entry: EverListed, actor: Actor) -> dict[str, Any]:
    guards = actor.sees_unredacted
    reads_reasons = guards or actor.role in _READS_REASONS
    return {
        "entry_id": entry.entry_id,
        "number": entry.number,
        "name": entry.name,
        "relationship": entry.relationship,
        "kind": entry.kind,
        "state": entry.state,
        "since": to_wire(from_milliseconds(entry.since)),
        "change_id": entry.change_id,
        "submitted_by": entry.submitted_by,
        "decided_at": to_wire(from_milliseconds(entry.decided_at)),
        "decided_by": entry.decided_by,
        "decision_reason": entry.decision_reason if reads_reasons else None,
        "evidence_reference": entry.evidence_reference if reads_reasons else None,
        "ended_at": to_wire(from_milliseconds(entry.ended_at)),
        "ended_by": _ended_by(entry, guards=guards),
        "ended_author": entry.ended_author,
        # Whoever may take a number off a list reads why others did.
        "ended_note": entry.ended_note if actor.may(Permission.PHONE_LISTS_REMOVE) else None,
    }


def _ended_by(entry: EverListed, *, guards: bool) -> str | None:
    if entry.ended_by == EndedBy.OWNER and not guards:
        return EndedBy.STAFF.value
    return entry.ended_by
