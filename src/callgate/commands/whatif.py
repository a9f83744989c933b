"""`callgate whatif`: who would newly be allowed or denied under another policy?"""

import json
import os
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Final

import typer

from callgate.commands.recorded import instant_of, open_source, watched
from callgate.commands.terminal import AsJson, Refusal, examples, say
from callgate.domain.instants import to_wire
from callgate.domain.policy import Policy
from callgate.flows.what_if import Change, Effect
from callgate.flows.what_if_many import Question, judge_each
from callgate.policies import document_of, load_profile, read_profile
from callgate.settings import load_settings
from callgate.store.replay import Chosen

EXAMPLES = examples(
    "callgate policies ct-doc --toml > ct-doc.toml",
    "callgate whatif --profile ct-doc.toml --from 2026-11-01 --to 2026-12-01",
    "callgate whatif --profile ny-doccs --facility mci --json",
)
_SENTENCES: Final[Mapping[Effect, str]] = MappingProxyType(
    {
        Effect.SAME: "come out as they did",
        Effect.NEWLY_ALLOWED: "would newly be allowed",
        Effect.NEWLY_DENIED: "would newly be denied",
        Effect.SHORTENED: "would be granted less time",
        Effect.LENGTHENED: "would be granted more time",
        Effect.DIFFERENT: "would hear something else beside the same decision",
        Effect.CANNOT_TELL: "cannot tell: a fact that this policy needs was not recorded",
        Effect.UNREADABLE: "do not come out as recorded even under their own policy: run `callgate replay`",
        Effect.NOT_CONCERNED: "are not concerned: another place's law, or refused before any was asked",
    }
)


@dataclass(slots=True)
class Sums:
    """How many came out in which way, and by which checks."""

    effects: Counter[Effect] = field(default_factory=Counter)
    causes: Counter[tuple[Effect, str]] = field(default_factory=Counter)

    def add(self, outcome: Effect | Change) -> None:
        """Count one, under each of its checks; where no check makes the difference, under what it says instead."""
        if isinstance(outcome, Effect):
            self.effects[outcome] += 1
            return
        self.effects[outcome.effect] += 1
        self.causes.update((outcome.effect, cause) for cause in outcome.checks or (outcome.why,))

    def members(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "decided_again": self.effects.total(),
            **{effect.value: self.effects[effect] for effect in Effect},
            "causes": [
                {"effect": effect.value, "cause": cause, "count": count}
                for (effect, cause), count in self.causes.most_common()
            ],
        }


def whatif(
    *,
    profile: Annotated[str, typer.Option(help="The policy to try: a TOML file, or the name of a known profile.")],
    since: Annotated[
        str | None, typer.Option("--from", help="From this instant or UTC day on.", metavar="WHEN")
    ] = None,
    until: Annotated[str | None, typer.Option("--to", help="Before this instant or UTC day.", metavar="WHEN")] = None,
    facility: Annotated[
        list[str] | None,
        typer.Option(help="As if it were this facility's law. Default: wherever the profile of its name is."),
    ] = None,
    sums_only: Annotated[bool, typer.Option("--sums-only", help="Count the changes and name none of them.")] = False,
    corpus: Annotated[Path | None, typer.Option(help="Read the cases from this file, not the database.")] = None,
    workers: Annotated[int, typer.Option(min=1, help="Processes that judge. Default: one a core.")] = os.cpu_count()
    or 1,
    as_json: AsJson = False,
) -> None:
    """Try another policy on recorded attempts.

    Names every one that would newly be allowed or denied or get another length, and the checks that make it so.
    Each attempt is judged by itself: what one call's new length does to the next one is not followed. Reads the
    database beside a running service and changes nothing.
    """
    draft = _load(profile)
    chosen = Chosen(since=instant_of(since), until=instant_of(until), kind="decision")
    with open_source(corpus) as source:
        question = Question(
            draft=document_of(draft),
            documents=dict(source.documents()),
            facilities=None if facility is None else frozenset(facility),
        )
        outcomes = judge_each(question, watched(source, chosen, label="trying the policy"), workers=workers)
        tell = _tell_json if as_json else _tell
        tell(outcomes, draft, sums_only=sums_only)


def _load(profile: str) -> Policy:
    path = Path(profile)
    if path.suffix != ".toml":
        return load_profile(profile, directory=load_settings().policy_dir)
    try:
        return read_profile(path.read_bytes(), file_name=path.name)
    except OSError as error:
        raise Refusal(f"{profile} cannot be read ({type(error).__name__}).") from None


def _tell(outcomes: Iterator[Effect | Change], draft: Policy, *, sums_only: bool) -> None:
    sums = Sums()
    for outcome in outcomes:
        sums.add(outcome)
        if isinstance(outcome, Change) and not sums_only:
            say(_line(outcome))
    say(f"Of {sums.effects.total()} recorded attempts, under {draft.label}:")
    for effect in Effect:
        if sums.effects[effect] or effect is Effect.SAME:
            say(f"{sums.effects[effect]:>10}  {_SENTENCES[effect]}")
        for (of, name), count in sums.causes.most_common():
            if of is effect:
                say(f"{count:>14}  {name}")


def _tell_json(outcomes: Iterator[Effect | Change], draft: Policy, *, sums_only: bool) -> None:
    sums = Sums()
    typer.echo('{"changes": [', nl=False)
    told = False
    for outcome in outcomes:
        sums.add(outcome)
        if isinstance(outcome, Change) and not sums_only:
            typer.echo(("," if told else "") + "\n  " + json.dumps(_members(outcome), ensure_ascii=False), nl=False)
            told = True
    typer.echo("], " + json.dumps({"policy": draft.label, **sums.members()}, ensure_ascii=False)[1:])


def _line(change: Change) -> str:
    who = "nobody identified" if change.inmate_id is None else change.inmate_id
    lengths = f" {change.recorded_seconds} s -> {change.again_seconds} s"
    length = "" if change.recorded_seconds == change.again_seconds else lengths
    cause = "; ".join(part for part in (", ".join(change.checks), change.why) if part)
    words = change.effect.value.replace("_", " ")
    return f"{words}: {to_wire(change.decided_at)} {change.facility_id} {who} {change.decision_id}{length} ({cause})"


def _members(change: Change) -> dict[str, Any]:
    return {**asdict(change), "decided_at": to_wire(change.decided_at), "checks": list(change.checks)}
