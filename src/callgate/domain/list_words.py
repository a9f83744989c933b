"""In which words is a person inside told how their own list stands?

Safe words alone: each is true of the list and of the calendar, and none is chosen by a block. A number that a block
keeps from being called reads like any other on the list, and one that was struck out like one that the warden refused.
"""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import Final

Words = Mapping[str, str]
"""The same words in each language, by its code."""


class Standing(StrEnum):
    """How does one number stand, as its person may know it?"""

    ON_LIST = "on_list"
    WAITING = "waiting_for_warden"
    SUSPENDED = "suspended"
    NOT_APPROVED = "not_approved"


STANDING_WORDS: Final[Mapping[Standing, Words]] = MappingProxyType(
    {
        Standing.ON_LIST: {
            "en": "On your list. It can be called when calls are allowed.",
            "es": "En su lista. Se puede llamar cuando se permiten las llamadas.",
        },
        Standing.WAITING: {
            "en": "Waiting for the warden's decision.",
            "es": "En espera de la decisión del director del centro.",
        },
        Standing.SUSPENDED: {
            "en": "On your list, but suspended during your restriction.",
            "es": "En su lista, pero suspendido mientras dure su restricción.",
        },
        Standing.NOT_APPROVED: {"en": "Not approved.", "es": "No aprobado."},
    }
)


def tell_places(used: int, limit: int) -> Words:
    """How full is the list?

    Example:
        >>> tell_places(7, 10)["es"]
        'Ha usado 7 de 10 lugares de su lista.'
    """
    return {
        "en": f"{used} of the {limit} places on your list are used.",
        "es": f"Ha usado {used} de {limit} lugares de su lista.",
    }


def tell_next_change(opens_on: date | None) -> Words:
    """When may the list change again? None: now.

    Example:
        >>> tell_next_change(date(2026, 12, 20))["en"]
        'Your list may be changed again on 2026-12-20.'
    """
    if opens_on is None:
        return {"en": "Your list may be changed now.", "es": "Su lista se puede cambiar ahora."}
    day = opens_on.isoformat()
    return {
        "en": f"Your list may be changed again on {day}.",
        "es": f"Su lista se puede cambiar de nuevo el {day}.",
    }
