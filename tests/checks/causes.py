"""Everything that can stand against an ordinary call, by the class that it is told as.

The left column is the contract's table of reason classes, each of its words at least once.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from callgate.domain.case import (
    Case,
    CommonNumber,
    Hours,
    Limits,
    ListEntry,
    PinState,
    Shutoff,
)
from callgate.domain.number import Number, NumberKind
from callgate.domain.verdict import Reason
from tests.checks.cases import (
    FACILITY,
    NOON,
    PERSON,
    SISTER,
    STATION,
    block,
    local,
    restriction,
    shield,
)

Change = Callable[[Case], Case]
TOMORROW = NOON + timedelta(days=1)


def shut(scope: str) -> Change:
    return lambda case: replace(case, shutoffs=(Shutoff(shutoff_id="s", scope=scope, ends_at=TOMORROW, unit="A"),))


def used(**usage: object) -> Change:
    return lambda case: replace(case, usage=replace(case.usage, **usage))  # type: ignore[arg-type]


def dialled(number: Number) -> Change:
    return lambda case: replace(case, number=number)


def of_kind(kind: NumberKind) -> Change:
    return dialled(replace(SISTER, kind=kind))


def misread(problem: str) -> Change:
    return dialled(Number(problem=problem))


def nobody(state: PinState) -> Change:
    return lambda case: replace(case, pin=state, person=None, entry=None)


def blocked(kind: str, scope: str = "inmate") -> Change:
    return lambda case: replace(case, blocks=(block(kind, scope=scope),))


def limited(**limits: int) -> Change:
    return lambda case: replace(case, facility=replace(FACILITY, limits=Limits(**limits)))


def both(first: Change, second: Change) -> Change:
    return lambda case: second(first(case))


ONE_CALL_A_DAY = both(limited(calls_per_day=1), used(calls_today=1))

CAUSES: dict[Reason, dict[str, Change]] = {
    Reason.NOT_IN_SERVICE: {
        "unknown station": lambda case: replace(case, station=None),
        "disabled station": lambda case: replace(case, station=replace(STATION, enabled=False)),
        "station outside the token": lambda case: replace(case, covered=False),
        "wrong media": lambda case: replace(case, media="tty"),
        "facility shut-off": shut("facility"),
        "unit shut-off": shut("unit"),
        "system shut-off": shut("system"),
    },
    Reason.OUTSIDE_CALLING_HOURS: {
        "profile window": lambda case: replace(case, decided_at=local("2026-06-10 23:00:00")),
        "facility hours": lambda case: replace(
            case, facility=replace(FACILITY, hours=Hours(open="13:00", close="14:00"))
        ),
        "station schedule": lambda case: replace(
            case, station=replace(STATION, hours=Hours(open="06:00", close="12:00"))
        ),
    },
    Reason.PIN_NOT_ACCEPTED: {
        "no PIN": nobody(PinState.MISSING),
        "unknown PIN": nobody(PinState.UNKNOWN),
        "locked station": nobody(PinState.LOCKED),
        "released person": lambda case: replace(case, person=replace(PERSON, status="released")),
        "person elsewhere": lambda case: replace(case, person=replace(PERSON, facility_id="cheshire")),
    },
    Reason.CALLS_RESTRICTED: {
        kind: lambda case, kind=kind: replace(case, restrictions=(restriction(kind),))  # type: ignore[misc]
        for kind in ("disciplinary", "investigation", "security_risk_group")
    },
    Reason.CALL_IN_PROGRESS: {"live call": used(live_until=NOON + timedelta(minutes=20))},
    Reason.LIMIT_REACHED: {
        "calls a day": ONE_CALL_A_DAY,
        "calls a week": both(limited(calls_per_week=5), used(calls_this_week=5)),
        "calls a month": both(limited(calls_per_month=20), used(calls_this_month=20)),
        "minutes a day": both(limited(minutes_per_day=90), used(seconds_today=5400)),
        "minutes a month": both(limited(minutes_per_month=300), used(seconds_this_month=18_000)),
    },
    Reason.NUMBER_NOT_VALID: {
        "letters": misread("letters"),
        "feature code": misread("feature_code"),
        "extra digits": misread("extra_digits"),
        "premium": of_kind(NumberKind.PREMIUM),
        "toll-free": of_kind(NumberKind.TOLL_FREE),
        "emergency": of_kind(NumberKind.EMERGENCY),
        "directory": of_kind(NumberKind.DIRECTORY),
        "international": dialled(Number(e164="+442079460123", region="GB", kind=NumberKind.ORDINARY)),
    },
    Reason.NUMBER_NOT_AVAILABLE: {
        "not on the list": lambda case: replace(case, entry=None),
        "pending": lambda case: replace(case, entry=ListEntry(kind="attorney", state="pending_warden")),
        "called-party block": blocked("called_party"),
        "removed by its owner": blocked("called_party", "facility"),
        "victim": blocked("victim"),
        "victim and not on the list": lambda case: replace(case, entry=None, blocks=(block("victim"),)),
        "court order": blocked("court_order"),
        "protected person": blocked("protected_person", "system"),
        "another person's victim": lambda case: replace(case, blocks=(shield(),)),
        "investigation": blocked("investigation"),
        "guardian": blocked("guardian"),
        "unit block": blocked("facility", "unit"),
        "facility block": blocked("facility", "facility"),
        "system block": blocked("facility", "system"),
        "blocked attorney": lambda case: replace(
            case, entry=ListEntry(kind="attorney", state="active"), blocks=(block("victim"),)
        ),
        "blocked common number": lambda case: replace(
            case, entry=None, common=CommonNumber(kind="privileged"), blocks=(block("victim"),)
        ),
        "corrupt block": lambda case: replace(case, blocks=(replace(block(), scope="galaxy"),)),
    },
    Reason.RATE_UNAVAILABLE: {
        "payment type": lambda case: replace(case, payment_type="debit"),
        "no tariff": lambda case: replace(case, facility=replace(FACILITY, has_own_tariffs=True)),
    },
}

# One cause of each class that can stand beside every other one.
BESIDE_EACH_OTHER: dict[Reason, Change] = {
    Reason.NOT_IN_SERVICE: shut("facility"),
    Reason.OUTSIDE_CALLING_HOURS: CAUSES[Reason.OUTSIDE_CALLING_HOURS]["station schedule"],
    Reason.PIN_NOT_ACCEPTED: lambda case: replace(case, pin=PinState.LOCKED),
    Reason.CALLS_RESTRICTED: lambda case: replace(case, restrictions=(restriction(),)),
    Reason.CALL_IN_PROGRESS: used(live_until=NOON + timedelta(minutes=20)),
    Reason.LIMIT_REACHED: ONE_CALL_A_DAY,
    Reason.NUMBER_NOT_VALID: misread("letters"),
    Reason.NUMBER_NOT_AVAILABLE: blocked("victim"),
    Reason.RATE_UNAVAILABLE: CAUSES[Reason.RATE_UNAVAILABLE]["payment type"],
}
