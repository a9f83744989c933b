"""Has this person lost calls for the time being, and this call too?"""

from callgate.checks.call_class import call_class_of
from callgate.domain.case import CallClass, Case, Restriction
from callgate.domain.policy import Policy
from callgate.domain.verdict import Check, Deny, Pass, Reason, Verdict


def _in_force(case: Case) -> tuple[Restriction, ...]:
    return tuple(it for it in case.restrictions if it.starts_at <= case.decided_at < it.ends_at)


def _judge(case: Case, policy: Policy) -> Verdict:
    del policy
    if not case.restrictions:
        return Pass()
    in_force = _in_force(case)
    barring_all = tuple(restriction for restriction in in_force if restriction.bars_privileged)
    if barring_all:
        return Deny(f"{barring_all[0].kind}_restriction")
    # The class is asked for only when it matters: a corrupt block of somebody under no restriction must be refused by
    # the block check, not told as a restriction here.
    if in_force and call_class_of(case) is not CallClass.PRIVILEGED:
        return Deny(f"{in_force[0].kind}_restriction")
    return Pass()


CHECK = Check(
    name="restriction",
    refuses_with=Reason.CALLS_RESTRICTED,
    binds=frozenset({CallClass.SOCIAL, CallClass.PRIVILEGED}),
    judge=_judge,
    clause="It holds between its dates; barring privileged calls takes its own finding (contract 2, 5; RULES F34, F35)",
)
