"""Does screening follow the checks themselves: when is a number struck out, and when does a call need its entry?"""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from callgate.domain.case import Block, Case, CommonNumber, Facility, ListEntry, Person, PinState
from callgate.domain.number import Number
from callgate.flows.screening import find_binding_blocks, is_forbidden, is_protected, needs_its_entry
from callgate.policies import load_profile

CT = load_profile("ct-doc")
OPEN = replace(CT, list_mode="open_minus_blocks")
NOW = datetime(2026, 11, 20, 17, tzinfo=UTC)
CASE = Case(
    decided_at=NOW,
    switch_id="",
    covered=True,
    payment_type="collect",
    media="voice",
    requested_duration_seconds=None,
    number=Number(e164="+18605550123", region="US", kind="ordinary"),
    pin=PinState.NOT_NEEDED,
    facility=Facility(facility_id="osborn", profile="ct-doc", time_zone="America/New_York", region="US"),
    person=Person(inmate_id="100001", facility_id="osborn", unit="A", status="active"),
    entry=ListEntry(kind="social", state="active"),
)
OWN = Block(block_id="b1", scope="inmate", kind="called_party", inmate_id="100001")
SHIELD = Block(block_id="b2", scope="inmate", kind="victim", inmate_id="100002", subject_here=True)


def test_own_blocks_and_shields_strike_out_and_only_some_protect() -> None:
    assert find_binding_blocks(CASE) == ()
    assert not is_protected(CASE)
    both = replace(CASE, blocks=(OWN, SHIELD))
    assert find_binding_blocks(both) == (OWN, SHIELD)
    assert is_protected(both)
    assert not is_protected(replace(CASE, blocks=(OWN,)))
    excepted = replace(SHIELD, excepted=True)
    assert find_binding_blocks(replace(CASE, blocks=(excepted,))) == ()


def test_kinds_and_regions_that_nobody_may_call_are_forbidden() -> None:
    assert not is_forbidden(CASE, CT)
    for number in (
        Number(e164="+18005550123", region="US", kind="toll_free"),
        Number(e164="911", region="US", kind="emergency"),
        Number(e164="+442079460958", region="GB", kind="ordinary"),
        Number(e164="+870773111632", kind="satellite"),
    ):
        assert is_forbidden(replace(CASE, number=number), CT)


@pytest.mark.parametrize("entry", [None, ListEntry(kind="attorney", state="active")])
def test_a_call_needs_its_entry_where_the_list_allows_and_the_number_is_not_everyones(entry: ListEntry | None) -> None:
    case = replace(CASE, entry=entry)
    assert needs_its_entry(case, CT)
    assert not needs_its_entry(case, OPEN)
    common = replace(case, common=CommonNumber(kind="privileged"))
    assert not needs_its_entry(common, CT)
    # A blocked number has no privilege, so its call rests on nothing.
    assert needs_its_entry(replace(common, blocks=(OWN,)), CT)
