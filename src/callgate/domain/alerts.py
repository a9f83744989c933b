"""What does callgate tell staff by itself, and what does each of these alerts mean?

An alert is told once for each subject, to wardens and security alone. None of them carries a number or names whoever
asked to be left alone: the ids in it lead to what its reader may see.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class AlertKind(StrEnum):
    """What can an alert be about? A closed set, told in the OpenAPI file."""

    BLOCK_ENDS_SOON = "block_ends_soon"
    CALL_DIVERTED = "call_diverted"
    CHECK_FAILED = "check_failed"
    DIVERTED_TO_BLOCKED_NUMBER = "diverted_to_blocked_number"
    NUMBER_PROBING = "number_probing"
    PENDING_NUMBER_OVERDUE = "pending_number_overdue"
    PIN_GUESSING = "pin_guessing"
    PRIVILEGED_CALL_RECORDED = "privileged_call_recorded"
    PRIVILEGED_NUMBER_BLOCKED = "privileged_number_blocked"
    PROTECTED_NUMBER_DIALLED = "protected_number_dialled"
    PROTECTED_NUMBER_SUBMITTED = "protected_number_submitted"
    REMOVAL_OF_COMMON_NUMBER = "removal_of_common_number"
    REMOVAL_OVERDUE = "removal_overdue"
    RESTRICTIONS_STACKED = "restrictions_stacked"
    THREE_WAY_SUSPECTED = "three_way_suspected"


class IncidentKind(StrEnum):
    """What must be looked into and closed by somebody? A closed set too."""

    PRIVILEGED_CALL_RECORDED = "privileged_call_recorded"


MEANINGS: Final[Mapping[AlertKind, str]] = MappingProxyType(
    {
        AlertKind.BLOCK_ENDS_SOON: "A block runs out within the profile's warning time, and binds nobody from then on.",
        AlertKind.CALL_DIVERTED: "A switch reported that a call was taken to another number than the one called.",
        AlertKind.CHECK_FAILED: "A check could not be made, so the call was refused: a record needs repair.",
        AlertKind.DIVERTED_TO_BLOCKED_NUMBER: "A call was diverted to a number blocked for its caller, and cut.",
        AlertKind.NUMBER_PROBING: "One person, or one telephone, tried many different unavailable numbers in one day.",
        AlertKind.PENDING_NUMBER_OVERDUE: "A number has waited for the warden past the profile's business days.",
        AlertKind.PIN_GUESSING: "Wrong PINs at this telephone look like guessing.",
        AlertKind.PRIVILEGED_CALL_RECORDED: "A switch reported that it recorded a privileged call; see the incident.",
        AlertKind.PRIVILEGED_NUMBER_BLOCKED: "A block took a verified lawyer's or consulate's number out of reach.",
        AlertKind.PROTECTED_NUMBER_DIALLED: "Somebody dialled a number that is protected from them.",
        AlertKind.PROTECTED_NUMBER_SUBMITTED: "Somebody asked to call a number that is protected from them.",
        AlertKind.REMOVAL_OF_COMMON_NUMBER: "Somebody asked that a common number be removed; nothing was blocked.",
        AlertKind.REMOVAL_OVERDUE: "A removal request was not decided by the day it was due.",
        AlertKind.RESTRICTIONS_STACKED: "A person's restrictions add up to more than the profile looks on at.",
        AlertKind.THREE_WAY_SUSPECTED: "A switch suspects a third party on a call; such suspicions are often false.",
    }
)
"""What each kind means, in a sentence. Complete, which a test holds it to."""

UNCOUNTED: Final = frozenset(
    {
        AlertKind.CALL_DIVERTED,  # which is what a diversion to a number without a block is told as
        AlertKind.DIVERTED_TO_BLOCKED_NUMBER,
        AlertKind.PRIVILEGED_NUMBER_BLOCKED,
        AlertKind.PROTECTED_NUMBER_DIALLED,
        AlertKind.PROTECTED_NUMBER_SUBMITTED,
    }
)
"""Kinds that no metric counts: who sees a counter move beside a call or a list change would learn of a block."""
