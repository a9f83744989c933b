"""What happens when an operator proposes a number for everyone?

A hotline or a privileged number passes by almost every check, so one person's word puts none in force: a PUT is a
proposal, and a warden confirms it. Changing one that is in force is a proposal again: it is out of force until then.
"""

from dataclasses import dataclass
from typing import Any, Final

from callgate.domain.errors import Forbidden, Invalid
from callgate.domain.roles import Actor
from callgate.flows.deployment import Deployment
from callgate.flows.dialling import parse_dialled
from callgate.flows.put_object import load_named_facility, not_found, record_put
from callgate.flows.representations import Shown, shown_common_number
from callgate.flows.staff_write import OK, StaffRequest, Write, Written, etag_of, write_once
from callgate.store import common_numbers as store
from callgate.store.locks import own_system

IN_FORCE: Final = "in_force"


@dataclass(frozen=True, slots=True, kw_only=True)
class CommonNumberGiven:
    """A common number as the operator proposes it. `facility_id` None: for the whole system."""

    facility_id: str | None
    kind: str
    name: str
    verified_by: str


async def propose_common_number(
    deployment: Deployment, request: StaffRequest, *, number: str, given: CommonNumberGiven
) -> Written:
    """Propose the number; what is in force just so already stays in force.

    Args:
        deployment: where.
        request: who asks.
        number: as dialled at the facility named, or E.164.
        given: the proposal.

    Raises:
        NotFound: the token does not cover the facility, the one named or the one the number is now for.
        Forbidden: it is, or is to be, the whole system's, and the token is not.
        Invalid: the text is no number, or there is no such facility.
        Outdated: If-Match names another state.
    """

    async def act(write: Write) -> Written:
        await own_system(write.transaction)
        region = await _region(deployment, write, given.facility_id)
        canonical = read_common_number(number, region=region)
        row = await store.find_common_number(write.transaction, canonical)
        if row is not None:
            require_writable(write.actor, row.facility_id)
        require_writable(write.actor, given.facility_id)
        before = None if row is None else shown_common_number(row)
        write.require_match(before)
        if before is not None and _stands(write, given, before):
            return Written(body=before, status=OK, etag=etag_of(before))
        await store.put_proposal(
            write.transaction,
            canonical,
            facility_id=given.facility_id,
            kind=given.kind,
            name=given.name,
            verified_by=given.verified_by,
            proposed_by=write.actor.subject,
            proposed_at_ms=write.now_ms,
        )
        after = shown_common_number(await store.load_common_number(write.transaction, canonical))
        return await record_put(
            write, "put_common_number", object_id=canonical, facility_id=given.facility_id, before=before, after=after
        )

    return await write_once(deployment, request, act)


def read_common_number(text: str, *, region: str) -> str:
    """The number as lists, blocks and answers know it: E.164, or the digits of a short code.

    Raises:
        Invalid: the text is no number there.
    """
    number = parse_dialled(text, region=region)
    if number.e164 is None:
        raise Invalid(
            "number_not_valid",
            "This is no number that can be dialled. Give it as E.164, such as +18605550123.",
            pointer="/number",
        )
    return number.e164


def require_writable(actor: Actor, facility_id: str | None) -> None:
    """Refuse to write a number of another place.

    Raises:
        NotFound: it is of a facility that the token does not cover.
        Forbidden: it is the whole system's, and the token is not for the whole system.
    """
    if facility_id is not None and not actor.covers(facility_id):
        raise not_found()
    if facility_id is None and not actor.covers_everything:
        raise Forbidden(
            "system_scope", "A number of the whole system needs a token for every facility. Name one facility instead."
        )


async def _region(deployment: Deployment, write: Write, facility_id: str | None) -> str:
    if facility_id is None:
        return deployment.settings.default_region
    facility: Any = await load_named_facility(write, facility_id)
    return str(facility.region)


def _stands(write: Write, given: CommonNumberGiven, before: Shown) -> bool:
    """Is it just so already: in force, or proposed by the same person?"""
    told = {
        "facility_id": given.facility_id,
        "kind": given.kind,
        "name": given.name,
        "verified_by": given.verified_by,
    }
    is_settled = before["state"] == IN_FORCE or before["proposed_by"] == write.actor.subject
    return is_settled and told.items() <= before.items()
