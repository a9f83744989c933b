"""Is this bearer token one of ours, still good, and whose is it?

The only importer of jose, which is trusted with one thing: the HMAC under a token. Left to itself python-jose 3.5 takes
tokens without `aud` or `exp`, unknown `crit`, duplicate claims, an empty key and a megabyte of text, so everything else
is decided here, by a list of what is allowed: three canonical base64url parts, the header members `alg`, `kid` and
`typ` with one value or one key each, claims of exact JSON types, a lifetime within the role's bound.

callgate is the only issuer of its tokens (`callgate token`). That is why a shared secret and HS256 are enough, and why
being strict breaks nobody: whatever this module did not write is refused.

Clause: HTTP contract, section 1, "Tokens and roles"; RFC 7515, RFC 7519, RFC 8725 (practice), RFC 9068 (`typ`).
"""

import base64
import json
import re
import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from types import MappingProxyType
from typing import Any, Final, Self

from jose import jwk, jws
from jose.backends.base import Key

from callgate.api.token_keys import read_secrets
from callgate.domain.ids import new_id
from callgate.domain.roles import ANY_FACILITY, Actor, Role, read_facilities

ISSUER: Final = "callgate"
AUDIENCE: Final = "callgate"
ALGORITHM: Final = "HS256"
TOKEN_TYPE: Final = "at+jwt"  # noqa: S105 - a media type, not a password
TOKEN_BYTES_MAX: Final = 8 * 1024
STAFF_LIFETIME_SECONDS_MAX: Final = 15 * 60
SWITCH_LIFETIME_SECONDS_MAX: Final = 366 * 24 * 60 * 60
ISSUED_AHEAD_MAX: Final = timedelta(seconds=30)
"""How far the clock that issued a token may run ahead of the one that reads it. `exp` and `nbf` have no such leeway:
whoever needs a longer life asks for one, and a bound of 15 minutes that lets 15:30 pass is not the bound."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SECONDS_END: Final = 253_402_300_800  # the first second that datetime cannot hold: 10000-01-01
_ROLES: Final = frozenset(role.value for role in Role)
_HEADER_MEMBERS: Final = frozenset({"alg", "kid", "typ"})
_TOKEN_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")


class InvalidToken(Exception):
    """The token is not to be trusted. The message names the rule that it broke, never anything from the token."""


@dataclass(frozen=True, slots=True, eq=False)
class TokenKeys:
    """Which secrets may a token be signed with? Built once, at start; `repr` shows key ids alone."""

    signing_kid: str
    _keys: Mapping[str, Key] = field(repr=False)

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Which keys does CALLGATE_TOKEN_KEY hold? Its form is `api/token_keys.py`'s.

        Raises:
            UnusableTokenKey: the text is not in that form, or a secret in it is none.
        """
        keys = {kid: jwk.construct(secret.encode(), ALGORITHM) for kid, secret in read_secrets(text).items()}
        return cls(next(iter(keys)), MappingProxyType(keys))

    @property
    def signing_key(self) -> Key:
        """Which key signs?"""
        return self._keys[self.signing_kid]

    def find_key(self, kid: str) -> Key | None:
        """Which one key does this id stand for? No other is ever tried."""
        return self._keys.get(kid)


@dataclass(frozen=True, slots=True)
class VerifiedToken:
    """Who holds this token, and from when to when is it good?

    A switch's row may carry `tokens_not_before`; comparing it with `issued_at` (a whole second) is the caller's.
    """

    actor: Actor
    issued_at: datetime
    expires_at: datetime
    token_id: str
    not_before: datetime | None = None


class VerifiedTokens:
    """Was this token's signature verified before? Then only its times are looked at again.

    A switch sends one token for a year, so its signature and claims are read once. The cache is keyed by the token's
    SHA-256, so that no token lies in memory for longer than its request; it takes in nothing but tokens that passed, so
    a flood of forgeries cannot push a good one out; and it forgets the least recently used beyond `entries_max`.
    """

    def __init__(self, keys: TokenKeys, *, entries_max: int = 4096) -> None:
        self._keys = keys
        self._entries_max = entries_max
        self._tokens: OrderedDict[bytes, VerifiedToken] = OrderedDict()
        self._lock = threading.Lock()  # routes that are not `async` run in threads

    def __len__(self) -> int:
        return len(self._tokens)

    def verify(self, raw: str, now: datetime) -> VerifiedToken:
        """Whose token is this at `now`? As `verify_token`, which see."""
        _check_size(raw)
        digest = sha256(raw.encode()).digest()
        with self._lock:
            token = self._tokens.get(digest)
            if token is not None:
                self._tokens.move_to_end(digest)
        if token is not None:
            _check_times(token, now)
            return token
        token = verify_token(self._keys, raw, now=now)
        with self._lock:
            self._tokens[digest] = token
            while len(self._tokens) > self._entries_max:
                self._tokens.popitem(last=False)
        return token


def lifetime_seconds_max(role: Role) -> int:
    """How long may a token of this role live? A switch cannot log in again; people can."""
    return SWITCH_LIFETIME_SECONDS_MAX if role is Role.SWITCH else STAFF_LIFETIME_SECONDS_MAX


def issue_token(
    keys: TokenKeys,
    *,
    subject: str,
    role: Role,
    facilities: frozenset[str] | None,
    now: datetime,
    lifetime_seconds: int,
) -> str:
    """What does a new token for this actor read?

    Args:
        facilities: facility ids; None for every facility (`["*"]`).
        now: the instant of issue, floored to the second.
        lifetime_seconds: 1 to `lifetime_seconds_max(role)`.

    Raises:
        ValueError: the actor or the lifetime is impossible, or so many facilities that the token would not be read.
    """
    actor = Actor(subject, role, facilities)
    if not 1 <= lifetime_seconds <= lifetime_seconds_max(role):
        raise ValueError(f"a {role} token lives 1 to {lifetime_seconds_max(role)} seconds")
    issued_at = (now - _EPOCH) // timedelta(seconds=1)
    claims = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": actor.subject,
        "iat": issued_at,
        "exp": issued_at + lifetime_seconds,
        "jti": new_id(now),
        "role": role.value,
        "facilities": [ANY_FACILITY] if actor.facilities is None else sorted(actor.facilities),
    }
    headers = {"typ": TOKEN_TYPE, "kid": keys.signing_kid}
    raw = jws.sign(claims, keys.signing_key, headers=headers, algorithm=ALGORITHM)
    if len(raw) > TOKEN_BYTES_MAX:
        raise ValueError("the token would be longer than 8 KiB: name fewer facilities, or none for all of them")
    return raw


def verify_token(keys: TokenKeys, raw: str, *, now: datetime) -> VerifiedToken:
    """Whose token is this at `now`?

    Args:
        raw: the token alone, without `Bearer`.

    Raises:
        InvalidToken: it is not ours, not well-formed, not signed by the key that it names, or not valid at `now`.
    """
    _check_size(raw)
    parts = raw.split(".")
    if len(parts) != 3:  # noqa: PLR2004 - header, payload, signature (RFC 7515, 3.1)
        raise InvalidToken("a token has three parts")
    header, payload, signature = (_decode_part(part) for part in parts)
    key = _pick_key(keys, _parse_object(header))
    if not key.verify(raw.rpartition(".")[0].encode(), signature):
        raise InvalidToken("the signature does not match")
    token = _read_claims(_parse_object(payload))
    _check_times(token, now)
    return token


def _check_size(raw: str) -> None:
    if len(raw) > TOKEN_BYTES_MAX:
        raise InvalidToken("a token is 8 KiB at most")
    if not raw.isascii():
        raise InvalidToken("a token is ASCII")


def _decode_part(part: str) -> bytes:
    """Which bytes does this base64url stand for? One spelling each, so that one token has one text."""
    try:
        decoded = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    except ValueError:
        decoded = b""
    if not decoded or base64.urlsafe_b64encode(decoded).rstrip(b"=") != part.encode():
        raise InvalidToken("a part is not canonical base64url")
    return decoded


def _parse_object(text: bytes) -> dict[str, Any]:
    try:
        value = json.loads(text.decode(), object_pairs_hook=_refuse_duplicates, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise InvalidToken("a part is not JSON") from None  # the cause holds the token
    if not isinstance(value, dict):
        raise InvalidToken("a part is not a JSON object")
    return value


def _refuse_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise InvalidToken("a part has a duplicate member")
    return members


def _refuse_constant(_: str) -> float:
    raise InvalidToken("a part is not JSON")  # NaN and Infinity, which Python alone takes for numbers


def _pick_key(keys: TokenKeys, header: Mapping[str, Any]) -> Key:
    """Which key must have signed this? `crit`, `jwk`, `jku`, `x5u`, `x5c`, `zip`, `b64` and the like are no members."""
    if header.keys() != _HEADER_MEMBERS:
        raise InvalidToken("the header must have alg, kid and typ alone")
    if header["alg"] != ALGORITHM:
        raise InvalidToken("the algorithm is not ours")
    if header["typ"] != TOKEN_TYPE:
        raise InvalidToken("the type is not ours")
    key = keys.find_key(header["kid"]) if isinstance(header["kid"], str) else None
    if key is None:
        raise InvalidToken("the key is not known")
    return key


def _read_claims(claims: Mapping[str, Any]) -> VerifiedToken:
    if claims.get("iss") != ISSUER:
        raise InvalidToken("the issuer is not ours")
    if claims.get("aud") != AUDIENCE:
        raise InvalidToken("the audience is not ours")
    token_id = claims.get("jti")
    if not isinstance(token_id, str) or not _TOKEN_ID.fullmatch(token_id):
        raise InvalidToken("jti is missing or malformed")
    actor = _read_actor(claims)
    issued_at, expires_at = _read_instant(claims, "iat"), _read_instant(claims, "exp")
    lifetime = expires_at - issued_at
    if not timedelta(0) < lifetime <= timedelta(seconds=lifetime_seconds_max(actor.role)):
        raise InvalidToken("the lifetime is out of bounds")
    not_before = _read_instant(claims, "nbf") if "nbf" in claims else None
    return VerifiedToken(actor, issued_at, expires_at, token_id, not_before)


def _read_actor(claims: Mapping[str, Any]) -> Actor:
    subject, role, facilities = claims.get("sub"), claims.get("role"), claims.get("facilities")
    if not isinstance(subject, str):
        raise InvalidToken("sub is missing or malformed")
    if not isinstance(role, str) or role not in _ROLES:
        raise InvalidToken("role is missing or unknown")
    if not isinstance(facilities, list) or not all(isinstance(name, str) for name in facilities):
        raise InvalidToken("facilities are missing or malformed")
    try:
        covered = read_facilities(facilities)
    except ValueError:
        raise InvalidToken("facilities are missing or malformed") from None
    try:
        return Actor(subject, Role(role), covered)
    except ValueError:
        raise InvalidToken("sub is missing or malformed") from None


def _read_instant(claims: Mapping[str, Any], name: str) -> datetime:
    seconds = claims.get(name)
    if type(seconds) is not int or not 0 <= seconds < _SECONDS_END:  # `type`: a bool is an int to isinstance
        raise InvalidToken(f"{name} is missing or not whole seconds")
    return _EPOCH + timedelta(seconds=seconds)


def _check_times(token: VerifiedToken, now: datetime) -> None:
    if now >= token.expires_at:
        raise InvalidToken("expired")
    if token.issued_at > now + ISSUED_AHEAD_MAX:
        raise InvalidToken("issued in the future")
    if token.not_before is not None and now < token.not_before:
        raise InvalidToken("not valid yet")
