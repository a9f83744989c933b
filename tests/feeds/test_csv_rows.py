"""Is a hostile file told by its line, in bounded memory, and without repeating what it holds?"""

import io
import tracemalloc
from typing import Any, BinaryIO

import pytest

from callgate.domain.feed import FeedKind
from callgate.flows.feeds.csv_rows import LINE_BYTES_MAX, FileRefused, read_records
from callgate.flows.feeds.take_in import take_in
from callgate.store.feed_stage import FeedStage
from tests.places import in_full_width

HEADER = b"inmate_id,facility_id,unit,status,name,as_of\n"
ROW = b"100001,demo-ci,A,active,Sam Doe,2026-11-20T18:00:00Z\n"
SECRET = "836205917"


class Endless(io.RawIOBase):
    """A file that begins with these bytes and goes on with others for a gigabyte."""

    def __init__(self, beginning: bytes, part: bytes) -> None:
        self._beginning, self._part, self._left = beginning, part, 1 << 30

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        given = (self._beginning or self._part)[: len(buffer)]
        self._beginning = self._beginning[len(given) :]
        self._left -= len(given)
        if self._left < 0:
            return 0
        buffer[: len(given)] = given
        return len(given)


def refusal_of(content: bytes | BinaryIO) -> str:
    """The sentence that refuses the file as one of people."""
    source = io.BytesIO(content) if isinstance(content, bytes) else content
    with FeedStage() as stage, pytest.raises(FileRefused) as refused:
        take_in(FeedKind.INMATES, source, stage, tell=lambda _: None)
    return str(refused.value)


def told_of(content: bytes) -> list[tuple[int, str | None, str | None]]:
    """Line, fault and column of every row; nothing for one that can be read."""
    with FeedStage() as stage:
        take_in(FeedKind.INMATES, io.BytesIO(content), stage, tell=lambda _: None)
        return [(verdict.line, verdict.reason, verdict.column) for verdict in stage.each_verdict()]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (HEADER + ROW.replace(b"Sam", b"Jos\xe9"), "Line 2 is not UTF-8: byte 0xE9 at position 28."),
        ((HEADER + ROW).decode().encode("utf-16"), "The file begins with the bytes 0xFF 0xFE, the mark of UTF-16."),
        ((HEADER + ROW).decode().encode("utf-16-be"), "Line 1 holds a NUL byte (0x00)."),
        (HEADER + ROW.replace(b"Sam", b"S\x00m"), "Line 2 holds a NUL byte (0x00)."),
        (HEADER + ROW.replace(b"Sam Doe", b'"Sam Doe'), "Line 2: the file ends inside a quote"),
        (HEADER + ROW.replace(b"Sam Doe", b'"Sam" Doe'), "Line 2: the quotes are not as CSV has them"),
        (HEADER + ROW.replace(b"Sam Doe", b"Sam\rDoe"), "Line 2: a carriage return stands alone."),
        (HEADER + b'"' + b"x\n" * 200, "Line 2: a quote that begins there is not closed within 100 lines."),
        (HEADER.replace(b",unit", b""), "Line 1: unit is missing."),
        (HEADER.replace(b"unit", b"name"), "Line 1: the column name stands there twice."),
        (HEADER.replace(b",", b";"), "Line 1: column 1 has none of the names"),
        (b"", "Line 1: inmate_id, facility_id, unit, status, name, as_of is missing."),
        (b"\n\n", "Line 1: inmate_id, facility_id, unit, status, name, as_of is missing."),
        (ROW, "Line 1: column 1 has none of the names"),
    ],
)
def test_a_file_that_is_no_table_is_refused_by_line(content: bytes, said: str) -> None:
    assert refusal_of(content).startswith(said)


def test_a_quote_may_hold_a_line_end_but_not_run_on() -> None:
    held = b'"' + b"x\n" * 99 + b'"'

    assert "100 lines" in refusal_of(HEADER + ROW.replace(b"Sam Doe", b'"' + b"x\n" * 101 + b'"'))
    assert told_of(HEADER + ROW.replace(b"Sam Doe", held)) == [(2, "control_character", "name")]


@pytest.mark.parametrize(
    "hostile",
    [
        Endless(HEADER, b"x" * 65536),
        Endless(HEADER, b"x," * 32768),
        Endless(HEADER, b'"x' * 32768),
        Endless(HEADER + b'"', b"x\n" * 100),
        Endless(HEADER, b"\0" * 65536),
    ],
    ids=["a line of a gigabyte", "a million columns", "quotes", "a quote that is not closed", "NULs"],
)
def test_what_never_ends_is_refused_at_once_in_little_memory(hostile: Endless) -> None:
    tracemalloc.start()
    try:
        refusal_of(io.BufferedReader(hostile))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak < 8 * 1024 * 1024


def test_a_line_is_bounded_to_the_byte() -> None:
    longest = b"x" * (LINE_BYTES_MAX - 1) + b"\n"

    assert [line for line, _ in read_records(io.BytesIO(longest))] == [1]
    with pytest.raises(FileRefused):
        list(read_records(io.BytesIO(b"x" + longest)))


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbf" + HEADER + ROW,
        (HEADER + ROW).replace(b"\n", b"\r\n"),
        HEADER + b"\r\n\n" + ROW.rstrip(),
        HEADER.replace(b"\n", b"\r\n") + ROW,
    ],
)
def test_a_byte_order_mark_and_either_end_of_line_are_read(content: bytes) -> None:
    assert told_of(content) == [(content.count(b"\n") + (not content.endswith(b"\n")), None, None)]  # fmt: skip


@pytest.mark.parametrize(
    ("was", "becomes", "fault"),
    [
        ("100001", in_full_width("100001"), ("not_an_id", "inmate_id")),
        ("100001", " 100001", ("not_an_id", "inmate_id")),
        ("100001", "", ("missing", "inmate_id")),
        ("100001", "x" * 65, ("not_an_id", "inmate_id")),
        ("demo-ci", "demo ci", ("not_an_id", "facility_id")),
        ("active", "Active", ("not_one_of", "status")),
        ("Sam Doe", "Sam\x07Doe", ("control_character", "name")),
        ("Sam Doe", "x" * 201, ("too_long", "name")),
        ("Sam Doe", "\u00a0 ", ("nothing_to_read", "name")),
        ("2026-11-20T18:00:00Z", "2026-11-20T18:00:00", ("not_an_instant", "as_of")),
        ("2026-11-20T18:00:00Z", "2026-11-31T18:00:00Z", ("not_an_instant", "as_of")),
        ("2026-11-20T18:00:00Z", "0001-01-01T00:00:00+05:00", ("not_an_instant", "as_of")),
        ("2026-11-20T18:00:00Z", "20/11/2026", ("not_an_instant", "as_of")),
        ("2026-11-20T18:00:00Z", in_full_width("2026-11-20T18:00:00Z"), ("not_an_instant", "as_of")),
        ("A,active", "A,active,x", ("cells_differ", None)),
        ("A,active", "active", ("cells_differ", None)),
    ],
)
def test_a_cell_that_cannot_be_right_is_told_by_line_and_column(
    was: str, becomes: str, fault: tuple[str, str | None]
) -> None:
    row = ROW.decode().replace(was, becomes).encode()

    assert told_of(HEADER + ROW + row) == [(2, None, None), (3, *fault)]


def test_a_pin_in_a_file_is_refused_and_never_repeated() -> None:
    with_column = HEADER.replace(b"name", b"name,pin") + ROW.replace(b"Sam Doe", f"Sam Doe,{SECRET}".encode())
    for content in (with_column, f"{SECRET},x\n".encode() + HEADER, HEADER + SECRET.encode() + b"\xff\n"):
        assert SECRET not in refusal_of(content)
    assert told_of(HEADER + ROW.replace(b"active", SECRET.encode())) == [(2, "not_one_of", "status")]
