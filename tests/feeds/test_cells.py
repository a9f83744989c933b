"""Is a cell read back as it was written, and does no spreadsheet take it for a formula?"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callgate.domain.feed import Form
from callgate.flows.feeds.cells import guarded, unguarded, written


@given(st.text())
def test_every_text_is_read_back_as_it_was(text: str) -> None:
    assert unguarded(guarded(text)) == text


@given(st.sampled_from("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20"), st.text(min_size=1))
def test_nothing_that_begins_a_formula_is_written_as_it_stands(sign: str, rest: str) -> None:
    cell = guarded(sign + rest)

    assert cell[0] == "'" or (sign == "+" and rest.isascii() and rest.isdigit() and len(rest) <= 15)


@pytest.mark.parametrize("cell", ["+18605550123", "Ruth Doe", "'t Hooft", "", "'", "100001"])
def test_what_people_write_is_read_as_it_stands(cell: str) -> None:
    assert unguarded(cell) == cell


@pytest.mark.parametrize("text", ["+1+1", "+", "-1", "@SUM(A1)", "=HYPERLINK(1)", "+1860555x", "'=1"])
def test_what_only_looks_like_a_number_is_guarded(text: str) -> None:
    assert guarded(text) == f"'{text}"


def test_an_end_that_never_comes_has_a_word_of_its_own() -> None:
    assert written(None, Form.UNTIL) == "indefinite"
    assert written(None, Form.LINE) == ""
    assert written(1795316645000, Form.INSTANT) == "2026-11-22T03:04:05.000Z"
