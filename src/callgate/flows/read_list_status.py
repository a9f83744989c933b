"""What may a person inside know of their own list, and in which words?

Nothing here is read from blocks, and nothing that differs by one: what was struck out at the submission and what the
warden refused read the same, and what was taken off the list is simply not on it.
"""

from collections.abc import Mapping
from typing import Any, Final

from callgate.domain.list_words import STANDING_WORDS, Standing, tell_next_change, tell_places
from callgate.domain.phone_list import EntryState, Outcome
from callgate.domain.roles import Actor
from callgate.flows.deployment import Deployment
from callgate.flows.read_list import PhoneList, load_phone_list
from callgate.flows.read_list_changes import load_standings
from callgate.store.phone_lists import Entry, list_changes_of

_NOT_APPROVED: Final = frozenset({Outcome.NOT_APPROVED.value, EntryState.REFUSED.value})


async def read_list_status(deployment: Deployment, actor: Actor, *, inmate_id: str) -> Mapping[str, Any]:
    """One person's list as it may be shown or read out to them, in English and Spanish.

    Raises:
        NotFound: nobody of that id is, or was last, at a facility that the token covers.

    Clause: RULES F15, C.3.
    """
    now = deployment.clock.now()
    async with deployment.database.read() as transaction:
        listed = await load_phone_list(deployment, transaction, actor=actor, inmate_id=inmate_id, now=now)
        last = await list_changes_of(transaction, inmate_id, before=None, limit=1)
        standings = await load_standings(transaction, last)
    refused = [
        told["number"]
        for change, states in zip(last, standings, strict=True)
        for told, state in zip(change.outcomes, states, strict=True)
        if state in _NOT_APPROVED
    ]
    return {
        "inmate_id": inmate_id,
        **listed.places(),
        "places_text": tell_places(listed.used, listed.policy.list_limit),
        "next_change_text": tell_next_change(listed.next_change_on),
        "numbers": [
            {"number": entry.number, "name": entry.name, **_told(_standing(listed, entry))} for entry in listed.entries
        ],
        "not_approved": [{"number": number, **_told(Standing.NOT_APPROVED)} for number in refused],
    }


def _standing(listed: PhoneList, entry: Entry) -> Standing:
    if entry.state == EntryState.PENDING_WARDEN:
        return Standing.WAITING
    return Standing.SUSPENDED if listed.is_suspended(entry) else Standing.ON_LIST


def _told(standing: Standing) -> dict[str, Any]:
    return {"status": standing.value, "text": dict(STANDING_WORDS[standing])}
