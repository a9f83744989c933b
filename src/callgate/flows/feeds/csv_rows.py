"""Is this file a table that can be read, line by line, within bounds? Whatever is wrong is told by its line.

A record is bounded before it is read: a line of a gigabyte, a quote that is never closed or a million columns end here
and not in this process's memory. What is in the file is never repeated, except one byte that is no text.
"""

import csv
from collections.abc import Iterator
from typing import BinaryIO, Final

LINE_BYTES_MAX: Final = 64 * 1024
RECORD_LINES_MAX: Final = 100
_BOM: Final = b"\xef\xbb\xbf"
_WIDE_BOMS: Final = (b"\xff\xfe", b"\xfe\xff")


class FileRefused(Exception):
    """The file cannot be read as a table of this kind; the message says where and why."""


def read_records(source: BinaryIO) -> Iterator[tuple[int, list[str]]]:
    """Every record with the number of the line it begins on; empty lines are left out.

    Raises:
        FileRefused: it is no CSV in UTF-8, or larger in one piece than any record of ours.
    """
    lines = _Lines(source)
    reader = csv.reader(lines, strict=True)
    while True:
        lines.begin_record()
        try:
            record = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise FileRefused(f"Line {lines.first}: {_words_of(error)}") from None
        if record:
            yield lines.first, record


class _Lines:
    """The lines of the file as text, each one bounded."""

    def __init__(self, source: BinaryIO) -> None:
        self._source = source
        self._read = 0
        self.first = 1

    def begin_record(self) -> None:
        self.first = self._read + 1

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        raw = self._source.readline(LINE_BYTES_MAX + 1)
        if not raw:
            raise StopIteration
        self._read += 1
        if self._read == 1:
            raw = _without_mark(raw)
        if len(raw) > LINE_BYTES_MAX:
            raise FileRefused(
                f"Line {self._read} is longer than {LINE_BYTES_MAX} bytes, which no row of ours is. Is it a CSV file?"
            )
        if self._read - self.first >= RECORD_LINES_MAX:
            raise FileRefused(
                f"Line {self.first}: a quote that begins there is not closed within {RECORD_LINES_MAX} lines."
            )
        return self._text(raw)

    def _text(self, raw: bytes) -> str:
        if b"\x00" in raw:
            raise FileRefused(
                f"Line {self._read} holds a NUL byte (0x00). Save the file as CSV in UTF-8; UTF-16 is full of them."
            )
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError as error:
            raise FileRefused(
                f"Line {self._read} is not UTF-8: byte 0x{raw[error.start]:02X} at position {error.start + 1}. Save "
                "the file as UTF-8; Latin-1 and Windows-1252 write accented letters in such bytes."
            ) from None


def _without_mark(raw: bytes) -> bytes:
    if raw.startswith(_WIDE_BOMS):
        raise FileRefused(
            f"The file begins with the bytes 0x{raw[0]:02X} 0x{raw[1]:02X}, the mark of UTF-16. Save it as UTF-8."
        )
    return raw.removeprefix(_BOM)


def _words_of(error: csv.Error) -> str:
    told = str(error)
    if "new-line character" in told:
        return "a carriage return stands alone. End every line with a line feed, with or without one before it."
    if "field larger" in told:
        return "a cell is longer than any of ours. Is a quote not closed?"
    if "unexpected end" in told:
        return "the file ends inside a quote that begins there."
    return "the quotes are not as CSV has them: a quote inside a quoted cell is written twice."
