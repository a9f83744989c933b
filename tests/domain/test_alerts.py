"""Is every kind of alert explained, in words that say nothing they must not?"""

import pytest

from callgate.domain.alerts import MEANINGS, AlertKind, IncidentKind


@pytest.mark.parametrize("kind", AlertKind)
def test_every_kind_is_explained_in_one_sentence(kind: AlertKind) -> None:
    meaning = MEANINGS[kind]
    assert meaning[0].isupper()
    assert meaning.endswith(".")
    assert meaning.count(". ") == 0


def test_nothing_else_is_explained() -> None:
    assert MEANINGS.keys() == set(AlertKind)
    assert len(set(MEANINGS.values())) == len(AlertKind)


@pytest.mark.parametrize("kind", sorted({*AlertKind, *IncidentKind}))
def test_a_kind_fits_its_column(kind: str) -> None:
    assert 0 < len(kind) <= 48
