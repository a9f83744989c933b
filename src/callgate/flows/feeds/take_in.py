"""Does the file have the columns of its kind, and does each cell hold what its column takes?"""

from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from typing import Any, BinaryIO, Final

from callgate.domain.feed import COLUMNS, SUBJECT, CellFault, FeedColumn, FeedKind, RowOutcome, read_cell
from callgate.flows.feeds.cells import unguarded
from callgate.flows.feeds.csv_rows import FileRefused, read_records
from callgate.store.feed_stage import FeedStage, RowVerdict, StagedRow

_AT_A_TIME: Final = 2000


def take_in(kind: FeedKind, source: BinaryIO, stage: FeedStage, *, tell: Callable[[int], None]) -> None:
    """Read the whole file into the stage, every unreadable row with its fault.

    Args:
        tell: told how many rows were read so far, now and then.

    Raises:
        FileRefused: it is no such table at all.
    """
    records = read_records(source)
    _, names = next(records, (1, []))
    columns = _require_columns(kind, names)
    while several := list(islice(records, _AT_A_TIME)):
        rows: list[StagedRow] = []
        faults: list[RowVerdict] = []
        for line, cells in several:
            read = _read(kind, columns, line, cells)
            (rows if isinstance(read, StagedRow) else faults).append(read)  # type: ignore[arg-type]  # each to its own
        stage.add(rows, faults)
        tell(len(several))


def _require_columns(kind: FeedKind, names: Sequence[str]) -> tuple[FeedColumn, ...]:
    """The file's columns in its order. What else a header holds is not repeated: it may be a row of people."""
    known = {column.name: column for column in COLUMNS[kind]}
    told = f"A file of {kind} begins with a line that names its columns, from among: {', '.join(known)}."
    for place, name in enumerate(names, start=1):
        if name not in known:
            raise FileRefused(f"Line 1: column {place} has none of the names that a file of {kind} has. {told}")
    if len(set(names)) != len(names):
        twice = next(name for i, name in enumerate(names) if name in names[:i])
        raise FileRefused(f"Line 1: the column {twice} stands there twice.")
    missing = [column.name for column in COLUMNS[kind] if column.required and column.name not in names]
    if missing:
        raise FileRefused(f"Line 1: {', '.join(missing)} is missing. {told} Columns are separated by commas.")
    return tuple(known[name] for name in names)


def _read(kind: FeedKind, columns: Sequence[FeedColumn], line: int, cells: Sequence[str]) -> StagedRow | RowVerdict:
    if len(cells) != len(columns):
        return RowVerdict(line=line, outcome=RowOutcome.REFUSED.value, reason="cells_differ")
    fields: dict[str, Any] = {}
    for column, cell in zip(columns, cells, strict=True):
        try:
            if cell or column.required:
                fields[column.name] = read_cell(unguarded(cell), column.form)
        except CellFault as fault:
            return RowVerdict(line=line, outcome=RowOutcome.REFUSED.value, reason=fault.code, column=column.name)
    return _staged(kind, line, fields)


def _staged(kind: FeedKind, line: int, fields: Mapping[str, Any]) -> StagedRow:
    return StagedRow(line=line, subject=fields[SUBJECT[kind]], as_of=fields["as_of"], fields=fields)
