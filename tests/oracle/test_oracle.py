"""Do the real checks decide as the naive reading of the rules does, in fifty thousand worlds close to every edge?"""

import ast
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from callgate.checks import CHECKS
from callgate.checks.decide import decide
from callgate.domain.answer import sip_status_of
from callgate.domain.case import CallClass
from callgate.domain.verdict import REASONS_IN_ORDER, Check, Decision, Factor
from tests.oracle import naive
from tests.oracle.naive import NaiveDecision
from tests.oracle.naive_bill import NaiveQuote
from tests.oracle.worlds import World, world

BASE_SEED = 20_261_122
WORLDS = 50_000
PARTS = 5  # so that two workers can share them
WORLDS_FOR_BROKEN_TABLES = 6_000
SHOWN_MAX = 3
SHARED_SHAPES = {"callgate.domain.case", "callgate.domain.policy", "callgate.domain.number"}

# A number that is blocked is no privileged one, and a hotline under a system block is no hotline: for these pairs the
# contract's table has a cross that no call can ever stand on.
BOUND_BUT_NEVER_MET = {
    ("block", CallClass.PRIVILEGED),
    ("block", CallClass.HOTLINE),
    ("shield", CallClass.PRIVILEGED),
}


def decided_by_checks(one: World, checks: Sequence[Check] = CHECKS) -> Decision:
    """Ask the real code, which has no law to go by where it does not know the telephone."""
    return decide(one.case, None if one.case.facility is None else one.policy, checks=checks)


def as_naive(decision: Decision) -> NaiveDecision:
    quote = decision.quote
    return NaiveDecision(
        allowed=decision.allowed,
        reason=decision.reason,
        max_duration_seconds=decision.max_duration_seconds,
        limiting_factor=decision.limiting_factor,
        end_by=decision.end_by,
        authorization_expires_at=decision.authorization_expires_at,
        call_class=decision.call_class,
        record=decision.record,
        monitor=decision.monitor,
        announcements=decision.announcements,
        warn_at=decision.warn_at_remaining_seconds,
        quote=None if quote is None else NaiveQuote(*(getattr(quote, name) for name in NaiveQuote._fields)),
        retry_at=decision.retry_at,
        sip_status=sip_status_of(decision),
    )


def explain(one: World, expected: NaiveDecision, actual: NaiveDecision) -> str:
    differing = (name for name in NaiveDecision._fields if getattr(expected, name) != getattr(actual, name))
    lines = (f"  {name}: naive {getattr(expected, name)!r}, checks {getattr(actual, name)!r}" for name in differing)
    return "\n".join([f"world {one.seed}:", *lines, one.as_json()])


def test_the_naive_reading_shares_nothing_with_the_real_one_but_the_shapes_of_the_facts() -> None:
    sources = sorted(Path(__file__).parent.glob("naive*.py"))
    nodes = [node for source in sources for node in ast.walk(ast.parse(source.read_text("utf-8")))]
    imported = {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}
    imported |= {name.name for node in nodes if isinstance(node, ast.Import) for name in node.names}
    assert len(sources) == 3
    assert {name for name in imported if name.startswith("callgate")} <= SHARED_SHAPES


@pytest.mark.parametrize("part", range(PARTS))
def test_both_readings_of_the_rules_decide_every_world_alike(part: int) -> None:
    size = WORLDS // PARTS
    seen: Counter[str] = Counter()
    differences: list[str] = []
    for seed in range(BASE_SEED + part * size, BASE_SEED + (part + 1) * size):
        one = world(seed)
        expected, actual = naive.decide(one.case, one.policy), as_naive(decided_by_checks(one))
        seen.update(what_it_shows(expected))
        if expected != actual:
            differences.append(explain(one, expected, actual))
    assert not differences, f"{len(differences)} of {size} worlds differ\n" + "\n".join(differences[:SHOWN_MAX])
    assert_nothing_is_rare(seen, size)


def what_it_shows(expected: NaiveDecision) -> Iterator[str]:
    yield "allowed" if expected.allowed else f"refused: {expected.reason}"
    if expected.allowed:
        yield f"limited: {expected.limiting_factor}"
        yield f"class: {expected.call_class}"
    yield f"retry told: {expected.reason}" if expected.retry_at else "no retry told"
    yield "quoted" if expected.quote else "not quoted"


def assert_nothing_is_rare(seen: Counter[str], size: int) -> None:
    """A generator that only ever made dull worlds would let everything agree."""
    wanted = [f"refused: {reason}" for reason in REASONS_IN_ORDER]
    wanted += [f"limited: {factor}" for factor in Factor] + [f"class: {kind}" for kind in CallClass]
    wanted += ["retry told: outside_calling_hours", "retry told: limit_reached", "quoted", "not quoted"]
    rare = {name: seen[name] for name in wanted if seen[name] < size / 100}
    assert not rare, f"seen in fewer than one world in a hundred: {rare}"
    assert size / 4 <= seen["allowed"] <= size * 3 / 4


class Answered:
    """A world, what the naive reading says of it, and which checks had something to say."""

    def __init__(self, seed: int) -> None:
        self.world = world(seed)
        self.expected = naive.decide(self.world.case, self.world.policy)
        self.call_class = CallClass(naive.call_class(self.world.case))
        findings = decided_by_checks(self.world).findings
        self.spoke = frozenset(finding.check for finding in findings if finding.verdict != "pass")

    def differs_under(self, checks: Sequence[Check]) -> bool:
        return as_naive(decided_by_checks(self.world, checks)) != self.expected


@pytest.fixture(scope="module")
def answered() -> list[Answered]:
    return [Answered(BASE_SEED + n) for n in range(WORLDS_FOR_BROKEN_TABLES)]


def test_notices_every_check_that_is_taken_out(answered: list[Answered]) -> None:
    unnoticed = [
        gone.name
        for gone in CHECKS
        if not any(
            one.differs_under([check for check in CHECKS if check is not gone])
            for one in answered
            if gone.name in one.spoke
        )
    ]
    assert unnoticed == []


def test_notices_every_call_class_that_a_check_forgets_to_bind(answered: list[Answered]) -> None:
    pairs = [(check, kind) for check in CHECKS for kind in CallClass if kind in check.binds]
    assert unnoticed_among(pairs, answered) == BOUND_BUT_NEVER_MET


def test_notices_every_call_class_that_a_check_binds_beyond_the_rules(answered: list[Answered]) -> None:
    pairs = [(check, kind) for check in CHECKS for kind in CallClass if kind not in check.binds]
    assert pairs
    assert unnoticed_among(pairs, answered) == set()


def unnoticed_among(pairs: list[tuple[Check, CallClass]], answered: list[Answered]) -> set[tuple[str, CallClass]]:
    """Which of these checks can be bound, or no longer bound, to a class without any world of that class telling?"""
    return {
        (broken.name, kind)
        for broken, kind in pairs
        if not any(
            one.differs_under(
                [replace(check, binds=check.binds ^ {kind}) if check is broken else check for check in CHECKS]
            )
            for one in answered
            if one.call_class is kind
        )
    }
