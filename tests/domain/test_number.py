"""One form for a number, and none for what is no number."""

import json
from dataclasses import FrozenInstanceError, asdict

import pytest

from callgate.domain.number import Number, NumberKind, NumberProblem, is_canonical


@pytest.mark.parametrize(
    "e164",
    [
        *(
            "",
            "+",
            "+0123456",
            "+123",
            "+1234567890123456",
            "8605550123",
            "+1860555012a",
            "+1 8605550123",
            "1",
            "1234567",
        ),
        *("+18605550123\n", "988\n", "\uff19\uff18\uff18"),  # the last in full-width digits
    ],
)
def test_refuses_an_e164_that_is_not_in_the_one_form(e164: str) -> None:
    with pytest.raises(ValueError, match="e164"):
        Number(e164=e164)
    assert not is_canonical(e164)


@pytest.mark.parametrize("e164", ["+1234", "+123456789012345", "+18605550123", "11", "988", "116123"])
def test_takes_an_e164_at_either_end_of_its_length(e164: str) -> None:
    assert Number(e164=e164).is_dialable
    assert is_canonical(e164)


@pytest.mark.parametrize("fields", [{}, {"e164": "+18605550123", "problem": "too_long"}])
def test_a_number_has_either_an_e164_or_a_problem(fields: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="either"):
        Number(**fields)


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"problem": "rude"}, "problem"),
        ({"problem": ""}, "problem"),
        ({"problem": "letters", "kind": "friendly"}, "kind"),
        ({"e164": "988", "region": "us"}, "region"),
        ({"e164": "988", "region": "001"}, "region"),
        ({"e164": "988", "region": "USA"}, "region"),
        ({"e164": "988", "region": ""}, "region"),
    ],
)
def test_refuses_a_word_that_it_does_not_know(fields: dict[str, str], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        Number(**fields)


def test_never_repeats_a_refused_value() -> None:
    with pytest.raises(ValueError, match="e164") as caught:
        Number(e164="4444 1234")
    assert "4444" not in str(caught.value)


def test_cannot_be_changed() -> None:
    number = Number(e164="988")
    with pytest.raises(FrozenInstanceError):
        number.e164 = "911"  # type: ignore[misc]


def test_goes_through_json_and_comes_back_equal() -> None:
    for number in (
        Number(e164="+18605550123", region="US", kind=NumberKind.ORDINARY),
        Number(problem=NumberProblem.DIAL_AROUND),
    ):
        assert Number(**json.loads(json.dumps(asdict(number)))) == number
