"""Is the telephone a known one that works, at a place this switch may speak for, used in its own medium?"""

from callgate.domain.case import CallClass, Case
from callgate.domain.policy import Policy
from callgate.domain.verdict import Check, Deny, Pass, Reason, Verdict


def _judge(case: Case, policy: Policy) -> Verdict:
    del policy
    station, facility = case.station, case.facility
    if station is None:
        return Deny("station_unknown")
    if facility is None or facility.facility_id != station.facility_id:
        return Deny("facility_unknown")
    if not case.covered:
        return Deny("station_not_covered")
    if not station.enabled:
        return Deny("station_disabled")
    # Time on a TTY is a multiple of voice time, so a voice telephone must not ask for it.
    return Pass() if case.media == station.media else Deny("media_not_the_stations")


CHECK = Check(
    name="station",
    refuses_with=Reason.NOT_IN_SERVICE,
    binds=frozenset(CallClass),
    judge=_judge,
    clause="A station calls while known, enabled, of the token's facilities and in its own medium (contract 2)",
)
