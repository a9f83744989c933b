"""How has a person's list changed, and what has become since of each number that was submitted?"""

from collections.abc import Mapping, Sequence
from typing import Any

from callgate.domain.instants import from_milliseconds, to_wire
from callgate.domain.phone_list import EntryState, Outcome
from callgate.flows.deployment import Deployment
from callgate.flows.put_object import not_found
from callgate.store.database import Transaction
from callgate.store.list_history import list_states_of_changes
from callgate.store.phone_lists import Change, find_change, list_changes_of


async def read_list_change(deployment: Deployment, *, change_id: str) -> Mapping[str, Any]:
    """One submission as it was answered, and where its numbers stand now.

    Raises:
        NotFound: there is no such submission.
    """
    async with deployment.database.read() as transaction:
        return await show_change(transaction, await load_change(transaction, change_id))


async def read_list_changes(
    deployment: Deployment, *, inmate_id: str, before: str | None, limit: int
) -> list[Mapping[str, Any]]:
    """One person's submissions, newest first; `before`: the last id of the page before."""
    async with deployment.database.read() as transaction:
        return await _show(transaction, await list_changes_of(transaction, inmate_id, before=before, limit=limit))


async def load_change(transaction: Transaction, change_id: str) -> Change:
    """Load one submission.

    Raises:
        NotFound: there is no such submission.
    """
    change = await find_change(transaction, change_id)
    if change is None:
        raise not_found()
    return change


async def show_change(transaction: Transaction, change: Change) -> Mapping[str, Any]:
    """One submission as its readers see it."""
    return (await _show(transaction, [change]))[0]


async def load_standings(transaction: Transaction, changes: Sequence[Change]) -> list[list[str]]:
    """Where each number of each of these submissions stands now, in the order submitted."""
    states = await list_states_of_changes(
        transaction,
        change_ids=[change.change_id for change in changes],
        numbers=sorted({told["number"] for change in changes for told in change.outcomes}),
    )
    return [[_standing(change, told, states) for told in change.outcomes] for change in changes]


def _standing(change: Change, told: Mapping[str, str], states: Mapping[tuple[str, str], str]) -> str:
    outcome = told["outcome"]
    if outcome in (Outcome.NOT_APPROVED, Outcome.REMOVED):
        return outcome
    # What took a number off the list since then is not told here: every cause reads the same.
    return states.get((change.change_id, told["number"]), EntryState.REMOVED.value)


async def _show(transaction: Transaction, changes: Sequence[Change]) -> list[Mapping[str, Any]]:
    standings = await load_standings(transaction, changes)
    return [_shown(change, standing) for change, standing in zip(changes, standings, strict=True)]


def _shown(change: Change, standing: Sequence[str]) -> Mapping[str, Any]:
    """No more than was answered to whoever submitted it, and what every reader of the list sees of it today."""
    return {
        "change_id": change.change_id,
        "inmate_id": change.inmate_id,
        "submitted_at": to_wire(from_milliseconds(change.submitted_at_ms)),
        "author": change.author,
        "counts_as_change": not change.is_first,
        "state": EntryState.PENDING_WARDEN.value if EntryState.PENDING_WARDEN in standing else "applied",
        "outcomes": list(change.outcomes),
        "numbers": [{**told, "state": state} for told, state in zip(change.outcomes, standing, strict=True)],
    }
