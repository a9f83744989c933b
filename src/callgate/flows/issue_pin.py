"""What happens when a person is given a PIN?

The old one dies in the same transaction. Every PIN that cannot be is refused in the same words, whether it could be
guessed, is too short or is somebody's: who tries PINs here must not learn which of them open a telephone. The PIN
itself leaves once, in the answer, and is neither kept nor audited.
"""

import secrets
from datetime import date
from typing import Any, Final

from callgate.domain.errors import Conflict, Forbidden, Invalid, Unavailable
from callgate.domain.instants import to_wire
from callgate.domain.pin import digits_needed, generate_pin, is_guessable, is_space_large_enough
from callgate.domain.roles import Permission
from callgate.domain.verdict import Reason
from callgate.flows.deployment import Deployment
from callgate.flows.facility_terms import load_policy
from callgate.flows.put_object import not_found, require_covered
from callgate.flows.staff_write import CREATED, StaffRequest, Write, Written, write_once
from callgate.store import pins as store
from callgate.store.calls_revoked import RunningCalls, revoke_live_calls
from callgate.store.facilities import load_facility
from callgate.store.inmates import count_active_inmates, find_inmate
from callgate.store.locks import own_inmate

_TRIES_MAX: Final = 20


async def issue_pin(deployment: Deployment, request: StaffRequest, *, inmate_id: str, chosen: str | None) -> Written:
    """Give the person the PIN that was chosen, or a generated one.

    Raises:
        Forbidden: the role may issue PINs, but not choose them.
        NotFound: there is no such person here.
        Conflict: the person is released.
        Invalid: the PIN chosen cannot be theirs; never why.
    """
    if chosen is not None and not request.actor.may(Permission.PINS_CHOOSE):
        raise Forbidden("not_permitted", "Your role has PINs generated and may not choose them: leave `pin` out.")

    async def act(write: Write) -> Written:
        await own_inmate(write.transaction, inmate_id)
        person = await find_inmate(write.transaction, inmate_id)
        if person is None:
            raise not_found()
        require_covered(write, person.facility_id)
        if person.status != "active":
            raise Conflict("inmate_released", "This person is released. Record the return first, then issue a PIN.")
        if chosen is None:
            pin = await _generate(deployment, write, person)
        else:
            pin = await _choose(deployment, write, person, chosen)
        # A call set up with the old PIN is one that today's facts refuse.
        await revoke_live_calls(
            write.transaction,
            RunningCalls(inmate_ids=[inmate_id]),
            reason=Reason.PIN_NOT_ACCEPTED.value,
            now_ms=write.now_ms,
        )
        after = {"inmate_id": inmate_id, "how": "issued" if chosen is None else "chosen"}
        await write.record("issue_pin", "pin", inmate_id, facility_id=person.facility_id, after=after)
        told = {"inmate_id": inmate_id, "set_at": to_wire(write.now)}
        return Written(body={**told, "pin": pin}, status=CREATED, kept_body={**told, "pin": None})

    return await write_once(deployment, request, act)


async def _generate(deployment: Deployment, write: Write, person: Any) -> str:  # noqa: ANN401 - a row of the store
    """A PIN of the profile's length, or longer where so many people need it."""
    facility = await load_facility(write.transaction, person.facility_id)
    policy_length = load_policy(deployment, facility.profile).pin_length
    length = max(policy_length, digits_needed(await count_active_inmates(write.transaction)))
    for _ in range(_TRIES_MAX):
        pin = generate_pin(
            length,
            inmate_id=person.inmate_id,
            date_of_birth=_born(person),
            random_digits=_random_digits,
        )
        if await _give(deployment, write, person.inmate_id, pin):
            return pin
    raise Unavailable(
        "no_free_pin", "No free PIN was found. Try again; if it stays so, make the profile's PINs longer."
    )


async def _choose(deployment: Deployment, write: Write, person: Any, pin: str) -> str:  # noqa: ANN401 - as above
    """The chosen PIN, if it can be theirs. Every question is asked whatever the others' answers."""
    is_easy = is_guessable(pin, inmate_id=person.inmate_id, date_of_birth=_born(person))
    is_long_enough = is_space_large_enough(len(pin), await count_active_inmates(write.transaction))
    was_given = await _give(deployment, write, person.inmate_id, pin)
    if is_easy or not is_long_enough or not was_given:
        raise Invalid(
            "pin_not_acceptable",
            "This PIN cannot be used. Choose another, or leave `pin` out to have one generated.",
            pointer="/pin",
        )
    return pin


async def _give(deployment: Deployment, write: Write, inmate_id: str, pin: str) -> bool:
    """Replace the person's PIN; False: it is somebody's already, this person's own included."""
    digests = deployment.pin_keys.digests(pin)
    if await store.pin_is_taken(write.transaction, [digest for _, digest in digests]):
        return False
    version, digest = digests[0]
    return await store.replace_pin(
        write.transaction, inmate_id, digest=digest, key_version=version, length=len(pin), set_at_ms=write.now_ms
    )


def _born(person: Any) -> date | None:  # noqa: ANN401 - as above
    return None if person.date_of_birth is None else date.fromisoformat(person.date_of_birth)


def _random_digits(count: int) -> str:
    return "".join(secrets.choice("0123456789") for _ in range(count))
