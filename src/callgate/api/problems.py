"""How is a caller told that something went wrong? RFC 9457, and never with what was sent.

Every answer of 400 and above is built here. On the switch routes it also says `deny`: some switches see no status.
"""

import json
import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import iter_route_contexts
from starlette.exceptions import HTTPException

from callgate import observe
from callgate.api.dialects import freeswitch
from callgate.domain import errors

MEDIA_TYPE: Final = "application/problem+json"
AUTHORIZE_PATH: Final = "/v1/authorize"
FREESWITCH_PATH: Final = "/v1/freeswitch/dialplan"
# A decision that waits in the intake; what is refused there the intake counts itself.
DECISION_PATHS: Final = frozenset({AUTHORIZE_PATH, "/v1/radius/authorize", FREESWITCH_PATH})
SWITCH_PATHS: Final = DECISION_PATHS | {"/v1/call-events", "/v1/radius/accounting"}
_TYPE_BASE: Final = "https://callgate.example/problems/"
_RETRY_SECONDS: Final = "1"
_BEARER: Final = 'Bearer realm="callgate"'
_BEARER_OR_BASIC: Final = f'{_BEARER}, Basic realm="callgate", charset="UTF-8"'
_FIELD_ERRORS_MAX: Final = 20  # whoever has more to mend than this mends the first ones first

_STATUS: Final[tuple[tuple[type[errors.CallgateError], HTTPStatus], ...]] = (
    (errors.Invalid, HTTPStatus.UNPROCESSABLE_ENTITY),
    (errors.Conflict, HTTPStatus.CONFLICT),
    (errors.NotFound, HTTPStatus.NOT_FOUND),
    (errors.Forbidden, HTTPStatus.FORBIDDEN),
    (errors.Outdated, HTTPStatus.PRECONDITION_FAILED),
    (errors.Unavailable, HTTPStatus.SERVICE_UNAVAILABLE),
)
# Python's own words for these changed between the versions that callgate runs on; these are RFC 9110's.
_TITLES: Final[Mapping[int, str]] = {413: "Content Too Large", 422: "Unprocessable Content"}

# What a status without a nearer cause says.
_PLAIN: Final[Mapping[int, tuple[str, str]]] = {
    400: ("malformed_request", "The request cannot be read as what this route takes; see `errors`."),
    401: ("token_not_accepted", "Send a valid token as `Authorization: Bearer`."),
    403: ("not_permitted", "Your role does not include this."),
    404: ("not_found", "There is nothing here that your token covers."),
    405: ("method_not_allowed", "This route does not take that method."),
    406: ("not_acceptable", "This route cannot answer in any form that the request accepts."),
    408: ("body_too_slow", "The body did not arrive in time. Send it again."),
    409: ("conflict", "The records stand against it."),
    412: ("outdated", "The object changed since you read it. Read it again."),
    413: ("body_too_large", "The body is larger than this route takes, which is 64 KiB."),
    415: ("media_type_not_supported", "Send the body as one of the media types that the route names."),
    422: ("malformed_request", "The request does not fit what this route takes; `errors` names each field at fault."),
    500: ("internal_error", "callgate failed at this request; nothing was decided. The operator's log has the cause."),
    503: ("unavailable", "No decision and no write was made. Try again."),
}


def plain(status: int) -> tuple[str, str]:
    """The code and the words of a status that has no nearer cause."""
    return _PLAIN.get(status, ("error", HTTPStatus(status).phrase))


def title_of(status: int) -> str:
    """The status in words, the same under every version of Python."""
    return _TITLES.get(status) or HTTPStatus(status).phrase


def type_of(code: str) -> str:
    """The URI of a kind of problem."""
    return f"{_TYPE_BASE}{code}"


def problem(
    request: Request,
    status: int,
    *,
    code: str | None = None,
    detail: str | None = None,
    errors_found: Sequence[Mapping[str, str]] = (),
    extra: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Build the answer for one failure. Nothing given here may come from what was sent."""
    status = int(status)  # an HTTPStatus writes itself differently in a log
    plain_code, plain_detail = plain(status)
    code = code or plain_code
    body: dict[str, Any] = {
        **(extra or {}),
        "type": type_of(code),
        "title": title_of(status),
        "status": status,
        "detail": detail or plain_detail,
        "instance": f"urn:uuid:{request_id(request)}",
        "code": code,
    }
    if errors_found:
        body["errors"] = list(errors_found)
    path = request.scope["path"]
    if path in SWITCH_PATHS:
        body |= {"decision": "deny", "max_duration_seconds": 0}
        if path not in DECISION_PATHS or status != HTTPStatus.SERVICE_UNAVAILABLE:
            observe.refused(code)
        if path == FREESWITCH_PATH:
            return Response(freeswitch.hang_up(), media_type=freeswitch.MEDIA_TYPE)
    sent = dict(headers or {})
    if status == HTTPStatus.UNAUTHORIZED:
        sent.setdefault("WWW-Authenticate", _BEARER_OR_BASIC if path in SWITCH_PATHS else _BEARER)
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        sent.setdefault("Retry-After", _RETRY_SECONDS)
    return Response(json.dumps(body, ensure_ascii=False), status_code=status, media_type=MEDIA_TYPE, headers=sent)


def told(request: Request, error: errors.CallgateError) -> Response:
    """The answer for something that a flow refused."""
    status = next(status for kind, status in _STATUS if isinstance(error, kind))
    found = [{"pointer": error.pointer, "code": error.code, "message": error.detail}] if error.pointer else []
    return problem(request, status, code=error.code, detail=error.detail, errors_found=found, extra=error.extra)


def malformed(request: Request, found: Sequence[Mapping[str, Any]]) -> Response:
    """The answer for a body that does not fit its model: which fields and why, never their values."""
    is_switch = request.scope["path"] in SWITCH_PATHS
    status = HTTPStatus.BAD_REQUEST if is_switch else HTTPStatus.UNPROCESSABLE_ENTITY
    return problem(request, status, errors_found=[_field_error(error) for error in found[:_FIELD_ERRORS_MAX]])


def request_id(request: Request) -> str:
    """The request's id, given by the outermost middleware."""
    return str(request.scope.get("callgate.request_id", "00000000-0000-7000-8000-000000000000"))


def install(app: FastAPI) -> None:
    """Make these the answers to every failure of the application."""

    async def on_callgate_error(request: Request, error: Exception) -> Response:
        if not isinstance(error, errors.CallgateError):
            raise error
        return told(request, error)

    async def on_validation_error(request: Request, error: Exception) -> Response:
        if not isinstance(error, RequestValidationError):
            raise error
        return malformed(request, error.errors())

    async def on_http_exception(request: Request, error: Exception) -> Response:
        if not isinstance(error, HTTPException):
            raise error
        headers = dict(error.headers or {})
        if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            headers["Allow"] = _methods_of(request)
        return problem(request, error.status_code, headers=headers)

    app.add_exception_handler(errors.CallgateError, on_callgate_error)
    app.add_exception_handler(RequestValidationError, on_validation_error)
    app.add_exception_handler(HTTPException, on_http_exception)


def _methods_of(request: Request) -> str:
    """Every method that the path takes; Starlette names those of the first of its routes."""
    path = getattr(request.scope.get("route"), "path", None)
    contexts = iter_route_contexts(request.app.routes)
    found = {method for context in contexts if context.path == path for method in context.methods or ()}
    return ", ".join(sorted(found))


_PARTS_OF_A_REQUEST: Final = frozenset({"body", "query", "path", "header", "cookie"})
# A field's name is ours. What else can stand in a location (a key that was sent, a type's own name) must not come back.
_NAME: Final = re.compile(r"(?!.*[0-9]{4})[a-z][a-z0-9_]*|[0-9]{1,3}")
_OTHERWISE: Final = "This value is not one that the field takes."
_MESSAGES: Final[Mapping[str, str]] = {
    "bool_type": "This must be true or false.",
    "extra_forbidden": "There is a field here that this route does not know.",
    "form_invalid": "The body is not a form, or has a field twice.",
    "int_type": "This must be a whole number.",
    "json_invalid": "The body is not valid JSON in UTF-8, or has a key twice.",
    "list_type": "This must be a list.",
    "literal_error": "This is not one of the field's values.",
    "missing": "This field is required.",
    "model_attributes_type": "The body must be a JSON object.",
    "model_type": "This must be an object.",
    "string_pattern_mismatch": "This does not have the form that the field takes.",
    "string_too_long": "This is longer than the field takes.",
    "string_too_short": "This is shorter than the field takes.",
    "string_type": "This must be text.",
    "too_long": "This list is longer than the field takes.",
    "too_short": "This list is shorter than the field takes.",
}


def _field_error(error: Mapping[str, Any]) -> dict[str, str]:
    location = [str(part) for part in error.get("loc", ())]
    if location and location[0] in _PARTS_OF_A_REQUEST:
        location = location[1:]
    kind = str(error.get("type", "invalid"))
    if kind == "extra_forbidden":
        # The name of an unknown field is itself something that was sent: a PIN typed as a key must not come back.
        location = location[:-1]
    if kind == "json_invalid":
        location = []
    pointer = "".join(f"/{part}" for part in location if _NAME.fullmatch(part))
    return {"pointer": pointer, "code": kind, "message": _MESSAGES.get(kind, _OTHERWISE)}
