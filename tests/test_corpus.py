"""Every decision ever kept in a corpus comes out as it was recorded, from its version on."""

import json
from collections import Counter
from pathlib import Path

import pytest

from callgate.domain.verdict import Reason
from callgate.flows.replay_corpus import Corpus
from callgate.flows.replay_decisions import PolicyVersions, replay
from callgate.store.replay import Chosen

FILES = sorted((Path(__file__).parent / "corpus").glob("*.jsonl"))


def test_at_least_a_thousand_decisions_of_every_kind_are_kept() -> None:
    answers = [json.loads(one.answer) for path in FILES for one in Corpus(path).each(Chosen())]
    reasons = Counter(answer["reason"] for answer in answers)
    factors = Counter(answer["limiting_factor"] for answer in answers)

    assert len(answers) >= 1000
    assert set(reasons) == {None, *Reason}
    assert set(factors) == {None, "call_cap", "calling_hours", "quota", "carrier_limit"}
    assert {answer["call_class"] for answer in answers} == {None, "social", "privileged", "hotline"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_kept_decision_comes_out_as_it_was_recorded(path: Path) -> None:
    corpus = Corpus(path)
    policies = PolicyVersions(corpus.documents())

    differences = [found for one in corpus.each(Chosen()) if (found := replay(one, policies)) is not None]

    assert differences == []
