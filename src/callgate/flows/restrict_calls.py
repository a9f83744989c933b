"""A person loses calls for a time: on whose authority, from when to when, and which calls end at once?

Nothing about how long is refused here: who decides on a sanction is another matter, and this only tells what it adds up
to (`warn_of_stacking`).
"""

from dataclasses import dataclass
from datetime import datetime

from callgate.domain.errors import Invalid
from callgate.domain.instants import to_milliseconds
from callgate.domain.verdict import Reason
from callgate.flows.deployment import Deployment
from callgate.flows.put_object import not_found, require_covered
from callgate.flows.read_restrictions import shown_restriction, state_of
from callgate.flows.staff_write import CREATED, StaffRequest, Write, Written, etag_of, write_once
from callgate.flows.warn_of_stacking import warn_of_stacking
from callgate.store.calls_revoked import RunningCalls, revoke_live_calls
from callgate.store.locks import own_inmate
from callgate.store.restrictions import Restriction, insert_restriction
from callgate.store.whereabouts import find_whereabouts


@dataclass(frozen=True, slots=True, kw_only=True)
class RestrictionGiven:
    """A restriction as staff enter it. Privileged calls are barred by a finding of their own alone."""

    kind: str
    starts_at: datetime
    ends_at: datetime
    authority: str
    case_number: str
    bars_privileged: bool
    finding: str | None


async def restrict_calls(
    deployment: Deployment, request: StaffRequest, *, inmate_id: str, given: RestrictionGiven
) -> Written:
    """Keep the restriction; between its dates it holds by itself, and outside them it never did.

    Raises:
        Invalid: it ends before it begins, or bars privileged calls without a finding.
        NotFound: the person is at no facility that the token covers.

    Clause: contract section 5; RULES F34 to F36.
    """

    async def act(write: Write) -> Written:
        await own_inmate(write.transaction, inmate_id)
        person = await find_whereabouts(write.transaction, inmate_id)
        if person is None:
            raise not_found()
        require_covered(write, person.facility_id)
        _require_whole(given)
        restriction = _restriction(write, inmate_id, given)
        await insert_restriction(write.transaction, restriction)
        calls_revoked = await _revoke(write, restriction)
        warnings = await warn_of_stacking(deployment, write, restriction, person)
        shown = shown_restriction(restriction, now_ms=write.now_ms)
        await write.record(
            "restrict_calls",
            "restriction",
            restriction.restriction_id,
            facility_id=person.facility_id,
            after={**shown, "warnings": warnings},
        )
        body = {**shown, "calls_revoked": calls_revoked, "warnings": warnings}
        return Written(body=body, status=CREATED, etag=etag_of(shown))

    return await write_once(deployment, request, act)


def _require_whole(given: RestrictionGiven) -> None:
    if given.ends_at <= given.starts_at:
        raise Invalid("ends_before_it_starts", "A restriction must end after it starts.", pointer="/ends_at")
    if given.bars_privileged and given.finding is None:
        raise Invalid(
            "finding_missing",
            "Attorney and consulate calls are barred only by a finding of their own. Name it, or leave them open.",
            pointer="/finding",
        )


def _restriction(write: Write, inmate_id: str, given: RestrictionGiven) -> Restriction:
    return Restriction(
        restriction_id=write.new_id(),
        inmate_id=inmate_id,
        kind=given.kind,
        starts_at=to_milliseconds(given.starts_at),
        ends_at=to_milliseconds(given.ends_at),
        authority=given.authority,
        case_number=given.case_number,
        bars_privileged=given.bars_privileged,
        finding=given.finding,
        created_by=write.actor.subject,
        created_at=write.now_ms,
    )


async def _revoke(write: Write, restriction: Restriction) -> int:
    """End the person's running calls that the restriction refuses already, and answer how many there were."""
    if state_of(restriction, now_ms=write.now_ms) != "in_force":
        return 0
    meant = RunningCalls(inmate_ids=[restriction.inmate_id], privileged=restriction.bars_privileged)
    return await revoke_live_calls(write.transaction, meant, reason=Reason.CALLS_RESTRICTED.value, now_ms=write.now_ms)
