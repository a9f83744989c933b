"""Are the words for the person inside there in both languages, different, and free of every cause?"""

import pytest

from callgate.domain.list_words import STANDING_WORDS, Standing, tell_next_change, tell_places

LANGUAGES = {"en", "es"}


@pytest.mark.feature("F15")
def test_every_standing_has_its_own_words_in_both_languages() -> None:
    assert STANDING_WORDS.keys() == set(Standing)
    for language in LANGUAGES:
        assert len({words[language] for words in STANDING_WORDS.values()}) == len(Standing)
    assert all(words.keys() == LANGUAGES for words in STANDING_WORDS.values())


@pytest.mark.feature("F15")
def test_no_word_tells_of_a_block_or_of_whoever_asked_for_it() -> None:
    told = " ".join(words[language].lower() for words in STANDING_WORDS.values() for language in LANGUAGES)
    forbidden = (
        "block",
        "victim",
        "court",
        "owner",
        "protect",
        "bloque",
        "víctima",
        "juez",
        "tribunal",
        "dueñ",
        "refus",
    )
    assert not [word for word in forbidden if word in told]


def test_the_places_and_the_next_change_are_told_in_both_languages() -> None:
    for words in (tell_places(0, 10), tell_next_change(None)):
        assert words.keys() == LANGUAGES
        assert words["en"] != words["es"]
