"""How was a corpus file made? `python -m tests.corpus.record tests/corpus/NAME.jsonl`, once.

A corpus is what this version promises to every later one: it is never made anew to make a failing test pass. A version
that records more than before adds a file of its own.
"""

import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count, islice
from pathlib import Path

from callgate.checks.decide import decide
from callgate.clock import use_pinned_time_zones
from callgate.domain.answer import answer_of, written_answer
from callgate.domain.ids import new_id
from callgate.domain.instants import to_millisecond
from callgate.flows.replay_corpus import write_corpus
from callgate.policies import document_of
from callgate.store.case_text import write_case
from callgate.store.replay import Recorded
from tests.oracle.worlds import load, world

DECISIONS = 1_200
FIRST_SEED = 7_000_000  # apart from the seeds that the oracle walks
# Governments still change the clocks of the future; what the past's were no release of the zone data will change.
SETTLED_BEFORE = datetime(2026, 6, 1, tzinfo=UTC)


def recorded() -> Iterator[Recorded]:
    """Decisions about generated worlds under the profiles as shipped."""
    for seed in count(FIRST_SEED):
        _, case, policy = world(seed)
        if policy != load(policy.profile):
            continue
        decided_at = to_millisecond(case.decided_at)
        if decided_at != case.decided_at or decided_at >= SETTLED_BEFORE:
            continue
        decision_id, call_id = new_id(decided_at), f"corpus-{seed}"
        known = None if case.station is None or case.facility is None else policy
        label = None if known is None else known.label
        answer = answer_of(
            decide(case, known), decision_id=decision_id, call_id=call_id, decided_at=decided_at, policy=label
        )
        yield Recorded(
            kind="decision",
            decision_id=decision_id,
            call_id=call_id,
            decided_at=decided_at,
            policy=label,
            policy_hash=None if known is None else known.content_hash,
            answer=written_answer(answer),
            facts=write_case(case),
            columns={},
            subject={},
        )


def main(path: Path) -> None:
    """Write the file."""
    use_pinned_time_zones()
    policies = [load(name) for name in ("ct-doc", "ny-doccs", "bop", "tdcj")]
    write_corpus(
        path,
        documents={policy.content_hash: document_of(policy) for policy in policies},
        answers=islice(recorded(), DECISIONS),
    )
    path.chmod(0o644)  # made-up people: a kept corpus is public


if __name__ == "__main__":
    main(Path(sys.argv[1]))
