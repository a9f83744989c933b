"""How are a million recorded cases judged on every core, in order and in bounded memory?"""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from itertools import islice
from multiprocessing import get_context
from typing import Final

from callgate.clock import use_pinned_time_zones
from callgate.flows.replay_decisions import PolicyVersions
from callgate.flows.what_if import Change, Effect, WhatIf
from callgate.policies import policy_from_document
from callgate.store.replay import Recorded

# A worker takes about a second to begin, in which this process judges as many as these.
_WORTH_A_WORKER: Final = 5_000
_PORTION: Final = 500
_PORTIONS_AHEAD: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked of every case, as texts, so that it can be given to another process.

    Args:
        draft: the policy that is tried, as its document.
        documents: the policies of the recorded days, by content hash.
        facilities: as for `WhatIf`.
    """

    draft: str
    documents: Mapping[str, str]
    facilities: frozenset[str] | None = None

    def judge_of(self) -> WhatIf:
        """What answers it."""
        return WhatIf(policy_from_document(self.draft), PolicyVersions(self.documents), self.facilities)


def judge_each(question: Question, answers: Iterable[Recorded], *, workers: int) -> Iterator[Effect | Change]:
    """Judge them in their order; a few portions are ahead at a time, never all of them.

    Args:
        workers: processes that judge beside the one that reads; 1 judges in this one.
    """
    waiting = iter(answers)
    few = list(islice(waiting, _WORTH_A_WORKER))
    what_if = question.judge_of()
    yield from map(what_if.judge, few)
    if len(few) < _WORTH_A_WORKER:
        return
    if workers == 1:
        yield from map(what_if.judge, waiting)
        return
    yield from _in_processes(question, waiting, workers)


def _in_processes(question: Question, waiting: Iterator[Recorded], workers: int) -> Iterator[Effect | Change]:
    # Started anew, not forked: the database connection of this process must not be in two.
    context = get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context, initializer=_begin, initargs=(question,)) as pool:
        ahead: deque[Future[list[Effect | Change]]] = deque()
        while portion := list(islice(waiting, _PORTION)):
            ahead.append(pool.submit(_judge_portion, portion))
            if len(ahead) > workers * _PORTIONS_AHEAD:
                yield from ahead.popleft().result()
        while ahead:
            yield from ahead.popleft().result()


_judging: list[WhatIf] = []


def _begin(question: Question) -> None:
    use_pinned_time_zones()
    _judging.append(question.judge_of())


def _judge_portion(portion: Sequence[Recorded]) -> list[Effect | Change]:
    return [_judging[0].judge(recorded) for recorded in portion]
