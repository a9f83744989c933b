"""Which profiles are found, shipped and added, and how are they listed?"""

from pathlib import Path

import pytest

from callgate.policies import (
    MalformedProfile,
    UnknownProfile,
    list_values,
    load_profile,
    load_profiles,
    read_profile,
)
from tests.policies.edits import PROFILES, edited, text_of


def added(directory: Path, name: str, content: str | None = None) -> Path:
    """A profile file of somebody's own, the default one under another name unless told otherwise."""
    text = content if content is not None else edited('profile = "ct-doc"', f'profile = "{name}"')
    (directory / f"{name}.toml").write_text(text, encoding="utf-8")
    return directory


def test_ships_four_profiles_and_does_not_take_the_caps_for_one() -> None:
    assert tuple(load_profiles()) == PROFILES


def test_the_mapping_and_the_single_profile_agree() -> None:
    for name, policy in load_profiles().items():
        assert policy == load_profile(name)
        assert policy.profile == name


def test_reads_bytes_and_text_alike() -> None:
    text = text_of("ct-doc")
    assert read_profile(text, file_name="ct-doc.toml") == read_profile(text.encode(), file_name="ct-doc.toml")


@pytest.mark.parametrize("name", ["", "caps", "nowhere", "../domain/policy", "CT-DOC", "ct-doc.toml", "/etc/passwd"])
def test_knows_no_profile_of_another_name(name: str) -> None:
    with pytest.raises(UnknownProfile):
        load_profile(name)
    with pytest.raises(UnknownProfile):
        list_values(name)


def test_finds_a_profile_in_a_directory_of_ones_own(tmp_path: Path) -> None:
    directory = added(tmp_path, "county-jail")
    assert load_profile("county-jail", directory=directory).label == "county-jail@2026-11-22"
    assert tuple(load_profiles(directory)) == ("bop", "county-jail", "ct-doc", "ny-doccs", "tdcj")
    assert len(list_values("county-jail", directory=directory)) == len(list_values("ct-doc"))


def test_a_directory_with_nothing_in_it_adds_nothing(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("not a profile", encoding="utf-8")
    assert tuple(load_profiles(tmp_path)) == PROFILES


@pytest.mark.parametrize("name", [*PROFILES, "caps"])
def test_refuses_a_file_that_takes_a_shipped_name(tmp_path: Path, name: str) -> None:
    with pytest.raises(MalformedProfile, match="is a name that callgate ships"):
        load_profiles(added(tmp_path, name, text_of("ct-doc")))


@pytest.mark.parametrize("name", ["County", "county jail", "-county", "c" * 65])
def test_refuses_a_file_whose_name_no_facility_could_write(tmp_path: Path, name: str) -> None:
    with pytest.raises(MalformedProfile, match="must be named as its profile"):
        load_profiles(added(tmp_path, name, text_of("ct-doc")))


def test_one_bad_file_stops_all_and_is_named(tmp_path: Path) -> None:
    with pytest.raises(MalformedProfile) as refused:
        load_profiles(added(tmp_path, "county-jail", ""))
    assert (refused.value.file, refused.value.key) == ("county-jail.toml", "profile")


def test_refuses_a_directory_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(MalformedProfile, match="is no directory"):
        load_profiles(tmp_path / "nowhere")


def test_refuses_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "county-jail.toml").mkdir()
    with pytest.raises(MalformedProfile, match="cannot be read"):
        load_profiles(tmp_path)


def test_lists_values_as_the_file_writes_them() -> None:
    values = {it.key: it.value for it in list_values("bop")}
    assert values["phone_list.limit"] == 30
    assert values["quotas.calls_per_day"] == "none"
    assert values["quotas.minutes_per_month_in"] == {"11": 400, "12": 400}
    assert values["window.close"] == "24:00"
    assert values["clauses.gap"] is None


def test_lists_a_tariff_as_one_value_with_all_its_terms() -> None:
    row = next(it for it in list_values("ct-doc") if it.key == "tariff.2")
    assert row.mark == "S"
    assert row.value == {
        "tariff": "ct-prepaid-2015",
        "payment_types": ["prepaid"],
        "media": ["voice", "tty", "relay"],
        "destination": "domestic",
        "currency": "USD",
        "per_minute": "0.21",
        "connection_fee": "0.00",
        "increment_seconds": 60,
        "payer": "prepaid_account",
        "effective_from": "2015-01-01",
        "effective_until": "2022-07-01",
    }


def test_a_source_is_one_line_however_the_file_breaks_it() -> None:
    assert [it.key for it in list_values("ct-doc") if "\n" in it.source or "  " in it.source] == []
