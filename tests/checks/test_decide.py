"""The fold of all verdicts: the strictest wins, errors deny, nothing is hidden from the record."""

from dataclasses import replace
from datetime import datetime

import pytest

from callgate.checks import CHECKS
from callgate.checks.decide import decide, failed_checks
from callgate.domain.case import CallClass, Case, Limits, Usage
from callgate.domain.policy import Policy
from callgate.domain.verdict import (
    ERROR_DETAIL,
    Check,
    Decision,
    Deny,
    Factor,
    Finding,
    Limit,
    Pass,
    Reason,
    Verdict,
)
from tests.checks.cases import (
    ATTORNEY_CALL,
    FACILITY,
    HOTLINE_CALL,
    NOON,
    POLICY,
    SECOND,
    SOCIAL_CALL,
    finding_of,
    local,
    outward,
)
from tests.checks.causes import BESIDE_EACH_OTHER, ONE_CALL_A_DAY, TOMORROW


def saying(name: str, verdict: Verdict, *, told: Reason = Reason.NUMBER_NOT_AVAILABLE) -> Check:
    """A further check that always answers the same."""

    def judge(case: Case, policy: Policy) -> Verdict:
        del case, policy
        return verdict

    return Check(name=name, refuses_with=told, binds=frozenset(CallClass), judge=judge, clause="a test's")


def raising(check: Check) -> Check:
    """The same check, broken."""

    def judge(case: Case, policy: Policy) -> Verdict:
        raise RuntimeError(f"{check.name} met a fact it cannot read: {case.switch_id} {policy.label}")

    return replace(check, judge=judge)


def test_allows_an_ordinary_call_for_the_whole_cap() -> None:
    decision = decide(SOCIAL_CALL, POLICY)
    assert outward(replace(decision, quote=None)) == Decision(
        allowed=True,
        reason=None,
        findings=(),
        max_duration_seconds=900,
        limiting_factor=Factor.CALL_CAP,
        end_by=NOON + 1020 * SECOND,
        authorization_expires_at=NOON + 120 * SECOND,
        warn_at_remaining_seconds=(60,),
        call_class=CallClass.SOCIAL,
        record=True,
        monitor=True,
        announcements=POLICY.announcements["social"],
        quote=None,
        retry_at=None,
    )
    assert decision.quote is not None
    assert decision.quote.max_charge == "0.00"


@pytest.mark.feature("F38", "F40")
@pytest.mark.parametrize("call", [ATTORNEY_CALL, HOTLINE_CALL], ids=["privileged", "hotline"])
def test_neither_privileged_calls_nor_hotlines_are_recorded_or_announced_as_such(call: Case) -> None:
    decision = decide(call, POLICY)
    assert (decision.allowed, decision.record, decision.monitor) == (True, False, False)
    assert decision.call_class is not None
    assert decision.announcements == POLICY.announcements[decision.call_class.value]
    assert "recorded_call" not in decision.announcements


def test_a_call_must_be_over_by_the_earlier_of_closing_time_and_the_grant_after_the_latest_answer() -> None:
    early = decide(replace(SOCIAL_CALL, decided_at=local("2026-06-10 22:42:59.999")), POLICY)
    assert early.end_by == local("2026-06-10 22:59:59.999")
    late = decide(replace(SOCIAL_CALL, decided_at=local("2026-06-10 22:43:00.001")), POLICY)
    assert (late.max_duration_seconds, late.end_by) == (900, local("2026-06-10 23:00:00"))


@pytest.mark.parametrize(
    ("requested", "day_seconds_left", "clock", "factor"),
    [
        (900, 900, "2026-06-10 22:45:00", Factor.CALL_CAP),
        (600, 600, "2026-06-10 22:50:00", Factor.CALLING_HOURS),
        (600, 600, "2026-06-10 12:00:00", Factor.QUOTA),
        (600, 601, "2026-06-10 12:00:00", Factor.CARRIER_LIMIT),
        (900, 901, "2026-06-10 12:00:00", Factor.CALL_CAP),
        (600, 601, "2026-06-10 22:50:00", Factor.CALLING_HOURS),
    ],
)
def test_on_a_tie_the_first_factor_is_named(requested: int, day_seconds_left: int, clock: str, factor: Factor) -> None:
    case = replace(
        SOCIAL_CALL,
        decided_at=local(clock),
        requested_duration_seconds=requested,
        facility=replace(FACILITY, limits=Limits(minutes_per_day=90)),
        usage=Usage(seconds_today=5400 - day_seconds_left),
    )
    decision = decide(case, POLICY)
    assert (decision.max_duration_seconds, decision.limiting_factor) == (requested, factor)
    assert decide(case, POLICY, checks=CHECKS[::-1]).limiting_factor is factor


@pytest.mark.feature("F49")
def test_every_check_leaves_its_finding_in_order_even_when_the_first_one_denies() -> None:
    case = SOCIAL_CALL
    for change in BESIDE_EACH_OTHER.values():
        case = change(case)
    for asked in (SOCIAL_CALL, ATTORNEY_CALL, HOTLINE_CALL, case):
        assert [found.check for found in decide(asked, POLICY).findings] == [check.name for check in CHECKS]


def test_a_finding_keeps_the_verdict() -> None:
    decision = decide(replace(SOCIAL_CALL, entry=None, requested_duration_seconds=60), POLICY)
    assert finding_of(decision, "phone_list") == Finding(check="phone_list", verdict="deny", reason="not_listed")
    assert finding_of(decision, "carrier_limit") == Finding(check="carrier_limit", verdict="limit", seconds=60)
    assert finding_of(decision, "pin") == Finding(check="pin", verdict="pass")


def test_a_check_that_does_not_bind_the_class_passes() -> None:
    spent = ONE_CALL_A_DAY(ATTORNEY_CALL)
    assert finding_of(decide(spent, POLICY), "quota") == Finding(check="quota", verdict="pass")


@pytest.mark.parametrize("name", [check.name for check in CHECKS])
def test_a_check_that_raises_denies_with_its_own_class_and_alarms(name: str) -> None:
    broken = tuple(raising(check) if check.name == name else check for check in CHECKS)
    decision = decide(SOCIAL_CALL, POLICY, checks=broken)
    (check,) = (check for check in CHECKS if check.name == name)
    assert (decision.allowed, decision.reason) == (False, check.refuses_with)
    assert failed_checks(decision) == (name,)
    assert finding_of(decision, name) == Finding(check=name, verdict="deny", reason=ERROR_DETAIL, failed=True)


def test_a_check_that_raises_and_does_not_bind_the_call_is_never_asked() -> None:
    broken = tuple(raising(check) if check.name in ("pin", "quota") else check for check in CHECKS)
    assert decide(HOTLINE_CALL, POLICY, checks=broken).allowed


@pytest.mark.parametrize("nothing", [None, True, 900, "pass"])
def test_a_check_that_answers_no_verdict_denies_and_alarms(nothing: object) -> None:
    odd = saying("odd", nothing, told=Reason.CALLS_RESTRICTED)  # type: ignore[arg-type]
    decision = decide(SOCIAL_CALL, POLICY, checks=(*CHECKS, odd))
    assert (decision.reason, failed_checks(decision)) == (Reason.CALLS_RESTRICTED, ("odd",))


def test_a_decision_without_any_limit_is_a_denial_and_an_alarm() -> None:
    for checks in ((), (saying("easy", Pass()),)):
        decision = decide(SOCIAL_CALL, POLICY, checks=checks)
        assert (decision.allowed, decision.reason) == (False, Reason.NOT_IN_SERVICE)
        assert failed_checks(decision) == ("no_limit",)


def test_no_check_fails_on_an_ordinary_call() -> None:
    assert failed_checks(decide(SOCIAL_CALL, POLICY)) == ()
    assert failed_checks(decide(replace(SOCIAL_CALL, entry=None), POLICY)) == ()


@pytest.mark.parametrize(
    ("first", "second", "told"),
    [
        (NOON + SECOND, NOON + 2 * SECOND, NOON + 2 * SECOND),
        (NOON + 2 * SECOND, NOON + SECOND, NOON + 2 * SECOND),
        (NOON + SECOND, None, None),
        (None, None, None),
    ],
)
def test_the_last_of_several_limits_to_end_is_promised_and_nothing_when_one_never_does(
    first: datetime | None, second: datetime | None, told: datetime | None
) -> None:
    checks = (
        *CHECKS,
        saying("one", Deny("one", retry_at=first), told=Reason.LIMIT_REACHED),
        saying("two", Deny("two", retry_at=second), told=Reason.LIMIT_REACHED),
    )
    assert decide(SOCIAL_CALL, POLICY, checks=checks).retry_at == told


def test_a_reason_that_is_not_told_promises_nothing() -> None:
    spent_for_june = replace(FACILITY, limits=Limits(calls_per_month=1))
    closed = local("2026-06-10 23:30:00")
    case = replace(SOCIAL_CALL, decided_at=closed, facility=spent_for_june, usage=Usage(calls_this_month=1))
    decision = decide(case, POLICY)
    assert (decision.reason, decision.retry_at) == (Reason.OUTSIDE_CALLING_HOURS, local("2026-06-11 06:00:00"))


def test_a_later_reason_that_promises_nothing_takes_no_promise_away() -> None:
    decision = decide(replace(ONE_CALL_A_DAY(SOCIAL_CALL), entry=None), POLICY)
    assert (decision.reason, decision.retry_at) == (Reason.LIMIT_REACHED, local("2026-06-11 00:00:00"))


@pytest.mark.parametrize(
    "reason", [reason for reason in Reason if reason not in ("outside_calling_hours", "limit_reached")]
)
def test_no_other_reason_ever_promises_an_instant(reason: Reason) -> None:
    eager = saying("eager", Deny("eager", retry_at=TOMORROW), told=reason)
    assert decide(SOCIAL_CALL, POLICY, checks=(*CHECKS, eager)).retry_at is None


def test_a_limit_leaves_at_least_a_second() -> None:
    for seconds in (0, -1):
        with pytest.raises(ValueError, match="at least one second"):
            Limit(seconds, Factor.QUOTA)
