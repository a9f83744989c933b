"""The description of the wire is complete, is valid, and is the one that is committed."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import schemathesis
from fastapi import FastAPI

from callgate import __version__
from callgate.api import openapi
from callgate.api.openapi_texts import TAGS
from callgate.api.problems import FREESWITCH_PATH, SWITCH_PATHS
from callgate.app import build, deploy
from callgate.domain.roles import PERMISSIONS, Permission
from tests.seeding import settings_for

COMMITTED = Path(__file__).parents[2] / "openapi" / "callgate.json"
PUBLIC = {"check_liveness", "check_readiness", "get_version", "get_metrics", "track_removal_request"}
VERBS = {
    *(
        "ask",
        "authorize",
        "change",
        "check",
        "close",
        "confirm",
        "decide",
        "end",
        "except",
        "get",
        "issue",
        "lift",
        "list",
    ),
    *("preview", "put", "remove", "report", "restrict", "set", "settle", "shut", "take", "terminate", "track"),
}
# The 3.1 schema leaves `schema` objects to JSON Schema itself; both are checked.
DIALECT = "https://json-schema.org/draft/2020-12/schema"

Operation = dict[str, Any]


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> FastAPI:
    return build(deploy(settings_for(f"sqlite:///{tmp_path_factory.mktemp('openapi')}/callgate.db")))


@pytest.fixture(scope="module")
def document(app: FastAPI) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(openapi.openapi_text(app))
    return found


def operations(document: Mapping[str, Any]) -> Iterator[tuple[str, str, Operation]]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield path, method, operation


def resolved(document: Mapping[str, Any], value: Any) -> Any:
    while isinstance(value, dict) and "$ref" in value:
        value = at(document, value["$ref"])
    return value


def at(document: Mapping[str, Any], reference: str) -> Any:
    found: Any = document
    for part in reference.removeprefix("#/").split("/"):
        found = found[part]
    return found


def walk(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        for each in value.values():
            yield from walk(each)
    elif isinstance(value, list):
        for each in value:
            yield from walk(each)


# ------------------------------------------------------------------------------------------------------------ the file


def test_the_committed_file_is_what_the_application_says(app: FastAPI) -> None:
    assert COMMITTED.read_text(encoding="utf-8") == openapi.openapi_text(app), (
        "The routes changed. Run `callgate openapi > openapi/callgate.json` and read the difference: "
        "nothing that a switch or a staff tool relies on may be renamed, narrowed or dropped."
    )


def test_the_same_routes_always_give_the_same_text(app: FastAPI, tmp_path: Path) -> None:
    other = build(deploy(settings_for(f"sqlite:///{tmp_path}/callgate.db")))
    assert openapi.openapi_text(other) == openapi.openapi_text(app)


def test_is_valid(document: dict[str, Any]) -> None:
    schema = schemathesis.openapi.from_dict(document)
    schema.validate()
    assert schema.specification.version == document["openapi"] == "3.1.0"


def test_every_schema_is_one(document: dict[str, Any]) -> None:
    for name, schema in document["components"]["schemas"].items():
        assert jsonschema_rs.meta.is_valid({"$schema": DIALECT, **schema}), name


def test_every_reference_leads_somewhere_and_every_component_is_used(document: dict[str, Any]) -> None:
    references = {each["$ref"] for each in walk(document) if isinstance(each.get("$ref"), str)}
    for reference in references:
        assert at(document, reference)
    for kind in ("schemas", "responses"):
        unused = {f"#/components/{kind}/{name}" for name in document["components"][kind]} - references
        assert unused <= {"#/components/schemas/Problem", "#/components/schemas/SwitchProblem"}


def test_says_what_it_is(document: dict[str, Any]) -> None:
    info = document["info"]
    assert (info["title"], info["version"], info["license"]["identifier"]) == ("callgate", __version__, "Apache-2.0")
    assert info["description"]
    assert info["summary"]
    assert info["contact"]
    assert [server["url"] for server in document["servers"]] == ["/"]
    assert set(document["components"]["securitySchemes"]) == {"bearer", "basic"}


def test_every_example_fits_its_schema(document: dict[str, Any]) -> None:
    tried = 0
    for name, schema in document["components"]["schemas"].items():
        rooted = {"$ref": f"#/components/schemas/{name}", "components": document["components"]}
        validator = jsonschema_rs.Draft202012Validator(rooted)
        for example in schema.get("examples", []):
            validator.validate(example)
            tried += 1
    for each in walk(document["paths"]):
        for content in each.get("content", {}).values() if isinstance(each.get("content"), dict) else ():
            if "example" in content:
                rooted = {**content["schema"], "components": document["components"]}
                jsonschema_rs.Draft202012Validator(rooted).validate(content["example"])
                tried += 1
    assert tried > 5


def test_nulls_in_examples_are_kept(document: dict[str, Any]) -> None:
    allowed, denied = document["components"]["schemas"]["AuthorizeOut"]["examples"]
    assert allowed.keys() == denied.keys() == document["components"]["schemas"]["AuthorizeOut"]["properties"].keys()
    assert denied["end_by"] is None


# ---------------------------------------------------------------------------------------------------- each operation


def test_every_operation_has_a_name_of_its_own_that_begins_with_a_verb(document: dict[str, Any]) -> None:
    names = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(set(names)) == len(names)
    for name in names:
        assert re.fullmatch(r"[a-z]+(_[a-z]+)+", name)
        assert name.partition("_")[0] in VERBS, name


def test_every_operation_is_explained_and_stands_under_one_explained_tag(document: dict[str, Any]) -> None:
    told = {tag["name"]: tag["description"] for tag in document["tags"]}
    assert told == TAGS
    used = set()
    for _, _, operation in operations(document):
        assert operation["summary"]
        assert operation["description"].endswith((".", "`"))
        (tag,) = operation["tags"]
        assert tag in told
        used.add(tag)
    assert used == set(told)


def test_every_operation_names_its_permission_and_roles_or_is_public(document: dict[str, Any]) -> None:
    public = set()
    for path, _, operation in operations(document):
        if not operation["security"]:
            public.add(operation["operationId"])
            assert "x-permission" not in operation
            continue
        admitting = [Permission(name) for name in operation["x-permission"]]
        roles = {role.value for permission in admitting for role in PERMISSIONS[permission]}
        assert operation["x-roles"] == sorted(roles)
        assert {"bearer": []} in operation["security"]
        assert ({"basic": []} in operation["security"]) == (path in SWITCH_PATHS)
    assert public == PUBLIC


def test_only_switches_reach_the_switch_routes_and_they_reach_no_other(document: dict[str, Any]) -> None:
    for path, _, operation in operations(document):
        is_switchs_own = path in SWITCH_PATHS or path.startswith("/v1/switches/self/")
        assert ("switch" in operation.get("x-roles", [])) == is_switchs_own


def telling_their_status(document: Mapping[str, Any]) -> Iterator[tuple[str, str, Operation]]:
    """All but the one that answers 200 whatever happens."""
    for path, method, operation in operations(document):
        if path == FREESWITCH_PATH:
            assert set(operation["responses"]) == {"200"}
        else:
            yield path, method, operation


def test_every_operation_tells_the_errors_that_it_can_give(document: dict[str, Any]) -> None:
    for path, method, operation in telling_their_status(document):
        statuses = set(operation["responses"])
        if operation["security"]:
            assert statuses >= {"401", "403", "503"}, operation["operationId"]
        if operation.get("parameters") and path not in SWITCH_PATHS:
            assert "422" in statuses, operation["operationId"]
        if "{" in path:
            assert "404" in statuses, operation["operationId"]
        if method in ("post", "put"):
            assert statuses >= {"408", "413"}, operation["operationId"]
        if path in SWITCH_PATHS:
            assert "400" in statuses
        if method == "put":
            assert statuses >= {"200", "201", "412"}, operation["operationId"]
        assert any(status.startswith("2") for status in statuses)


def test_every_error_is_a_problem_and_on_a_switch_route_one_that_says_deny(document: dict[str, Any]) -> None:
    for path, _, operation in operations(document):
        wanted = "SwitchProblem" if path in SWITCH_PATHS else "Problem"
        for status, response in operation["responses"].items():
            told = resolved(document, response)
            assert told["description"]
            assert told["description"] != "Successful Response"
            if status < "400":
                continue
            (content,) = told["content"].values()
            assert list(told["content"]) == ["application/problem+json"]
            assert content["schema"] == {"$ref": f"#/components/schemas/{wanted}"}
            assert content["example"]["status"] == int(status)
            assert ("Retry-After" in told.get("headers", {})) == (status in ("429", "503"))


def test_422_of_the_decision_is_kept_for_a_key_that_was_used(document: dict[str, Any]) -> None:
    responses = document["paths"]["/v1/authorize"]["post"]["responses"]
    assert responses["422"]["content"]["application/problem+json"]["example"]["code"] == "call_id_reused"
    assert "422" not in document["paths"]["/v1/call-events"]["post"]["responses"]


def test_the_framework_s_own_error_is_nowhere(document: dict[str, Any]) -> None:
    assert "ValidationError" not in json.dumps(document)


def test_the_switch_routes_show_their_bodies_in_every_dialect(document: dict[str, Any]) -> None:
    operation = document["paths"]["/v1/authorize"]["post"]
    both = ["application/json", "application/x-www-form-urlencoded"]
    assert list(operation["requestBody"]["content"]) == list(operation["responses"]["200"]["content"]) == both
    for media_type, model in zip(both, ("AuthorizeIn", "AuthorizeFormIn"), strict=True):
        content = operation["requestBody"]["content"][media_type]
        assert content["schema"] == {"$ref": f"#/components/schemas/{model}"}
    events = document["paths"]["/v1/call-events"]["post"]["requestBody"]["content"]
    named = [each["$ref"].rpartition("/")[2] for each in events["application/json"]["schema"]["anyOf"]]
    assert named == ["CallEventIn", "CallEventsIn"]


def test_a_form_has_empty_fields_where_json_has_nulls(document: dict[str, Any]) -> None:
    form, model = (document["components"]["schemas"][name] for name in ("AuthorizeFormIn", "AuthorizeIn"))
    assert form["required"] == model["required"]
    assert list(form["properties"]) == list(model["properties"])
    assert '"null"' not in json.dumps(form)
    validator = jsonschema_rs.Draft202012Validator(form)
    asked = {"call_id": "a", "station_id": "b", "called_number": "9", "pin": "", "media": "", "setup_time": ""}
    assert validator.is_valid(asked)
    assert not validator.is_valid(asked | {"call_id": ""})
    assert not validator.is_valid(asked | {"media": None})


def test_staff_writes_tell_their_headers(document: dict[str, Any]) -> None:
    for path, method, operation in operations(document):
        if not operation["security"] or path in SWITCH_PATHS:
            continue
        sent = {parameter["name"] for parameter in operation.get("parameters", []) if parameter["in"] == "header"}
        assert ("Idempotency-Key" in sent) == (method == "post")
        assert ("If-Match" in sent) >= (method == "put")
        good = [response for status, response in operation["responses"].items() if status.startswith("2")]
        if method == "post":
            assert all("Idempotent-Replayed" in response["headers"] for response in good)
        if method == "put":
            assert all("ETag" in response["headers"] for response in good)


def test_every_field_of_every_model_is_typed_and_most_are_explained(document: dict[str, Any]) -> None:
    for name, schema in document["components"]["schemas"].items():
        for field, told in schema.get("properties", {}).items():
            assert told.keys() & {"type", "anyOf", "oneOf", "$ref", "enum", "const"}, (name, field)


def test_no_bound_is_missing_on_what_is_sent(document: dict[str, Any]) -> None:
    """A text has a longest, a list a last, a number a greatest."""
    for name, schema in document["components"]["schemas"].items():
        if not name.endswith("In"):
            continue
        for each in walk(schema.get("properties", {})):
            if each.get("type") == "string" and "const" not in each:
                assert each.keys() & {"maxLength", "pattern", "enum", "format"}, (name, each)
            if each.get("type") == "array":
                assert "maxItems" in each, (name, each)
            if each.get("type") == "integer":
                assert {"minimum", "maximum"} <= each.keys(), (name, each)
