"""How is a value written into a cell so that no spreadsheet takes it for a formula, and read back as it was?

A cell that begins with one of the characters which make a formula gets an apostrophe before it, and loses it again when
it is read. One kind of text is left alone: a number in E.164, whose leading `+` makes no formula of digits alone.
"""

import re
from typing import Any, Final

from callgate.domain.feed import INDEFINITE, Form
from callgate.domain.instants import from_milliseconds, to_wire

_GUARD: Final = "'"
# The last four are the full-width signs that some spreadsheets read alike.
_BEGINS_A_FORMULA: Final = frozenset("=+-@\t\r\n'\uff1d\uff0b\uff0d\uff20")
_E164: Final = re.compile(r"\+[0-9]{1,15}")


def guarded(text: str) -> str:
    """The text as it goes into a cell.

    Example:
        >>> guarded("=1+1"), guarded("+18605550123"), guarded("Ruth Doe")
        ("'=1+1", '+18605550123', 'Ruth Doe')
    """
    if text[:1] not in _BEGINS_A_FORMULA or _E164.fullmatch(text) or not text:
        return text
    return _GUARD + text


def unguarded(cell: str) -> str:
    """The text that a cell stands for.

    Example:
        >>> unguarded("'=1+1"), unguarded("'t Hooft"), unguarded("+18605550123")
        ('=1+1', "'t Hooft", '+18605550123')
    """
    return cell[1:] if cell[:1] == _GUARD and cell[1:2] in _BEGINS_A_FORMULA and len(cell) > 1 else cell


def written(value: Any, form: Form) -> str:  # noqa: ANN401 - text, or an instant in milliseconds since 1970
    """A value of the records as it goes into its cell; nothing is an empty one, and no end of a block `indefinite`."""
    if form is Form.UNTIL and value is None:
        return INDEFINITE
    if value is None:
        return ""
    if form in (Form.INSTANT, Form.UNTIL):
        return to_wire(from_milliseconds(int(value)))
    return guarded(str(value))
