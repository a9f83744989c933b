"""What does a file come to: is it taken in whole, held back, or refused, and does every row stand there afterwards?"""

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType
from typing import BinaryIO, Final

from callgate import observe
from callgate.clock import sleep_seconds
from callgate.domain.errors import Conflict, Unavailable
from callgate.domain.feed import BRAKE_LEAST, Accept, FeedKind, RowOutcome
from callgate.domain.ids import new_id
from callgate.domain.instants import to_millisecond
from callgate.domain.roles import Actor, Role
from callgate.flows.deployment import Deployment
from callgate.flows.feeds.apply_blocks import finish_blocks, prepare_blocks
from callgate.flows.feeds.apply_inmates import finish_inmates, prepare_inmates
from callgate.flows.feeds.apply_lists import finish_lists, prepare_lists
from callgate.flows.feeds.applying import ChangedMeanwhile
from callgate.flows.feeds.judge_blocks import judge_blocks
from callgate.flows.feeds.judge_inmates import judge_inmates
from callgate.flows.feeds.judge_lists import judge_lists
from callgate.flows.feeds.judging import PART, Bench, Judged, Order
from callgate.flows.feeds.take_in import take_in
from callgate.flows.staff_write import Write
from callgate.store.database import Contended, Transaction
from callgate.store.feed_stage import FeedStage, StagedSubject
from callgate.store.feed_writes import own_feeds, own_system_patiently
from callgate.store.feeds import count_active_by_facility, count_blocks_in_force, list_hotlines, load_facilities

_TRIES_MAX: Final = 8
_PAUSE_SECONDS: Final = 0.5

Step = Callable[[str, int, int], None]
_Judge = Callable[[Bench, Transaction, list[StagedSubject]], Awaitable[Judged]]
_Apply = Callable[[Bench, Write, FeedStage], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class _Ways:
    judge: _Judge
    prepare: _Apply
    finish: _Apply
    accepted_by: Accept


_WAYS: Final[Mapping[FeedKind, _Ways]] = MappingProxyType(
    {
        FeedKind.INMATES: _Ways(judge_inmates, prepare_inmates, finish_inmates, Accept.RELEASES),
        FeedKind.LISTS: _Ways(judge_lists, prepare_lists, finish_lists, Accept.REMOVALS),
        FeedKind.BLOCKS: _Ways(judge_blocks, prepare_blocks, finish_blocks, Accept.LIFTS),
    }
)


class FeedState(StrEnum):
    """What became of a file?"""

    APPLIED = "applied"
    NOTHING_NEW = "nothing_new"
    DRY_RUN = "dry_run"
    REFUSED = "refused"
    HELD_BACK = "held_back"


@dataclass(frozen=True, slots=True, kw_only=True)
class Brake:
    """What held a file back: it would end `ended` of the `standing` at a place. `place`: a facility, or ""."""

    place: str
    ended: int
    standing: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """The file against the records, row by row, after the commit.

    `held`: rows that stand there as the file has them. `differing`: rows that do not, for no reason told before.
    """

    held: int
    not_approved: int
    stale: int
    differing: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedResult:
    """What became of a file, counted; what became of each row is in the stage."""

    state: FeedState
    rows: int
    outcomes: Mapping[str, int]
    brakes: tuple[Brake, ...] = ()
    proof: Proof | None = None


@dataclass(slots=True)
class _Weighed:
    ended: Counter[str] = field(default_factory=Counter)
    standing: Counter[str] = field(default_factory=Counter)


async def run_feed(
    deployment: Deployment, order: Order, source: BinaryIO, stage: FeedStage, *, step: Step
) -> FeedResult:
    """Take the file in, judge it, apply it whole or not at all, and prove it row by row.

    Args:
        stage: empty; afterwards it holds what became of every row.
        step: told how far it is: which step, how much of it is done, and of how much (0: not known).

    Raises:
        FileRefused: it is no table of this kind.
        Unavailable: another file is being applied, or staff kept writing the same people. Nothing was kept.
    """
    _read(order.kind, source, stage, step)
    bench = await _bench(deployment, order)
    weighed = await _judge_all(bench, stage, step)
    outcomes = stage.tallies()
    if outcomes.get(RowOutcome.REFUSED):
        return _result(FeedState.REFUSED, stage)
    brakes = await _brakes(bench, weighed)
    if brakes:
        return replace(_result(FeedState.HELD_BACK, stage), brakes=brakes)
    if order.dry_run:
        return _result(FeedState.DRY_RUN, stage)
    if stage.count_plans():
        bench = await _apply(bench, stage, step)
    return await _prove(bench, stage, step)


def _read(kind: FeedKind, source: BinaryIO, stage: FeedStage, step: Step) -> None:
    done = 0

    def tell(rows: int) -> None:
        nonlocal done
        done += rows
        step("reading", done, 0)

    take_in(kind, source, stage, tell=tell)


async def _bench(deployment: Deployment, order: Order) -> Bench:
    async with deployment.database.read() as transaction:
        return Bench(
            deployment=deployment,
            order=order,
            now=to_millisecond(deployment.clock.now()),
            facilities=await load_facilities(transaction),
            hotlines=await list_hotlines(transaction),
        )


async def _judge_all(bench: Bench, stage: FeedStage, step: Step) -> _Weighed:
    weighed, done, total = _Weighed(), 0, stage.count_rows()
    for part in stage.each_part(PART):
        async with bench.deployment.database.read() as transaction:
            judged = await _WAYS[bench.order.kind].judge(bench, transaction, part)
        stage.keep_verdicts(judged.verdicts)
        stage.keep_plans(judged.plans)
        weighed.ended.update(judged.ended)
        weighed.standing.update(judged.standing)
        done += sum(len(subject.rows) for subject in part)
        step("judging", done, total)
    return weighed


async def _brakes(bench: Bench, weighed: _Weighed) -> tuple[Brake, ...]:
    order = bench.order
    if bench.accepts(_WAYS[order.kind].accepted_by):
        return ()
    standing: Mapping[str, int] = weighed.standing
    async with bench.deployment.database.read() as transaction:
        if order.kind is FeedKind.INMATES:
            standing = await count_active_by_facility(transaction)
        elif order.kind is FeedKind.BLOCKS:
            standing = {"": await count_blocks_in_force(transaction, now_ms=bench.now_ms)}
    return tuple(
        Brake(place=place, ended=ended, standing=standing.get(place, 0))
        for place, ended in sorted(weighed.ended.items())
        if ended > BRAKE_LEAST and ended * 100 > order.brake_percent * standing.get(place, 0)
    )


async def _apply(bench: Bench, stage: FeedStage, step: Step) -> Bench:
    """Apply the plans, judged again where staff wrote meanwhile; answer the bench that they were judged on last."""
    for _ in range(_TRIES_MAX):
        try:
            await _apply_once(bench, stage, step)
        except ChangedMeanwhile as changed:
            bench = await _bench(bench.deployment, bench.order)
            await _judge_again(bench, stage, changed, step)
        except Contended:
            await sleep_seconds(_PAUSE_SECONDS)
        else:
            return bench
    raise Unavailable(
        "changed_meanwhile", "Others kept writing what this file is about. Nothing of it was kept; run it again later."
    )


async def _apply_once(bench: Bench, stage: FeedStage, step: Step) -> None:
    ways = _WAYS[bench.order.kind]
    database = bench.deployment.database
    async with database.write() as transaction:
        if not await own_feeds(transaction):
            raise Unavailable(
                "import_running", "Another file is being applied just now. Wait for it, and run this again."
            )
        actor = Actor(bench.order.author, Role.OPERATOR, None)
        now = to_millisecond(bench.deployment.clock.now())
        write = Write(transaction=transaction, actor=actor, now=now, if_match=None)
        step("applying", 0, stage.count_plans())
        await ways.prepare(bench, write, stage)
        await own_system_patiently(transaction)
        await ways.finish(bench, write, stage)
        feed_id = new_id(now)
        told = {"kind": bench.order.kind.value, "rows": stage.count_rows(), "outcomes": stage.tallies()}
        accepted = sorted(accept.value for accept in bench.order.accept)
        await write.record("import_file", "file", feed_id, facility_id=None, after={**told, "accepted": accepted})
    step("applying", stage.count_plans(), stage.count_plans())
    for kind in write.raised:
        observe.alert_raised(kind)


async def _judge_again(bench: Bench, stage: FeedStage, changed: ChangedMeanwhile, step: Step) -> None:
    """Judge those again whom staff wrote meanwhile.

    Raises:
        Conflict: a row cannot be right any more.
    """
    if changed.subjects is None:
        await _judge_all(bench, stage, step)
    else:
        async with bench.deployment.database.read() as transaction:
            part = stage.load_subjects(sorted(changed.subjects))
            judged = await _WAYS[bench.order.kind].judge(bench, transaction, part)
        stage.keep_verdicts(judged.verdicts)
        stage.keep_plans(judged.plans)
    if stage.tallies().get(RowOutcome.REFUSED):
        raise Conflict(
            "refused_meanwhile", "Staff wrote meanwhile what this file cannot follow. Run it again to see where."
        )


async def _prove(bench: Bench, stage: FeedStage, step: Step) -> FeedResult:
    """Judge every row once more: what is applied has nothing left to change."""
    state = FeedState.APPLIED if stage.count_plans() else FeedState.NOTHING_NEW
    counted: Counter[str] = Counter()
    done, total = 0, stage.count_rows()
    proving = await _bench(bench.deployment, bench.order)
    for part in stage.each_part(PART):
        async with bench.deployment.database.read() as transaction:
            judged = await _WAYS[bench.order.kind].judge(proving, transaction, part)
        counted.update(verdict.outcome for verdict in judged.verdicts)
        done += sum(len(subject.rows) for subject in part)
        step("proving", done, total)
    held, stale = counted[RowOutcome.UNCHANGED], counted[RowOutcome.STALE]
    struck = counted[RowOutcome.NOT_APPROVED]
    proof = Proof(held=held, not_approved=struck, stale=stale, differing=total - held - stale - struck)
    return replace(_result(state, stage), proof=proof)


def _result(state: FeedState, stage: FeedStage) -> FeedResult:
    return FeedResult(state=state, rows=stage.count_rows(), outcomes=stage.tallies())
