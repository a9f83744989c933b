"""Where does a file lie while it is judged?

In a nameless SQLite file of this process alone, which the system deletes with the process however it ends: a file fed
in names victims. Nothing of it is in the records before the one transaction that applies it, and memory stays bounded.
"""

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final, Self

_CACHE_KIBIBYTES: Final = 16 * 1024
_TABLES: Final = """
CREATE TABLE rows (line INTEGER PRIMARY KEY, subject TEXT, as_of INTEGER, fields TEXT, outcome TEXT, reason TEXT,
    column_name TEXT);
CREATE INDEX rows_of_subject ON rows (subject, as_of, line);
CREATE TABLE plans (subject TEXT PRIMARY KEY, plan TEXT NOT NULL, is_new INTEGER NOT NULL) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class StagedRow:
    """One row of the file. `as_of`: milliseconds since 1970; `fields`: by column, empty cells left out."""

    line: int
    subject: str
    as_of: int
    fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class RowVerdict:
    """What became of a row. `column`: the one at fault, where it is one."""

    line: int
    outcome: str
    reason: str | None = None
    column: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StagedSubject:
    """Everything that the file says of one person or block, in the order of time and then of lines."""

    subject: str
    rows: tuple[StagedRow, ...]


class FeedStage:
    """The file on its way, and what was found about it."""

    def __init__(self) -> None:
        # "" is a file without a name: SQLite unlinks it as soon as it is open.
        self._connection = sqlite3.connect("", isolation_level=None)
        self._connection.executescript(
            f"PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA cache_size=-{_CACHE_KIBIBYTES}; {_TABLES}"
        )

    def __enter__(self) -> Self:
        """Use it, and let go of it at the end."""
        return self

    def __exit__(self, *_: object) -> None:
        """Let go of the file."""
        self._connection.close()

    def add(self, rows: Sequence[StagedRow], faults: Sequence[RowVerdict]) -> None:
        """Take in some rows of the file, and those that cannot be read."""
        self._many(
            "INSERT INTO rows (line, subject, as_of, fields) VALUES (?, ?, ?, ?)",
            [(row.line, row.subject, row.as_of, json.dumps(row.fields)) for row in rows],
        )
        self._many(
            "INSERT INTO rows (line, outcome, reason, column_name) VALUES (?, ?, ?, ?)",
            [(fault.line, fault.outcome, fault.reason, fault.column) for fault in faults],
        )

    def count_rows(self) -> int:
        """How many rows are there, readable or not?"""
        return int(self._one("SELECT count(*) FROM rows"))

    def each_part(self, size: int) -> Iterator[list[StagedSubject]]:
        """Everything, by subject, so many subjects at a time."""
        after = ""
        while subjects := self._column(
            "SELECT DISTINCT subject FROM rows WHERE subject > ? ORDER BY subject LIMIT ?", (after, size)
        ):
            yield self._between(subjects[0], subjects[-1])
            after = subjects[-1]

    def load_subjects(self, subjects: Sequence[str]) -> list[StagedSubject]:
        """What the file says of these."""
        return [found for subject in subjects for found in self._between(subject, subject)]

    def keep_verdicts(self, verdicts: Sequence[RowVerdict]) -> None:
        """Note what became of these rows; said again, the last word counts."""
        self._many(
            "UPDATE rows SET outcome = ?, reason = ?, column_name = ? WHERE line = ?",
            [(one.outcome, one.reason, one.column, one.line) for one in verdicts],
        )

    def keep_plans(self, plans: Mapping[str, Mapping[str, Any] | None]) -> None:
        """Note what is to be done about these; None: nothing, whatever was noted before."""
        self._many("DELETE FROM plans WHERE subject = ?", [(subject,) for subject in plans])
        self._many(
            "INSERT INTO plans VALUES (?, ?, ?)",
            [
                (subject, json.dumps(plan), bool(plan.get("is_new")))
                for subject, plan in plans.items()
                if plan is not None
            ],
        )

    def each_plans(self, size: int, *, new: bool | None = None) -> Iterator[dict[str, dict[str, Any]]]:
        """What is to be done, so many subjects at a time. `new`: about those alone whose plan says so, or does not."""
        after = ""
        wanted = "" if new is None else f"AND is_new = {new:d}"
        while found := self._connection.execute(
            f"SELECT subject, plan FROM plans WHERE subject > ? {wanted} ORDER BY subject LIMIT ?", (after, size)
        ).fetchall():
            yield {subject: json.loads(plan) for subject, plan in found}
            after = found[-1][0]

    def find_plans(self, subjects: Sequence[str]) -> dict[str, dict[str, Any]]:
        """What is to be done about these, where anything is."""
        found = {}
        for subject in subjects:
            row = self._connection.execute("SELECT plan FROM plans WHERE subject = ?", (subject,)).fetchone()
            if row is not None:
                found[subject] = json.loads(row[0])
        return found

    def count_plans(self) -> int:
        """About how many is anything to be done?"""
        return int(self._one("SELECT count(*) FROM plans"))

    def tallies(self) -> dict[str, int]:
        """How many rows came to each outcome?"""
        found = self._connection.execute("SELECT outcome, count(*) FROM rows GROUP BY outcome ORDER BY outcome")
        return {outcome: count for outcome, count in found if outcome is not None}

    def each_verdict(self) -> Iterator[RowVerdict]:
        """What became of every row, in the order of the file."""
        found = self._connection.execute("SELECT line, outcome, reason, column_name FROM rows ORDER BY line")
        for line, outcome, reason, column in found:
            yield RowVerdict(line=line, outcome=outcome or "", reason=reason, column=column)

    def _between(self, first: str, last: str) -> list[StagedSubject]:
        found = self._connection.execute(
            "SELECT line, subject, as_of, fields FROM rows WHERE subject BETWEEN ? AND ? ORDER BY subject, as_of, line",
            (first, last),
        )
        rows = (
            StagedRow(line=line, subject=subject, as_of=as_of, fields=json.loads(fields))
            for line, subject, as_of, fields in found
        )
        return [StagedSubject(subject=key, rows=tuple(rows_)) for key, rows_ in groupby(rows, lambda row: row.subject)]

    def _many(self, statement: str, values: Sequence[tuple[Any, ...]]) -> None:
        if values:
            self._connection.execute("BEGIN")
            self._connection.executemany(statement, values)
            self._connection.execute("COMMIT")

    def _one(self, statement: str) -> Any:  # noqa: ANN401 - whatever the one column is
        return self._connection.execute(statement).fetchone()[0]

    def _column(self, statement: str, values: tuple[Any, ...]) -> list[str]:
        return [row[0] for row in self._connection.execute(statement, values)]
