"""What stands in a letter to somebody who asked not to be called, and what never does?"""

import re
from dataclasses import replace
from datetime import date
from itertools import product
from string import Template

import pytest

from callgate.domain.letters import LANGUAGES, LetterFacts, LetterTexts, write_confirmation, write_reply
from callgate.flows.removal_letters import load_texts

pytestmark = pytest.mark.feature("F19")

FACTS = LetterFacts(
    reference="01a1f9e6-9280-70ed-9ebd-db6a564882a3",
    requester_name="Ruth $number Doe",
    facility_name="Osborn CI",
    number="+1 860-555-0123",
    written_on=date(2026, 11, 20),
    received_on=date(2026, 11, 18),
    due_on=date(2026, 11, 25),
    names_person=False,
    was_blocked=True,
    identity_checked=True,
    tracking_days=90,
)
DAYS = {"en": ("November 18, 2026", "November 25, 2026"), "es": ("18 de noviembre de 2026", "25 de noviembre de 2026")}
# Whether anybody had the number, and who is held: neither can be said by whoever may not know it.
NEVER = re.compile(r"\b(list|lists|listed|lista|listas)\b|inmate|None|\$(?!number Doe)", re.IGNORECASE)


def every_letter(texts: LetterTexts) -> list[str]:
    """All that can be written in one language."""
    letters: list[str | None] = []
    for person, blocked, checked, code in product((True, False), (True, False), (True, False), (None, "the-code")):
        facts = replace(FACTS, names_person=person, was_blocked=blocked, identity_checked=checked)
        letters.append(write_confirmation(texts, facts, tracking_code=code))
        for granted, scope in ((True, "inmate"), (True, "facility"), (False, None)):
            decided = replace(facts, is_granted=granted, decided_on=date(2026, 11, 24), decided_scope=scope)
            letters.append(write_reply(texts, decided))
    return [letter for letter in letters if letter is not None]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_letter_is_whole_and_tells_nobody_whom_or_whose_list(language: str) -> None:
    letters = every_letter(load_texts(language))
    assert len(letters) == 16 * (1 + 3)
    for letter in letters:
        assert NEVER.search(letter) is None, letter
        assert "\n\n\n" not in letter
        assert "  " not in letter
        assert not any(line != line.strip() for line in letter.splitlines())
        for told in (FACTS.requester_name, FACTS.facility_name, FACTS.number, FACTS.reference, DAYS[language][0]):
            assert told in letter


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_confirmation_has_the_code_once_and_the_last_day(language: str) -> None:
    texts = load_texts(language)
    shown = write_confirmation(texts, FACTS, tracking_code="the-code")
    again = write_confirmation(texts, FACTS, tracking_code=None)
    assert (shown.count("the-code"), again.count("the-code")) == (1, 0)
    for letter in (shown, again):
        assert DAYS[language][1] in letter
        assert "90" in letter


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_told_depends_on_what_holds(language: str) -> None:
    texts = load_texts(language)
    person, blocked = replace(FACTS, names_person=True), replace(FACTS, was_blocked=False)
    confirmations = {
        write_confirmation(texts, facts, tracking_code=None)
        for facts in (FACTS, person, blocked, replace(FACTS, identity_checked=False))
    }
    assert len(confirmations) == 4
    refused = replace(FACTS, decided_on=date(2026, 11, 24))
    granted = replace(refused, is_granted=True, decided_scope="facility")
    replies = {
        write_reply(texts, facts)
        for facts in (refused, replace(refused, was_blocked=False), granted, replace(granted, decided_scope="inmate"))
    }
    assert len(replies) == 4


@pytest.mark.parametrize("language", LANGUAGES)
def test_there_is_no_reply_before_the_decision(language: str) -> None:
    assert write_reply(load_texts(language), FACTS) is None


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_refusal_says_what_can_be_done_next(language: str) -> None:
    reply = write_reply(load_texts(language), replace(FACTS, decided_on=date(2026, 11, 24)))
    assert reply is not None
    assert len([line for line in reply.splitlines() if line.startswith("- ")]) >= 5


def test_both_languages_have_the_same_letters_with_the_same_names_in_them() -> None:
    english, spanish = (load_texts(language) for language in LANGUAGES)
    for part in ("confirmation", "reply"):
        one, other = getattr(english, part), getattr(spanish, part)
        assert one.keys() == other.keys()
        for name in one:
            assert sorted(Template(one[name]).get_identifiers()) == sorted(Template(other[name]).get_identifiers()), (
                name
            )


@pytest.mark.parametrize(("language", "longest"), [("en", 20), ("es", 22)])
def test_sentences_are_short(language: str, longest: int) -> None:
    texts = load_texts(language)
    for part in (texts.confirmation, texts.reply):
        for name, text in part.items():
            sentences = re.split(r"[.:!?]\s|\n\n", text.replace("$", ""))
            too_long = [sentence for sentence in sentences if len(sentence.split()) > longest + 10]
            assert too_long == [], name
            words = [len(sentence.split()) for sentence in sentences if sentence.strip()]
            assert not words or sum(words) / len(words) <= longest, name


def test_a_year_has_twelve_months() -> None:
    with pytest.raises(ValueError, match="twelve"):
        replace(load_texts("en"), months=("January",))


def test_a_facility_and_a_name_may_look_like_a_placeholder() -> None:
    """What is filled in is never read again, whatever stands in it."""
    letter = write_confirmation(load_texts("en"), replace(FACTS, facility_name="$reference"), tracking_code="$due_on")
    assert letter.count("$reference") >= 2
    assert "$due_on" in letter
