"""How is one value of a policy file written?

Never bare: `{ value = 900, source = "AD 10.7", mark = "S" }`. A figure whose source nobody wrote down cannot be checked
by anybody later, so the format has no place for one.
"""

import re
from collections.abc import Collection
from typing import Annotated, Final, Generic, Literal, TypeVar

from phonenumbers import SUPPORTED_REGIONS
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from callgate.domain.policy import Clause
from callgate.domain.rates import MEDIA, PAYMENT_TYPES

T = TypeVar("T")

NONE_WORD: Final = "none"

_AMOUNT: Final = re.compile(r"(0|[1-9][0-9]{0,2})\.[0-9]{2,6}")
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_WALL_TIME: Final = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]|24:00")


def one_of(allowed: Collection[str]) -> AfterValidator:
    """A text that must be one of these; the message names them."""

    def check(text: str) -> str:
        if text not in allowed:
            raise ValueError(f"must be one of {', '.join(sorted(allowed))}")
        return text

    return AfterValidator(check)


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _not_blank(text: str) -> str:
    if not text:
        raise ValueError("must not be empty")
    return text


def _without_repeats(items: list[T]) -> list[T]:
    if len({repr(item) for item in items}) < len(items):
        raise ValueError("must not name the same thing twice")
    return items


def _none_if_said(value: object) -> object:
    # TOML has no null, and silence would not say whether anybody looked: "no ceiling" is written out, with its source.
    return None if value == NONE_WORD else value


def _amount(value: object) -> object:
    # Before the type is looked at, so that 0.21 without quotes hears why it needs them.
    if not isinstance(value, str) or not _AMOUNT.fullmatch(value):
        raise ValueError('must be an amount in quotes with 2 to 6 decimals, such as "0.21"')
    return value


def _wall_time(text: str) -> str:
    if not _WALL_TIME.fullmatch(text):
        raise ValueError('must be a time of day in quotes, from "00:00" to "24:00"')
    return text


def _region(code: str) -> str:
    # Known ones only: `UK` is well formed, opens nothing, and nobody would notice until somebody's calls were refused.
    if code not in SUPPORTED_REGIONS:
        raise ValueError("must be an ISO 3166 code of two capital letters that has telephone numbers, such as PR")
    return code


def _name(text: str) -> str:
    if not _NAME.fullmatch(text):
        raise ValueError("must be lower-case letters, digits and hyphens, 64 at most")
    return text


Mark = Literal["S", "S2", "M", "NF"]
PaymentType = Annotated[str, one_of(PAYMENT_TYPES)]
Medium = Annotated[str, one_of(MEDIA)]
Text = Annotated[str, AfterValidator(_one_line), AfterValidator(_not_blank), Field(max_length=2000)]
Name = Annotated[str, AfterValidator(_name)]
Unique = Annotated[list[T], AfterValidator(_without_repeats)]
# Bounds a hundred times beyond any figure met, so that a slip of the keyboard is found and no jurisdiction is kept out.
Count = Annotated[int, Field(ge=1, le=100_000)]
Days = Annotated[int, Field(ge=0, le=36_500)]
Seconds = Annotated[int, Field(ge=1, le=86_400)]
OrNone = Annotated[T | None, BeforeValidator(_none_if_said)]
# A decimal string, because 0.21 as a float is not 0.21.
Money = Annotated[str, BeforeValidator(_amount)]
WallTime = Annotated[str, AfterValidator(_wall_time)]
Region = Annotated[str, AfterValidator(_region)]


class Strict(BaseModel):
    """A table in which every key is known and every value has the type it was written with."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, hide_input_in_errors=True)


class Leaf(Strict, Generic[T]):
    """One value with its source and how sure that is."""

    value: T
    source: Text
    mark: Mark


class Sourced(Strict):
    """A table of several keys that share one source: a check's clause, a tariff, a period."""

    source: Text
    mark: Mark

    def to_clause(self) -> Clause:
        """The source as the domain knows it."""
        return Clause(source=self.source, mark=self.mark)
