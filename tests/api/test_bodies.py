"""A body says one thing to every reader, or it is refused."""

import json

import pytest
from fastapi.exceptions import RequestValidationError
from hypothesis import given
from hypothesis import strategies as st

from callgate.api.bodies import canonical_text, parse_object

JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)

AMBIGUOUS = {
    "nothing": b"",
    "space alone": b"  ",
    "no JSON": b"call_id=1",
    "two documents": b'{"a":1}{"a":1}',
    "a trailing comma": b'{"a":1,}',
    "single quotes": b"{'a':1}",
    "a comment": b'{"a":1/*one*/}',
    "a leading zero": b'{"a":01}',
    "a key twice": b'{"a":1,"a":1}',
    "a key twice, once escaped": b'{"a":1,"\\u0061":2}',
    "a key twice further down": b'{"a":[{"b":1,"b":2}]}',
    "NaN": b'{"a":NaN}',
    "Infinity": b'{"a":Infinity}',
    "minus Infinity": b'{"a":-Infinity}',
    "an exponent beyond every float": b'{"a":1e400}',
    "an integer of 5000 digits": b'{"a":' + b"9" * 5000 + b"}",
    "a lone high surrogate": b'{"a":"\\ud83d"}',
    "a lone low surrogate": b'{"a":"\\uDE00"}',
    "a lone surrogate as a key": b'{"\\ud83d":1}',
    "surrogates the wrong way round": b'{"a":"\\ude00\\ud83d"}',
    "a raw NUL": b'{"a":"\x00"}',
    "a raw line break in a text": b'{"a":"\n"}',
    "a NUL behind the document": b'{"a":1}\x00',
    "a byte order mark": b'\xef\xbb\xbf{"a":1}',
    "UTF-16": '{"a":1}'.encode("utf-16-le"),
    "UTF-16 with its mark": '{"a":1}'.encode("utf-16"),
    "UTF-32": '{"a":1}'.encode("utf-32"),
    "Latin-1": '{"a":"é"}'.encode("latin-1"),
    "an overlong form": b'{"a":"\xc0\xaf"}',
    "a surrogate in UTF-8": b'{"a":"\xed\xa0\xbd"}',
    "deep nesting": b"[" * 60_000,
    "deep nesting, closed": b"[" * 30_000 + b"]" * 30_000,
}


@pytest.mark.parametrize("raw", AMBIGUOUS.values(), ids=AMBIGUOUS.keys())
def test_refuses(raw: bytes) -> None:
    with pytest.raises((ValueError, RecursionError)):
        parse_object(raw)


@pytest.mark.parametrize("raw", [raw for raw in AMBIGUOUS.values() if raw])
def test_a_staff_body_that_is_refused_is_a_malformed_request(raw: bytes) -> None:
    with pytest.raises(RequestValidationError) as refusal:
        canonical_text(raw)
    assert [error["loc"] for error in refusal.value.errors()] == [("body",)]


def test_takes_whole_characters_beyond_the_basic_plane() -> None:
    assert parse_object(b'{"a":"\\ud83d\\ude00"}') == {"a": "😀"}
    assert parse_object('{"a":"😀"}'.encode()) == {"a": "😀"}


def test_takes_any_space_around_the_document() -> None:
    assert parse_object(b' \r\n\t{"a" : 1} \n') == {"a": 1}


@given(JSON_VALUES)
def test_reads_what_json_wrote(value: object) -> None:
    assert parse_object(json.dumps(value).encode()) == value
    assert parse_object(json.dumps(value, ensure_ascii=False).encode()) == value


@given(JSON_VALUES)
def test_the_same_document_has_one_text_whatever_its_spacing(value: object) -> None:
    wide = json.dumps(value, indent=3).encode()
    assert canonical_text(wide) == canonical_text(json.dumps(value).encode())


def test_the_order_of_keys_does_not_tell_two_documents_apart() -> None:
    assert canonical_text(b'{"a":1,"b":2}') == canonical_text(b'{"b":2,"a":1}')


def test_different_documents_have_different_texts() -> None:
    texts = [canonical_text(raw) for raw in (b"1", b'"1"', b"1.0", b"[1]", b"null", b'{"a":1}', b'{"a":"1"}', b"true")]
    assert len(set(texts)) == len(texts)


def test_no_body_at_all_is_an_empty_text() -> None:
    assert canonical_text(b"") == ""
