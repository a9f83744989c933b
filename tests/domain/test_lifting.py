"""Who can end a block, by kind: the same people whom the lifting lets in."""

import pytest

from callgate.domain.lifting import list_lifters, tell_lifters
from callgate.domain.roles import VICTIM_CLASS

OTHER_KINDS = ("called_party", "facility", "guardian", "investigation")


@pytest.mark.feature("F22")
def test_a_victims_block_takes_two_people_and_any_other_one() -> None:
    for kind in VICTIM_CLASS:
        assert list_lifters(kind) == [["victim_services"], ["victim_services", "warden"]]
    for kind in OTHER_KINDS:
        assert list_lifters(kind) == [["security", "warden"]]


@pytest.mark.feature("F22")
def test_the_words_name_the_same_people() -> None:
    for kind in (*VICTIM_CLASS, *OTHER_KINDS):
        words = tell_lifters(kind, scope="inmate", provisional=False)
        for role in {role for person in list_lifters(kind) for role in person}:
            assert role.replace("_", " ") in words.lower()
        assert "every facility" in tell_lifters(kind, scope="system", provisional=False)
        assert tell_lifters(kind, scope="inmate", provisional=True).startswith("Nobody lifts it")
