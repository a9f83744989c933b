"""When a PIN counts at all, and that a case in which it does not holds no fact about a person."""

from dataclasses import replace

import pytest

from callgate.checks.decide import decide, with_pin_heard
from callgate.domain.case import Case, PinState, Usage
from callgate.domain.verdict import REASONS_IN_ORDER, Reason
from tests.checks.cases import (
    ATTORNEY_CALL,
    FACILITY,
    HOTLINE_CALL,
    MILLISECOND,
    NOON,
    PERSON,
    POLICY,
    SOCIAL_CALL,
    block,
    outward,
    restriction,
    shield,
)
from tests.checks.causes import BESIDE_EACH_OTHER, CAUSES, TOMORROW

KNOWN = replace(
    SOCIAL_CALL,
    restrictions=(restriction(),),
    usage=Usage(calls_today=3, live_until=NOON + MILLISECOND),
    blocks=(block(), replace(shield(), excepted=True, excepted_until=TOMORROW), block(scope="system")),
)


def anonymous(state: PinState) -> Case:
    return replace(
        KNOWN,
        pin=state,
        person=None,
        restrictions=(),
        entry=None,
        usage=Usage(),
        blocks=(shield(), block(scope="system")),
    )


@pytest.mark.parametrize(
    ("reason", "cause"),
    [(reason, cause) for reason in (Reason.NOT_IN_SERVICE, Reason.OUTSIDE_CALLING_HOURS) for cause in CAUSES[reason]],
)
@pytest.mark.parametrize("is_locked", [False, True])
def test_a_telephone_out_of_service_or_closed_hears_no_pin(reason: Reason, cause: str, *, is_locked: bool) -> None:
    case = with_pin_heard(CAUSES[reason][cause](SOCIAL_CALL), POLICY, is_locked=is_locked)
    assert (case.pin, case.person, case.entry) == (PinState.NOT_HEARD, None, None)
    assert decide(case, POLICY).reason is reason


def test_an_unknown_telephone_hears_no_pin() -> None:
    case = with_pin_heard(replace(SOCIAL_CALL, station=None, facility=None), None, is_locked=False)
    assert (case.pin, case.person) == (PinState.NOT_HEARD, None)


def test_a_corrupt_window_hears_no_pin() -> None:
    corrupt = replace(SOCIAL_CALL, facility=replace(FACILITY, time_zone="Nowhere"))
    assert with_pin_heard(corrupt, POLICY, is_locked=False).pin is PinState.NOT_HEARD


@pytest.mark.parametrize("reason", REASONS_IN_ORDER[2:])
def test_an_open_telephone_hears_a_pin_whatever_else_stands_against_the_call(reason: Reason) -> None:
    case = BESIDE_EACH_OTHER[reason](SOCIAL_CALL)
    heard = with_pin_heard(case, POLICY, is_locked=False)
    assert heard.pin is case.pin
    assert (heard == case) is (case.pin is PinState.MATCHED)


@pytest.mark.parametrize("state", [PinState.MATCHED, PinState.UNKNOWN, PinState.MISSING])
def test_a_locked_telephone_tries_no_pin(state: PinState) -> None:
    assert with_pin_heard(replace(KNOWN, pin=state), POLICY, is_locked=True) == anonymous(PinState.LOCKED)


@pytest.mark.parametrize("state", [PinState.UNKNOWN, PinState.MISSING])
def test_a_pin_that_is_nobodys_leaves_no_fact_about_a_person(state: PinState) -> None:
    assert with_pin_heard(replace(KNOWN, pin=state), POLICY, is_locked=False) == anonymous(state)


@pytest.mark.feature("F40")
@pytest.mark.parametrize("is_locked", [False, True])
@pytest.mark.parametrize("state", [PinState.MATCHED, PinState.UNKNOWN, PinState.MISSING])
def test_a_hotline_ignores_the_pin_and_forgets_whose_it_is(state: PinState, *, is_locked: bool) -> None:
    named = replace(HOTLINE_CALL, pin=state, person=PERSON, usage=Usage(calls_today=1))
    case = with_pin_heard(named, POLICY, is_locked=is_locked)
    assert case == HOTLINE_CALL
    assert decide(case, POLICY).allowed


def test_a_hotline_blocked_everywhere_asks_for_a_pin_like_any_number() -> None:
    blocked = replace(HOTLINE_CALL, blocks=(block(scope="system"),), pin=PinState.MISSING)
    assert with_pin_heard(blocked, POLICY, is_locked=False).pin is PinState.MISSING


def test_a_corrupt_block_leaves_the_pin_to_be_heard() -> None:
    corrupt = replace(ATTORNEY_CALL, blocks=(replace(block(), scope="galaxy"),))
    assert with_pin_heard(corrupt, POLICY, is_locked=False) == corrupt


@pytest.mark.feature("F01")
def test_every_pin_that_is_not_accepted_sounds_alike_whoever_it_might_have_been() -> None:
    elsewhere = replace(KNOWN, person=replace(PERSON, facility_id="cheshire"))
    released = replace(SOCIAL_CALL, person=replace(PERSON, status="released"))
    heard = [
        with_pin_heard(replace(case, pin=state), POLICY, is_locked=is_locked)
        for case in (SOCIAL_CALL, KNOWN, replace(ATTORNEY_CALL, restrictions=(restriction(),)))
        for state, is_locked in ((PinState.MISSING, False), (PinState.UNKNOWN, False), (PinState.MATCHED, True))
    ]
    answers = [outward(decide(case, POLICY)) for case in (*heard, elsewhere, released)]
    assert answers[0].reason is Reason.PIN_NOT_ACCEPTED
    assert all(answer == answers[0] for answer in answers)
