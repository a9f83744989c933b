"""What does judging a part of a file need to know, and what does it answer?"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from callgate.domain.feed import AHEAD_MILLISECONDS, Accept, FeedKind, RowOutcome
from callgate.domain.instants import to_milliseconds
from callgate.flows.deployment import Deployment
from callgate.store.feed_stage import RowVerdict, StagedRow, StagedSubject

PART: Final = 500
"""So many subjects are judged by one exchange with the database."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What was ordered: which kind of file, in whose name, and which consequences are taken on purpose."""

    kind: FeedKind
    author: str
    accept: frozenset[Accept] = frozenset()
    dry_run: bool = False
    brake_percent: int = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """Where a file is judged: at one instant, by one order, on the facts that hold for every row.

    `facilities`, `hotlines`: as they stood when the judging began.
    """

    deployment: Deployment
    order: Order
    now: datetime
    facilities: Mapping[str, Any]
    hotlines: frozenset[str]

    @property
    def now_ms(self) -> int:
        """The instant of judging."""
        return to_milliseconds(self.now)

    def accepts(self, what: Accept) -> bool:
        """Is this consequence taken on purpose?"""
        return what in self.order.accept

    def is_ahead(self, instant_ms: int) -> bool:
        """Is this further ahead of the clock than any clock is wrong?"""
        return instant_ms > self.now_ms + AHEAD_MILLISECONDS


@dataclass(slots=True, kw_only=True)
class Judged:
    """What a part of a file comes to.

    `plans`: what is to be done, by subject; None: nothing. `ended`, `standing`: how much of what stands at each place
    the part would end, for the brake.
    """

    verdicts: list[RowVerdict] = field(default_factory=list)
    plans: dict[str, Mapping[str, Any] | None] = field(default_factory=dict)
    ended: Counter[str] = field(default_factory=Counter)
    standing: Counter[str] = field(default_factory=Counter)

    def say(self, row: StagedRow, outcome: RowOutcome, reason: str | None = None, *, column: str | None = None) -> None:
        """Note what becomes of a row."""
        self.verdicts.append(RowVerdict(line=row.line, outcome=outcome.value, reason=reason, column=column))


class RowFault(Exception):
    """A row cannot be right; with it the whole file is held back."""

    def __init__(self, row: StagedRow, code: str, *, column: str | None = None) -> None:
        """Keep which row, why, and in which column."""
        super().__init__(code)
        self.row = row
        self.code = code
        self.column = column


def refuse(judged: Judged, subject: StagedSubject, fault: RowFault) -> None:
    """Note the fault on its row; what else the file says of the same subject is not looked at."""
    judged.plans[subject.subject] = None
    for row in subject.rows:
        if row.line == fault.row.line:
            judged.say(row, RowOutcome.REFUSED, fault.code, column=fault.column)
        else:
            judged.say(row, RowOutcome.NOT_JUDGED)


def only_row_with_as_of(rows: Sequence[StagedRow]) -> int:
    """The one instant that all of these rows tell.

    Raises:
        RowFault: they tell of several.
    """
    first = rows[0].as_of
    for row in rows:
        if row.as_of != first:
            raise RowFault(row, "as_of_differs", column="as_of")
    return first
