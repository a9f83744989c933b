"""What does every flow work with?"""

from collections.abc import Mapping
from dataclasses import dataclass

from callgate.clock import Clock, StepWatch
from callgate.domain.pin import PinKeys
from callgate.domain.policy import Policy
from callgate.domain.rates import CapPeriod
from callgate.settings import Settings
from callgate.store.database import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """One running callgate: its records, its clock, its law and its keys.

    `policies` by profile name, as read at start; what a facility's `profile` names is looked up here.
    """

    settings: Settings
    database: Database
    clock: Clock
    steps: StepWatch
    policies: Mapping[str, Policy]
    caps: tuple[CapPeriod, ...]
    pin_keys: PinKeys
