"""The one-live-call check: a second call waits until the first one has freed the PIN."""

from dataclasses import replace
from datetime import datetime

import pytest

from callgate.checks.decide import decide
from callgate.checks.one_live_call import CHECK
from callgate.domain.case import Case, Usage
from callgate.domain.verdict import Pass, Reason
from tests.checks.cases import ATTORNEY_CALL, HOTLINE_CALL, MILLISECOND, NOON, POLICY, SOCIAL_CALL, detail_of


@pytest.mark.feature("F06")
def test_denies_one_millisecond_before_the_running_call_frees_the_pin() -> None:
    case = replace(SOCIAL_CALL, usage=Usage(live_until=NOON + MILLISECOND))
    assert detail_of(CHECK.judge(case, POLICY)) == "live_call"


@pytest.mark.parametrize("live_until", [None, NOON, NOON - MILLISECOND])
def test_passes_when_no_call_holds_the_pin_any_more(live_until: datetime | None) -> None:
    assert CHECK.judge(replace(SOCIAL_CALL, usage=Usage(live_until=live_until)), POLICY) == Pass()


@pytest.mark.parametrize("call", [SOCIAL_CALL, ATTORNEY_CALL], ids=["social", "privileged"])
def test_binds_social_and_privileged_calls_and_tells_no_instant(call: Case) -> None:
    decision = decide(replace(call, usage=Usage(live_until=NOON + MILLISECOND)), POLICY)
    assert (decision.reason, decision.retry_at) == (Reason.CALL_IN_PROGRESS, None)


def test_a_hotline_does_not_wait() -> None:
    assert decide(replace(HOTLINE_CALL, usage=Usage(live_until=NOON + MILLISECOND)), POLICY).allowed
