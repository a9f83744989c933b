"""Was a call allowed that began after somebody had been told that it no longer would be?

A history is what clients saw from outside: when each request began and when its answer came, on one clock that never
jumps. Between the two a write may have taken effect at any instant, so a fact is certain only from its answer on, and
only until the first request begins that could have undone it. An allow that lies wholly within a time in which
something certainly stood against it cannot be explained by any order of the requests, and is told.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from math import inf


@dataclass(frozen=True, slots=True, kw_only=True)
class Allow:
    """An authorize that was answered `allow`. `facility`: where the telephone stands."""

    call_id: str
    person: str
    number: str
    facility: str
    began: float
    answered: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """A request of staff or of a switch.

    `applied`: it was answered 2xx, so it has certainly taken effect by `answered`. Not `applied`: nobody can say (a
    503, or no answer). What was certainly refused is no write and belongs in no history.
    """

    name: str
    began: float
    answered: float
    applied: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Something that certainly stands against calls after `since` and before `until`; a None means every one there is.

    `elsewhere`: against calls from every facility but this one.
    """

    name: str
    since: float
    until: float
    person: str | None = None
    number: str | None = None
    facility: str | None = None
    elsewhere: str | None = None

    def refutes(self, allow: Allow) -> bool:
        """Did this call begin, and was it answered, while this certainly stood against it?"""
        return (
            self.since < allow.began
            and allow.answered < self.until
            and self.person in {None, allow.person}
            and self.number in {None, allow.number}
            and self.facility in {None, allow.facility}
            and (self.elsewhere is None or self.elsewhere != allow.facility)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """An allow that cannot be."""

    allow: Allow
    against: Standing | Allow


@dataclass(frozen=True, slots=True)
class Span:
    """A time in which something certainly stood."""

    since: float
    until: float
    writes: tuple[str, ...] = field(default=())

    def and_also(self, other: "Span") -> "Span":
        """The time in which both did."""
        return Span(max(self.since, other.since), min(self.until, other.until), (*self.writes, *other.writes))


def certain_span(made_by: Write, undone_by: Iterable[Write]) -> Span | None:
    """How long has what this write brought certainly stood; None: not for an instant that anybody could name.

    Args:
        made_by: the write that brought it.
        undone_by: every write that would end it, whenever it was made.
    """
    if not made_by.applied:
        return None
    # One that was answered before this one began came before it, and has ended nothing of it.
    ends = min((it.began for it in undone_by if it.answered > made_by.began), default=inf)
    return Span(made_by.answered, ends, (made_by.name,)) if ends > made_by.answered else None


def find_violations(allows: Sequence[Allow], standing: Sequence[Standing]) -> Iterator[Violation]:
    """Every allow that something certainly stood against."""
    for allow in allows:
        for fact in standing:
            if fact.refutes(allow):
                yield Violation(allow=allow, against=fact)


def find_double_calls(allows: Sequence[Allow], ends: dict[str, float]) -> Iterator[Violation]:
    """Every allow that began while another call of the same person certainly ran.

    Args:
        allows: all of them.
        ends: call id to the instant at which the first report of its end began, or of whatever frees its PIN.
    """
    by_person: dict[str, list[Allow]] = {}
    for allow in sorted(allows, key=lambda it: it.began):
        for earlier in by_person.get(allow.person, ()):
            if earlier.answered < allow.began and allow.answered < ends.get(earlier.call_id, inf):
                yield Violation(allow=allow, against=earlier)
        by_person.setdefault(allow.person, []).append(allow)
