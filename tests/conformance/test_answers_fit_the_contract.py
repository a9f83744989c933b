"""Every answer of an authorize, allow and deny, against the contract's table."""

from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.asking import without_ids
from tests.conformance.answer_of_the_contract import FACTORS, REASONS, require_answer, require_number
from tests.conformance.asking_rounds import PATIENT_SECONDS, ask_round, end_calls
from tests.conformance.attempts import HOTLINES, NOT_VALID, PLACES, TELEPHONES, Round, seed_state, thrown_rounds
from tests.conftest import World, open_world

Asked = tuple[dict[str, Any], str, dict[str, Any], Round]
"""What was asked, the answer's text, the answer, and the round."""

ROUNDS = 15


@pytest.fixture(scope="module")
async def asked(file_urls: tuple[str, str]) -> AsyncIterator[tuple[World, list[Asked]]]:
    """Some hundred attempts, answered."""
    seed_state(file_urls[0])
    async with open_world(file_urls[0], deadline_seconds=PATIENT_SECONDS) as world:
        told: list[Asked] = []
        for each in thrown_rounds(7, rounds=ROUNDS):
            responses = await ask_round(world, each)
            assert {response.status_code for response in responses} == {200}
            answers = [response.json() for response in responses]
            texts = [response.text for response in responses]
            told += [(*one, each) for one in zip(each.bodies, texts, answers, strict=True)]
            await end_calls(world, [answer for answer in answers if answer["decision"] == "allow"])
        yield world, told


async def test_the_attempts_meet_every_reason_and_every_limit(asked: tuple[World, list[Asked]]) -> None:
    answers = [answer for _, _, answer, _ in asked[1]]
    assert len(answers) >= 500
    reasons = Counter(answer["reason"] for answer in answers)
    assert set(reasons) == {None, *REASONS}, reasons
    assert reasons[None] >= 60
    factors = Counter(answer["limiting_factor"] for answer in answers)
    assert set(factors) == {None, *FACTORS}, factors
    classes = {answer["call_class"] for answer in answers}
    assert classes == {None, "social", "privileged", "hotline"}


async def test_every_answer_fits_the_table(asked: tuple[World, list[Asked]]) -> None:
    for body, _, answer, round_ in asked[1]:
        require_answer(answer, call_id=body["call_id"], at=round_.at)


@pytest.mark.feature("F13", "F17")
async def test_every_refusal_of_a_number_is_byte_identical_but_for_ids_and_instants(
    asked: tuple[World, list[Asked]],
) -> None:
    by_reason = {reason: _texts(asked[1], reason) for reason in ("number_not_available", "pin_not_accepted")}
    for reason, texts in by_reason.items():
        compared = [several for several in texts.values() if len(several) > 1]
        assert len(compared) >= 5, reason
        for of, several in texts.items():
            assert len(set(several)) == 1, of


def _texts(told: list[Asked], reason: str) -> dict[tuple[str, ...], list[str]]:
    """The answers' bytes, by all that their quote may depend on; every number that is one is of one destination."""
    found: defaultdict[tuple[str, ...], list[str]] = defaultdict(list)
    for body, text, answer, _ in told:
        number = body["called_number"]
        if answer["reason"] == reason:
            found[*_priced_by(body), number if number in NOT_VALID else "a number"].append(without_ids(text, answer))
    return found


@pytest.mark.feature("F44")
async def test_a_quote_is_the_same_beside_an_allow_and_beside_every_refusal(asked: tuple[World, list[Asked]]) -> None:
    quotes: defaultdict[tuple[str, ...], set[str]] = defaultdict(set)
    beside: defaultdict[tuple[str, ...], set[str | None]] = defaultdict(set)
    for body, _, answer, _ in asked[1]:
        quote = answer["rate_quote"]
        if quote is None or body["called_number"] in HOTLINES:
            continue
        of = _priced_by(body)
        quotes[of].add(str({name: value for name, value in quote.items() if name != "max_charge"}))
        beside[of].add(answer["reason"])
    assert all(len(several) == 1 for several in quotes.values())
    assert max(len(reasons) for reasons in beside.values()) >= 4


def _priced_by(body: dict[str, Any]) -> tuple[str, str, str]:
    """Place, medium and payment type."""
    place, _, telephone = body["station_id"].rpartition("-")
    known = place in PLACES
    medium = body.get("media") or (TELEPHONES[int(telephone)].get("media", "voice") if known else "voice")
    return place, medium, body.get("payment_type", "collect")


async def test_what_is_kept_of_a_decision_reads_as_it_was_told(asked: tuple[World, list[Asked]]) -> None:
    world, told = asked
    world.clock.set(told[-1][3].at)
    for body, _, answer, _ in told[::9]:
        kept = (await world.call("warden", "GET", f"/v1/decisions/{answer['decision_id']}")).json()
        assert {name: kept[name] for name in answer} == answer
        assert body.get("pin", "?") not in str(kept)
        if kept["number"] is not None:
            require_number(kept["number"])
        as_told = (await world.call("counselor", "GET", f"/v1/decisions/{answer['decision_id']}")).json()
        assert as_told == answer
