"""Is the number blocked for this caller: for the person, the unit, the facility or the whole system?"""

from callgate.domain.case import Block, CallClass, Case
from callgate.domain.policy import Policy
from callgate.domain.verdict import Check, Deny, Pass, Reason, Verdict


def is_in_force(block: Block, case: Case) -> bool:
    """Has the block not run out at the instant of the decision?"""
    return block.until is None or case.decided_at < block.until


def blocks_for_everyone(case: Case) -> tuple[Block, ...]:
    """Which blocks on this number hold for the whole system?"""
    return tuple(block for block in case.blocks if block.scope == "system" and is_in_force(block, case))


def binding_blocks(case: Case) -> tuple[Block, ...]:
    """Which blocks on this number bind this caller directly?"""
    return tuple(block for block in case.blocks if is_in_force(block, case) and _concerns(block, case))


def _concerns(block: Block, case: Case) -> bool:
    match block.scope:
        case "system":
            return True
        case "facility":
            return case.facility is not None and block.facility_id == case.facility.facility_id
        case "unit":
            return (
                case.person is not None
                and block.facility_id == case.person.facility_id
                and block.unit == case.person.unit
            )
        case "inmate":
            return case.person is not None and block.inmate_id == case.person.inmate_id
        case _:
            # A scope nobody defined is a corrupt row: raising makes it a refusal and an alarm.
            message = "a block of unknown scope"
            raise ValueError(message)


def _judge(case: Case, policy: Policy) -> Verdict:
    del policy
    hotline = case.common is not None and case.common.kind == "hotline" and not blocks_for_everyone(case)
    if hotline:
        return Pass()
    binding = binding_blocks(case)
    return Deny(f"{binding[0].kind}_block") if binding else Pass()


CHECK = Check(
    name="block",
    refuses_with=Reason.NUMBER_NOT_AVAILABLE,
    binds=frozenset(CallClass),
    judge=_judge,
    clause="A block beats the list and beats privilege; on a hotline only one of system scope binds (contract 2, 5)",
)
