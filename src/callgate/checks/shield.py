"""Is the number another person's protected one, at the facility where both are now?

A cellmate's PIN is the known way around a block that names one person (State v. Ritter, Connolly), so a victim-class
block on anyone here refuses the number to everyone here, unless the warden named an exception.
"""

from callgate.checks.block import is_in_force
from callgate.domain.case import Block, CallClass, Case
from callgate.domain.policy import Policy
from callgate.domain.roles import VICTIM_CLASS
from callgate.domain.verdict import Check, Deny, Pass, Reason, Verdict


def binding_blocks(case: Case) -> tuple[Block, ...]:
    """Which blocks about somebody else here refuse this number to this caller too?"""
    return tuple(
        block
        for block in case.blocks
        if block.scope == "inmate"
        and block.kind in VICTIM_CLASS
        and block.subject_here
        and is_in_force(block, case)
        and not _is_excepted(block, case)
    )


def _is_excepted(block: Block, case: Case) -> bool:
    if not block.excepted or case.person is None or case.person.inmate_id == block.inmate_id:
        return False
    return block.excepted_until is None or case.decided_at < block.excepted_until


def _judge(case: Case, policy: Policy) -> Verdict:
    del policy
    return Deny("shield_other_person") if binding_blocks(case) else Pass()


CHECK = Check(
    name="shield",
    refuses_with=Reason.NUMBER_NOT_AVAILABLE,
    binds=frozenset({CallClass.SOCIAL, CallClass.PRIVILEGED}),
    judge=_judge,
    clause="A victim-class block on one person holds for everyone at that person's facility (contract 2; RULES F17)",
)
