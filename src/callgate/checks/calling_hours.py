"""Is the telephone open now, and until when?

Three windows narrow each other: the profile's, the facility's and the station's. Closing time has two readings:
`whole_call` cuts a running call at closing time, `start` lets a call that began in time run its full length.
"""

from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from callgate.domain.case import CallClass, Case, Hours
from callgate.domain.hours import Window, closing_instant, intersect, next_opening, started_in_time
from callgate.domain.policy import Policy
from callgate.domain.verdict import Check, Deny, Factor, Limit, Pass, Reason, Verdict

_CLOSED = "closed"
_Bounds = tuple[str, str]


def _judge(case: Case, policy: Policy) -> Verdict:
    if case.facility is None:
        raise ValueError("no facility, so no clock on its wall")
    return _judge_windows(
        (policy.window_open, policy.window_close),
        _bounds(case.facility.hours),
        _bounds(None if case.station is None else case.station.hours),
        case.facility.time_zone,
        case.decided_at,
        applies_to=policy.window_applies_to,
        close_inclusive=policy.window_close_inclusive,
    )


def _bounds(hours: Hours | None) -> _Bounds | None:
    return None if hours is None else (hours.open, hours.close)


# Telephones of one facility that ask in one batch ask the same question. Nothing is remembered but arithmetic: every
# fact is an argument.
@lru_cache(maxsize=512)
def _judge_windows(
    by_law: _Bounds,
    by_facility: _Bounds | None,
    by_station: _Bounds | None,
    time_zone: str,
    now: datetime,
    *,
    applies_to: str,
    close_inclusive: bool,
) -> Verdict:
    zone = ZoneInfo(time_zone)
    given = [bounds for bounds in (by_law, by_facility, by_station) if bounds is not None]
    window = intersect([Window(open_at=opens, close_at=closes) for opens, closes in given])
    if window is None:
        return Deny("never_open")
    match applies_to:
        case "whole_call":
            return _judge_whole_call(window, zone, now)
        case "start":
            return _judge_start(window, zone, now, close_inclusive=close_inclusive)
        case _:
            raise ValueError("an unknown reading of closing time")


def _judge_whole_call(window: Window, zone: ZoneInfo, now: datetime) -> Verdict:
    closes_at = closing_instant(window, zone, now=now)
    if closes_at is None:
        return Pass()
    seconds = int((closes_at - now).total_seconds())
    if seconds >= 1:
        return Limit(seconds, Factor.CALLING_HOURS, ends_at=closes_at)
    # In the last second the telephone is still open, but there is no whole second left to grant: ask from closing on.
    return Deny(_CLOSED, retry_at=next_opening([window], zone, now=closes_at))


def _judge_start(window: Window, zone: ZoneInfo, now: datetime, *, close_inclusive: bool) -> Verdict:
    if started_in_time(window, zone, now=now, close_inclusive=close_inclusive):
        return Pass()
    return Deny(_CLOSED, retry_at=next_opening([window], zone, now=now))


CHECK = Check(
    name="calling_hours",
    refuses_with=Reason.OUTSIDE_CALLING_HOURS,
    binds=frozenset({CallClass.SOCIAL, CallClass.PRIVILEGED}),
    judge=_judge,
    clause="The profile's window, narrowed by the facility's and the station's (contract 2, 3; RULES F24, F25, F31)",
)
