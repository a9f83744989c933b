"""The destination check: forbidden kinds of numbers and regions that are not open, for social calls."""

from dataclasses import replace

import pytest

from callgate.checks.decide import decide
from callgate.checks.destination import CHECK
from callgate.domain.case import CommonNumber
from callgate.domain.number import Number, NumberKind
from callgate.domain.verdict import Pass, Reason
from tests.checks.cases import ATTORNEY_CALL, HOTLINE_CALL, POLICY, SISTER, SOCIAL_CALL, block, detail_of

TOLL_FREE = Number(e164="+18005550123", region="US", kind=NumberKind.TOLL_FREE)
LONDON = Number(e164="+442079460123", region="GB", kind=NumberKind.ORDINARY)


@pytest.mark.parametrize("kind", NumberKind)
def test_denies_exactly_the_kinds_that_the_profile_forbids(kind: NumberKind) -> None:
    verdict = CHECK.judge(replace(SOCIAL_CALL, number=replace(SISTER, kind=kind)), POLICY)
    if kind in POLICY.forbidden_kinds:
        assert detail_of(verdict) == f"{kind}_number"
    else:
        assert verdict == Pass()


@pytest.mark.feature("F41")
def test_connecticut_forbids_what_the_contract_names() -> None:
    assert {"premium", "toll_free", "emergency", "directory"} <= POLICY.forbidden_kinds


@pytest.mark.parametrize("region", ["GB", "CA", None])
def test_denies_a_region_that_is_not_open(region: str | None) -> None:
    policy = replace(POLICY, open_regions=frozenset({"US", "PR"}))
    assert (
        detail_of(CHECK.judge(replace(SOCIAL_CALL, number=replace(SISTER, region=region)), policy)) == "region_not_open"
    )


@pytest.mark.parametrize("region", ["US", "PR", "GB"])
def test_passes_a_region_that_the_profile_opens(region: str) -> None:
    policy = replace(POLICY, open_regions=frozenset({"US", "PR", "GB"}))
    assert CHECK.judge(replace(SOCIAL_CALL, number=replace(SISTER, region=region)), policy) == Pass()


@pytest.mark.feature("F41")
@pytest.mark.parametrize("number", [TOLL_FREE, LONDON])
def test_a_listed_number_is_refused_all_the_same(number: Number) -> None:
    assert decide(replace(SOCIAL_CALL, number=number), POLICY).reason is Reason.NUMBER_NOT_VALID


def test_an_attorney_may_have_a_toll_free_number() -> None:
    assert decide(replace(ATTORNEY_CALL, number=TOLL_FREE), POLICY).allowed


def test_a_registered_hotline_may_be_toll_free_or_a_short_code() -> None:
    assert decide(HOTLINE_CALL, POLICY).allowed
    assert decide(replace(HOTLINE_CALL, number=TOLL_FREE), POLICY).allowed


def test_a_toll_free_hotline_that_is_blocked_everywhere_is_as_any_toll_free_number() -> None:
    case = replace(
        SOCIAL_CALL, number=TOLL_FREE, entry=None, common=CommonNumber(kind="hotline"), blocks=(block(scope="system"),)
    )
    assert decide(case, POLICY).reason is Reason.NUMBER_NOT_VALID
