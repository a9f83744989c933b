"""What was asked and what was heard, by whom and when? Every request of a run and every answer to it, kept whole."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from tests.outages.line import Reply

_OK: Final = 200
UNAVAILABLE: Final = 503


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One authorize request. `began` and `ended` on one clock that never jumps."""

    call_id: str
    inmate_id: str
    number: str
    began: float
    ended: float
    reply: Reply

    @property
    def answer(self) -> dict[str, Any] | None:
        """The decision; None: there was none."""
        if self.reply.status != _OK:
            return None
        told: dict[str, Any] = json.loads(self.reply.body)
        return told

    @property
    def is_allowed(self) -> bool:
        """Was it answered allow?"""
        answer = self.answer
        return answer is not None and answer["decision"] == "allow"

    @property
    def outcome(self) -> str:
        """What it came to, in a word."""
        answer = self.answer
        if answer is not None:
            return str(answer["decision"])
        return self.reply.cause or str(self.reply.status)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """One report of a call's end."""

    call_id: str
    began: float
    ended: float
    reply: Reply

    @property
    def is_acknowledged(self) -> bool:
        """Was it taken?"""
        return self.reply.status == _OK

    @property
    def outcome(self) -> str:
        """What it came to, in a word."""
        return "taken" if self.is_acknowledged else self.reply.cause or str(self.reply.status)


@dataclass(slots=True)
class History:
    """Everything of one run, in the order in which it was answered."""

    asked: list[Asked] = field(default_factory=list)
    ended: list[Ended] = field(default_factory=list)

    def everything(self) -> list[Asked | Ended]:
        """Attempts and reports."""
        return [*self.asked, *self.ended]

    def decisions(self) -> Iterator[tuple[Asked, dict[str, Any]]]:
        """Every answer that was a decision."""
        for one in self.asked:
            answer = one.answer
            if answer is not None:
                yield one, answer

    def between(self, since: float, until: float) -> "History":
        """What was answered in that time."""
        return History(
            [one for one in self.asked if since <= one.ended <= until],
            [one for one in self.ended if since <= one.ended <= until],
        )
