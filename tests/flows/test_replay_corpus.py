"""Is a file that is no corpus refused, and one that is read line by line?"""

from dataclasses import replace
from itertools import islice
from pathlib import Path

import pytest

from callgate.domain.instants import to_millisecond
from callgate.flows.replay_corpus import Corpus, MalformedCorpus, write_corpus
from callgate.store.replay import Chosen
from tests.checks.cases import SECOND, SOCIAL_CALL
from tests.flows.test_replay_decisions import recorded_of

KEPT = replace(recorded_of(SOCIAL_CALL), columns={}, subject={})


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    revoked = replace(KEPT, kind="revocation", policy=None, decided_at=KEPT.decided_at + SECOND)
    path = tmp_path / "kept.jsonl"

    assert write_corpus(path, documents={"b": "{}", "a": "[]"}, answers=iter([KEPT, revoked])) == 2
    corpus = Corpus(path)

    assert corpus.documents() == {"a": "[]", "b": "{}"}
    assert list(corpus.each(Chosen())) == [KEPT, revoked]
    assert KEPT.decided_at == to_millisecond(KEPT.decided_at)


@pytest.mark.parametrize(
    ("chosen", "count"),
    [
        (Chosen(), 3),
        (Chosen(since=KEPT.decided_at), 3),
        (Chosen(since=KEPT.decided_at + SECOND), 2),
        (Chosen(until=KEPT.decided_at + SECOND), 1),
        (Chosen(until=KEPT.decided_at), 0),
        (Chosen(decision_id="d-2"), 1),
        (Chosen(decision_id="d-9"), 0),
    ],
    ids=repr,
)
def test_answers_are_chosen_as_from_a_database(tmp_path: Path, chosen: Chosen, count: int) -> None:
    path = tmp_path / "kept.jsonl"
    answers = [replace(KEPT, decision_id=f"d-{i}", decided_at=KEPT.decided_at + i * SECOND) for i in range(3)]
    write_corpus(path, documents={}, answers=answers)

    assert Corpus(path).count(chosen) == count


def test_a_file_that_is_there_is_never_written_over(tmp_path: Path) -> None:
    path = tmp_path / "kept.jsonl"
    path.write_text("mine")

    with pytest.raises(FileExistsError):
        write_corpus(path, documents={}, answers=[])

    assert path.read_text() == "mine"


def test_answers_are_read_as_they_are_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "kept.jsonl"
    write_corpus(path, documents={}, answers=[KEPT, KEPT])
    corpus = Corpus(path)
    with path.open("a") as file:
        file.write("not json\n")

    assert len(list(islice(corpus.each(Chosen()), 2))) == 2
    with pytest.raises(MalformedCorpus, match=r"^Line 3 "):
        list(corpus.each(Chosen()))


@pytest.mark.parametrize("line", ["{}", "not json", '{"content_hash": 1, "document": ""}', '{"decision_id": "x"}', ""])
def test_a_line_that_is_no_corpus_is_named_and_not_quoted(tmp_path: Path, line: str) -> None:
    path = tmp_path / "kept.jsonl"
    path.write_text('{"content_hash":"a","document":"b"}\n' + line + "\n")

    with pytest.raises(MalformedCorpus, match=r"^Line 2 of the corpus is neither a policy nor a recorded answer\.$"):
        Corpus(path)
