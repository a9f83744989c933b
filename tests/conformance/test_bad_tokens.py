"""Every bad token over HTTP: 401, one answer for all of them, and nothing of what was sent comes back."""

import base64
import json
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from callgate.app import build, deploy
from callgate.clock import ShiftedClock
from callgate.settings import Settings
from tests.api.bad_tokens import bad_tokens
from tests.api.minting import STAFF_ROLES, TOKEN_KEY, good_claims, mint
from tests.seeding import PIN_KEY, attempt_body, seed

NOW = datetime(2026, 11, 22, 17, 0, tzinfo=UTC)
SENT = [bad for bad in bad_tokens(NOW) if bad.fits_a_header]
ATTEMPT = attempt_body("call-1")
# Shorter parts of a token can stand in an answer by chance.
TELLING_LENGTH = 8

Carrier = tuple[str, str, Callable[[str], str]]


def as_bearer(raw: str) -> str:
    return f"Bearer {raw}"


def as_basic(raw: str) -> str:
    return "Basic " + base64.b64encode(f"switch-1:{raw}".encode()).decode()


CARRIERS: dict[str, Carrier] = {
    "authorize, Bearer": ("POST", "/v1/authorize", as_bearer),
    "authorize, Basic": ("POST", "/v1/authorize", as_basic),
    "call events, Bearer": ("POST", "/v1/call-events", as_bearer),
    "blocks, Bearer": ("GET", "/v1/blocks", as_bearer),
}


@pytest.fixture(scope="module")
async def client(file_urls: tuple[str, str]) -> AsyncIterator[httpx.AsyncClient]:
    """The real application, whose keys are the corpus's."""
    seed(file_urls[0])
    settings = Settings(database_url=file_urls[0], token_key=SecretStr(TOKEN_KEY), pin_key=SecretStr(PIN_KEY))
    app = build(deploy(settings, clock=ShiftedClock(NOW, running=False)))
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with app.router.lifespan_context(app), httpx.AsyncClient(transport=transport, base_url="http://t") as opened:
        yield opened


async def ask(client: httpx.AsyncClient, carrier: Carrier, raw: str | None) -> httpx.Response:
    method, path, as_header = carrier
    headers = {} if raw is None else {"Authorization": as_header(raw)}
    body = ATTEMPT if method == "POST" else None
    return await client.request(method, path, json=body, headers=headers)


def without_request_id(answer: httpx.Response) -> tuple[dict[str, Any], dict[str, str]]:
    """Body and headers with the two places alike that name the request."""
    found = answer.json()
    told = found.pop("instance")
    headers = {name: value for name, value in answer.headers.items() if name != "x-request-id"}
    assert told == f"urn:uuid:{answer.headers['x-request-id']}"
    return found, headers


def telling_parts(raw: str) -> list[str]:
    return [part for part in (raw, *raw.split(".")) if len(part) >= TELLING_LENGTH]


async def test_the_corpus_is_large_enough_and_fits_a_header() -> None:
    assert len(SENT) >= 40
    assert len({bad.rule for bad in SENT}) >= 20


@pytest.mark.parametrize("name", CARRIERS)
async def test_every_bad_token_is_refused_like_none_at_all(
    client: httpx.AsyncClient, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    carrier = CARRIERS[name]
    without_token = await ask(client, carrier, None)
    assert without_token.status_code == 401
    assert without_token.headers["content-type"] == "application/problem+json"
    expected = without_request_id(without_token)
    assert expected[0]["status"] == 401
    if carrier[0] == "POST":
        assert (expected[0]["decision"], expected[0]["max_duration_seconds"]) == ("deny", 0)
    else:
        assert "decision" not in expected[0]
    differing = []
    for bad in SENT:
        answer = await ask(client, carrier, bad.raw)
        if answer.status_code != 401 or without_request_id(answer) != expected:
            differing.append((bad.name, answer.status_code, answer.text))
        told = answer.text + json.dumps(dict(answer.headers))
        assert not [part for part in telling_parts(bad.raw) if part in told], bad.name
    assert differing == []
    logged = "".join(capsys.readouterr())
    assert not [bad.name for bad in SENT for part in telling_parts(bad.raw) if part in logged]


async def test_a_good_token_one_mistake_away_is_accepted(client: httpx.AsyncClient) -> None:
    good = mint(good_claims(NOW))
    answer = await ask(client, CARRIERS["blocks, Bearer"], good)
    assert answer.status_code == 200
    for name in ("authorize, Bearer", "authorize, Basic"):
        answer = await ask(client, CARRIERS[name], good)  # a warden's
        assert answer.status_code == 403
        assert (answer.json()["decision"], answer.json()["max_duration_seconds"]) == ("deny", 0)


@pytest.mark.parametrize("name", ["authorize, Bearer", "authorize, Basic"])
async def test_a_switch_with_a_good_token_is_answered(client: httpx.AsyncClient, name: str) -> None:
    token = mint(good_claims(NOW, role="switch", sub=f"sw-{name[-5:]}", facilities=["*"]))
    answer = await ask(client, CARRIERS[name], token)
    assert answer.status_code == 200
    assert answer.json()["call_id"] == ATTEMPT["call_id"]
    assert answer.json()["decision"] == "allow" or answer.json()["reason"] == "call_in_progress"


@pytest.mark.parametrize("role", STAFF_ROLES)
async def test_a_staff_token_is_no_switchs_whatever_its_role(client: httpx.AsyncClient, role: str) -> None:
    answer = await ask(client, CARRIERS["authorize, Bearer"], mint(good_claims(NOW, role=role, facilities=["*"])))
    assert answer.status_code == 403
    assert answer.json()["decision"] == "deny"


async def test_a_good_token_is_taken_from_no_other_place(client: httpx.AsyncClient) -> None:
    switch = mint(good_claims(NOW, role="switch", facilities=["*"]))
    warden = mint(good_claims(NOW))
    for answer in (
        await client.get("/v1/blocks", headers={"Authorization": as_basic(warden)}),
        await client.get(f"/v1/blocks?access_token={warden}"),
        await client.get("/v1/blocks", headers={"Cookie": f"access_token={warden}", "X-Authorization": warden}),
        await client.get("/v1/blocks", headers={"Authorization": warden}),
        await client.get("/v1/blocks", headers={"Authorization": f"Token {warden}"}),
        await client.get("/v1/blocks", headers=[("Authorization", "Bearer x"), ("Authorization", f"Bearer {warden}")]),
        await client.post("/v1/authorize", json=ATTEMPT | {"access_token": switch}),
        await client.post("/v1/authorize", json=ATTEMPT, headers={"Authorization": f"Digest {switch}"}),
    ):
        assert answer.status_code == 401
        assert warden not in answer.text + str(answer.headers)
        assert switch not in answer.text + str(answer.headers)


BROKEN_BASIC = {
    "no base64": "Basic !!!!",
    "no colon": "Basic " + base64.b64encode(b"switch-1").decode(),
    "nothing": "Basic ",
    "not ASCII": "Basic " + base64.b64encode("switch-1:\u20ac".encode()).decode(),
    "the token as user": "Basic {}",
    "two credentials": "Basic {0},{0}",
}


@pytest.mark.parametrize("how", BROKEN_BASIC)
async def test_a_broken_basic_header_is_401_and_denies(client: httpx.AsyncClient, how: str) -> None:
    token = mint(good_claims(NOW, role="switch", facilities=["*"]))
    header = BROKEN_BASIC[how].format(base64.b64encode(f"{token}:".encode()).decode())
    answer = await client.post("/v1/authorize", json=ATTEMPT, headers={"Authorization": header})
    assert answer.status_code == 401
    assert (answer.json()["decision"], answer.json()["max_duration_seconds"]) == ("deny", 0)


async def test_a_refused_token_leaves_no_record(client: httpx.AsyncClient) -> None:
    never = ATTEMPT | {"call_id": "never"}
    for bad in SENT[:20]:
        await client.post("/v1/authorize", json=never, headers={"Authorization": f"Bearer {bad.raw}"})
    security = mint(good_claims(NOW, role="security", facilities=["*"]))
    calls = await client.get("/v1/calls", headers={"Authorization": f"Bearer {security}"})
    assert all(call["call_id"] != "never" for call in calls.json()["items"])
    # The key is still free: the same call_id from a good token is decided, and is no repeat.
    token = mint(good_claims(NOW, role="switch", facilities=["*"]))
    answer = await client.post("/v1/authorize", json=never, headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200
    assert "idempotent-replayed" not in answer.headers
