"""Which name does callgate give a new record?"""

import secrets
from datetime import datetime
from itertools import count

# Names of one process sort in the order in which they were given, within a millisecond too (RFC 9562, method 1 of 6.2).
_given = count(secrets.randbits(8))


def new_id(now: datetime) -> str:
    """Make a UUIDv7: in the order of time, and unguessable by its last 62 bits.

    Clause: RFC 9562 section 5.7.

    Example:
        >>> from datetime import UTC
        >>> new_id(datetime(2026, 11, 22, tzinfo=UTC))[:15]
        '01a2008d-7400-7'
    """
    milliseconds = int(now.timestamp() * 1000) & 0xFFFFFFFFFFFF
    order = next(_given) & 0xFFF
    text = f"{(milliseconds << 80) | (0x7 << 76) | (order << 64) | (0b10 << 62) | secrets.randbits(62):032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
