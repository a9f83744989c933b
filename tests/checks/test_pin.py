"""The PIN check: only a PIN that identified somebody passes."""

from dataclasses import replace

import pytest

from callgate.checks.decide import decide
from callgate.checks.pin import CHECK
from callgate.domain.case import Case, PinState
from callgate.domain.verdict import Pass, Reason
from tests.checks.cases import ATTORNEY_CALL, HOTLINE_CALL, POLICY, SOCIAL_CALL, detail_of, outward


@pytest.mark.parametrize(
    ("state", "detail"),
    [
        (PinState.MISSING, "pin_missing"),
        (PinState.UNKNOWN, "pin_unknown"),
        (PinState.LOCKED, "pin_locked"),
        (PinState.NOT_HEARD, "pin_not_heard"),
        (PinState.NOT_NEEDED, "pin_not_asked_for"),
    ],
)
def test_denies_every_state_but_matched(state: PinState, detail: str) -> None:
    assert detail_of(CHECK.judge(replace(SOCIAL_CALL, pin=state), POLICY)) == detail


def test_passes_a_matched_pin() -> None:
    assert CHECK.judge(SOCIAL_CALL, POLICY) == Pass()


def test_every_state_was_thought_of() -> None:
    for state in PinState:
        CHECK.judge(replace(SOCIAL_CALL, pin=state), POLICY)


@pytest.mark.parametrize("call", [SOCIAL_CALL, ATTORNEY_CALL], ids=["social", "privileged"])
def test_binds_social_and_privileged_calls(call: Case) -> None:
    assert decide(replace(call, pin=PinState.LOCKED), POLICY).reason is Reason.PIN_NOT_ACCEPTED


@pytest.mark.parametrize("state", PinState)
def test_a_hotline_does_not_care(state: PinState) -> None:
    assert outward(decide(replace(HOTLINE_CALL, pin=state), POLICY)) == outward(decide(HOTLINE_CALL, POLICY))
