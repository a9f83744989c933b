"""What happens on the demonstration's day? Every step of it, in order."""

from typing import Final

from callgate.commands.demo.evening import AFTERNOON, EVENING, NOON
from callgate.commands.demo.morning import LATE_MORNING, MORNING
from callgate.commands.demo.moves import Step

STEPS: Final[tuple[Step, ...]] = (*MORNING, *LATE_MORNING, *NOON, *AFTERNOON, *EVENING)
