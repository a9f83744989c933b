"""What time is it? The only file that asks."""

import asyncio
import time
import zoneinfo
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Whatever can say the present instant, aware and in UTC."""

    def now(self) -> datetime:
        """The present instant."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The present instant by this machine."""
        return datetime.now(UTC)


class ShiftedClock:
    """A clock that runs as fast as the machine's but can be set to any instant.

    The demonstration brings it into the real application, and tests stand on the second before closing with it.
    """

    def __init__(self, start: datetime, *, running: bool = True) -> None:
        """Start at `start`; a clock that is not running moves only when it is set."""
        self._running = running
        self._set_at = datetime.now(UTC)
        self._start = start

    def now(self) -> datetime:
        """The instant that was set, plus what has passed since if the clock runs."""
        elapsed = datetime.now(UTC) - self._set_at if self._running else timedelta(0)
        return self._start + elapsed

    def set(self, instant: datetime) -> None:
        """Go to `instant`, forwards or back."""
        self._set_at = datetime.now(UTC)
        self._start = instant

    def advance(self, seconds: float) -> None:
        """Go forwards by `seconds`."""
        self.set(self.now() + timedelta(seconds=seconds))


def use_pinned_time_zones() -> None:
    """Read time zones from the pinned `tzdata` package alone, not from whatever this machine has installed.

    Two nodes with different zone files would close the same telephones at different instants.
    """
    zoneinfo.reset_tzpath(to=())
    zoneinfo.ZoneInfo.clear_cache()


def monotonic_seconds() -> float:
    """Seconds on a clock that never jumps: for deadlines and latencies, never for facts."""
    return time.monotonic()


async def sleep_seconds(seconds: float) -> None:
    """Wait, without keeping anybody else waiting."""
    await asyncio.sleep(seconds)
