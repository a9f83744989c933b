"""How often may one client ask for what needs no token?

Counted in the memory of one process, so with several workers each gives every client its own share. What protects the
answers is that nobody can guess them; this only keeps one client from making the database work.
"""

import ipaddress
import math
from collections import OrderedDict
from datetime import datetime, timedelta
from typing import Final

_IPV6_NETWORK: Final = 64  # what one household is given: whoever has one has all its addresses


class RateLimiter:
    """Counts each client's requests in windows of equal length.

    Args:
        requests_max: how many a client may make in one window.
        window_seconds: from its first request on.
        clients_max: of more than these the one that came longest ago is forgotten, so that memory is bounded.
    """

    def __init__(self, *, requests_max: int, window_seconds: int, clients_max: int) -> None:
        self._requests_max = requests_max
        self._window = timedelta(seconds=window_seconds)
        self._clients_max = clients_max
        self._seen: OrderedDict[str, tuple[datetime, int]] = OrderedDict()

    def __len__(self) -> int:
        """How many clients are remembered?"""
        return len(self._seen)

    def seconds_to_wait(self, client: str, *, now: datetime) -> int:
        """Count one request, and answer for how long the client must wait; 0: it need not."""
        since, count = self._seen.pop(client, (now, 0))
        if not since <= now < since + self._window:  # over, or of a clock that was set back
            since, count = now, 0
        count = min(count + 1, self._requests_max + 1)
        self._seen[client] = (since, count)
        while len(self._seen) > self._clients_max:
            self._seen.popitem(last=False)
        if count <= self._requests_max:
            return 0
        return math.ceil((since + self._window - now).total_seconds())


def client_of(host: str | None) -> str:
    """Under which name is a client counted? An IPv6 address by its network, one without an address with its likes.

    Example:
        >>> client_of("2001:db8:1:2:3:4:5:6"), client_of("::ffff:192.0.2.7"), client_of("192.0.2.7"), client_of(None)
        ('2001:db8:1:2::/64', '192.0.2.7', '192.0.2.7', 'unknown')
    """
    try:
        address = ipaddress.ip_address(host or "")
    except ValueError:
        return "unknown"
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((int(address), _IPV6_NETWORK), strict=False))
    return str(address)
