"""Tokens of any header, claims and signature, made with the standard library's HMAC alone.

It shares no code with `callgate.api.tokens`, so that the two cannot be wrong together.
"""

import base64
import hmac
import json
from datetime import datetime
from typing import Any

SECRET = "the-signing-secret-of-the-corpus-1"
PREVIOUS_SECRET = "the-secret-before-that-of-the-corpus"
TOKEN_KEY = f"current:{SECRET} previous:{PREVIOUS_SECRET}"
STAFF_ROLES = ("auditor", "counselor", "operator", "security", "victim_services", "warden")
MISSING = object()
HEADER: dict[str, object] = {"alg": "HS256", "kid": "current", "typ": "at+jwt"}


def encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def sign(header: str, payload: str, *, secret: bytes = SECRET.encode(), algorithm: str = "sha256") -> str:
    """A token of two parts that are already encoded."""
    signature = hmac.digest(secret, f"{header}.{payload}".encode(), algorithm)
    return f"{header}.{payload}.{encode(signature)}"


def to_bytes(part: object) -> bytes:
    return part if isinstance(part, bytes) else json.dumps(part, separators=(",", ":")).encode()


def mint(claims: object, *, header: object = HEADER, **how: Any) -> str:
    """A well signed token of any header and claims, as objects or as bytes."""
    return sign(encode(to_bytes(header)), encode(to_bytes(claims)), **how)


def good_claims(now: datetime, **changes: object) -> dict[str, object]:
    """The claims of an accepted token, with some changed, or left out when `MISSING`."""
    issued_at = int(now.timestamp())
    claims = {
        "iss": "callgate", "aud": "callgate", "sub": "m.okafor", "iat": issued_at, "exp": issued_at + 900,
        "jti": "0193f2c4-7a1e", "role": "warden", "facilities": ["osborn"],
    }  # fmt: skip
    return {name: value for name, value in (claims | changes).items() if value is not MISSING}


def padded_to(size: int, now: datetime, **how: Any) -> str:
    """The shortest token of good claims that has at least `size` characters (not every length can be met)."""
    gap = size - len(mint(good_claims(now, pad=""), **how))
    tokens = (mint(good_claims(now, pad="x" * letters), **how) for letters in range(gap * 3 // 4 - 4, gap))
    return next(raw for raw in tokens if len(raw) >= size)
