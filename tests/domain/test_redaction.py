"""What is withheld from whoever may not see it, and that nothing else changes."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from callgate.domain.redaction import redact
from callgate.domain.roles import REDACTED_KINDS, UNREDACTED_ROLES, Actor, Role

AUDITOR = Actor("a.reyes", Role.AUDITOR, None)
SECRET = "what an auditor must not read"
PRIVATE = ("authority", "note", "document_reference", "inmate_id", "evidence_reference", "case_number", "finding")


def protected(kind: str) -> dict[str, Any]:
    return {
        "kind": kind,
        "number": "+18605550123",
        "created_by": "w.lamb",
        **dict.fromkeys(PRIVATE, SECRET),
        "lifts": [{"asked_by": "v.stone", "authority": SECRET, "evidence_reference": SECRET}],
        "exceptions": ({"inmate_id": SECRET, "note": SECRET, "created_by": "w.lamb"},),
    }


def test_every_redacted_kind_reads_as_protected_without_person_papers_and_authority() -> None:
    for kind in REDACTED_KINDS:
        shown = redact(protected(kind), AUDITOR)
        assert SECRET not in str(shown)
        assert shown.keys() == protected(kind).keys()
        assert (shown["kind"], shown["number"], shown["created_by"]) == ("protected", "+18605550123", "w.lamb")
        assert shown["lifts"] == [{"asked_by": "v.stone", "authority": None, "evidence_reference": None}]


def test_other_kinds_are_shown_whole() -> None:
    for kind in ("called_party", "facility", "disciplinary", "social"):
        assert redact({**protected(kind), "exceptions": []}, AUDITOR) == {**protected(kind), "exceptions": []}


def test_one_inside_another_is_withheld_alone() -> None:
    case = {"note": "kept", "blocks": [protected("victim"), {"kind": "called_party", "note": "kept"}]}
    shown = redact(case, AUDITOR)
    assert (shown["note"], shown["blocks"][1]) == ("kept", {"kind": "called_party", "note": "kept"})
    assert SECRET not in str(shown)


def test_whoever_may_see_it_sees_it_unchanged() -> None:
    for role in UNREDACTED_ROLES:
        assert redact(protected("victim"), Actor("somebody", role, None)) == protected("victim")


VALUES = st.recursive(
    st.none() | st.integers() | st.sampled_from(["victim", "guardian", "called_party", "protected", "x"]),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["kind", "note", "number", "lifts"]), inner),
    max_leaves=8,
)


@given(VALUES)
def test_any_shape_keeps_its_keys_and_redacting_again_changes_nothing(value: Any) -> None:
    shown = redact(value, AUDITOR)
    assert redact(shown, AUDITOR) == shown
    if isinstance(value, dict):
        assert shown.keys() == value.keys()
