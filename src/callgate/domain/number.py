"""What was dialled, once every spelling of it has become one?

Numbers are matched on `e164` alone, so a number has exactly one form here and a text that is no number has none:
nothing that was refused can be found on a list, or slip past a block. The parsing is `flows/dialling.py`.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

# A short code keeps its bare digits: it belongs to one region and has no international form.
_E164 = re.compile(r"\+[1-9][0-9]{3,14}")
_SHORT_CODE = re.compile(r"[0-9]{2,6}")
_REGION = re.compile(r"[A-Z]{2}")


class NumberKind(StrEnum):
    """What sort of line is it? Policies name the kinds that nobody may list or call."""

    ORDINARY = "ordinary"
    TOLL_FREE = "toll_free"
    PREMIUM = "premium"
    SHARED_COST = "shared_cost"
    PERSONAL = "personal"
    VOIP = "voip"
    PAGER = "pager"
    SATELLITE = "satellite"
    EMERGENCY = "emergency"
    DIRECTORY = "directory"
    SHORT_CODE = "short_code"
    UNKNOWN = "unknown"


class NumberProblem(StrEnum):
    """Why can what was dialled not be called at all?

    `DIAL_AROUND`: a prefix that hands the call to another carrier or to an operator. `EXTRA_DIGITS`: a whole number
    with more behind it, or digits to be sent after the answer. `NOT_ASSIGNED`: the right length, but no such code.
    """

    EMPTY = "empty"
    LETTERS = "letters"
    FEATURE_CODE = "feature_code"
    EXTRA_DIGITS = "extra_digits"
    DIAL_AROUND = "dial_around"
    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    NOT_ASSIGNED = "not_assigned"
    NOT_A_NUMBER = "not_a_number"


_KINDS = frozenset(NumberKind)
_PROBLEMS = frozenset(NumberProblem)


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """What was dialled, after normalisation.

    Every field is a plain JSON value. Either there is no `problem` and an `e164` (bare digits for a short code), or
    there is a problem and no `e164`: half-read digits must never be matched against anything.

    Attributes:
        e164: `+` and the digits, or a short code's digits.
        region: ISO 3166 code; None where the number belongs to no country (satellite, international toll-free) or to
            nobody.
        kind: one of `NumberKind`; beside a problem, what the digits were aiming at as far as that is plain.
        problem: one of `NumberProblem`, or None.

    Raises:
        ValueError: a field holds anything else. The message never repeats the value.

    Example:
        >>> attorney = Number(e164="+18605550123", region="US", kind="ordinary")
        >>> attorney.is_dialable
        True
        >>> Number(problem="letters").is_dialable
        False
        >>> Number(e164="+18605550123", problem="extra_digits")
        Traceback (most recent call last):
        ...
        ValueError: a number has either an e164 or a problem
    """

    e164: str | None = None
    region: str | None = None
    kind: str = NumberKind.UNKNOWN
    problem: str | None = None

    def __post_init__(self) -> None:
        """Hold the invariants."""
        if (self.e164 is None) == (self.problem is None):
            raise ValueError("a number has either an e164 or a problem")
        if self.problem is not None and self.problem not in _PROBLEMS:
            raise ValueError("problem is not one of NumberProblem")
        if self.kind not in _KINDS:
            raise ValueError("kind is not one of NumberKind")
        if self.e164 is not None and not is_canonical(self.e164):
            raise ValueError("e164 is neither + and 4 to 15 digits nor a short code")
        if self.region is not None and not _REGION.fullmatch(self.region):
            raise ValueError("region is not two capital letters")

    @property
    def is_dialable(self) -> bool:
        """Is it a number that a telephone network could put through, allowed or not?"""
        return self.problem is None


def is_canonical(text: str) -> bool:
    """Is this text a number in the one form that lists, blocks and answers use?

    Example:
        >>> [is_canonical(text) for text in ("+18605550123", "988", "8605550123", "+1 860 555 0123", "")]
        [True, True, False, False, False]
    """
    return bool(_E164.fullmatch(text) or _SHORT_CODE.fullmatch(text))
