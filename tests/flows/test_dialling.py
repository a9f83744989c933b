"""No spelling of a number is another number, and nothing but a number is one."""

import re
import time
from collections.abc import Sequence
from importlib import import_module
from typing import Any

import phonenumbers
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from callgate.domain.number import Number
from callgate.flows.dialling import METADATA_VERSION, SPLIT_AREA_CODES, parse_dialled

parse_pattern = import_module("re._parser").parse  # how a pattern is built has no public name
DESCRIPTIONS = (
    *("general_desc", "fixed_line", "mobile", "toll_free", "premium_rate", "shared_cost"),
    *("personal_number", "voip", "pager", "uan", "voicemail"),
)


def dialled(raw: str, region: str = "US") -> Number:
    return parse_dialled(raw, region=region)


# ---------------------------------------------------------------------------------------------------- what is no number


NO_PLAIN_NUMBER: dict[str, tuple[str, ...]] = {
    "empty": ("", "    "),
    "letters": ("1-800-FLOWERS", "860555012O", "tel:+18605550123", "sip:18605550123@example"),
    "feature_code": (
        *("*67 860 555 0123", "*678605550123", "*69", "#31#8605550123", "8605550123#", "8605550123,,123#"),
    ),
    "extra_digits": (
        *("8605550123,123", "8605550123 ,", "8605550123;ext=12", "8605550123x12", "8605550123p12", "8605550123W12"),
        *("860-555-0123 ext. 12", "860-555-0123 EXTENSION 12"),
    ),
    "not_a_number": (
        *("+", "()-./", "+1860+5550123", "860+5550123", "++18605550123", "860_555_0123", "860:555:0123", ",8605550123"),
        *("8605550123\n", "860\t5550123", "8605550123\x00"),
        *("860\u00a0555\u00a00123", "860\u2011555\u20110123"),  # no-break spaces and hyphens
        "".join(chr(0xFF10 + int(digit)) for digit in "8605550123"),  # full-width digits
        "".join(chr(0x0660 + int(digit)) for digit in "8605550123"),  # Arabic digits
        *("\uff0b18605550123", "860555012\u00b3"),  # full-width plus, superscript three
    ),
}


@pytest.mark.parametrize(
    ("raw", "problem"), [(raw, problem) for problem, texts in NO_PLAIN_NUMBER.items() for raw in texts]
)
def test_refuses_a_text_that_is_no_plain_number(raw: str, problem: str) -> None:
    assert dialled(raw) == Number(problem=problem)


NOT_ONE_NUMBER: dict[str, tuple[str, ...]] = {
    "dial_around": (
        *("1010288 860 555 0123", "10102881 860 555 0123", "1010000"),  # another carrier
        *("0", "00", "0 860 555 0123", "01 44 20 7946 0958"),  # an operator
    ),
    "too_short": (*("1", "86055501", "860555012", "1860555012", "+1860555012", "5550123", "+988", "+44 20"),),
    "extra_digits": (
        *("86055501234", "186055501234", "+186055501234", "860555012312345678901234567890", "+44 20 7946 0958 12"),
    ),
    "too_long": (
        *("28605550123", "118605550123", "+118605550123", "1" * 60, "2" * 64),
        *("8605550123".ljust(65), "A" * 300, "+44 9999 999999 99"),
    ),
    "not_assigned": (
        *("555 555 0123", "200 555 0123", "999 555 2368", "710 555 2368", "700 555 4141", "950 555 2368"),
        *("976 555 2368", "860 155 2368", "+44 7700 900123"),
    ),
    "not_a_number": ("011", "011 44", "+999 123 4567", "+0 860 555 0123"),
}


@pytest.mark.parametrize(
    ("raw", "problem"), [(raw, problem) for problem, texts in NOT_ONE_NUMBER.items() for raw in texts]
)
def test_refuses_digits_that_no_network_would_put_through_as_one_number(raw: str, problem: str) -> None:
    assert dialled(raw).problem == problem


@pytest.mark.parametrize(
    ("raw", "kind", "problem"),
    [
        *((raw, "premium", "too_short") for raw in ("976 2368", "1 976 2368")),
        *((raw, "emergency", "extra_digits") for raw in ("9111", "911 555 0123", "1 911 555 0123")),
        ("555 1212", "directory", "too_short"),
        ("1 900 555 0123 4", "premium", "extra_digits"),
    ],
)
def test_a_refused_number_still_says_what_it_was_aiming_at(raw: str, kind: str, problem: str) -> None:
    assert dialled(raw) == Number(kind=kind, problem=problem)


# ----------------------------------------------------------------------------------------------------- what is a number


SPELLINGS = """
    +18605550123 | +1 860 555 0123 | +1 (860) 555-0123 | (+1) 860.555.0123 | 18605550123 | 1-860-555-0123 | 8605550123
    | (860)555-0123 | 860/555-0123 |   860 555 0123   | 8 6 0 5 5 5 0 1 2 3 | 011 1 860 555 0123
"""


@pytest.mark.parametrize("raw", [*SPELLINGS.replace("\n", "").split("|"), "8605550123".ljust(64)])
def test_every_spelling_of_a_number_is_that_number(raw: str) -> None:
    assert dialled(raw) == Number(e164="+18605550123", region="US", kind="ordinary")


@pytest.mark.parametrize(
    ("raw", "e164", "region", "kind"),
    [
        ("+1 860 555 2368", "+18605552368", "US", "ordinary"),
        ("+1 416 555 0123", "+14165550123", "CA", "ordinary"),
        ("+1 876 555 2368", "+18765552368", "JM", "ordinary"),
        ("+1 787 555 2368", "+17875552368", "PR", "ordinary"),
        ("011 44 20 7946 0958", "+442079460958", "GB", "ordinary"),
        ("+44 (0)20 7946 0958", "+442079460958", "GB", "ordinary"),
        ("+39 06 698 12345", "+390669812345", "VA", "ordinary"),
        ("1 976 860 2368", None, None, "unknown"),
        ("860 976 1234", "+18609761234", "US", "premium"),
        ("1 900 555 1234", "+19005551234", "US", "premium"),
        ("1 500 555 1234", "+15005551234", "US", "personal"),
        ("1 521 555 1234", "+15215551234", "US", "personal"),
        ("860 555 1212", "+18605551212", "US", "directory"),
        ("1 800 555 1212", "+18005551212", "US", "directory"),
        ("+870 773 111 632", "+870773111632", None, "satellite"),
        ("+881 6 1234 5678", "+881612345678", None, "satellite"),
        ("+882 16 123 4567", "+882161234567", None, "satellite"),
        ("+883 5100 12345", "+883510012345", None, "voip"),
        ("+800 1234 5678", "+80012345678", None, "toll_free"),
        ("+808 1234 5678", "+80812345678", None, "shared_cost"),
        ("+44 70 1234 5678", "+447012345678", "GB", "personal"),
        ("+44 76 4012 3456", "+447640123456", "GB", "pager"),
        ("+44 55 1234 5678", "+445512345678", "GB", "unknown"),  # a company's access number
    ],
)
def test_tells_the_region_and_the_kind(raw: str, e164: str | None, region: str | None, kind: str) -> None:
    expected = Number(e164=e164, region=region, kind=kind, problem=None if e164 else "not_assigned")
    assert dialled(raw) == expected


@pytest.mark.parametrize("area", ["800", "833", "844", "855", "866", "877", "888"])
def test_knows_every_toll_free_area(area: str) -> None:
    assert dialled(f"1 {area} 555 2368") == Number(e164=f"+1{area}5552368", region="US", kind="toll_free")


@pytest.mark.parametrize(
    ("raw", "code", "kind"),
    [
        *((raw, "911", "emergency") for raw in ("911", "1911", "+1 911")),
        *((raw, "411", "directory") for raw in ("411", "1411", "1-411", "+1 411")),
        *((raw, "988", "short_code") for raw in ("988", "1988", "+1988", "9-8-8")),
        *((code, code, "short_code") for code in ("211", "311", "511", "611", "711", "811")),
        ("112", "112", "emergency"),
    ],
)
def test_reads_a_short_code_as_the_region_has_it(raw: str, code: str, kind: str) -> None:
    assert dialled(raw) == Number(e164=code, region="US", kind=kind)


@pytest.mark.parametrize("raw", ["24453", "999", "123", "611611", "98", "9", "212"])
def test_a_code_for_text_messages_or_of_another_country_is_no_number_here(raw: str) -> None:
    assert dialled(raw).problem == "too_short"


@pytest.mark.parametrize(
    ("raw", "e164", "kind"),
    [
        ("020 7946 0958", "+442079460958", "ordinary"),
        ("00 44 20 7946 0958", "+442079460958", "ordinary"),
        ("442079460958", "+442079460958", "ordinary"),
        ("+1 860 555 0123", "+18605550123", "ordinary"),
        ("00 1 860 555 0123", "+18605550123", "ordinary"),
        ("999", "999", "emergency"),
        ("101", "101", "short_code"),
        ("116 123", "116123", "short_code"),
    ],
)
def test_reads_digits_without_a_plus_as_the_facilitys_region_does(raw: str, e164: str, kind: str) -> None:
    number = dialled(raw, "GB")
    assert (number.e164, number.kind) == (e164, kind)


@pytest.mark.parametrize(
    ("raw", "problem"),
    [
        ("+118605550123", "too_long"),
        ("+1 860 555 01234", "extra_digits"),
        ("+1 911", "extra_digits"),
        ("020 7946 09581234", "extra_digits"),
        ("7946 0958", "too_short"),
        ("0101", "too_short"),
    ],
)
def test_refuses_elsewhere_what_it_refuses_at_home(raw: str, problem: str) -> None:
    assert dialled(raw, "GB").problem == problem


@pytest.mark.parametrize("region", ["ZZ", "us", "", "001", "U\u0000"])
def test_in_a_region_that_does_not_exist_only_international_numbers_can_be_read(region: str) -> None:
    assert dialled("8605550123", region).problem == "not_a_number"
    assert dialled("911", region).problem == "not_a_number"
    assert dialled("+442079460958", region).e164 == "+442079460958"
    assert dialled("+18605550123", region).e164 == "+18605550123"


@pytest.mark.parametrize("area", ["860", "416", "242", "684", "473", "345", "340", "800"])
@pytest.mark.parametrize("line", ["0100", "0123", "0199"])
def test_the_block_reserved_for_fiction_is_dialable_under_every_area_code(area: str, line: str) -> None:
    number = dialled(f"{area} 555 {line}")
    assert number.e164 == f"+1{area}555{line}"
    assert number.kind == ("toll_free" if area == "800" else "ordinary")


@pytest.mark.parametrize("line", ["0099", "0200"])
def test_the_numbers_beside_the_fictional_block_follow_the_plan(line: str) -> None:
    assert dialled(f"684 555 {line}").problem == "not_assigned"
    assert dialled(f"860 555 {line}").kind == "ordinary"  # the library takes all of 555 on the mainland


def test_reads_a_short_code_of_two_digits_where_there_is_one() -> None:
    assert dialled("15", "FR") == Number(e164="15", region="FR", kind="emergency")
    assert dialled("15", "GB").problem == "too_short"


def test_says_which_numbering_data_it_judges_by() -> None:
    assert phonenumbers.__version__ == METADATA_VERSION


# ----------------------------------------------------------------------------------------------------------------- laws

SEPARATORS = st.text(alphabet=" ()-./", max_size=2)
SUBSCRIBERS = st.sampled_from(
    ["8605550123", "8605552368", "4165550123", "8765552368", "8005552368", "9005551234", "8609761234", "8605551212"]
)
NEAR_NUMBERS = st.text(alphabet="0123456789+ ()-./*#,;xpwA", max_size=24)
NEAR_DIGITS = st.builds(
    "{}{}{}".format,
    st.sampled_from(["", "+", "1", "+1", "011", "0", "1010288", "+44", "9", "011 1"]),
    SUBSCRIBERS,
    st.text(alphabet="0123456789", max_size=4),
)


@settings(max_examples=500, deadline=None)
@given(subscriber=SUBSCRIBERS, prefix=st.sampled_from(["", "1", "+1", "0111"]), gaps=st.lists(SEPARATORS, max_size=20))
def test_no_spelling_of_a_number_gives_another_number(subscriber: str, prefix: str, gaps: list[str]) -> None:
    plus = "+" if prefix.startswith("+") else ""
    digits = prefix.removeprefix("+") + subscriber
    raw = plus + "".join(digit + gap for digit, gap in zip(digits, gaps + [""] * 20, strict=False))
    assert dialled(raw) == dialled(f"+1{subscriber}")
    assert dialled(raw).e164 == f"+1{subscriber}"


@settings(max_examples=1000, deadline=None)
@given(raw=st.one_of(st.text(max_size=80), NEAR_NUMBERS, NEAR_DIGITS), region=st.sampled_from(["US", "CA", "GB", "ZZ"]))
@example(raw="\ud800", region="US")
@example(raw="(" * 64, region="US")
def test_any_text_gets_an_answer_and_a_refused_one_leaves_nothing_behind(raw: str, region: str) -> None:
    number = dialled(raw, region)
    if number.is_dialable:
        assert raw.isascii()
    else:
        assert not re.search(r"[0-9]", repr(number).replace("e164", ""))


@settings(max_examples=1000, deadline=None)
@given(raw=st.one_of(NEAR_NUMBERS, NEAR_DIGITS))
def test_what_is_dialable_is_every_digit_that_was_dialled(raw: str) -> None:
    number = dialled(raw)
    digits = re.sub(r"[^0-9]", "", raw)
    if number.e164 is None:
        return
    if number.e164.startswith("+1"):
        assert digits in {number.e164[1:], number.e164[2:], f"011{number.e164[1:]}"}
    elif not number.e164.startswith("+"):
        assert digits in {number.e164, f"1{number.e164}", f"0111{number.e164}"}
    else:
        assert digits.endswith(number.e164[-6:])


@settings(max_examples=500, deadline=None)
@given(
    subscriber=SUBSCRIBERS, prefix=st.sampled_from(["", "1", "+1"]), extra=st.from_regex(r"[0-9]{1,12}", fullmatch=True)
)
def test_digits_behind_a_whole_number_are_never_dropped(subscriber: str, prefix: str, extra: str) -> None:
    assert dialled(f"{prefix}{subscriber}{extra}").problem == "extra_digits"


@settings(max_examples=500, deadline=None)
@given(number=st.integers(min_value=2_000_000_000, max_value=9_999_999_999))
def test_agrees_with_the_library_on_which_ten_digits_are_a_number(number: int) -> None:
    parsed = phonenumbers.parse(f"+1{number}")
    assume(str(number)[3:8] != "55501")
    assert dialled(str(number)).is_dialable == phonenumbers.is_valid_number(parsed)


Place = tuple[str, int]  # the area code as far as it is read, and how many digits are


def places_looked_at(pattern: str) -> set[Place]:
    """Behind which area codes, and at which digits, does a pattern ask for anything but any digit?"""
    return _walk(list(parse_pattern(pattern)), {("", 0)})[1]


def _walk(nodes: Sequence[Any], at: set[Place]) -> tuple[set[Place], set[Place]]:
    """Where may one stand behind these nodes, having come from `at`, and which places were looked at?"""
    looked: set[Place] = set()
    for operator, argument in nodes:
        match str(operator):
            case "BRANCH":
                ways = argument[1]
            case "SUBPATTERN":
                ways = [argument[3]]
            case "MAX_REPEAT":
                ways = [list(argument[2]) * times for times in range(argument[0], argument[1] + 1)]
            case _:
                digits = _digits_of(str(operator), argument)
                looked |= at if len(digits) < 10 else set()
                at = {((area + digit)[:3], count + 1) for area, count in at for digit in digits}
                continue
        walked = [_walk(list(way), at) for way in ways]
        at = set().union(*(behind for behind, _ in walked))
        looked |= set().union(*(seen for _, seen in walked))
    return at, looked


def _digits_of(operator: str, argument: Any) -> str:
    if operator == "LITERAL":
        return chr(argument)
    assert operator == "IN", f"a pattern of a kind not seen before: {operator}"
    found = ""
    for kind, what in argument:
        match str(kind):
            case "LITERAL":
                found += chr(what)
            case "RANGE":
                found += "".join(chr(code) for code in range(what[0], what[1] + 1))
            case _:
                assert str(what) == "CATEGORY_DIGIT"
                found += "0123456789"
    return found


def test_finds_the_places_that_a_pattern_looks_at() -> None:
    assert places_looked_at(r"[29]\d{9}") == {("", 0)}
    assert places_looked_at(r"2(?:0[1-3]|1\d)5\d{6}") == {
        *(("", 0), ("2", 1), ("20", 2)),
        *((f"20{digit}", 3) for digit in "123"),
        *((f"21{digit}", 3) for digit in "0123456789"),
    }
    assert max(count for _, count in places_looked_at(r"8005550123|9\d{9}")) == 9


def test_kind_and_region_in_north_america_depend_on_area_code_and_exchange_alone() -> None:
    """`dialling` remembers them by these; a pattern of newer data that looks further must fail here."""
    looked: set[Place] = set()
    for region in phonenumbers.COUNTRY_CODE_TO_REGION_CODE[1]:
        metadata = phonenumbers.PhoneMetadata.metadata_for_region(region)
        assert metadata is not None
        kinds = [getattr(metadata, name) for name in DESCRIPTIONS]
        for pattern in (metadata.leading_digits, *(kind.national_number_pattern for kind in kinds if kind is not None)):
            looked |= places_looked_at(pattern) if pattern else set()
    assert {area for area, count in looked if count >= 6} == SPLIT_AREA_CODES


@pytest.mark.parametrize("number", ["+12465210123", "+12465211123", "+18766060123", "+18766061123"])
def test_a_number_whose_exchange_is_split_is_asked_about_whole(number: str) -> None:
    dialled("+12465212999"), dialled("+18766069999")
    parsed = phonenumbers.parse(number)
    assert dialled(number).is_dialable == phonenumbers.is_valid_number(parsed)


def test_reading_a_number_takes_a_small_part_of_a_millisecond() -> None:
    """A wide bound: the figure itself is for the bench; this catches a pattern that backtracks."""
    worst = ["(" * 64, "1 " * 32, "+" + "(-" * 31, "8605550123" + " " * 54, "5" * 64, "9 x" * 21]
    started = time.process_time()
    for raw in worst * 20:
        dialled(raw)
    assert (time.process_time() - started) / (len(worst) * 20) < 0.005
