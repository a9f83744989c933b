"""Would the judge of the outages notice? Histories with one thing wrong in each."""

import json
from pathlib import Path

import pytest
from sqlalchemy import text

from callgate.store.database import open_sync
from tests.conftest import open_world
from tests.outages.history import Asked, Ended, History
from tests.outages.judge import Findings, judge
from tests.outages.line import Reply
from tests.outages.town import BLOCKED
from tests.seeding import ANNA, BORIS, NUMBER, OTHER_NUMBER, OTHER_STATION, PINS, attempt_body, seed

BORIS_ASKS = {"pin": PINS[BORIS], "called_number": OTHER_NUMBER, "station_id": OTHER_STATION}


@pytest.fixture
def peopled(tmp_path: Path, migrated_file: Path) -> str:
    path = tmp_path / "callgate.db"
    path.write_bytes(migrated_file.read_bytes())
    url = f"sqlite:///{path}"
    seed(url)
    return url


@pytest.fixture
async def url(peopled: str) -> str:
    """A database with one call of each of two people."""
    async with open_world(peopled) as world:
        for body in (attempt_body("a-1"), attempt_body("b-1", **BORIS_ASKS)):
            await world.call("switch", "POST", "/v1/authorize", json=body)
    return peopled


def answer_in(url: str, call_id: str) -> bytes:
    with open_sync(url) as connection:
        query = text("SELECT answer FROM decisions WHERE call_id = :call_id")
        return str(connection.execute(query, {"call_id": call_id}).scalar_one()).encode()


def asked(call_id: str, body: bytes, *, at: float = 1.0, inmate_id: str = ANNA, number: str = NUMBER) -> Asked:
    reply = Reply(200, body)
    return Asked(call_id=call_id, inmate_id=inmate_id, number=number, began=at, ended=at + 0.1, reply=reply)


def broken(findings: Findings) -> set[str]:
    return {each.split()[0] for each in findings.broken()}


async def test_what_was_recorded_and_heard_alike_holds(url: str) -> None:
    heard = [asked("a-1", answer_in(url, "a-1")), asked("b-1", answer_in(url, "b-1"), inmate_id=BORIS)]

    assert broken(judge(url, History(heard))) == set()


async def test_an_allow_without_a_record_is_found(url: str) -> None:
    forged = json.loads(answer_in(url, "a-1")) | {"decision_id": "nowhere", "call_id": "a-2"}

    found = judge(url, History([asked("a-2", json.dumps(forged).encode(), at=500.0)]))

    assert broken(found) == {"unrecorded", "lost"}


async def test_an_answer_that_differs_from_its_record_is_found(url: str) -> None:
    other = json.loads(answer_in(url, "a-1")) | {"max_duration_seconds": 9000}

    assert broken(judge(url, History([asked("a-1", json.dumps(other).encode())]))) == {"lost"}


async def test_a_report_that_was_taken_and_is_not_there_is_found(url: str) -> None:
    told = Ended(call_id="a-1", began=2.0, ended=2.1, reply=Reply(200))

    assert broken(judge(url, History(ended=[told]))) == {"lost"}


async def test_two_calls_of_one_person_at_once_are_found(url: str) -> None:
    heard = [asked("a-1", answer_in(url, "a-1"), at=1.0), asked("b-1", answer_in(url, "b-1"), at=3.0)]

    assert broken(judge(url, History(heard))) == {"doubled"}


async def test_one_call_after_the_other_is_none_too_many(url: str) -> None:
    heard = [asked("a-1", answer_in(url, "a-1"), at=1.0), asked("b-1", answer_in(url, "b-1"), at=3.0)]
    end = Ended(call_id="a-1", began=2.0, ended=2.1, reply=Reply(503))

    assert broken(judge(url, History(heard, [end]))) == set()


async def test_an_allow_of_a_blocked_number_is_found(url: str) -> None:
    found = judge(url, History([asked("a-1", answer_in(url, "a-1"), number=BLOCKED)]))

    assert broken(found) == {"unlawful"}


@pytest.mark.parametrize("reply", [Reply(500), Reply(401), Reply(422), Reply(None, cause="silent")])
async def test_an_answer_that_is_no_refusal_is_found(url: str, reply: Reply) -> None:
    strange = Asked(call_id="a-3", inmate_id=ANNA, number=NUMBER, began=1.0, ended=2.0, reply=reply)

    assert broken(judge(url, History([strange]))) == {"strange"}


async def test_calls_that_overlap_in_the_records_are_found(url: str) -> None:
    with open_sync(url) as connection:
        connection.execute(text("UPDATE calls SET inmate_id = :anna"), {"anna": ANNA})
        connection.commit()

    assert broken(judge(url, History())) == {"doubled"}


async def test_an_allow_that_has_no_call_is_damage(url: str) -> None:
    with open_sync(url) as connection:
        connection.execute(text("DELETE FROM calls WHERE call_id = 'a-1'"))
        connection.commit()

    assert broken(judge(url, History())) == {"damage"}
