"""Which role may use which route: the contract's table against the application, route by route and role by role."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

from callgate.api import health
from callgate.api.openapi import install
from callgate.domain.roles import PERMISSIONS, Permission
from tests.conformance.objects import VICTIM_BLOCK, Ids, path_of
from tests.conformance.roles_table import (
    ALWAYS_200,
    BLOCK_LIFT_OTHER,
    BLOCK_LIFT_VICTIM_CLASS,
    COUNSELOR,
    DECISION,
    EXPECTED,
    OPERATOR,
    PIN_ISSUE,
    PUBLIC,
    ROLES,
    SECURITY,
)
from tests.conformance.sending import BODIES, GARBAGE, SWITCH_ROUTES, Furnished, dumps, send
from tests.conftest import World
from tests.people import DORA, NORTH
from tests.seeding import FACILITY, STATION

Document = Mapping[str, Any]

TELLS_STATUS = [name for name in EXPECTED if name not in ALWAYS_200]
NEEDS_BODY = sorted(name for name in TELLS_STATUS if not name.startswith("GET"))


def operations(document: Document) -> Iterator[tuple[str, Document]]:
    """Every operation as `METHOD /path`, with what the document says of it."""
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield f"{method.upper()} {path}", operation


def undeclared(document: Document) -> list[str]:
    """Operations that name no permission and are not for everyone."""
    return [name for name, told in operations(document) if name not in PUBLIC and not told.get("x-permission")]


def unknown(document: Document) -> set[str]:
    """Operations that do not stand in the table, and are not known to be for everyone."""
    return {name for name, _ in operations(document)} - EXPECTED.keys() - PUBLIC


def roles_let_in(operation: Document) -> set[str]:
    """Who gets in by what the operation declares."""
    return {role.value for name in operation["x-permission"] for role in PERMISSIONS[Permission(name)]}


# ------------------------------------------------------------------------------------------------------ the document


async def test_every_served_route_stands_in_the_hand_written_table(furnished: Furnished) -> None:
    document = furnished[0].app.openapi()
    assert unknown(document) == set()
    assert {name for name, _ in operations(document)} == EXPECTED.keys() | PUBLIC


async def test_no_route_is_served_behind_the_document(furnished: Furnished) -> None:
    app = furnished[0].app
    routed = {
        f"{method} {context.path}"
        for context in iter_route_contexts(app.routes)
        for method in getattr(context.original_route, "methods", None) or {"?"}
    }
    assert routed == {name for name, _ in operations(app.openapi())}


async def test_every_route_declares_a_permission_or_is_for_everyone(furnished: Furnished) -> None:
    assert undeclared(furnished[0].app.openapi()) == []


async def test_a_route_without_a_permission_and_out_of_the_table_is_found_by_name() -> None:
    app = FastAPI()
    app.include_router(health.router)

    @app.get("/v1/everything")
    def everything() -> None:
        pass

    install(app)
    assert undeclared(app.openapi()) == ["GET /v1/everything"]
    assert unknown(app.openapi()) == {"GET /v1/everything"}


@pytest.mark.parametrize("name", EXPECTED)
async def test_the_declared_permissions_let_in_whom_the_contract_lets_in(furnished: Furnished, name: str) -> None:
    operation = dict(operations(furnished[0].app.openapi()))[name]
    assert roles_let_in(operation) == EXPECTED[name]
    assert set(operation["x-roles"]) == EXPECTED[name]
    assert operation["security"][0] == {"bearer": []}
    assert len(operation["security"]) == (2 if name in SWITCH_ROUTES else 1)


# ------------------------------------------------------------------------------------------------------------ served


@pytest.mark.parametrize("name", TELLS_STATUS)
async def test_without_a_token_nothing_is_answered(furnished: Furnished, name: str) -> None:
    world, here, _ = furnished
    status, problem = await send(world, name, here, role=None, content=GARBAGE)
    assert (status, problem["code"]) == (401, "token_not_accepted")


@pytest.mark.parametrize("name", sorted(PUBLIC))
async def test_what_is_for_everyone_needs_no_token(furnished: Furnished, name: str) -> None:
    world, here, _ = furnished
    method, _, template = name.partition(" ")
    answer = await world.client.request(method, path_of(template, here))
    # The clock of these tests stands still in the past, and readiness says so; nobody is turned away.
    assert answer.status_code == 200 or (name, answer.json()["checks"]["clock"]) == ("GET /readyz", "failed")


@pytest.mark.feature("F56")
@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("name", TELLS_STATUS)
async def test_403_is_for_the_roles_that_the_table_leaves_out_and_for_no_other(
    furnished: Furnished, name: str, role: str
) -> None:
    world, here, _ = furnished
    content = None if name.startswith("GET") else GARBAGE
    status, _problem = await send(world, name, here, role=role, content=content)
    if role not in EXPECTED[name]:
        assert status == 403
    elif content is None:
        assert status in (200, 404)  # 404: a denied attempt has no call
    else:
        assert status == (400 if name in SWITCH_ROUTES else 422)


@pytest.mark.parametrize("role", [None, *ROLES])
@pytest.mark.parametrize("name", sorted(ALWAYS_200))
async def test_a_route_that_always_answers_200_hangs_up_on_every_role_but_its_own(
    furnished: Furnished, name: str, role: str | None
) -> None:
    world, _, _ = furnished
    method, _, path = name.partition(" ")
    form = {"variable_sip_call_id": f"matrix-{role}", "variable_callgate_station_id": STATION}
    headers = {} if role is None else {"Authorization": f"Bearer {world.token(role)}"}
    sent = form | {"Caller-Destination-Number": "+18605550123"}
    answer = await world.client.request(method, path, data=sent, headers=headers)
    assert answer.status_code == 200
    assert "hangup" in answer.text
    # The switch's own question is decided, and refused for want of a PIN; nobody else's is.
    assert ("pin_not_accepted" in answer.text) == (role in EXPECTED[name])


async def test_a_good_request_is_taken_from_the_tables_roles_and_403_for_every_other(furnished: Furnished) -> None:
    world, here, _ = furnished
    assert sorted(BODIES) == NEEDS_BODY
    for name, body in BODIES.items():
        ids = {**here, "block_id": VICTIM_BLOCK} if name == "POST /v1/blocks/{block_id}/exceptions" else here
        statuses = {role: (await send(world, name, ids, role=role, content=dumps(body)))[0] for role in ROLES}
        refused = {role for role, status in statuses.items() if status == 403}
        # The block that is lifted here is no victim's; the tests below lift those.
        allowed = BLOCK_LIFT_OTHER if name == "POST /v1/blocks/{block_id}/lift" else EXPECTED[name]
        assert refused == set(ROLES) - allowed, name
        taken = [status for status in statuses.values() if 200 <= status < 300]
        # What one role did, the next may find done: that is a conflict, or a thing no longer there to be done.
        assert taken, (name, statuses)
        assert set(statuses.values()) <= {*taken, 403, 409, 422}, (name, statuses)


# --------------------------------------------------------------------------------------- where a role may half of it


async def test_a_chosen_pin_is_the_operators_and_a_generated_one_the_counselors_too(furnished: Furnished) -> None:
    name, (world, here, _) = "POST /v1/inmates/{inmate_id}/pin", furnished
    for role in ROLES:
        chosen, _found = await send(world, name, here, role=role, content=dumps({"pin": "4937156820"}))
        assert (chosen == 403) == (role != OPERATOR), role
        generated, found = await send(world, name, here, role=role, content=b"{}")
        assert (generated == 201) == (role in PIN_ISSUE), role
        assert (len(found.get("pin", "")) >= 4) == (role in PIN_ISSUE)


@pytest.mark.feature("F21")
@pytest.mark.parametrize("kind", ["victim", "court_order", "protected_person"])
async def test_a_victims_block_is_not_lifted_by_security(furnished: Furnished, kind: str) -> None:
    world, here, _ = furnished
    body = {"number": "+18605550163", "scope": "inmate", "inmate_id": DORA, "kind": kind, "document_reference": "D-1"}
    told = {"authority": "a court", "note": "served", "until": "indefinite"}
    for role in ROLES:
        made = await world.call("victim_services", "POST", "/v1/blocks", json={**body, **told})
        ids = {**here, "block_id": made.json()["block_id"]}
        status = await lift(world, ids, role)
        assert status == (202 if role in BLOCK_LIFT_VICTIM_CLASS else 403), role


@pytest.mark.feature("F21")
@pytest.mark.parametrize("kind", ["called_party", "guardian", "investigation", "facility"])
async def test_another_block_is_not_lifted_by_victim_services(furnished: Furnished, kind: str) -> None:
    world, here, _ = furnished
    body = {"number": "+18605550164", "scope": "facility", "facility_id": FACILITY, "kind": kind}
    told = {"authority": "a letter", "note": "asked", "until": "indefinite"}
    for role in ROLES:
        made = await world.call("security", "POST", "/v1/blocks", json={**body, **told})
        ids = {**here, "block_id": made.json()["block_id"]}
        status = await lift(world, ids, role)
        assert status == (200 if role in BLOCK_LIFT_OTHER else 403), role


async def lift(world: World, ids: Ids, role: str) -> int:
    body = {"authority": "vacated", "evidence_reference": "D-2"}
    return (await send(world, "POST /v1/blocks/{block_id}/lift", ids, role=role, content=dumps(body)))[0]


@pytest.mark.feature("F56")
async def test_a_counselor_reads_the_wire_answer_and_no_cause(furnished: Furnished) -> None:
    world, here, _ = furnished
    for role in DECISION:
        _, found = await send(world, "GET /v1/decisions/{decision_id}", here, role=role)
        causes = {"findings", "case"} & {name for name, value in found.items() if value is not None}
        assert found["decision_id"] == here["decision_id"]
        assert causes == (set() if role == COUNSELOR else {"findings", "case"}), role


async def test_a_write_of_the_whole_system_needs_a_token_for_the_whole_system(furnished: Furnished) -> None:
    world, here, _ = furnished
    later = BODIES["POST /v1/shutoffs"]
    block = {"number": "+18605550165", "scope": "system", "kind": "investigation", "authority": "a", "note": "n"}
    common = {**BODIES["PUT /v1/common-numbers/{number}"], "facility_id": None}
    everywhere = {"name": "Kamailio", "facilities": ["*"]}
    for name, role, body, ids in (
        ("POST /v1/shutoffs", OPERATOR, later, here),
        ("POST /v1/blocks", SECURITY, {**block, "until": "indefinite"}, here),
        ("PUT /v1/common-numbers/{number}", OPERATOR, common, {**here, "number": "+18605550166"}),
        ("PUT /v1/switches/{switch_id}", OPERATOR, everywhere, {**here, "switch_id": "switch-new"}),
    ):
        narrow, _ = await send(world, name, ids, role=role, content=dumps(body), facilities=[FACILITY, NORTH])
        whole, _ = await send(world, name, ids, role=role, content=dumps(body))
        assert (narrow, whole) == (403, 201), name
