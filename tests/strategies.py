"""Cases for Hypothesis, biased to the edges at which rules change their mind.

Ids come from pools so small that things meet each other; instants lie on a rule's edge or a millisecond beside it; every
field of a `Case` is drawn, also those that most cases do not need. `cases(corrupt=True)` adds rows that no healthy
database holds.
"""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from callgate.domain.case import (
    Block,
    Case,
    CommonNumber,
    Facility,
    Hours,
    Limits,
    ListEntry,
    Person,
    PinState,
    Restriction,
    Shutoff,
    Station,
    Usage,
)
from callgate.domain.number import Number, NumberKind, NumberProblem
from callgate.domain.policy import Policy, Quotas
from callgate.domain.rates import DESTINATIONS, MEDIA, PAYMENT_TYPES, Tariff
from callgate.policies import load_profiles

T = TypeVar("T")

PROFILES = load_profiles()
HERE, ELSEWHERE = "osborn", "cheshire"
CALLER, CELLMATE = "300112", "300999"
BLOCK_KINDS = (
    *("victim", "court_order", "protected_person"),
    *("called_party", "guardian", "investigation", "facility"),
)

_MILLISECOND = timedelta(milliseconds=1)
_ZONES = ("America/New_York", "America/Chicago", "America/Phoenix", "Pacific/Honolulu", "UTC")
# Ordinary days, both clock changes of 2026 and the days around them, ends of months, of the year and of free calls.
_DAYS = (
    *("2026-06-10", "2026-03-07", "2026-03-08", "2026-10-31", "2026-11-01"),
    *("2026-11-02", "2026-12-31", "2027-01-01", "2028-02-29", "2022-06-30", "2022-07-01"),
)
_CLOCKS = (
    *("12:00:00", "00:00:00", "01:30:00", "02:00:00", "02:30:00", "05:59:59", "06:00:00", "07:00:00", "08:30:00"),
    *("21:00:00", "22:00:00", "22:45:00", "22:50:00", "22:59:59", "23:00:00", "23:00:01", "23:59:59"),
)
_WALL_TIMES = ("00:00", "01:30", "02:00", "02:30", "06:00", "08:30", "12:00", "21:00", "22:50", "23:00", "24:00")


def _mostly(usual: SearchStrategy[T], seldom: SearchStrategy[T]) -> SearchStrategy[T]:
    """Three times out of four the first: a case in which everything is odd is refused by the first check alone."""
    return st.integers(0, 3).flatmap(lambda draw: seldom if draw == 0 else usual)


def decision_instants() -> SearchStrategy[datetime]:
    """An instant of a decision: on the wall clock's edges, and a millisecond beside them."""
    noon = st.just(datetime(2026, 6, 10, 16, tzinfo=UTC))
    edges = st.builds(
        lambda day, clock, zone, fold, beside: (
            datetime.fromisoformat(f"{day} {clock}").replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC)
            + beside * _MILLISECOND
        ),
        st.sampled_from(_DAYS),
        st.sampled_from(_CLOCKS),
        st.sampled_from(_ZONES),
        st.integers(0, 1),
        st.sampled_from((0, 0, -1, 1, 500)),
    )
    return _mostly(st.one_of(noon, edges), edges)


def instants_near(now: datetime) -> SearchStrategy[datetime]:
    """An instant just before, at or just after `now`, or far on either side."""
    beside = (timedelta(0), _MILLISECOND, timedelta(seconds=1), timedelta(hours=1), timedelta(days=40))
    return st.builds(lambda sign, by: now + sign * by, st.sampled_from((-1, 1)), st.sampled_from(beside))


def hours() -> SearchStrategy[Hours]:
    """A well-formed daily window."""
    pair = st.lists(st.sampled_from(_WALL_TIMES), min_size=2, max_size=2, unique=True)
    return pair.map(sorted).map(lambda edges: Hours(open=edges[0], close=edges[1]))


def _wide_hours() -> SearchStrategy[Hours | None]:
    return _mostly(st.sampled_from((None, Hours(open="00:00", close="24:00"))), hours())


def limits() -> SearchStrategy[Limits]:
    """A facility's own ceilings, nothing and zero among them."""
    calls = st.sampled_from((None, None, 0, 1, 10))
    minutes = st.sampled_from((None, None, 0, 1, 90, 300))
    return st.builds(
        Limits,
        calls_per_day=calls,
        calls_per_week=calls,
        calls_per_month=calls,
        minutes_per_day=minutes,
        minutes_per_month=minutes,
    )


def facilities() -> SearchStrategy[Facility]:
    """The facility of the telephone."""
    return st.builds(
        Facility,
        facility_id=st.just(HERE),
        profile=st.sampled_from(sorted(PROFILES)),
        time_zone=st.sampled_from(_ZONES),
        region=st.just("US"),
        hours=_wide_hours(),
        limits=_mostly(st.none(), limits()),
        has_own_tariffs=_mostly(st.just(False), st.just(True)),  # noqa: FBT003
    )


def stations() -> SearchStrategy[Station]:
    """A telephone of that facility."""
    return st.builds(
        Station,
        station_id=st.just("A-14"),
        facility_id=st.just(HERE),
        unit=st.sampled_from(("A", "B")),
        media=_mostly(st.just("voice"), st.sampled_from(("voice", "tty", "relay"))),
        enabled=_mostly(st.just(True), st.booleans()),  # noqa: FBT003
        hours=_wide_hours(),
    )


def persons() -> SearchStrategy[Person]:
    """Whoever the PIN identified."""
    return st.builds(
        Person,
        inmate_id=st.just(CALLER),
        facility_id=_mostly(st.just(HERE), st.sampled_from((HERE, ELSEWHERE))),
        unit=st.sampled_from(("A", "B")),
        status=_mostly(st.just("active"), st.sampled_from(("active", "released"))),
    )


def shutoffs(now: datetime) -> SearchStrategy[Shutoff]:
    """A shut-off that ended, is in force or ends this instant."""
    return st.builds(
        Shutoff,
        shutoff_id=st.just("s-1"),
        scope=st.sampled_from(("unit", "facility", "system")),
        ends_at=instants_near(now),
        unit=st.sampled_from((None, "A", "B")),
    )


def restrictions(now: datetime) -> SearchStrategy[Restriction]:
    """A restriction that has not begun, is in force or has ended."""
    edges = st.lists(instants_near(now), min_size=2, max_size=2, unique=True).map(sorted)
    return edges.flatmap(
        lambda dates: st.builds(
            Restriction,
            restriction_id=st.just("r-1"),
            kind=st.sampled_from(("disciplinary", "investigation", "security_risk_group")),
            starts_at=st.just(dates[0]),
            ends_at=st.just(dates[1]),
            bars_privileged=st.booleans(),
        )
    )


def blocks(now: datetime) -> SearchStrategy[Block]:
    """A block of any kind and scope, about the caller, a cellmate, this place or another."""
    until = st.one_of(st.none(), instants_near(now))
    return st.builds(
        Block,
        block_id=st.sampled_from(("b-1", "b-2")),
        scope=st.sampled_from(("inmate", "inmate", "unit", "facility", "system")),
        kind=st.sampled_from(BLOCK_KINDS),
        inmate_id=st.sampled_from((CALLER, CELLMATE, None)),
        facility_id=st.sampled_from((HERE, ELSEWHERE, None)),
        unit=st.sampled_from(("A", "B", None)),
        until=until,
        subject_here=st.booleans(),
        excepted=st.booleans(),
        excepted_until=until,
    )


def entries() -> SearchStrategy[ListEntry]:
    """The number on the person's own list."""
    return st.builds(
        ListEntry,
        kind=st.sampled_from(("social", "social", "attorney", "consulate", "confined_person", "supervised_person")),
        state=_mostly(st.just("active"), st.just("pending_warden")),
    )


def common_numbers() -> SearchStrategy[CommonNumber]:
    """The number as everyone's, here or everywhere."""
    return st.builds(
        CommonNumber, kind=st.sampled_from(("hotline", "privileged")), facility_id=st.sampled_from((None, HERE))
    )


def usages(now: datetime) -> SearchStrategy[Usage]:
    """What was used before, at the edges of the ceilings above."""
    calls = st.sampled_from((0, 0, 1, 9, 10, 11))
    seconds = st.sampled_from((0, 59, 60, 90 * 60 - 1, 90 * 60, 299 * 60, 300 * 60 - 1, 300 * 60, 400 * 60))
    maybe = _mostly(st.none(), instants_near(now))
    return st.builds(
        Usage,
        live_until=maybe,
        calls_today=calls,
        calls_this_week=calls,
        calls_this_month=calls,
        seconds_today=seconds,
        seconds_this_month=seconds,
        last_started_at=maybe,
        last_ended_at=maybe,
    )


def numbers() -> SearchStrategy[Number]:
    """What was dialled: an ordinary number here, one of another kind or region, or none."""
    usual = st.just(Number(e164="+18605550123", region="US", kind=NumberKind.ORDINARY))
    odd = st.one_of(
        st.builds(
            Number,
            e164=st.sampled_from(("+18005550123", "+442079460123", "+14165550123", "988")),
            region=st.sampled_from(("US", "PR", "CA", "GB", None)),
            kind=st.sampled_from(sorted(NumberKind)),
        ),
        st.builds(Number, problem=st.sampled_from(sorted(NumberProblem))),
    )
    return _mostly(usual, odd)


def tariffs() -> SearchStrategy[Tariff]:
    """A tariff of the facility's own, of this year or another."""
    return st.builds(
        Tariff,
        tariff=st.sampled_from(("own-a", "own-b")),
        payment_types=st.lists(st.sampled_from(PAYMENT_TYPES), min_size=1, unique=True).map(tuple),
        destination=st.sampled_from(DESTINATIONS),
        currency=st.sampled_from(("USD", "JPY", "KWD")),
        per_minute=st.sampled_from(("0.00", "0.21", "0.0625", "1")),
        connection_fee=st.sampled_from(("0.00", "0.5")),
        increment_seconds=st.sampled_from((1, 6, 60)),
        payer=st.sampled_from(("called_party", "prepaid_account", "inmate", "agency")),
        effective_from=st.sampled_from((date(2015, 1, 1), date(2026, 6, 10))),
        effective_until=st.sampled_from((None, date(2026, 11, 1), date(2030, 1, 1))),
        media=st.sampled_from((("voice",), ("voice", "tty", "relay"))),
    )


def corrupt_facts(now: datetime) -> SearchStrategy[dict[str, Any]]:
    """Facts that no healthy row holds; whichever check meets one must refuse, and nothing may break."""
    here = Facility(facility_id=HERE, profile="ct-doc", time_zone="America/New_York", region="US")
    blocked = Block(block_id="b-0", scope="inmate", kind="victim", inmate_id=CALLER)
    shut = Shutoff(shutoff_id="s-0", scope="system", ends_at=now + timedelta(days=1))
    lost = Restriction(
        restriction_id="r-0", kind="disciplinary", starts_at=now, ends_at=now + timedelta(days=1), bars_privileged=False
    )
    without_offset = now.replace(tzinfo=None)
    facts: tuple[dict[str, Any], ...] = (
        {"facility": None},
        {"facility": replace(here, time_zone="Mars/Olympus_Mons")},
        {"facility": replace(here, time_zone="../etc/passwd")},
        {"facility": replace(here, hours=Hours(open="6", close="x"))},
        {"person": Person(inmate_id=CALLER, facility_id=HERE, unit="A", status="escaped")},
        {"entry": ListEntry(kind="social", state="?")},
        {"media": "smoke"},
        {"payment_type": "barter"},
        {"requested_duration_seconds": 0},
        {"shutoffs": (replace(shut, scope="wing"),)},
        {"shutoffs": (replace(shut, ends_at=without_offset),)},
        {"blocks": (replace(blocked, scope="galaxy"),)},
        {"blocks": (replace(blocked, until=without_offset),)},
        {"usage": Usage(live_until=without_offset)},
        {"restrictions": (replace(lost, starts_at=without_offset),)},
    )
    return st.sampled_from(facts)


@st.composite
def cases(draw: st.DrawFn, *, corrupt: bool = False) -> Case:
    """Every fact of one attempt; with `corrupt` one of them is of a row that should not exist."""
    now = draw(decision_instants())
    station = draw(_mostly(stations(), st.none() | stations()))
    case = Case(
        decided_at=now,
        switch_id="switch-1",
        covered=draw(_mostly(st.just(True), st.booleans())),  # noqa: FBT003
        payment_type=draw(_mostly(st.just("collect"), st.sampled_from(PAYMENT_TYPES))),
        media=draw(_mostly(st.just(station.media if station else "voice"), st.sampled_from(MEDIA))),
        requested_duration_seconds=draw(st.sampled_from((None, None, 1, 60, 899, 900, 901, 1800, 86_400))),
        number=draw(numbers()),
        pin=draw(_mostly(st.just(PinState.MATCHED), st.sampled_from(PinState))),
        station=station,
        facility=draw(facilities()),
        person=draw(_mostly(persons(), st.none() | persons())),
        shutoffs=draw(_few(shutoffs(now))),
        restrictions=draw(_few(restrictions(now))),
        entry=draw(_mostly(entries(), st.none() | entries())),
        common=draw(_mostly(st.none(), common_numbers())),
        blocks=draw(_few(blocks(now))),
        usage=draw(_mostly(st.just(Usage()), usages(now))),
        tariffs=draw(_few(tariffs())),
    )
    return replace(case, **draw(corrupt_facts(now))) if corrupt else case


def _few(rows: SearchStrategy[T]) -> SearchStrategy[tuple[T, ...]]:
    return _mostly(st.just(()), st.lists(rows, min_size=1, max_size=3).map(tuple))


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    """A shipped profile, or one whose values were moved to where rules meet."""
    policy = PROFILES[draw(st.sampled_from(sorted(PROFILES)))]
    if draw(st.booleans()):
        return policy
    window = draw(hours())
    ceilings = st.sampled_from((None, None, 1, 10, 300))
    return replace(
        policy,
        list_mode=draw(st.sampled_from(("allow_list", "open_minus_blocks"))),
        window_open=window.open,
        window_close=window.close,
        window_applies_to=draw(st.sampled_from(("whole_call", "start"))),
        window_close_inclusive=draw(st.booleans()),
        call_cap_seconds=draw(st.sampled_from((1, 600, 900, 1800))),
        call_cap_factor={"voice": 1, "tty": 2, "relay": 3},
        answer_within_seconds=draw(st.sampled_from((1, 120))),
        gap_seconds=draw(st.sampled_from((0, 1, 3600))),
        gap_from=draw(st.sampled_from(("start", "end"))),
        quotas=Quotas(
            calls_per_day=draw(ceilings),
            calls_per_week=draw(ceilings),
            minutes_per_day=draw(ceilings),
            minutes_per_month=draw(ceilings),
            minutes_per_month_in=draw(st.sampled_from(({}, {11: 400, 12: 400}))),
        ),
        payment_types=frozenset(draw(st.sets(st.sampled_from(PAYMENT_TYPES), min_size=1))),
    )
