"""Do the dated prices of a profile follow each other as they must?"""

from importlib.resources import files

import pytest

from callgate.domain.rates import MEDIA
from callgate.policies import load_profile, read_profile
from tests.policies.edits import PLANTED, assert_refused, edited, text_of

ROW = """
[[tariff]]
tariff = "{name}"
payment_types = ["{payment_type}"]
{media}
destination = "{destination}"
currency = "USD"
per_minute = "0.10"
connection_fee = "0.00"
increment_seconds = 60
payer = "called_party"
effective_from = {first}
{until}
mark = "M"
source = "a row for this test"

"""
CLAUSES = "[clauses]\n"


def with_row(
    first: str,
    *,
    until: str = "",
    name: str = "extra",
    payment_type: str = "collect",
    media: str = "",
    destination: str = "domestic",
) -> str:
    row = ROW.format(
        name=name,
        payment_type=payment_type,
        media=f'media = ["{media}"]' if media else "",
        destination=destination,
        first=first,
        until=f"effective_until = {until}" if until else "",
    )
    return edited(CLAUSES, row + CLAUSES)


@pytest.mark.parametrize(
    ("old", "new", "key", "reason"),
    [
        pytest.param('"0.21"', "0.21", "tariff.1.per_minute", "an amount in quotes", id="a float"),
        pytest.param('"0.21"', '"0.2"', "tariff.1.per_minute", "an amount in quotes", id="one decimal"),
        pytest.param('"0.21"', '"-0.21"', "tariff.1.per_minute", "an amount in quotes", id="negative"),
        pytest.param('"0.21"', '"0,21"', "tariff.1.per_minute", "an amount in quotes", id="a comma"),
        pytest.param('"0.21"', '"0.\u0662\u0661"', "tariff.1.per_minute", "an amount in quotes", id="other digits"),
        pytest.param('"0.21"', f'"{PLANTED}"', "tariff.1.per_minute", "an amount in quotes", id="no amount"),
        pytest.param('"0.21"', '"0.2100001"', "tariff.1.per_minute", "an amount in quotes", id="seven decimals"),
        pytest.param('"USD"', '"usd"', "tariff.1.currency", "three capital letters", id="currency in small letters"),
        pytest.param('"USD"', '"US$"', "tariff.1.currency", "three capital letters", id="a currency sign"),
        pytest.param('"called_party"', '"victim"', "tariff.1.payer", "must be one of agency", id="an unknown payer"),
        pytest.param('"domestic"', '"abroad"', "tariff.1.destination", "must be one of", id="an unknown destination"),
        pytest.param("= 60", "= 0", "tariff.1.increment_seconds", "greater than", id="an increment of nothing"),
        pytest.param("= 60", "= 3601", "tariff.1.increment_seconds", "less than", id="an increment over an hour"),
        pytest.param('"ct-collect-2015"', '"a b"', "tariff.1.tariff", "must be 1 to 64", id="a name with a space"),
        pytest.param('["collect"]', "[]", "tariff.1.payment_types", "at least 1 item", id="no payment type"),
        pytest.param('["collect"]', '["barter"]', "tariff.1.payment_types.1", "must be one of", id="an unknown one"),
        pytest.param(
            "= 2015-01-01", '= "2015-01-01"', "tariff.1.effective_from", "must be a date", id="a date as text"
        ),
        pytest.param('mark = "NF"', "", "tariff.1.mark", "is missing", id="no mark"),
        pytest.param("payer", "payor", "tariff.1.payer", "is missing", id="a key misspelt"),
    ],
)
def test_refuses_a_row_that_is_no_tariff(old: str, new: str, key: str, reason: str) -> None:
    text = text_of("ct-doc")
    start = text.index('tariff = "ct-collect-2015"')
    assert old in text[start:]
    assert_refused(text[:start] + text[start:].replace(old, new, 1), key, reason)


def test_refuses_a_row_that_overlaps_another_of_its_kind() -> None:
    assert_refused(
        with_row("2026-01-01"), "tariff.6.effective_from", "overlaps another row for collect calls over voice"
    )


def test_refuses_an_overlap_of_a_single_day() -> None:
    content = edited(
        'payer = "called_party"\neffective_from = 2015-01-01\neffective_until = 2022-07-01',
        'payer = "called_party"\neffective_from = 2015-01-01\neffective_until = 2022-07-02',
    )
    assert_refused(content, "tariff.5.effective_from", "overlaps another row for collect calls")


def test_refuses_a_gap_of_a_single_day() -> None:
    content = edited(
        'payer = "called_party"\neffective_from = 2015-01-01\neffective_until = 2022-07-01',
        'payer = "called_party"\neffective_from = 2015-01-01\neffective_until = 2022-06-30',
    )
    assert_refused(content, "tariff.5.effective_from", "leaves days without a domestic row for collect calls")


def test_takes_a_row_that_ends_the_day_another_begins() -> None:
    policy = read_profile(with_row("2014-01-01", until="2015-01-01"), file_name="ct-doc.toml")
    assert len(policy.tariffs) == 6


def test_refuses_an_overlap_over_one_medium_alone() -> None:
    assert_refused(with_row("2026-01-01", media="tty"), "tariff.6.effective_from", "collect calls over tty")


def test_refuses_a_payment_type_that_no_row_covers() -> None:
    content = edited('["collect", "prepaid", "debit", "free"]', '["collect", "prepaid", "free"]')
    assert_refused(content, "tariff.3.effective_until", "leaves debit calls over voice without a domestic row")


def test_refuses_a_payment_type_without_any_row() -> None:
    text = text_of("ct-doc")
    start, end = text.index('[[tariff]]\ntariff = "ct-debit-2015"'), text.index('[[tariff]]\ntariff = "ct-free-2015"')
    without = (text[:start] + text[end:]).replace('"prepaid", "debit", "free"]', '"prepaid", "free"]')
    assert_refused(without, "tariff", "has no domestic row for debit calls over voice")


def test_refuses_a_last_row_that_ends() -> None:
    content = edited("effective_from = 2022-07-01\n", "effective_from = 2022-07-01\neffective_until = 2030-01-01\n")
    assert_refused(content, "tariff.5.effective_until", "without a domestic row from that day on")


def test_refuses_a_row_that_ends_before_it_begins() -> None:
    content = with_row("2015-01-01", until="2015-01-01", destination="international")
    assert_refused(content, "tariff.6.effective_until", "must be later than effective_from")


def test_refuses_a_name_used_twice() -> None:
    content = with_row("2026-01-01", name="ct-free-2022", destination="international")
    assert_refused(content, "tariff.6.tariff", "is the name of an earlier row")


def test_takes_an_international_row_that_ends_and_leaves_the_rest_unrated() -> None:
    content = with_row("2026-01-01", until="2026-02-01", destination="international")
    policy = read_profile(content, file_name="ct-doc.toml")
    assert [tariff.tariff for tariff in policy.tariffs if tariff.destination == "international"] == ["extra"]


def test_refuses_international_rows_that_overlap() -> None:
    text = with_row("2026-01-01", destination="international")
    second = ROW.format(
        name="second", payment_type="collect", media="", destination="international", first="2027-01-01", until=""
    )
    assert_refused(text.replace(CLAUSES, second + CLAUSES), "tariff.7.effective_from", "overlaps another row")


def test_a_row_without_media_covers_them_all() -> None:
    assert {tariff.media for tariff in load_profile("ct-doc").tariffs} == {MEDIA}


def test_refuses_a_profile_without_a_tariff() -> None:
    text = text_of("ct-doc")
    start, end = text.index("[[tariff]]"), text.index(CLAUSES)
    assert_refused(text[:start] + text[end:], "tariff", "is missing")


def test_the_shipped_rows_of_a_profile_are_in_the_order_of_their_first_days() -> None:
    for entry in files("callgate.policies").iterdir():
        if entry.name.endswith(".toml") and entry.name != "caps.toml":
            days = [tariff.effective_from for tariff in load_profile(entry.name.removesuffix(".toml")).tariffs]
            assert days == sorted(days)
