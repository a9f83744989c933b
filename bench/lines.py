"""Over which wires can the same question be asked?"""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

from bench import radius, wire


class Line(Protocol):
    """What a driver holds: one question under way at a time."""

    async def ask(self, raw: bytes) -> Any:  # noqa: ANN401 - an answer is its own wire's to read
        """Send one question and wait for its answer."""

    def close(self) -> None:
        """End."""


@dataclass(frozen=True, slots=True)
class Speech:
    """One wire: how a question is rendered, a line opened, an answer read.

    Args:
        outcome: `allow`, the class of the refusal, or what went wrong: no answer is taken on trust.
    """

    render: Callable[[str], bytes]
    open: Callable[[int], Awaitable[Line]]
    outcome: Callable[[bytes, Any], str]


def speech_of(name: str, secret: str) -> Speech:
    """How `http` or `radius` is spoken. `secret`: the switch's token, or what RADIUS signs with."""
    if name == "http":
        return Speech(partial(wire.render, token=secret), wire.Line.open, http_outcome_of)
    key = secret.encode()
    return Speech(radius.Renderer(key).render, radius.RadiusLine.open, partial(radius.outcome_of, secret=key))


def http_outcome_of(sent: bytes, answer: wire.Answer) -> str:
    """What callgate's answer says; it does not repeat the question."""
    del sent
    if answer.status != 200:  # noqa: PLR2004 - the one status that carries a decision
        return f"status {answer.status}"
    told: Any = json.loads(answer.body)
    if told["decision"] == "allow" and told["max_duration_seconds"] >= 1 and told["reason"] is None:
        return "allow"
    if told["decision"] == "deny" and told["max_duration_seconds"] == 0 and told["reason"] is not None:
        return str(told["reason"])
    return "no decision"
