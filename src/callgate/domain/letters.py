"""What is written to somebody who asked not to be called?

The words are data, one file a language; here they are put together. No letter names the person inside, and none says
whether anybody had the number on a list: whoever asks may be somebody else than they say.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from string import Template
from typing import Final

LANGUAGES: Final = ("en", "es")
_EMPTY_LINES: Final = re.compile(r"\n{3,}")
_MONTHS: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterTexts:
    """The words of one language.

    Args:
        months: their names, January first.
        day: how a day is written, of `$day`, `$month` and `$year`.
        confirmation: `letter` and the paragraphs that it chooses from.
        reply: `granted`, `refused` and theirs.

    Raises:
        ValueError: not twelve months.
    """

    months: Sequence[str]
    day: str
    confirmation: Mapping[str, str]
    reply: Mapping[str, str]

    def __post_init__(self) -> None:
        """Hold the invariant."""
        if len(self.months) != _MONTHS:
            raise ValueError("a year has twelve months")


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterFacts:
    """What a letter tells, all of it known to whoever asked.

    Args:
        number: as people write it.
        written_on: the day on the confirmation, the facility's.
        names_person: the request was about one person, whom the letter does not name.
        was_blocked: the number was blocked when the request was taken in.
        tracking_days: for how long after the decision the tracking code works.
        decided_on: None while it is open.
        decided_scope: `inmate` or `facility` once it is granted.
    """

    reference: str
    requester_name: str
    facility_name: str
    number: str
    written_on: date
    received_on: date
    due_on: date
    names_person: bool
    was_blocked: bool
    identity_checked: bool
    tracking_days: int
    is_granted: bool = False
    decided_on: date | None = None
    decided_scope: str | None = None


def write_confirmation(texts: LetterTexts, facts: LetterFacts, *, tracking_code: str | None) -> str:
    """The letter that says that a request was taken in and what holds from now on.

    Args:
        tracking_code: as it is shown this once; None: the letter is written again, and only says that there was one.
    """
    words = texts.confirmation
    effect = "none" if not facts.was_blocked else "inmate" if facts.names_person else "facility"
    tracking = words["tracking_without_code" if tracking_code is None else "tracking_with_code"]
    return _fill(
        words["letter"],
        **_named(texts, facts),
        written_on=_day(texts, facts.written_on),
        due_on=_day(texts, facts.due_on),
        effect=words[f"effect_{effect}"],
        identity=words["identity_checked" if facts.identity_checked else "identity_unchecked"],
        tracking=_fill(tracking, tracking_code=tracking_code or "", tracking_days=str(facts.tracking_days)).strip(),
    )


def write_reply(texts: LetterTexts, facts: LetterFacts) -> str | None:
    """The letter that says what was decided, and after a refusal what can be done next; None while it is open."""
    if facts.decided_on is None:
        return None
    words, day = texts.reply, _day(texts, facts.decided_on)
    ended = _fill(words["ended" if facts.was_blocked else "not_ended"], decided_on=day).strip()
    effect = words[f"granted_{facts.decided_scope}"] if facts.is_granted else ""
    chosen = words["granted" if facts.is_granted else "refused"]
    return _fill(chosen, **_named(texts, facts), written_on=day, effect=effect, ended=ended)


def _named(texts: LetterTexts, facts: LetterFacts) -> dict[str, str]:
    return {
        "facility_name": facts.facility_name,
        "requester_name": facts.requester_name,
        "number": facts.number,
        "received_on": _day(texts, facts.received_on),
        "reference": facts.reference,
    }


def _day(texts: LetterTexts, day: date) -> str:
    """A day in words: nobody has to guess which figure is the month."""
    return _fill(texts.day, day=str(day.day), month=texts.months[day.month - 1], year=str(day.year)).strip()


def _fill(template: str, **values: str) -> str:
    """Fill in, close up what came out empty, and end with one line end. What is filled in is never read again."""
    filled = Template(template).substitute(values)
    lines = "\n".join(line.rstrip() for line in filled.strip().splitlines())
    return _EMPTY_LINES.sub("\n\n", lines) + "\n"
