"""How is the day shown, and did everything come out as the rules say?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from callgate.commands import replay
from callgate.commands.demo.desk import Desk
from callgate.commands.demo.moves import Got, Step
from callgate.commands.demo.people import instant
from callgate.commands.demo.stage import Stage
from callgate.commands.terminal import say, table
from callgate.domain.verdict import REASONS_IN_ORDER
from callgate.store.replay import Chosen, open_log

_WIDTHS: Final = (3, 9, 44, 22)
_INDENT: Final = " " * sum(_WIDTHS[:2])
_ABSENT: Final = "absent"


@dataclass(slots=True)
class Day:
    """What came of it so far."""

    played: int = 0
    wrong: int = 0
    reasons: set[str] = field(default_factory=set)

    @property
    def unheard(self) -> list[str]:
        """Which reason classes did nobody hear?"""
        return [reason.value for reason in REASONS_IN_ORDER if reason.value not in self.reasons]


def play(desk: Desk, steps: Sequence[Step]) -> Day:
    """Play the steps in order and print each; every one stands for itself, so all are played whatever came before."""
    day = Day()
    _say_all(table([("", "LOCAL", "WHAT HAPPENS", "THE RULES SAY", "THE SERVICE SAYS")], widths=_WIDTHS))
    for step in steps:
        desk.stage.clock.stand_at(instant(step.time))
        got = step.move(desk)
        differing = [name for name, wanted in step.expected.items() if got.get(name, _ABSENT) != wanted]
        day.played += 1
        day.wrong += bool(differing)
        if got.get("decision") == "deny" and got.get("reason"):  # a problem answer says deny, and gives no reason
            day.reasons.add(got["reason"])
        _show(step, got, differing)
    return day


def decide_all_again(stage: Stage) -> bool:
    """Decide every recorded case again, as `callgate replay` does beside a running service; did all come out alike?"""
    with open_log(stage.database_url) as log:
        tally = replay.run(log, Chosen(), limit=None, as_json=False)
    return tally.decided_again > 0 and tally.differ == 0


def _show(step: Step, got: Got, differing: Sequence[str]) -> None:
    mark = "NO" if differing else "ok"
    _say_all(table([(mark, step.time, step.words, _label(step.expected), _label(got))], widths=_WIDTHS))
    for detail in _details(step, got):
        say(f"{_INDENT}{detail}")
    for name in differing:
        say(f"{_INDENT}{name}: expected {step.expected[name]}, got {got.get(name, _ABSENT)}")


def _label(members: Mapping[str, Any]) -> str:
    """An answer in a word or two."""
    if members.get("code"):
        return f"{members['status']} {members['code']}"
    if members.get("reason") in REASONS_IN_ORDER:
        return str(members["reason"])
    if members.get("decision") == "allow":
        return f"allow {members['max_duration_seconds']} s"
    if members.get("charge.amount") is not None:
        return f"charge {members['charge.amount']}"
    if members.get("action"):
        return str(members["action"])
    return f"done ({members['status']})"


def _details(step: Step, got: Got) -> list[str]:
    details = []
    if got.get("decision") == "allow" and step.expected.get("decision") == "allow":
        details.append(_terms(got))
    if "denied_by" in step.expected:
        denied_by = got.get("denied_by")
        details.append("shown: no findings" if denied_by is None else f"shown: denied by {', '.join(denied_by)}")
    if got.get("same_bytes"):
        details.append("the same bytes, with Idempotent-Replayed: true")
    elif got.get("replayed"):
        details.append("under the same decision, with Idempotent-Replayed: true")
    if got.get("alike"):
        details.append("word for word what other causes are told")
    if step.mend:
        details.append(f"-> {step.mend}")
    return details


def _terms(got: Got) -> str:
    price = (
        f"{got['rate_quote.per_minute']} {got['rate_quote.currency']} a minute, {got['rate_quote.max_charge']} at most"
    )
    recorded = "recorded" if got["record"] else "record: false"
    return f"{got['call_class']}, {price}, {recorded}; limited by {got['limiting_factor']}"


def _say_all(lines: Sequence[str]) -> None:
    for line in lines:
        say(line)
