"""How does the wire describe itself? The OpenAPI 3.1 file, complete and in an order that never moves.

Routes say what only they know; what all of them share (security, roles, problem answers, headers) is filled in here
once, so that no route can forget it. A test holds the committed file to what the application generates.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from http import HTTPStatus
from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute, iter_route_contexts
from pydantic import TypeAdapter

from callgate.api import openapi_texts as texts
from callgate.api import problems
from callgate.api.dialects import form
from callgate.domain.roles import PERMISSIONS, Permission

_REF: Final = "#/components/schemas/"
_JSON: Final = "application/json"
_FORM: Final = "application/x-www-form-urlencoded"
_PERMISSION: Final = "x-permission"
_METHODS_WITH_BODY: Final = frozenset({"post", "put", "patch"})
_INSTANCE: Final = "urn:uuid:019abf4e-5b1a-7c3d-9e2f-8a6b4c1d0e5f"

Document = dict[str, Any]


def problem_responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """What a route declares as its error answers: a problem for each status, with an example."""
    return {status: _problem_response(status) for status in sorted(statuses)}


def request_body(model: Any, *, form: bool = False) -> dict[str, Any]:  # noqa: ANN401 - a model, or a union of some
    """What a route that reads its own body declares as `requestBody`.

    The model's schema stands inside; the generated file moves it to the components.
    """
    schema = TypeAdapter(model).json_schema(ref_template=_REF + "{model}", mode="validation")
    content = {_JSON: {"schema": schema}}
    if form:
        content[_FORM] = {"schema": _as_form(schema)}
    return {"required": True, "content": content}


def install(app: FastAPI) -> None:
    """Make this the description that the application gives of itself."""

    def openapi() -> Document:
        if app.openapi_schema is None:
            app.openapi_schema = _describe(app)
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]  # the way that FastAPI documents


def openapi_text(app: FastAPI) -> str:
    """The file `openapi/callgate.json` as it should stand."""
    return json.dumps(app.openapi(), indent=2, ensure_ascii=False) + "\n"


def _as_form(schema: Document) -> Document:
    """The same model in a form, which has no null: there an absent field is an empty one."""
    flat = deepcopy(schema)
    flat["title"] = f"{schema['title'].removesuffix('In')}FormIn"
    for field in flat["properties"].values():
        for kind in field.get("anyOf", []):
            if kind == {"type": "null"}:
                kind |= {"type": "string", "maxLength": 0}
    return flat


def _describe(app: FastAPI) -> Document:
    document: Document = get_openapi(
        title=texts.TITLE,
        version=app.version,
        openapi_version="3.1.0",
        summary=texts.SUMMARY,
        description=texts.DESCRIPTION,
        contact=dict(texts.CONTACT),
        license_info=dict(texts.LICENCE),
        servers=[dict(server) for server in texts.SERVERS],
        tags=[{"name": name, "description": description} for name, description in texts.TAGS.items()],
        routes=app.routes,
    )
    components = document.setdefault("components", {})
    schemas: Document = components.setdefault("schemas", {})
    _restore_nulls(schemas, _models_of(app))
    standard = _Standard()
    for path, method, operation in _operations(document):
        _complete(operation, path=path, method=method)
        _lift_bodies(operation, schemas)
        _answer_in_form_too(operation, schemas)
        standard.refer(operation, is_switch=path in problems.SWITCH_PATHS)
    for item in document["paths"].values():
        if "put" in item and "get" in item:
            _add_header([item["get"]["responses"]["200"]], "ETag", texts.ETAG_HEADER)
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    schemas.update(deepcopy(dict(texts.PROBLEM_SCHEMAS)))
    components["schemas"] = dict(sorted(schemas.items()))
    components["responses"] = dict(sorted(standard.found.items()))
    components["securitySchemes"] = deepcopy(dict(texts.SECURITY_SCHEMES))
    return document


def _operations(document: Document) -> Iterator[tuple[str, str, Document]]:
    for path, item in document.get("paths", {}).items():
        for method, operation in item.items():
            yield path, method, operation


def _complete(operation: Document, *, path: str, method: str) -> None:
    """Say about one operation what holds for all of its kind."""
    is_switch = path in problems.SWITCH_PATHS
    permissions = operation.get(_PERMISSION, [])
    operation["security"] = _security(is_public=not permissions, is_switch=is_switch)
    if permissions:
        operation["x-roles"] = sorted({role.value for name in permissions for role in PERMISSIONS[Permission(name)]})
    if permissions and not is_switch:
        _add_staff_headers(operation, method)
    responses = operation["responses"]
    if "HTTPValidationError" in json.dumps(responses.get("422", {})):
        del responses["422"]
    shared = _shared_statuses(operation, path=path, method=method, is_switch=is_switch)
    for status in () if path == problems.FREESWITCH_PATH else shared:  # that one is 200 whatever happens
        responses.setdefault(str(status), _problem_response(status))
    if path in problems.DECISION_PATHS:
        if path != problems.FREESWITCH_PATH:
            responses["422"] = _problem_response(422, texts.REUSED)
        _add_header([responses["200"]], "Idempotent-Replayed", texts.REPLAYED_HEADER)
    operation["responses"] = {
        status: _worded(responses[status], status, is_switch=is_switch) for status in sorted(responses)
    }


def _worded(response: Document, status: str, *, is_switch: bool) -> Document:
    if response["description"] == "Successful Response":
        response["description"] = problems.title_of(int(status))
    if is_switch:
        _tell_switches(response)
    return response


def _security(*, is_public: bool, is_switch: bool) -> list[Document]:
    if is_public:
        return []
    return [{"bearer": []}, {"basic": []}] if is_switch else [{"bearer": []}]


def _shared_statuses(operation: Document, *, path: str, method: str, is_switch: bool) -> Iterator[int]:
    if operation.get(_PERMISSION):
        yield from (401, 403, 503)
    if is_switch:
        yield 400
    elif operation.get("parameters") or "requestBody" in operation:
        yield 422
    if not is_switch and "{" in path:
        yield 404
    if not is_switch and method == "post" and operation.get(_PERMISSION):
        yield 400  # an Idempotency-Key that is none
    if method in _METHODS_WITH_BODY:
        yield from (408, 413)
    if method == "put":
        yield 412


def _add_staff_headers(operation: Document, method: str) -> None:
    parameters = operation.setdefault("parameters", [])
    responses = operation["responses"]
    if method == "put" and "200" in responses:
        responses.setdefault("201", {**deepcopy(responses["200"]), "description": "Created"})
    kept = [responses[status] for status in responses if status.startswith("2")]
    if method == "post":
        parameters.append(dict(texts.IDEMPOTENCY_KEY))
        _add_header(kept, "Idempotent-Replayed", texts.REPLAYED_HEADER)
    if method == "put":
        parameters.append(dict(texts.IF_MATCH))
        _add_header(kept, "ETag", texts.ETAG_HEADER)
    if not parameters:
        del operation["parameters"]


def _add_header(responses: Iterable[Document], name: str, header: Mapping[str, Any]) -> None:
    for response in responses:
        response.setdefault("headers", {}).setdefault(name, deepcopy(dict(header)))


def _problem_response(status: int, told: tuple[str, str] | None = None) -> Document:
    code, detail = told or problems.plain(status)
    example: Document = {
        "type": problems.type_of(code),
        "title": problems.title_of(status),
        "status": status,
        "detail": detail,
        "instance": _INSTANCE,
        "code": code,
    }
    if code == "malformed_request":
        example["errors"] = [{"pointer": "/field", "code": "missing", "message": "This field is required."}]
    response: Document = {
        "description": texts.WHEN.get(status, problems.title_of(status)),
        "content": {problems.MEDIA_TYPE: {"schema": {"$ref": f"{_REF}Problem"}, "example": example}},
    }
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        response["headers"] = {"Retry-After": deepcopy(dict(texts.RETRY_AFTER_HEADER))}
    return response


def _tell_switches(response: Document) -> None:
    content = response.get("content", {}).get(problems.MEDIA_TYPE)
    if content is not None:
        content["schema"] = {"$ref": f"{_REF}SwitchProblem"}
        content["example"] = {**content.get("example", {}), "decision": "deny", "max_duration_seconds": 0}


class _Standard:
    """The problem answers that many operations have alike: written once, and referred to."""

    def __init__(self) -> None:
        self.found: Document = {}

    def refer(self, operation: Document, *, is_switch: bool) -> None:
        for status, response in operation["responses"].items():
            if int(status) < HTTPStatus.BAD_REQUEST:
                continue
            usual = _problem_response(int(status))
            if is_switch:
                _tell_switches(usual)
            if response == usual:
                name = f"{'Switch' if is_switch else ''}Problem{status}"
                self.found[name] = usual
                operation["responses"][status] = {"$ref": f"#/components/responses/{name}"}


def _lift_bodies(operation: Document, schemas: Document) -> None:
    """Move the models that stand inside a request body to the components."""
    for content in operation.get("requestBody", {}).get("content", {}).values():
        schema = content.get("schema", {})
        schemas.update(schema.pop("$defs", {}))
        if "title" in schema and "properties" in schema:
            schemas[schema["title"]] = schema
            content["schema"] = {"$ref": f"{_REF}{schema['title']}"}


def _answer_in_form_too(operation: Document, schemas: Document) -> None:
    """Where the same can be asked in JSON and in a form, the answer can be had in either too."""
    if not {_JSON, _FORM} <= operation.get("requestBody", {}).get("content", {}).keys():
        return
    content = operation["responses"]["200"]["content"]
    model = schemas[content[_JSON]["schema"]["$ref"].removeprefix(_REF)]
    content[_FORM] = {
        "schema": {
            "type": "object",
            "description": (
                "The same answer, flat: null is empty, lists are joined by commas, `rate_quote` becomes "
                "`rate_quote_per_minute` and so on, and `max_duration_ms` is added."
            ),
            "additionalProperties": {"type": "string"},
        },
        "example": form.flatten(model["examples"][0]),
    }


def _models_of(app: FastAPI) -> Iterator[Any]:
    for context in iter_route_contexts(app.routes):
        route = context.original_route
        if isinstance(route, APIRoute) and route.response_model is not None:
            yield route.response_model


def _restore_nulls(schemas: Document, models: Iterable[Any]) -> None:
    """Put the models' examples back as they were written: FastAPI drops every null in them."""
    for model in models:
        written = TypeAdapter(model).json_schema(ref_template=_REF + "{model}", mode="serialization")
        for name, schema in {**written.get("$defs", {}), written.get("title", ""): written}.items():
            if name in schemas and "examples" in schema:
                schemas[name]["examples"] = schema["examples"]
