"""May this change of a person's list be made at all?

Looked at in one order: first what cannot be right whatever the calendar says (422), then what the list and the calendar
stand against (409). No block is looked at, so whatever a refusal says is true of the list and of the calendar alone.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NoReturn

from callgate.domain.case import Case
from callgate.domain.errors import Conflict, Invalid
from callgate.domain.phone_list import is_too_full
from callgate.flows.read_list import PhoneList
from callgate.flows.screening import is_forbidden

_WHY_INVALID: Final = {
    "number_not_valid": "This is not a number that can be listed here. Check it with the person.",
    "number_twice": "The same number stands twice in this change. Name it once.",
    "hotline_number": "This is a hotline, which everybody may call without listing it. Leave it out.",
    "already_listed": "This number is on the list already. Leave it out.",
    "not_listed": "This number is not on the list. Read the list again, and leave it out.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Addition:
    """One number to put on the list, as it was typed."""

    number: str
    name: str
    relationship: str
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedChange:
    """A submission with every fact loaded.

    `arriving`: the case of each addition, in order. `leaving`: of each number to come off. `hotlines`: those among the
    additions that are hotlines in force.
    """

    before: PhoneList
    additions: tuple[Addition, ...]
    arriving: tuple[Case, ...]
    leaving: tuple[Case, ...]
    hotlines: frozenset[str]

    @property
    def added(self) -> tuple[str, ...]:
        """The numbers that were asked for."""
        return tuple(case.number.e164 or "" for case in self.arriving)

    @property
    def removed(self) -> tuple[str, ...]:
        """The numbers that are to come off."""
        return tuple(case.number.e164 or "" for case in self.leaving)


def require_valid(asked: AskedChange) -> None:
    """Refuse numbers that cannot be right.

    Raises:
        Invalid: one is no number, twice in the change, a hotline, of a kind nobody may list here, listed already or not
            listed; the first of these that holds for any number.
    """
    pointers = _pointers(asked)
    numbers = [case.number.e164 for case in (*asked.arriving, *asked.leaving)]
    for code, faulty in _faults(asked, numbers):
        if faulty:
            _refuse(code, pointers[faulty[0]])


def require_open(asked: AskedChange) -> None:
    """Refuse what the list and the calendar stand against.

    Raises:
        Conflict: the person is released, the list changed too recently, or it would be too long.
    """
    before = asked.before
    if before.person.status != "active":
        raise Conflict("person_released", "This person is released, so the list is closed. Nothing was changed.")
    opens_on = before.next_change_on
    if opens_on is not None:
        day = opens_on.isoformat()
        detail = f"The list may be changed again on {day}, by the calendar of the facility. Nothing was changed."
        raise Conflict("change_too_soon", detail, next_change_on=day)
    if is_too_full(
        listed=[entry.kind for entry in before.entries],
        added=[addition.kind for addition in asked.additions],
        removed=[entry.kind for entry in before.entries if entry.number in asked.removed],
        policy=before.policy,
    ):
        raise Conflict(
            "list_full",
            "With these numbers the list would be longer than it may be. Add fewer, or remove some in the same change. "
            "Nothing was changed.",
            used=before.used,
            limit=before.policy.list_limit,
        )


def _pointers(asked: AskedChange) -> list[str]:
    added = [f"/add/{i}/number" for i in range(len(asked.arriving))]
    return added + [f"/remove/{i}" for i in range(len(asked.leaving))]


def _faults(asked: AskedChange, numbers: list[str | None]) -> Iterator[tuple[str, list[int]]]:
    """Each thing that can be wrong, in order, with the positions where it is."""
    listed = {entry.number for entry in asked.before.entries}
    arriving = range(len(asked.arriving))
    leaving = range(len(asked.arriving), len(numbers))
    yield "number_not_valid", [i for i, number in enumerate(numbers) if number is None]
    yield "number_twice", [i for i, number in enumerate(numbers) if number in numbers[:i]]
    yield "hotline_number", [i for i in arriving if numbers[i] in asked.hotlines]
    yield "number_not_valid", [i for i in arriving if is_forbidden(asked.arriving[i], asked.before.policy)]
    yield "already_listed", [i for i in arriving if numbers[i] in listed]
    yield "not_listed", [i for i in leaving if numbers[i] not in listed]


def _refuse(code: str, pointer: str) -> NoReturn:
    raise Invalid(code, f"{_WHY_INVALID[code]} Nothing was changed.", pointer=pointer)
