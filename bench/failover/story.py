"""What happens to callers when the standby goes and comes back, and then the primary goes for good?"""

import asyncio
import json
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

from bench.failover.callers import DECIDED, PATIENCE_SECONDS, Callers, Told
from bench.failover.cluster import STANDBY_NAME, Cluster, running_cluster
from bench.failover.loops import Desk
from bench.failover.records import compare_records
from bench.node import running_node, seconds_to_noon
from bench.verdicts import Findings
from bench.world import fill_records, people_of
from callgate.api.tokens import TokenKeys, issue_token, lifetime_seconds_max
from callgate.clock import SystemClock
from callgate.domain.roles import Role
from callgate.store.migrate import migrate
from tests.seeding import NOON, TOKEN_KEY

NODES: Final = 2
BACK_SECONDS_MAX: Final = 10.0
# The look for calls that must end is five a second; the rest is a busy machine's.
HEAR_SECONDS_MAX: Final = 5.0
# A round over very many running calls takes as long as it takes, by design.
SWEEP_SECONDS_MAX: Final = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How long and how much.

    Args:
        people: who call; those of them whom the list allows a call are asked for.
        per_second: people a second, two attempts each.
        seconds: of load before and after each loss, and of the losses themselves.
        durable: write to disk for real; a test that only kills processes loses nothing without.
    """

    people: int
    per_second: float
    seconds: float
    durable: bool = True


async def play(plan: Plan, *, say: Callable[[str], None]) -> list[Findings]:
    """Play the story on a cluster of its own."""
    people = people_of(plan.people)
    with ExitStack() as until_done:
        folder = Path(until_done.enter_context(tempfile.TemporaryDirectory(prefix="callgate-failover-")))
        cluster = until_done.enter_context(running_cluster(durable=plan.durable))
        say("a primary and a synchronous standby run")
        await asyncio.to_thread(migrate, cluster.url)
        await asyncio.to_thread(fill_records, cluster.primary.url(), people)
        ahead = seconds_to_noon()
        nodes = [
            until_done.enter_context(running_node(cluster.url, ahead_seconds=ahead, log=folder / f"node-{i}"))
            for i in range(NODES)
        ]
        say("two nodes serve")
        ports = [node.port for node in nodes]
        callers = Callers(
            ports,
            [person for person in people if person.kind == "listed"],
            token=_token(Role.SWITCH),
            per_second=plan.per_second,
        )
        desk = Desk(ports, {role.value: _token(role) for role in (Role.SWITCH, Role.SECURITY, Role.WARDEN)})
        asking = asyncio.create_task(callers.run())
        try:
            found = await _lose_both(plan, cluster, callers, desk, say=say)
            say("looking at what the nodes do by themselves")
            allowed = [each for each in callers.told if each.outcome == "allow"]
            found.append(await _look_at_loops(allowed[-NODES - 1 :], desk, ahead=timedelta(seconds=ahead)))
            callers.end()
            await asking
            found.append(_agreement(cluster, callers.told))
        finally:
            asking.cancel()
            await desk.close()
    return found


async def _lose_both(
    plan: Plan, cluster: Cluster, callers: Callers, desk: Desk, *, say: Callable[[str], None]
) -> list[Findings]:
    await asyncio.sleep(plan.seconds)
    standby = await _lose_standby(plan, cluster, callers, desk)
    say("the standby was lost and is back")
    await asyncio.sleep(plan.seconds)
    primary = await _lose_primary(plan, cluster, callers)
    say("the primary was lost and the standby promoted")
    return [standby, primary]


async def _lose_standby(plan: Plan, cluster: Cluster, callers: Callers, desk: Desk) -> Findings:
    """Kill the standby: commits wait. Then let the operator say that nobody is waited for, and bring it back."""
    killed_at = time.monotonic()
    await asyncio.to_thread(cluster.standby.kill)
    await asyncio.sleep(plan.seconds)
    ready = await desk.readiness()
    released_at = time.monotonic()
    await asyncio.to_thread(cluster.set_standbys, "")
    back = await _seconds_until_back(callers, since=released_at)
    await asyncio.to_thread(cluster.standby.start)
    await asyncio.to_thread(cluster.set_standbys, STANDBY_NAME)
    await asyncio.to_thread(cluster.wait_for_standby)
    meanwhile = [each for each in callers.told if killed_at < each.sent_at and each.told_at < released_at]
    found = Findings(title="The standby is lost: commits wait for it")
    found.figures = {"outcomes": _counted(meanwhile), "readiness": ready, "back_seconds": back}
    _claim_refusals(found, meanwhile)
    slowest = max(seconds for _, seconds in ready)
    found.claim(
        "/readyz says so on both nodes",
        holds=all(told == "failed" for told, _ in ready),
        found=f"{[told for told, _ in ready]} in {slowest:.1f} s",
    )
    _claim_back(found, back, since="the operator let go of the standby")
    return found


async def _lose_primary(plan: Plan, cluster: Cluster, callers: Callers) -> Findings:
    """Kill the primary; promote the standby after a while, as whoever watches over both would."""
    killed_at = time.monotonic()
    await asyncio.to_thread(cluster.primary.kill)
    await asyncio.sleep(plan.seconds)
    promoting_at = time.monotonic()
    await asyncio.to_thread(cluster.standby.promote)
    promoted_at = time.monotonic()
    back = await _seconds_until_back(callers, since=promoted_at)
    await asyncio.sleep(plan.seconds)
    meanwhile = [each for each in callers.told if killed_at < each.sent_at and each.told_at < promoting_at]
    found = Findings(title="The primary is lost: SIGKILL under load, then the standby is promoted")
    found.figures = {
        "outcomes": _counted(meanwhile),
        "promote_seconds": round(promoted_at - promoting_at, 3),
        "back_seconds": back,
    }
    _claim_refusals(found, meanwhile)
    _claim_back(found, back, since="the promotion")
    return found


async def _look_at_loops(running: Sequence[Told], desk: Desk, *, ahead: timedelta) -> Findings:
    found = Findings(title="What the nodes do by themselves, after the promotion")
    *first, last = running
    for node, call in enumerate(first):
        heard = await desk.seconds_to_hear_of_a_terminated_call(call, node=node)
        _claim_in_time(found, f"node {node + 1} hears of calls that must end", heard, seconds_max=HEAR_SECONDS_MAX)
    swept = await desk.seconds_to_sweep(last, now=SystemClock().now() + ahead)
    _claim_in_time(found, "running calls are decided again", swept, seconds_max=SWEEP_SECONDS_MAX)
    return found


def _agreement(cluster: Cluster, told: Sequence[Told]) -> Findings:
    compared = compare_records(cluster.standby.url(), told)
    found = Findings(title="What callers were told, against the records that are left")
    found.figures = asdict(compared) | {"outcomes": _counted(told)}
    found.claim("0 acknowledged decisions lost", holds=compared.lost == 0, found=f"of {compared.acknowledged}")
    found.claim("one decision an attempt", holds=compared.told_twice == 0, found=f"{compared.told_twice} with two")
    found.claim(
        "no double call on one PIN", holds=compared.double_calls == 0, found=f"{compared.double_calls} people with two"
    )
    slow = [each for each in told if each.outcome in ("silent", "broken")]
    found.claim(
        "every attempt was answered",
        holds=not slow,
        found=f"{len(slow)} of {len(told)} not within {PATIENCE_SECONDS} s",
    )
    return found


def _claim_refusals(found: Findings, told: Sequence[Told]) -> None:
    """Whoever asked and was answered while nothing could be committed must have been refused."""
    outcomes = _counted(told)
    found.claim(
        "only 503 or deny meanwhile",
        holds=bool(told) and {*outcomes} <= {"status 503", "deny"},
        found=json.dumps(outcomes),
    )


def _claim_back(found: Findings, back: Sequence[float | None], *, since: str) -> None:
    for node, seconds in enumerate(back):
        _claim_in_time(found, f"node {node + 1} decides again after {since}", seconds, seconds_max=BACK_SECONDS_MAX)


def _claim_in_time(found: Findings, claim: str, seconds: float | None, *, seconds_max: float) -> None:
    in_time = seconds is not None and seconds <= seconds_max
    told = "never" if seconds is None else f"{seconds:.2f} s"
    found.claim(claim, holds=in_time, found=f"{told} (at most {seconds_max:.0f})")


async def _seconds_until_back(callers: Callers, *, since: float) -> list[float | None]:
    """After how long did each node decide again; None: not in time."""
    while time.monotonic() < since + BACK_SECONDS_MAX + 1:
        first = [_first_decision(callers.told, node=node, since=since) for node in range(NODES)]
        if None not in first:
            return first
        await asyncio.sleep(0.05)
    return [_first_decision(callers.told, node=node, since=since) for node in range(NODES)]


def _first_decision(told: Sequence[Told], *, node: int, since: float) -> float | None:
    later = [it.told_at for it in told if it.node == node and it.outcome in DECIDED and it.told_at > since]
    return min(later) - since if later else None


def _counted(told: Iterable[Told]) -> dict[str, int]:
    return dict(Counter(each.outcome for each in told).most_common())


def _token(role: Role) -> str:
    return issue_token(
        TokenKeys.from_text(TOKEN_KEY),
        subject=f"failover-{role.value}",
        role=role,
        facilities=None,
        now=NOON,
        lifetime_seconds=lifetime_seconds_max(role),
    )
