"""Which secrets does CALLGATE_TOKEN_KEY hold, and are they fit to sign tokens with?

The variable is one secret alone, which gets the key id `default`; or, to rotate, two to eight of `kid:secret` between
whitespace or commas. The first one signs, all of them verify. A secret is 32 or more characters of printable ASCII
without space, comma and colon, used as it is written (never decoded).

To rotate `OLD` away: `2027:NEW default:OLD`; and `2027:NEW` alone, once the last switch has a token of the new key.
"""

import base64
import re
from collections.abc import Mapping
from contextlib import suppress
from types import MappingProxyType
from typing import Final

DEFAULT_KID: Final = "default"
SECRET_BYTES_MIN: Final = 32  # RFC 7518, 3.2: an HS256 key is no shorter than its hash
KEYS_MAX: Final = 8

_KID: Final = re.compile(r"[A-Za-z0-9._-]{1,32}")
_SECRET: Final = re.compile(r"[!-+\--9;-~]+")  # ! to ~ without comma and colon
_KEY_FILE: Final = re.compile(r'---- ?BEGIN|ssh-(rsa|dss|ed25519)|ecdsa-sha2-|"kty"')
_DER_KEY_BYTES_MIN: Final = 44  # the shortest SubjectPublicKeyInfo, Ed25519's
_DER_SEQUENCE: Final = b"\x30"
_DER_INTEGER: Final = b"\x02"
_DER_LONG_FORM: Final = 0x80


class UnusableTokenKey(ValueError):
    """CALLGATE_TOKEN_KEY cannot sign. The message says which rule it broke and repeats nothing of it."""


def read_secrets(text: str) -> Mapping[str, str]:
    """Which secret stands under which key id? In the order given, so that the first is the one that signs.

    Raises:
        UnusableTokenKey: the text is empty or malformed, a key id or a secret comes twice, a secret is short, or it is
            a key in PEM, DER (base64 or hexadecimal), SSH or JWK form. Half of such a key is public, and a public HMAC
            secret lets everyone sign: python-jose refuses PEM there, and takes DER.

    Example:
        >>> dict(read_secrets("2027:" + "n" * 32 + " default:" + "o" * 32))
        {'2027': 'nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn', 'default': 'oooooooooooooooooooooooooooooooo'}
    """
    if _KEY_FILE.search(text):
        raise UnusableTokenKey("the token key is a key file; it must be a secret of random characters")
    entries = [entry for entry in re.split(r"[\s,]+", text) if entry]
    if not 1 <= len(entries) <= KEYS_MAX:
        raise UnusableTokenKey(f"the token key must be one secret, or 2 to {KEYS_MAX} of kid:secret")
    if len(entries) == 1 and ":" not in entries[0]:
        entries = [f"{DEFAULT_KID}:{entries[0]}"]
    secrets: dict[str, str] = {}
    for entry in entries:
        kid, colon, secret = entry.partition(":")
        if not colon or not _KID.fullmatch(kid) or kid in secrets or secret in secrets.values():
            raise UnusableTokenKey("several token keys are kid:secret each, with no kid and no secret twice")
        _check_secret(secret)
        secrets[kid] = secret
    return MappingProxyType(secrets)


def _check_secret(secret: str) -> None:
    if len(secret) < SECRET_BYTES_MIN:
        raise UnusableTokenKey(f"a token key's secret must be at least {SECRET_BYTES_MIN} bytes")
    if not _SECRET.fullmatch(secret):
        raise UnusableTokenKey("a token key's secret is printable ASCII without space, comma and colon")
    if any(_is_der_key(decoding) for decoding in _decodings(secret)):
        raise UnusableTokenKey("the token key is an encoded public or private key; it must be a secret")


def _decodings(secret: str) -> list[bytes]:
    """Which bytes could this text be the base64, base64url or hexadecimal of?"""
    base64_text = secret.rstrip("=").replace("-", "+").replace("_", "/")
    decodings = []
    with suppress(ValueError):
        decodings.append(base64.b64decode(base64_text + "=" * (-len(base64_text) % 4), validate=True))
    with suppress(ValueError):
        decodings.append(bytes.fromhex(secret))
    return decodings


def _is_der_key(blob: bytes) -> bool:
    """Is this an ASN.1 SEQUENCE, exactly as long as it says, that begins as keys and certificates do?

    What is shorter than any public key is none, so that 32 random bytes are never refused by chance.
    """
    if len(blob) < _DER_KEY_BYTES_MIN or blob[:1] != _DER_SEQUENCE:
        return False
    start, length = 2, blob[1]
    if length >= _DER_LONG_FORM:
        start += length - _DER_LONG_FORM
        length = int.from_bytes(blob[2:start], "big")
    return start + length == len(blob) and blob[start : start + 1] in {_DER_SEQUENCE, _DER_INTEGER}
