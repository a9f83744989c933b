"""A switch is registered for places, its secret is shown once, and revocations go nowhere they should not."""

import asyncio
import base64
import json
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from callgate.flows.put_switch import is_allowed_target
from tests.conftest import World, open_world
from tests.places import audit_trail, code_of

SWITCH: dict[str, Any] = {
    "name": "Kamailio, north",
    "facilities": ["osborn"],
    "revoke_url": "https://switch.example/revoke",
    "tokens_not_before": None,
}


async def put_switch(world: World, switch_id: str = "kamailio-1", **changes: Any) -> httpx.Response:
    world.clock.advance(0.001)
    how = {name: changes.pop(name) for name in ("headers", "covered") if name in changes}
    return await world.call(
        "operator",
        "PUT",
        f"/v1/switches/{switch_id}",
        json=SWITCH | changes,
        headers=how.get("headers"),
        facilities=how.get("covered"),
    )


async def get(world: World, path: str = "/v1/switches/kamailio-1", **how: Any) -> httpx.Response:
    return await world.call("operator", "GET", path, **how)


async def test_the_secret_is_shown_once_and_never_again(world: World) -> None:
    first = await put_switch(world)
    secret = first.json()["webhook_secret"]
    assert (first.status_code, first.json()) == (
        201,
        {"switch_id": "kamailio-1", **SWITCH, "webhook_secret": secret},
    )
    assert secret.startswith("whsec_")
    assert len(base64.b64decode(secret.removeprefix("whsec_"), validate=True)) == 32
    expected = {"switch_id": "kamailio-1", **SWITCH, "webhook_secret": None}
    same = await put_switch(world)
    assert (same.status_code, same.json()) == (200, expected)
    shown = await get(world)
    # The ETag is of the representation alone: the first answer's is the one that If-Match takes.
    assert (shown.json(), shown.headers["etag"]) == (expected, first.headers["etag"])
    assert (await get(world, "/v1/switches")).json()["items"] == [expected]
    trail = await audit_trail(world)
    assert [(event["action"], event["object_id"], event["facility_id"]) for event in trail] == [
        ("put_switch", "kamailio-1", "osborn")
    ]
    assert secret[10:] not in json.dumps(trail)
    async with world.deployment.database.read() as transaction:
        assert (await transaction.execute(text("SELECT webhook_secret FROM switches"))).scalar_one() == secret


async def test_a_change_keeps_the_secret_and_two_switches_have_two(world: World) -> None:
    await put_switch(world)
    changed = await put_switch(world, name="Kamailio", revoke_url=None, tokens_not_before="2026-11-20T12:00:00-05:00")
    assert changed.json()["tokens_not_before"] == "2026-11-20T17:00:00.000Z"
    assert (changed.json()["revoke_url"], changed.json()["webhook_secret"]) == (None, None)
    await put_switch(world, "asterisk-1")
    async with world.deployment.database.read() as transaction:
        secrets = (await transaction.execute(text("SELECT webhook_secret FROM switches"))).scalars().all()
    assert len(set(secrets)) == 2


async def test_a_token_reaches_the_switches_that_serve_nothing_beyond_it(world: World) -> None:
    await put_switch(world, "north")
    await put_switch(world, "both", facilities=["enfield", "osborn", "osborn"])
    everywhere = await put_switch(world, "everywhere", facilities=["*"])
    assert (everywhere.json()["facilities"], (await audit_trail(world))[-1]["facility_id"]) == (["*"], None)
    assert (await get(world, "/v1/switches/both")).json()["facilities"] == ["enfield", "osborn"]

    async def listed(covered: list[str]) -> list[str]:
        body = (await get(world, "/v1/switches", facilities=covered)).json()
        return [item["switch_id"] for item in body["items"]]

    assert await listed(["*"]) == ["both", "everywhere", "north"]
    assert await listed(["osborn"]) == ["north"]
    assert await listed(["osborn", "enfield", "cheshire"]) == ["both", "north"]
    for name in ("both", "everywhere"):
        # Not there, before the body is looked at.
        for answer in (
            await get(world, f"/v1/switches/{name}", facilities=["osborn"]),
            await put_switch(world, name, covered=["osborn"], name="mine now"),
            await put_switch(world, name, covered=["osborn"], name=5),
        ):
            assert (answer.status_code, code_of(answer)) == (404, "not_found")
    page = (await get(world, "/v1/switches?limit=2")).json()
    rest = (await get(world, f"/v1/switches?limit=2&cursor={page['next_cursor']}")).json()
    assert ([item["switch_id"] for item in rest["items"]], rest["next_cursor"]) == (["north"], None)


async def test_a_switch_serves_no_more_than_its_operators_token_covers(world: World) -> None:
    assert (await put_switch(world, covered=["osborn"])).status_code == 201
    foreign = await put_switch(world, covered=["osborn"], facilities=["osborn", "enfield"])
    assert (foreign.status_code, code_of(foreign)) == (404, "not_found")
    everywhere = await put_switch(world, covered=["osborn"], facilities=["*"])
    assert (everywhere.status_code, code_of(everywhere)) == (403, "system_scope")
    assert (await get(world)).json()["facilities"] == ["osborn"]


async def test_a_malformed_switch_is_422(world: World) -> None:
    malformed: dict[str, Any] = {
        "name": ["", None, "x" * 201],
        "facilities": [[], "osborn", ["a b"], [1], None, [f"f{i}" for i in range(1001)]],
        "revoke_url": ["", 5, "https://" + "x" * 2048],
        "tokens_not_before": ["2026-11-20", 0],
        "webhook_secret": ["whsec_mine"],
    }
    for field, values in malformed.items():
        for value in values:
            answer = await put_switch(world, **{field: value})
            assert (answer.status_code, code_of(answer)) == (422, "malformed_request"), field
    mixed = await put_switch(world, facilities=["*", "osborn"])
    assert (mixed.status_code, code_of(mixed)) == (422, "facilities_not_valid")
    assert (await get(world)).status_code == 404


async def test_revocations_go_to_https_or_into_the_networks_that_are_allowed(database_url: str) -> None:
    async with open_world(database_url, revoke_allow="10.7.0.0/16, fd00::/8") as world:
        for url in (
            "http://10.8.0.1/revoke",
            "http://switch.example/revoke",
            "ftp://10.7.0.1/",
            "https://u:p@x.example",
        ):
            refused = await put_switch(world, revoke_url=url)
            assert (refused.status_code, code_of(refused)) == (422, "revoke_url_not_allowed"), url
            assert "10.8" not in refused.text
        for url in ("http://10.7.255.255:8080/revoke?x=1", "http://[fd00::1]/", "https://10.8.0.1/revoke"):
            answer = await put_switch(world, revoke_url=url)
            assert (answer.status_code in (200, 201), answer.json()["revoke_url"]) == (True, url)


@pytest.mark.parametrize(
    ("url", "allowed", "is_allowed"),
    [
        ("https://switch.example/revoke", "", True),
        ("https://switch.example:8443/a?b=c", "", True),
        ("HTTPS://switch.example", "", True),
        ("https://[2001:db8::1]/", "", True),
        ("https://", "", False),
        ("https:///revoke", "", False),
        ("https:switch.example", "", False),
        ("//switch.example/", "", False),
        ("https://user@switch.example/", "", False),
        ("https://@switch.example/", "", False),
        ("https://switch.example/#part", "", False),
        ("https://switch.example/#", "", False),
        ("https://switch.example:0/", "", False),
        ("https://switch.example:65536/", "", False),
        ("https://switch.example:x/", "", False),
        ("https://switch.example\\@evil.example/", "", False),
        ("https://switch.example/ a", "", False),
        ("https://switch.example/\t", "", False),
        ("https://schalter.\u00e4/", "", False),
        ("https://[::1", "", False),
        ("javascript:alert(1)", "0.0.0.0/0", False),
        ("file:///etc/passwd", "0.0.0.0/0", False),
        ("http://127.0.0.1/", "", False),
        ("http://127.0.0.1/", "127.0.0.0/8", True),
        ("http://127.0.0.1:9000/", "127.0.0.1", True),
        ("http://128.0.0.0/", "127.0.0.0/8", False),
        ("http://localhost/", "127.0.0.0/8", False),
        ("http://2130706433/", "127.0.0.0/8", False),
        ("http://0177.0.0.1/", "127.0.0.0/8", False),
        ("http://127.1/", "127.0.0.0/8", False),
        ("http://[::1]/", "::1/128", True),
        ("http://[::ffff:127.0.0.1]/", "127.0.0.0/8", False),
        ("http://10.0.0.1/", "what is this, 10.0.0.0/8", True),
        ("http://10.0.0.1/", "what is this", False),
    ],
)
def test_an_address_is_judged_by_what_it_says_and_not_by_what_a_client_makes_of_it(
    url: str, allowed: str, *, is_allowed: bool
) -> None:
    assert is_allowed_target(url, allowed) is is_allowed


async def test_if_match_protects_a_switch(world: World) -> None:
    seen = (await put_switch(world)).headers["etag"]
    for tag, status in (('"other"', 412), (seen, 200), (seen, 412)):
        assert (await put_switch(world, name="after", headers={"If-Match": tag})).status_code == status


async def test_nobody_but_an_operator_reads_or_writes_switches(world: World) -> None:
    await put_switch(world)
    for role in ("switch", "counselor", "warden", "security", "victim_services", "auditor"):
        for method, path in (("PUT", "/v1/switches/x"), ("GET", "/v1/switches/kamailio-1"), ("GET", "/v1/switches")):
            answer = await world.call(role, method, path, json={} if method == "PUT" else None)
            assert (answer.status_code, code_of(answer)) == (403, "not_permitted")


async def test_of_first_puts_at_once_exactly_one_shows_the_secret_that_is_kept(world: World) -> None:
    answers = await asyncio.gather(*(put_switch(world, name=f"name {i}") for i in range(5)))
    assert sorted(answer.status_code for answer in answers) == [200] * 4 + [201]
    shown = [answer.json()["webhook_secret"] for answer in answers if answer.json()["webhook_secret"] is not None]
    async with world.deployment.database.read() as transaction:
        assert (await transaction.execute(text("SELECT webhook_secret FROM switches"))).scalars().all() == shown
