"""When does something hold at last?"""

import time
from collections.abc import Callable

from callgate.clock import monotonic_seconds
from callgate.commands.terminal import Refusal

_LOOK_SECONDS = 0.1


class NotInTime(Refusal):
    """It did not hold within the time given."""


def wait_until(holds: Callable[[], object], what: str, *, seconds: float = 10) -> None:
    """Wait until `holds()` is true.

    Raises:
        NotInTime: it was not.
    """
    ends_at = monotonic_seconds() + seconds
    while not holds():
        if monotonic_seconds() >= ends_at:
            raise NotInTime(f"Not within {seconds:.0f} s: {what}.")
        time.sleep(_LOOK_SECONDS)
