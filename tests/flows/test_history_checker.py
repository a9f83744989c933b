"""Can the checker of histories fail? What it must see, what it must not, one instant before and after."""

from math import inf

import pytest

from tests.flows.history_checker import (
    Allow,
    Span,
    Standing,
    Write,
    certain_span,
    find_double_calls,
    find_violations,
)

BLOCK = Standing(name="b1", since=10.0, until=20.0, person="anna", number="1")


def allow(began: float, answered: float, *, call_id: str = "c1", person: str = "anna", number: str = "1") -> Allow:
    return Allow(call_id=call_id, person=person, number=number, facility="here", began=began, answered=answered)


@pytest.mark.parametrize(
    ("began", "answered", "is_seen"),
    [
        (9.0, 9.5, False),  # before the block was answered
        (9.9, 10.5, False),  # it began before: the block may have come after it
        (10.0, 10.5, False),  # in the very instant of the answer nobody can say which was first
        (10.1, 10.5, True),
        (19.0, 19.9, True),
        (19.0, 20.0, False),  # the lift had begun by then
        (19.9, 20.1, False),
        (20.1, 20.5, False),
    ],
)
def test_sees_an_allow_that_lies_wholly_within_the_time_of_a_block(
    began: float, answered: float, *, is_seen: bool
) -> None:
    found = list(find_violations([allow(began, answered)], [BLOCK]))
    assert bool(found) == is_seen
    if is_seen:
        assert found[0].against == BLOCK


def test_a_fact_is_held_against_those_alone_whom_it_concerns() -> None:
    whoever = Standing(name="system", since=10.0, until=20.0)
    here = Standing(name="facility", since=10.0, until=20.0, number="1", facility="here")
    there = Standing(name="facility", since=10.0, until=20.0, number="1", facility="there")
    not_here = Standing(name="moved", since=10.0, until=20.0, person="anna", elsewhere="there")
    still_here = Standing(name="moved", since=10.0, until=20.0, person="anna", elsewhere="here")
    call = allow(11.0, 12.0)
    for fact, is_seen in ((whoever, True), (here, True), (there, False), (not_here, True), (still_here, False)):
        assert bool(list(find_violations([call], [fact]))) == is_seen, fact
    for other in (allow(11.0, 12.0, person="boris"), allow(11.0, 12.0, number="2")):
        assert not list(find_violations([other], [BLOCK]))


def write(began: float, answered: float, *, applied: bool = True) -> Write:
    return Write(name=f"w{began}", began=began, answered=answered, applied=applied)


def test_what_a_write_brought_stands_from_its_answer_until_the_first_that_may_have_undone_it() -> None:
    assert certain_span(write(1, 2), []) == Span(2, inf, ("w1",))
    assert certain_span(write(1, 2), [write(9, 10), write(5, 6)]) == Span(2, 5, ("w1",))


def test_an_undoing_that_was_answered_before_the_write_began_has_undone_nothing() -> None:
    assert certain_span(write(3, 4), [write(1, 2)]) == Span(4, inf, ("w3",))


def test_of_two_writes_at_the_same_time_nobody_knows_which_came_last() -> None:
    assert certain_span(write(1, 4), [write(2, 3)]) is None
    assert certain_span(write(2, 3), [write(1, 4)]) is None


def test_a_write_without_an_answer_brings_nothing_certain_and_may_have_undone() -> None:
    assert certain_span(write(1, 2, applied=False), []) is None
    assert certain_span(write(1, 2), [write(5, 6, applied=False)]) == Span(2, 5, ("w1",))


def test_a_shield_stands_while_both_the_block_and_the_subject_are_certainly_there() -> None:
    assert Span(1, 9, ("block",)).and_also(Span(4, inf, ("move",))) == Span(4, 9, ("block", "move"))


def test_sees_two_calls_at_once_of_one_person() -> None:
    first, second = allow(1, 2, call_id="a"), allow(3, 4, call_id="b")
    assert [it.allow.call_id for it in find_double_calls([first, second], {})] == ["b"]
    assert [it.allow.call_id for it in find_double_calls([second, first], {"a": 4.5})] == ["b"]
    assert not list(find_double_calls([first, second], {"a": 2.5}))
    assert not list(find_double_calls([first, second], {"a": 3.5}))  # it may have ended just before the second
    assert not list(find_double_calls([first, allow(3, 4, call_id="b", person="boris")], {}))
    assert not list(find_double_calls([allow(1, 3.5, call_id="a"), second], {}))  # begun at the same time
