"""Text of every kind is taken in one form or refused."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from callgate.api import fields
from callgate.api.facilities import FacilityIn
from tests.conftest import World
from tests.places import FACILITY, code_of, in_full_width


def accepts(form: Any, value: object) -> bool:
    try:
        TypeAdapter(form).validate_python(value, strict=True)
    except ValidationError:
        return False
    return True


@pytest.mark.parametrize(
    ("form", "taken", "refused"),
    [
        (fields.CallerId, ["a", "A.b_c-9", "x" * 64], ["", "x" * 65, "a b", "a\n", "é", "a/b", 1, b"a"]),
        (
            fields.ShortText,
            ["x", " x ", "x" * 200, "Ünïcødé 姓名 👮"],
            ["", " ", "\u00a0", "x" * 201, "a\tb", "a\x7fb", 1],
        ),
        (fields.LongText, ["a\nb\tc\r\n", "x" * 2000], ["", "\n", "x" * 2001, "a\x00", "a\x1b[0m", "a\x85b"]),
        (fields.UnitName, ["A", "West 2", "x" * 64], ["", " ", "x" * 65, "A\n"]),
        (
            fields.LocalTime,
            ["00:00", "23:59", "24:00"],
            ["24:01", "6:00", "06:60", "06:00:00", in_full_width("06:00"), ""],
        ),
        (
            fields.DecimalText,
            ["0", "0.21", "999999999.999999"],
            ["", ".5", "5.", "01", "-1", "1e1", "1,0", "1" * 10, 1],
        ),
        (fields.PinText, ["4937", "4" * 16], ["493", "4" * 17, "49371a", in_full_width("493715"), "493715\n", 493715]),
        (fields.PhoneText, ["1", "(860) 555-0123", "1" * 64], ["", "1" * 65, 8605550123]),
        (
            fields.Day,
            ["2026-11-22", "2024-02-29"],
            ["2026-02-29", "2026-1-1", "20261122", "2026-W47-7", "٢٠٢٦-11-22", 1],
        ),
    ],
)
def test_takes_what_a_field_is_for_and_nothing_near_it(
    form: object, taken: list[object], refused: list[object]
) -> None:
    assert [value for value in taken if not accepts(form, value)] == []
    assert [value for value in refused if accepts(form, value)] == []


def test_an_instant_is_kept_in_utc_to_the_millisecond() -> None:
    read = TypeAdapter(fields.Instant).validate_python
    assert read("2026-11-22T03:04:05Z") == datetime(2026, 11, 22, 3, 4, 5, tzinfo=UTC)
    assert read("2026-11-22t03:04:05.9999999z") == datetime(2026, 11, 22, 3, 4, 5, 999000, tzinfo=UTC)
    assert read("2026-11-22T03:04:05.001-05:00") == datetime(2026, 11, 22, 8, 4, 5, 1000, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        *("2031-05-06T07:08:09", "2031-05-06 07:08:09Z", "2031-05-06", "20310506T070809Z", "2031-05-06T07:08Z"),
        *("2031-05-06T07:08:60Z", "2031-05-06T07:08:09+0000", "2031-05-06T07:08:09+24:00", "0000-01-01T00:00:00Z"),
        *("0001-01-01T00:00:00+00:01", "٢٠٣١-05-06T07:08:09Z", "now"),
    ],
)
def test_what_is_no_instant_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(ValidationError) as refused:
        TypeAdapter(fields.Instant).validate_python(text)
    assert text not in refused.value.errors()[0]["msg"].removesuffix("such as 2026-11-22T03:04:05.678Z")


def test_bodies_are_strict_and_closed() -> None:
    assert FacilityIn.model_validate(FACILITY).name == FACILITY["name"]
    for wrong in ({"other": 1}, {"name": 5}, {"limits": {"calls_per_day": True}}, {"limits": {"calls_per_day": 2.0}}):
        with pytest.raises(ValidationError):
            FacilityIn.model_validate(FACILITY | wrong)


async def test_half_a_character_and_control_characters_are_422_and_not_a_fault(world: World) -> None:
    headers = {"Authorization": f"Bearer {world.token('operator')}", "Content-Type": "application/json"}
    for name in ('"\\ud800"', '"a\\u0000b"', '"\\ud83d"'):
        text = json.dumps(FACILITY).replace(json.dumps(FACILITY["name"]), name)
        answer = await world.client.put("/v1/facilities/osborn", content=text, headers=headers)
        assert (answer.status_code, code_of(answer)) == (422, "malformed_request")


async def test_a_path_with_control_characters_names_nothing(world: World) -> None:
    for path in ("facilities/%00", "facilities/a%0Ab", "inmates/%00", "switches/%00", "facilities/x/stations/%00"):
        answer = await world.call("operator", "GET", f"/v1/{path}")
        assert answer.status_code in (404, 422), path
    number = await world.call("operator", "GET", "/v1/common-numbers/%00")
    assert (number.status_code, code_of(number)) == (422, "number_not_valid")
