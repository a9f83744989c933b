"""Which name does callgate give a new record?"""

import secrets
from datetime import datetime


def new_id(now: datetime) -> str:
    """Make a UUIDv7: time-ordered to the millisecond, and unguessable beyond it.

    Clause: RFC 9562 section 5.7.

    Example:
        >>> from datetime import UTC
        >>> new_id(datetime(2026, 11, 22, tzinfo=UTC))[:15]
        '01a2008d-7400-7'
    """
    milliseconds = int(now.timestamp() * 1000) & 0xFFFFFFFFFFFF
    noise = secrets.randbits(74)
    text = f"{(milliseconds << 80) | (0x7 << 76) | ((noise >> 62) << 64) | (0b10 << 62) | (noise & (1 << 62) - 1):032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
