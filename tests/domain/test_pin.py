"""Digests, keys, guessable PINs and their length; what wrong ones cost is in test_pin_throttle.py."""

import hashlib
import hmac
import json
import random
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callgate.domain.pin import (
    PIN_LENGTH_MAX,
    PinKeys,
    digest_pin,
    digits_needed,
    generate_pin,
    is_guessable,
    is_space_large_enough,
    parse_pin_keys,
)

OLD, NEW = b"o" * 32, b"n" * 32
BORN = date(1985, 3, 7)
PINS = st.from_regex(r"[0-9]{4,16}", fullmatch=True)

# -------------------------------------------------------------------------------------------------------------- digests


@pytest.mark.parametrize(
    "pin", ["", "123", "1" * 17, "12a4", "12 4", " 1234", "1234\n", "-1234", "\uff11\uff12\uff13\uff14", "\u0661" * 4]
)
def test_digests_nothing_but_four_to_sixteen_digits_and_never_repeats_what_it_was_given(pin: str) -> None:
    with pytest.raises(ValueError, match="4 to 16 digits") as caught:
        digest_pin(OLD, pin)
    assert not pin or pin not in str(caught.value)


@settings(max_examples=200, deadline=None)
@given(pin=PINS)
def test_a_digest_is_keyed_and_holds_no_trace_of_the_pin(pin: str) -> None:
    digest = digest_pin(OLD, pin)
    assert len(digest) == 64
    assert digest == digest_pin(OLD, pin)
    assert digest != digest_pin(NEW, pin)
    assert digest != hashlib.sha256(pin.encode()).hexdigest()
    assert digest != hmac.new(OLD, pin.encode(), "sha256").hexdigest()  # the use is part of what is digested


def test_a_digest_stays_what_it_was_since_it_cannot_be_made_again_without_the_pin() -> None:
    assert digest_pin(OLD, "4937") == hmac.new(OLD, b"callgate pin digest 1\x004937", "sha256").hexdigest()


@settings(deadline=None)
@given(first=PINS, second=PINS)
def test_two_pins_have_two_digests(first: str, second: str) -> None:
    assert (digest_pin(OLD, first) == digest_pin(OLD, second)) == (first == second)


# ----------------------------------------------------------------------------------------------------------------- keys


def test_the_highest_version_is_current_and_the_others_still_find_old_pins() -> None:
    keys = PinKeys(by_version={2: NEW, 10: b"x" * 40, 1: OLD})
    assert keys.current_version == 10
    assert [version for version, _ in keys.digests("4937")] == [10, 2, 1]
    assert dict(keys.digests("4937"))[1] == digest_pin(OLD, "4937")


@pytest.mark.parametrize(
    "by_version", [{}, {0: OLD}, {-1: OLD}, {1_000_000: OLD}, {1: b"x" * 31}, {1: OLD, 2: b""}], ids=str
)
def test_refuses_keys_that_are_missing_misnumbered_or_short(by_version: dict[int, bytes]) -> None:
    with pytest.raises(ValueError, match="PIN key"):
        PinKeys(by_version=by_version)


def test_shows_no_key_and_cannot_be_changed_through_the_mapping_it_was_made_of() -> None:
    by_version = {1: OLD}
    keys = PinKeys(by_version=by_version)
    by_version[2] = NEW
    assert keys.current_version == 1
    assert f"{keys!r} {keys}" == "PinKeys(versions=[1]) PinKeys(versions=[1])"


@pytest.mark.parametrize(
    ("text", "versions"),
    [
        ("s" * 32, [1]),
        ("  " + "s" * 32 + "\n", [1]),  # as a secret file ends
        ("7:" + "s" * 32, [7]),
        ("1:" + "s" * 32 + ",2:" + "t" * 32, [1, 2]),
        ("2:" + "s" * 32 + " \n1:" + "t" * 32 + "\n", [1, 2]),
        ("1:" + "s:" * 16, [1]),
        ("abc:" + "s" * 32, [1]),
    ],
)
def test_reads_one_secret_or_several_with_their_versions(text: str, versions: list[int]) -> None:
    assert sorted(parse_pin_keys(text).by_version) == versions


def test_a_secret_read_from_the_setting_is_the_secret_as_written() -> None:
    assert parse_pin_keys("n" * 32 + "\n") == PinKeys(by_version={1: NEW})
    assert parse_pin_keys("1:" + "o" * 32 + " 2:" + "n" * 32) == PinKeys(by_version={1: OLD, 2: NEW})


@pytest.mark.parametrize(
    "text",
    [
        *("", " \n", "hush" * 7 + "hus", "1:" + "hush" * 7, "1:", "0:" + "hush" * 8),
        *("hush" * 8 + " " + "hush" * 8, "1:" + "hush" * 8 + " " + "hush" * 8, "1000000:" + "hush" * 8),
        *(
            "1:" + "hush" * 8 + " 1:" + "hush" * 9,
            "1:" + "hush" * 8 + " 01:" + "hush" * 9,
            "9" * 5000 + ":" + "hush" * 8,
        ),
    ],
)
def test_refuses_unusable_keys_without_repeating_them(text: str) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        parse_pin_keys(text)
    assert "hush" not in str(caught.value)


# --------------------------------------------------------------------------------------------------------- fingerprints

KEYS = PinKeys(by_version={1: OLD, 2: NEW})
PARTS = st.lists(st.none() | st.text(alphabet="01|:\x00\ud800\u00e9", max_size=4), max_size=5)


@settings(max_examples=1000, deadline=None)
@given(first=PARTS, second=PARTS)
def test_two_lists_of_parts_have_the_same_fingerprint_only_if_they_are_the_same(
    first: list[str | None], second: list[str | None]
) -> None:
    assert (KEYS.fingerprint(first) == KEYS.fingerprint(second)) == (first == second)


def test_where_one_part_ends_and_the_next_begins_makes_a_difference() -> None:
    alike: list[list[str | None]] = [["ab", "c"], ["a", "bc"], ["abc"], ["abc", ""], ["", "abc"], [], [""], [None]]
    assert len({KEYS.fingerprint(parts) for parts in alike}) == len(alike)


def test_a_fingerprint_stored_under_an_old_key_is_recognised_and_a_new_one_is_not_a_pin_digest() -> None:
    stored = PinKeys(by_version={1: OLD}).fingerprint(["station-1", "4937"])[0]
    assert stored in KEYS.fingerprint(["station-1", "4937"])
    assert KEYS.fingerprint(["station-1", "4937"])[0].startswith("2:")
    assert digest_pin(NEW, "4937") not in KEYS.fingerprint(["4937"])[0]
    assert len(PinKeys(by_version={999_999: OLD}).fingerprint([])[0]) <= 80  # the column it is kept in


# ------------------------------------------------------------------------------------------------------------ guessable


@pytest.mark.feature("F03")
@pytest.mark.parametrize(
    "pin",
    [
        *("204418", "2044", "99204499", "044189", "990441"),  # the inmate number, its head, middle and tail
        *("030785", "070385", "850307", "850703", "19850307", "03071985", "07031985"),  # the birth date
        *("371985", "731985", "198537", "3785", "198573"),  # without its noughts
        *("1985", "961985", "198596", "0307", "960703", "031985", "198503", "0385", "8503"),  # parts of it
        *("1234", "961234", "456796", "7890", "8901", "9012", "9876", "964321", "3210", "2109", "1098"),  # runs
        *("1111", "961111", "000096", "555555"),  # one digit
        *("1212", "6969", "123123", "483483", "48394839", "121212", "4839483948394839"),  # repeated blocks
        *("1122", "1221", "1112", "6866", "68886866"),  # two digits
    ],
)
def test_a_pin_that_a_stranger_could_come_upon_is_guessable(pin: str) -> None:
    assert is_guessable(pin, inmate_id="CT-204418", date_of_birth=BORN)


@pytest.mark.parametrize(
    "pin",
    [
        *("4927", "493715", "8364920571"),
        *("204973", "973418", "973204"),  # three digits of the inmate number
        *("985264", "264198", "307264"),  # three of the birth date
        *("123974", "974123", "321864", "890264", "109264"),  # three in a run
        *("111526", "526111", "611152"),  # one digit three times
        *("121264", "641212", "12312364"),  # a repeated block that is not the whole
        *("1123", "483482"),
    ],
)
def test_three_in_a_row_are_chance(pin: str) -> None:
    assert not is_guessable(pin, inmate_id="CT-204418", date_of_birth=BORN)


def test_knows_only_what_it_is_told() -> None:
    assert not is_guessable("198503", inmate_id="204418", date_of_birth=None)
    assert not is_guessable("204973", inmate_id="204", date_of_birth=None)
    assert is_guessable("964937", inmate_id="A4-B9/37", date_of_birth=None)  # digits with letters between them
    assert not is_guessable("4937", inmate_id="nobody", date_of_birth=None)


@pytest.mark.parametrize(
    ("born", "pin"),
    [
        (date(2001, 12, 25), "122501"),
        (date(2001, 12, 25), "251201"),
        (date(2000, 1, 1), "9911009"),
        (date(2004, 2, 29), "022904"),
    ],
)
def test_writes_every_birth_date_in_the_common_ways(born: date, pin: str) -> None:
    assert is_guessable(pin, inmate_id="", date_of_birth=born)


def test_few_pins_are_lost_to_the_rules() -> None:
    """What is refused makes guessing the rest easier; at six digits it must stay a small part."""
    sample = [f"{number:06}" for number in range(0, 1_000_000, 37)]
    refused = [pin for pin in sample if is_guessable(pin, inmate_id="CT-204418", date_of_birth=BORN)]
    assert 0.02 < len(refused) / len(sample) < 0.04


# --------------------------------------------------------------------------------------------------------------- length


@pytest.mark.parametrize(
    ("population", "digits"),
    [
        (-1, 5),
        (0, 5),
        (1, 5),
        (2, 6),
        (9, 6),
        (10, 6),
        (11, 7),
        (100, 7),
        (101, 8),
        (1_000, 8),
        (1_001, 9),
        (10**11, 16),
    ],
)
def test_the_space_is_a_hundred_thousand_times_the_population(population: int, digits: int) -> None:
    assert digits_needed(population) == digits
    assert is_space_large_enough(digits, population)
    assert not is_space_large_enough(digits - 1, population)
    assert 10**digits >= 100_000 * max(population, 1) > 10 ** (digits - 1) or digits == 5


def test_no_pin_is_long_enough_for_more_people_than_sixteen_digits_serve() -> None:
    assert digits_needed(10**11 + 1) > PIN_LENGTH_MAX
    assert not is_space_large_enough(PIN_LENGTH_MAX, 10**11 + 1)
    assert not is_space_large_enough(PIN_LENGTH_MAX + 1, 1)


def test_generates_the_first_pin_that_is_not_guessable() -> None:
    drawn = iter(["123456", "204418", "070385", "493715", "999999"])
    pin = generate_pin(6, inmate_id="204418", date_of_birth=BORN, random_digits=lambda _: next(drawn))
    assert pin == "493715"
    assert next(drawn) == "999999"


@settings(max_examples=200, deadline=None)
@given(length=st.integers(4, 16), seed=st.integers(0, 2**32))
def test_generates_pins_of_the_length_asked_for(length: int, seed: int) -> None:
    source = random.Random(seed)
    pin = generate_pin(
        length,
        inmate_id="204418",
        date_of_birth=BORN,
        random_digits=lambda count: "".join(source.choices("0123456789", k=count)),
    )
    assert len(pin) == length
    assert not is_guessable(pin, inmate_id="204418", date_of_birth=BORN)


@pytest.mark.parametrize("given_digits", ["11111", "123", "12345", "493a", "", "\u0661" * 4])
def test_a_broken_source_of_digits_ends_in_an_error_and_not_in_a_pin(given_digits: str) -> None:
    with pytest.raises(RuntimeError, match="source of random digits") as caught:
        generate_pin(4, inmate_id="204418", date_of_birth=None, random_digits=lambda _: given_digits)
    assert not given_digits or given_digits not in str(caught.value)


def test_a_source_that_gives_guessable_pins_only_is_given_up() -> None:
    with pytest.raises(RuntimeError, match="guessable"):
        generate_pin(4, inmate_id="204418", date_of_birth=None, random_digits=lambda _: "1234")


@pytest.mark.parametrize("length", [3, 17, 0, -1])
def test_generates_no_pin_of_a_length_that_is_none(length: int) -> None:
    with pytest.raises(ValueError, match="4 to 16"):
        generate_pin(length, inmate_id="1", date_of_birth=None, random_digits=lambda count: "4" * count)


def test_digests_and_fingerprints_are_plain_json() -> None:
    assert json.loads(json.dumps([KEYS.digests("4937"), KEYS.fingerprint(["4937", None])]))
