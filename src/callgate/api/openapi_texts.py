"""In which words does the OpenAPI file explain callgate? Its texts and the schemas that belong to no route."""

from collections.abc import Mapping
from typing import Any, Final

TITLE: Final = "callgate"
SUMMARY: Final = "May this prison telephone call go through, for how long, at what price?"
DESCRIPTION: Final = """\
callgate stands between a prison's telephone switches and its inmates' phone lists. A switch asks before it connects a
call; staff keep the lists, the blocks and the places that decide the answer.

**Errors.** Every answer of 400 and above is `application/problem+json` (RFC 9457) with a stable `code`. None repeats
what was sent. On the two switch routes it also says `"decision": "deny"`, for switches that cannot see a status: no
decision was made, and the call must not go through.

**Forms.** JSON in UTF-8. Instants are RFC 3339 in UTC with `Z` and milliseconds, days are of the facility's own zone,
durations are whole seconds, money is a decimal string with its currency beside it, and telephone numbers in answers are
E.164. A body is at most 64 KiB. Lists are read page by page: pass `next_cursor` back as `cursor` until it is null.

**Writing safely.** A `PUT` may carry `If-Match` with the `ETag` last seen. A staff `POST` may carry an
`Idempotency-Key`: the same request under the same key is done once, and answered again with
`Idempotent-Replayed: true`.
"""
CONTACT: Final[Mapping[str, str]] = {"name": "The operator of this deployment"}
LICENCE: Final[Mapping[str, str]] = {"name": "Apache-2.0", "identifier": "Apache-2.0"}
SERVERS: Final = ({"url": "/", "description": "The deployment that serves this file."},)

TAGS: Final[Mapping[str, str]] = {
    "decision": "What switches ask before a call, and report about the calls that they were allowed.",
    "calls": "Calls that run or have run.",
    "decisions": "Why a call was allowed or refused, and what would be decided.",
    "switches": "The telephone switches that may ask.",
    "facilities": "Places, their telephones and their prices.",
    "inmates": "People, as the jail's own records know them, and their PINs.",
    "common numbers": "Numbers that everybody may call: hotlines and privileged lines. Two people put one in force.",
    "phone lists": "Whom each person may call, and changes to it.",
    "blocks": "Numbers that must not be reached, whatever a list says.",
    "removal requests": "People who asked not to be called: blocked at once, decided by the warden.",
    "restrictions": "Persons who may not call for a while.",
    "one-time calls": "A first or an emergency call to a number beside the list: asked for by one, granted by another.",
    "shutoffs": "Places where nobody may call for a while.",
    "alerts": "What callgate noticed, and who did what.",
    "incidents": "What must not have happened, until somebody has looked into it.",
    "reports": "What shows only when it is added up.",
    "service": "Is the service up, and how does it fare? Without a token.",
}

SECURITY_SCHEMES: Final[Mapping[str, Mapping[str, str]]] = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "A token of `callgate token`, or of whoever else holds the signing key.",
    },
    "basic": {
        "type": "http",
        "scheme": "basic",
        "description": "For switches that can send nothing else: any user name, the token as password.",
    },
}

_FIELD_ERROR: Final[Mapping[str, Any]] = {
    "type": "object",
    "required": ["pointer", "code", "message"],
    "properties": {
        "pointer": {
            "type": "string",
            "description": "JSON Pointer of the field at fault; empty for the whole.",
            "examples": ["/pin"],
        },
        "code": {"type": "string", "examples": ["missing"]},
        "message": {
            "type": "string",
            "description": "What is wrong, without the value.",
            "examples": ["This field is required."],
        },
    },
}
_PROBLEM_FIELDS: Final[Mapping[str, Any]] = {
    "type": {"type": "string", "format": "uri", "description": "Names the kind of problem, as `code` does."},
    "title": {"type": "string", "description": "The status in words."},
    "status": {"type": "integer", "minimum": 400, "maximum": 599},
    "detail": {"type": "string", "description": "What happened and what to do next. Never repeats what was sent."},
    "instance": {
        "type": "string",
        "pattern": "^urn:uuid:[0-9a-f-]{36}$",
        "description": "The request's id, as in `X-Request-Id` and in the operator's log.",
    },
    "code": {"type": "string", "pattern": "^[a-z][a-z0-9_]*$", "description": "Stable and machine-readable."},
    "errors": {
        "type": "array",
        "items": {"$ref": "#/components/schemas/FieldError"},
        "description": "For a malformed request: each field at fault.",
    },
}
_REQUIRED: Final = ["type", "title", "status", "detail", "instance", "code"]

PROBLEM_SCHEMAS: Final[Mapping[str, Mapping[str, Any]]] = {
    "FieldError": _FIELD_ERROR,
    "Problem": {
        "type": "object",
        "description": "What went wrong (RFC 9457). Some codes add members, such as `next_change_on`.",
        "required": _REQUIRED,
        "properties": _PROBLEM_FIELDS,
    },
    "SwitchProblem": {
        "type": "object",
        "description": "What went wrong, in a form that a switch which sees no status reads as a refusal.",
        "required": [*_REQUIRED, "decision", "max_duration_seconds"],
        "properties": {
            **_PROBLEM_FIELDS,
            "decision": {"const": "deny", "description": "No decision was made; the call must not go through."},
            "max_duration_seconds": {"const": 0},
        },
    },
}

WHEN: Final[Mapping[int, str]] = {
    400: "The request cannot be read.",
    401: "There is no valid token.",
    403: "The role, or the reach of the token, does not include this.",
    404: "There is nothing here that the token covers.",
    405: "The route does not take this method.",
    408: "The body did not arrive in time.",
    409: "The records stand against it.",
    412: "The object changed since it was read.",
    413: "The body is over 64 KiB.",
    422: "The request cannot be right whatever the records say.",
    503: "No decision and no write was made; the same request may be sent again.",
}

REUSED: Final = (
    "call_id_reused",
    "This call_id was used for another request of this switch, or its call is over. Use a new one for a new attempt.",
)
"""What 422 is kept for on the route that decides: every malformed body is 400 there."""

IDEMPOTENCY_KEY: Final[Mapping[str, Any]] = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Names this request, so that sending it again does it once.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[ -~]+$"},
    "example": "6d3c1f0a-change-list",
}
IF_MATCH: Final[Mapping[str, Any]] = {
    "name": "If-Match",
    "in": "header",
    "required": False,
    "description": "The `ETag` last seen: write only what nobody changed meanwhile.",
    "schema": {"type": "string"},
}
REPLAYED_HEADER: Final[Mapping[str, Any]] = {
    "description": "`true` where this is the answer of an earlier, equal request.",
    "schema": {"type": "string", "const": "true"},
}
ETAG_HEADER: Final[Mapping[str, Any]] = {
    "description": "Strong, over the representation alone.",
    "schema": {"type": "string"},
}
RETRY_AFTER_HEADER: Final[Mapping[str, Any]] = {
    "description": "Seconds to wait before asking again.",
    "schema": {"type": "integer", "minimum": 1},
}
