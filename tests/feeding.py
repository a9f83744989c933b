"""How do tests feed files in, and which world do the files describe?"""

import csv
import io
import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from callgate.clock import ShiftedClock
from callgate.domain.feed import COLUMNS, Accept, FeedKind
from callgate.domain.instants import to_wire
from callgate.flows.deployment import Deployment
from callgate.flows.feeds.judging import Order
from callgate.flows.feeds.run import FeedResult, run_feed
from callgate.flows.feeds.write_out import write_out
from callgate.store.feed_stage import FeedStage, RowVerdict
from callgate.store.reading import open_records
from tests.seeding import FACILITY, NOON

NORTH = "north-ci"
LATER = NOON + timedelta(hours=1)
MORNING = to_wire(NOON - timedelta(hours=4))
AFTERNOON = to_wire(LATER)


class Fed:
    """What became of a file, and of each of its rows."""

    def __init__(self, result: FeedResult, verdicts: Sequence[RowVerdict]) -> None:
        self.result = result
        self.verdicts = verdicts

    @property
    def state(self) -> str:
        return self.result.state.value

    def told(self) -> list[tuple[int, str, str | None]]:
        """Line, outcome and reason of every row."""
        return [(verdict.line, verdict.outcome, verdict.reason) for verdict in self.verdicts]

    def outcomes(self) -> list[str]:
        return [verdict.outcome for verdict in self.verdicts]


async def feed(
    deployment: Deployment, kind: str, content: bytes | str | Sequence[Mapping[str, Any]], *accept: str, **order: Any
) -> Fed:
    """Import a file: as bytes, as text, or as rows."""
    text = content if isinstance(content, bytes | str) else as_csv(kind, content)
    source = io.BytesIO(text.encode() if isinstance(text, str) else text)
    ordered = Order(kind=FeedKind(kind), author="i.port", accept=frozenset(Accept(one) for one in accept), **order)
    with FeedStage() as stage:
        result = await run_feed(deployment, ordered, source, stage, step=lambda *_: None)
        return Fed(result, list(stage.each_verdict()))


def export(url: str, kind: str) -> str:
    """The records as a file."""
    file = io.StringIO(newline="")
    with open_records(url) as reading:
        write_out(FeedKind(kind), reading, file)
    return file.getvalue()


def export_all(url: str) -> dict[str, str]:
    """Every file."""
    return {kind.value: export(url, kind.value) for kind in FeedKind}


def as_csv(kind: str, rows: Sequence[Mapping[str, Any]]) -> str:
    """Rows as a file with every column of its kind."""
    file = io.StringIO(newline="")
    names = [column.name for column in COLUMNS[FeedKind(kind)]]
    writer = csv.DictWriter(file, names, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue()


def person(inmate_id: str, **changes: Any) -> dict[str, Any]:
    """One row of people."""
    row = {"inmate_id": inmate_id, "facility_id": FACILITY, "unit": "A", "status": "active", "name": "A Person"}
    return row | {"as_of": AFTERNOON} | changes


def listed(inmate_id: str, number: str, **changes: Any) -> dict[str, Any]:
    """One row of lists."""
    row = {"inmate_id": inmate_id, "number": number, "name": "B Person", "relationship": "friend", "kind": "social"}
    return row | {"as_of": AFTERNOON} | changes


def blocked(block_id: str, number: str, **changes: Any) -> dict[str, Any]:
    """One row of blocks: one on the first person, by the number's owner."""
    row = {"block_id": block_id, "number": number, "scope": "inmate", "inmate_id": "100001", "kind": "called_party"}
    row |= {"authority": "letter of the owner", "note": "asked in writing", "until": "indefinite"}
    return row | {"as_of": AFTERNOON} | changes


@contextmanager
def later(clock: ShiftedClock) -> Iterator[None]:
    """The evening of the same day: what the files tell is past."""
    clock.advance(6 * 3600)
    yield


def made_up_files(people: int, *, seed: int = 7) -> dict[str, str]:
    """Files of a made-up agency: people at two facilities, ten numbers each, a block for every tenth person."""
    chance = random.Random(seed)
    inmates, lists, blocks = [], [], []
    for at in range(people):
        inmate_id = f"{200000 + at}"
        facility_id = FACILITY if at % 3 else NORTH
        status = "released" if at % 17 == 0 else "active"
        name = chance.choice(("O'Neil, Ann", '"Red" Doe', "=SUM(A1)", "José Ñúñez", "-Dash", "'t Hooft", "Sam Doe"))
        born = f"{1950 + at % 50}-0{1 + at % 9}-1{at % 9}" if at % 4 else ""
        inmates.append(
            person(
                inmate_id,
                facility_id=facility_id,
                unit=chance.choice("ABC"),
                status=status,
                name=name,
                date_of_birth=born,
                as_of=MORNING,
            )
        )
        for number in sorted(chance.sample(range(10_000), 10)):
            kind = "attorney" if number % 40 == 0 else "social"
            lists.append(
                listed(
                    inmate_id,
                    f"+1860{200 + at % 700}{number:04d}",
                    name=name,
                    kind=kind,
                    as_of=MORNING,
                    state="pending_warden" if kind == "attorney" else "active",
                )
            )
        if at % 10 == 0:
            blocks.append(
                blocked(
                    f"jms-{at}",
                    f"+1203{200 + at % 700}{at % 10000:04d}",
                    inmate_id=inmate_id,
                    as_of=MORNING,
                    kind=chance.choice(("victim", "called_party", "guardian")),
                    note="line one\nline two",
                )
            )
    return {"inmates": as_csv("inmates", inmates), "lists": as_csv("lists", lists), "blocks": as_csv("blocks", blocks)}
