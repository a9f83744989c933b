"""The case from which every check's tests change one fact: an ordinary call that nothing forbids.

A Wednesday noon in Connecticut, an active person at a working telephone, a listed number, no call before it today. It
is allowed for the 900 s of the `ct-doc` profile, and `test_decide.py` says so first.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from callgate.domain.case import (
    Block,
    Case,
    CommonNumber,
    Facility,
    ListEntry,
    Person,
    PinState,
    Restriction,
    Station,
)
from callgate.domain.number import Number, NumberKind
from callgate.domain.verdict import Decision, Deny, Finding, Limit, Verdict
from callgate.policies import load_profile

NEW_YORK = "America/New_York"
MILLISECOND = timedelta(milliseconds=1)
SECOND = timedelta(seconds=1)

POLICY = load_profile("ct-doc")
NEW_YORK_POLICY = load_profile("ny-doccs")


def local(text: str, *, zone: str = NEW_YORK, fold: int = 0) -> datetime:
    """Which instant is it when the clock on the facility's wall shows `text`, for the first time or (fold 1) again?"""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC)


NOON = local("2026-06-10 12:00:00")

STATION = Station(station_id="A-14", facility_id="osborn", unit="A", media="voice", enabled=True)
FACILITY = Facility(facility_id="osborn", profile="ct-doc", time_zone=NEW_YORK, region="US")
PERSON = Person(inmate_id="300112", facility_id="osborn", unit="A", status="active")
SISTER = Number(e164="+18605550123", region="US", kind=NumberKind.ORDINARY)
LISTED = ListEntry(kind="social", state="active")
ATTORNEY = ListEntry(kind="attorney", state="active")

SOCIAL_CALL = Case(
    decided_at=NOON,
    switch_id="switch-1",
    covered=True,
    payment_type="collect",
    media="voice",
    requested_duration_seconds=None,
    number=SISTER,
    pin=PinState.MATCHED,
    station=STATION,
    facility=FACILITY,
    person=PERSON,
    entry=LISTED,
)
ATTORNEY_CALL = replace(SOCIAL_CALL, entry=ATTORNEY)
HOTLINE_CALL = replace(
    SOCIAL_CALL,
    number=Number(e164="988", region="US", kind=NumberKind.SHORT_CODE),
    pin=PinState.NOT_NEEDED,
    person=None,
    entry=None,
    common=CommonNumber(kind="hotline"),
)


def block(kind: str = "victim", *, scope: str = "inmate", until: datetime | None = None) -> Block:
    """A block that binds the caller of these cases, whatever its scope."""
    return Block(
        block_id=f"{scope}-{kind}",
        scope=scope,
        kind=kind,
        inmate_id=PERSON.inmate_id if scope == "inmate" else None,
        facility_id=PERSON.facility_id if scope in ("unit", "facility") else None,
        unit=PERSON.unit if scope == "unit" else None,
        until=until,
    )


def shield(kind: str = "victim", *, until: datetime | None = None) -> Block:
    """A block about somebody else who is at the caller's facility now."""
    return Block(
        block_id=f"shield-{kind}", scope="inmate", kind=kind, inmate_id="300999", until=until, subject_here=True
    )


def restriction(
    kind: str = "disciplinary",
    *,
    starts_at: datetime = NOON - timedelta(days=1),
    ends_at: datetime = NOON + timedelta(days=1),
    bars_privileged: bool = False,
) -> Restriction:
    """A restriction in force at noon."""
    return Restriction(
        restriction_id=f"r-{kind}", kind=kind, starts_at=starts_at, ends_at=ends_at, bars_privileged=bars_privileged
    )


def detail_of(verdict: Verdict) -> str:
    """The exact cause of a denial."""
    assert isinstance(verdict, Deny)
    return verdict.detail


def retry_of(verdict: Verdict) -> datetime | None:
    """When the cause of a denial ends."""
    assert isinstance(verdict, Deny)
    return verdict.retry_at


def seconds_of(verdict: Verdict) -> int:
    """How much a limit leaves."""
    assert isinstance(verdict, Limit)
    return verdict.seconds


def finding_of(decision: Decision, check: str) -> Finding:
    """What this check answered; there is exactly one finding of each."""
    (finding,) = (finding for finding in decision.findings if finding.check == check)
    return finding


def outward(decision: Decision) -> Decision:
    """The decision as anybody outside may know it: without the findings."""
    return replace(decision, findings=())
