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


class StepWatch:
    """Has the clock gone back, so that what was already true might seem not to be so yet?

    A block that was set a minute ago would not be in force an hour ago, and a call that was begun then would seem over
    once the clock is right again. A clock that had been ahead and was put right is not behind: it agrees with what has
    passed since this process began, on the clock that never jumps.

    Example:
        >>> watch = StepWatch(datetime(2026, 11, 20, 17, tzinfo=UTC))
        >>> watch.is_behind(datetime(2026, 11, 20, 18, tzinfo=UTC))
        False
        >>> watch.is_behind(datetime(2026, 11, 20, 17, 30, tzinfo=UTC))
        True
        >>> watch.is_behind(datetime(2026, 11, 20, 17, 59, 59, tzinfo=UTC))
        False
        >>> watch.is_behind(datetime(2026, 11, 20, 17, tzinfo=UTC))
        False
    """

    TOLERANCE = timedelta(seconds=1)

    def __init__(self, now: datetime) -> None:
        """Begin at `now`."""
        self._began, self._began_at = now, monotonic_seconds()
        self._latest: datetime | None = None

    def is_behind(self, now: datetime) -> bool:
        """Is `now` earlier than an instant at which it was asked before, though not by being put right?"""
        latest = self._latest or now
        if now < latest - self.TOLERANCE:
            passed = timedelta(seconds=monotonic_seconds() - self._began_at)
            if abs(now - self._began - passed) > self.TOLERANCE:
                return True
            latest = now
        self._latest = max(latest, now)
        return False


def use_pinned_time_zones() -> None:
    """Read time zones from the pinned `tzdata` package alone, not from whatever this machine has installed.

    Two nodes with different zone files would close the same telephones at different instants.
    """
    zoneinfo.reset_tzpath(to=())
    zoneinfo.ZoneInfo.clear_cache()


def has_time_zones() -> bool:
    """Can a zone be read at all?"""
    try:
        zoneinfo.ZoneInfo.no_cache("America/New_York")
    except (zoneinfo.ZoneInfoNotFoundError, OSError, ValueError):
        return False
    return True


def monotonic_seconds() -> float:
    """Seconds on a clock that never jumps: for deadlines and latencies, never for facts."""
    return time.monotonic()


async def sleep_seconds(seconds: float) -> None:
    """Wait, without keeping anybody else waiting."""
    await asyncio.sleep(seconds)
