"""The records as the files that `callgate import` takes: the same rows in the same order whenever nothing changed.

A part is read at a time and written at once, so that memory stays bounded. One transaction sees it all: the file is the
records of one instant.
"""

import csv
from collections.abc import Iterator, Mapping
from typing import Any, TextIO

from callgate.domain.feed import COLUMNS, FeedKind
from callgate.flows.feeds.cells import written
from callgate.store.feed_reading import each_block, each_inmate, each_listed, see_one_instant
from callgate.store.reading import Reading

_EACH = {FeedKind.INMATES: each_inmate, FeedKind.LISTS: each_listed, FeedKind.BLOCKS: each_block}


def write_out(kind: FeedKind, reading: Reading, file: TextIO) -> int:
    """Write the whole file, with the line that names its columns, and answer how many rows it has.

    Args:
        reading: one transaction.
        file: opened with `newline=""`; lines end as RFC 4180 has them.
    """
    see_one_instant(reading)
    columns = COLUMNS[kind]
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerow(column.name for column in columns)
    count = 0
    for row in _rows(kind, reading):
        writer.writerow(written(row[column.name], column.form) for column in columns)
        count += 1
    return count


def _rows(kind: FeedKind, reading: Reading) -> Iterator[Mapping[str, Any]]:
    return _EACH[kind](reading)
