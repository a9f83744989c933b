"""What happens when a warden puts a proposed number in force?

Only here is it asked whether the number is blocked or listed: the operator who proposes may not learn of either.
"""

from callgate.domain.errors import Conflict
from callgate.flows.deployment import Deployment
from callgate.flows.propose_common_number import IN_FORCE, read_common_number, require_writable
from callgate.flows.put_object import not_found
from callgate.flows.representations import shown_common_number
from callgate.flows.staff_write import StaffRequest, Write, Written, etag_of, write_once
from callgate.store import common_numbers as store
from callgate.store.locks import own_system


async def confirm_common_number(deployment: Deployment, request: StaffRequest, *, number: str, note: str) -> Written:
    """Put the proposal in force.

    Raises:
        Invalid: the text is no number.
        NotFound: it was not proposed, or for a facility that the token does not cover.
        Forbidden: it is the whole system's, and the token is not.
        Conflict: it is in force already, the proposer is the one who confirms, it is blocked, or it is to be a hotline
            and stands on somebody's list.
        Outdated: If-Match names another proposal than the one that stands.
    """
    canonical = read_common_number(number, region=deployment.settings.default_region)

    async def act(write: Write) -> Written:
        await own_system(write.transaction)
        row = await store.find_common_number(write.transaction, canonical)
        if row is None:
            raise not_found()
        require_writable(write.actor, row.facility_id)
        before = shown_common_number(row)
        write.require_match(before)
        if row.state == IN_FORCE:
            raise Conflict("not_proposed", "This number is in force already; there is nothing to confirm.")
        if row.proposed_by == write.actor.subject:
            raise Conflict("second_person_needed", "You proposed this number. Another person has to confirm it.")
        await _require_free(write, canonical, kind=row.kind)
        await store.confirm_common_number(
            write.transaction, canonical, confirmed_by=write.actor.subject, confirmed_at_ms=write.now_ms, note=note
        )
        after = shown_common_number(await store.load_common_number(write.transaction, canonical))
        await write.record(
            "confirm_common_number",
            "common_number",
            canonical,
            facility_id=row.facility_id,
            before=before,
            after=after,
        )
        return Written(body=after, etag=etag_of(after))

    return await write_once(deployment, request, act)


async def _require_free(write: Write, number: str, *, kind: str) -> None:
    if await store.number_is_blocked(write.transaction, number, now_ms=write.now_ms):
        raise Conflict(
            "number_blocked",
            "A block stands on this number, and a block beats everything. It has to be lifted before.",
        )
    if kind == "hotline" and await store.number_is_listed(write.transaction, number):
        raise Conflict(
            "number_listed",
            "This number stands on somebody's list, and a hotline is nobody's own. Have it removed there first.",
        )
