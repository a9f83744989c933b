"""Which name does callgate give a new record?"""

import os
import secrets
from datetime import datetime
from typing import Final

_ORDERS_MAX: Final = 1024
_LAST_PLACE: Final = 0xFFF
# The place of the next name in each of the last used milliseconds. Names of one millisecond sort in the order in which
# they were given (RFC 9562, method 1 of 6.2). Each begins at a random place: counted on from one millisecond to the
# next, two names would tell how many were given between them, and so that an alert was, which nobody may learn.
_next_orders: Final[dict[int, int]] = {}


def new_id(now: datetime) -> str:
    """Make a UUIDv7: in the order of time, and unguessable by its last 62 bits.

    Clause: RFC 9562 section 5.7.

    Example:
        >>> from datetime import UTC
        >>> new_id(datetime(2026, 11, 22, tzinfo=UTC))[:15]
        '01a2008d-7400-7'
    """
    milliseconds, order = _next_place(int(now.timestamp() * 1000) & 0xFFFFFFFFFFFF)
    variant_and_noise = f"{(0b10 << 62) | (int.from_bytes(os.urandom(8), 'big') >> 2):x}"
    instant = f"{milliseconds:012x}"
    return f"{instant[:8]}-{instant[8:]}-7{order:03x}-{variant_and_noise[:4]}-{variant_and_noise[4:]}"


def _next_place(milliseconds: int) -> tuple[int, int]:
    """The millisecond and the place in it; a full millisecond lends from the next one (RFC 9562 section 6.2)."""
    while (order := _next_orders.pop(milliseconds, None)) is not None and order > _LAST_PLACE:
        _next_orders[milliseconds] = order
        milliseconds += 1
    if order is None:
        if len(_next_orders) >= _ORDERS_MAX:
            del _next_orders[next(iter(_next_orders))]  # the one that was used longest ago
        order = secrets.randbits(11)  # half of the twelve bits, so that there is room to count on
    _next_orders[milliseconds] = order + 1
    return milliseconds, order
