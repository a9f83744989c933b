"""What does a tracking token show, to whom, and for how long?"""

import secrets
from datetime import timedelta

import httpx
import pytest
from pydantic import SecretStr

from callgate import observe
from callgate.api.tracking import REQUESTS_MAX, WINDOW_SECONDS
from callgate.store.removal_requests import find_request
from tests.asking import counted_statements
from tests.conftest import World, open_world
from tests.people import seed_people
from tests.places import code_of
from tests.removals import PATH, grant, refuse, take_in
from tests.seeding import PIN_KEY

pytestmark = pytest.mark.feature("F19")

DAYS = 90
OLD_KEY, NEW_KEY = f"1:{PIN_KEY}", "2:another-pin-key-0123456789abcdef0123456789abcdef"


@pytest.fixture
def people(world: World, database_url: str) -> World:
    seed_people(database_url)
    return world


async def track(world: World, token: str) -> httpx.Response:
    """Ask as anybody can."""
    return await world.client.get(f"{PATH}/track/{token}")


async def test_a_token_shows_where_its_request_stands_and_nothing_else(people: World) -> None:
    body = await take_in(people, received_on="2026-11-18")
    token = body["tracking_token"]
    answer = await track(people, token)
    told = {"state": "open", "received_on": "2026-11-18", "due_on": "2026-11-25", "decided_on": None}
    assert (answer.status_code, answer.json()) == (200, told)
    assert answer.headers["cache-control"] == "no-store"
    assert "etag" not in answer.headers
    people.clock.advance(86_400)
    await refuse(people, body["request_id"])
    assert (await track(people, token)).json() == told | {"state": "refused", "decided_on": "2026-11-21"}


async def test_the_day_of_the_decision_is_the_facilitys(people: World) -> None:
    body = await take_in(people)
    people.clock.set(people.clock.now().replace(day=21, hour=4, minute=59, second=59))
    await grant(people, body["request_id"])
    assert (await track(people, body["tracking_token"])).json()["decided_on"] == "2026-11-20"


async def test_a_token_answers_until_ninety_days_after_the_decision_to_the_second(people: World) -> None:
    body = await take_in(people)
    people.clock.advance(200 * 86_400)  # while it is open it lives as long as that takes
    assert (await track(people, body["tracking_token"])).status_code == 200
    await grant(people, body["request_id"])
    decided_at = people.clock.now()
    for seconds, status in ((-1, 200), (-0.001, 200), (0, 404), (1, 404)):
        people.clock.set(decided_at + timedelta(days=DAYS, seconds=seconds))
        answer = await track(people, body["tracking_token"])
        assert answer.status_code == status, seconds


async def test_unknown_dead_and_malformed_are_the_same_answer_for_the_same_work(people: World) -> None:
    body = await take_in(people)
    await grant(people, body["request_id"])
    people.clock.advance(DAYS * 86_400)
    heard, sent = set(), set()
    for token in (
        body["tracking_token"],
        secrets.token_urlsafe(32),
        "short",
        "x" * 4000,
        "%00",
        "%F0%9F%98%80",
        "%ED%A0%80",
        "' OR 1=1 --",
        body["request_id"],
        f"{body['tracking_token']}=",
    ):
        with counted_statements(people) as statements:
            answer = await track(people, token)
        problem = answer.json() | {"instance": ""}
        heard.add((answer.status_code, str(problem), tuple(sorted(answer.headers))))
        sent.add(tuple(statements))
        assert token not in answer.text
    assert len(heard) == len(sent) == 1
    assert len(next(iter(sent))) <= 2
    nowhere = (await track(people, "a/b")).json() | {"instance": ""}
    assert (404, str(nowhere)) in {told[:2] for told in heard}


async def test_no_request_is_found_by_what_is_kept_of_its_token(people: World) -> None:
    body = await take_in(people)
    async with people.deployment.database.read() as transaction:
        kept = await find_request(transaction, body["request_id"])
    assert kept is not None
    assert len(kept.token_digest) == 64
    assert kept.token_digest not in repr(kept)
    assert (await track(people, kept.token_digest)).status_code == 404


async def test_two_tokens_of_one_number_are_two(people: World) -> None:
    first, second = await take_in(people), await take_in(people)
    await refuse(people, first["request_id"])
    states = [(await track(people, body["tracking_token"])).json()["state"] for body in (first, second)]
    assert states == ["refused", "open"]


async def test_a_token_is_found_again_after_a_new_key_came_in(database_url: str) -> None:
    seed_people(database_url)
    async with open_world(database_url, pin_key=SecretStr(OLD_KEY)) as world:
        old = (await take_in(world))["tracking_token"]
    async with open_world(database_url, pin_key=SecretStr(f"{OLD_KEY} {NEW_KEY}")) as world:
        new = (await take_in(world))["tracking_token"]
        assert [(await track(world, token)).status_code for token in (old, new)] == [200, 200]
    async with open_world(database_url, pin_key=SecretStr(NEW_KEY)) as world:
        assert [(await track(world, token)).status_code for token in (old, new)] == [404, 200]


async def test_the_path_of_tracking_is_no_request_and_a_request_is_no_path_of_tracking(people: World) -> None:
    for path in (f"{PATH}/track", f"{PATH}/track/x/letters"):
        answer = await people.client.get(path)
        assert answer.status_code in (401, 404), path
    answer = await people.client.get(f"{PATH}/track/letters")
    assert (answer.status_code, code_of(answer)) == (404, "not_found")
    assert (await people.client.post(f"{PATH}/track/decision", json={})).status_code in (401, 405)


async def test_one_client_may_ask_so_often_and_no_more(people: World) -> None:
    token = (await take_in(people))["tracking_token"]
    statuses = [(await track(people, token)).status_code for _ in range(REQUESTS_MAX)]
    assert set(statuses) == {200}
    with counted_statements(people) as sent:
        answer = await track(people, token)
    assert (answer.status_code, code_of(answer), sent) == (429, "too_many_requests", [])
    assert answer.headers["retry-after"] == str(WINDOW_SECONDS)
    assert token not in answer.text
    people.clock.advance(WINDOW_SECONDS - 1)
    assert (await track(people, token)).headers["retry-after"] == "1"
    people.clock.advance(1)
    assert (await track(people, token)).status_code == 200


async def test_the_limit_is_each_clients_own_and_staff_are_not_counted(people: World) -> None:
    token = (await take_in(people))["tracking_token"]
    statuses = [(await track(people, token)).status_code for _ in range(REQUESTS_MAX + 1)]
    assert statuses == [200] * REQUESTS_MAX + [429]
    transport = httpx.ASGITransport(app=people.app, client=("192.0.2.9", 1234))
    async with httpx.AsyncClient(transport=transport, base_url="http://callgate.test") as other:
        assert (await other.get(f"{PATH}/track/{token}")).status_code == 200
    assert (await people.call("warden", "GET", PATH)).status_code == 200


async def test_a_token_is_in_no_line_no_figure_and_no_problem(
    people: World, capsys: pytest.CaptureFixture[str]
) -> None:
    """Lines are looked at as they are given to the log, before anything is taken out of them."""
    body = await take_in(people)
    token = body["tracking_token"]
    for answer in (
        await track(people, token),
        await track(people, f"{token}x"),
        await people.client.post(f"{PATH}/track/{token}", json={}),
        await people.client.get(f"{PATH}/track/{token}/more"),
        await people.call("warden", "GET", f"{PATH}/{token}"),
        await people.call("warden", "GET", f"{PATH}/{token}/letters"),
    ):
        assert token not in answer.text
        assert token not in str(answer.headers)
    for _ in range(REQUESTS_MAX):
        assert token not in (await track(people, token)).text
    written = capsys.readouterr()
    assert "/v1/removal-requests/track/{tracking_token}" in written.out
    assert token not in written.out + written.err
    assert token not in observe.metrics_text().decode()
    assert token not in repr(people.deployment)
