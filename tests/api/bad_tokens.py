"""The corpus of bad tokens: each is one mistake away from a token that is accepted, and names the rule it breaks.

A test over HTTP sets `CALLGATE_TOKEN_KEY` to `minting.TOKEN_KEY` and sends those with `fits_a_header`.
"""

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from tests.api.minting import (
    HEADER,
    MISSING,
    PREVIOUS_SECRET,
    STAFF_ROLES,
    encode,
    good_claims,
    mint,
    padded_to,
    sign,
    to_bytes,
)

PARTS, SIZE, ASCII = "a token has three parts", "a token is 8 KiB at most", "a token is ASCII"
CANONICAL, JSON, OBJECT = "a part is not canonical base64url", "a part is not JSON", "a part is not a JSON object"
DUPLICATE, MEMBERS = "a part has a duplicate member", "the header must have alg, kid and typ alone"
ALG, TYP, KID = "the algorithm is not ours", "the type is not ours", "the key is not known"
SIGNATURE, ISS, AUD = "the signature does not match", "the issuer is not ours", "the audience is not ours"
JTI, SUB = "jti is missing or malformed", "sub is missing or malformed"
ROLE, FACILITIES = "role is missing or unknown", "facilities are missing or malformed"
IAT, EXP, NBF = (f"{name} is missing or not whole seconds" for name in ("iat", "exp", "nbf"))
LIFETIME, EXPIRED, AHEAD, NOT_YET = "the lifetime is out of bounds", "expired", "issued in the future", "not valid yet"
CLAIM_RULES = {
    "iss": ISS, "aud": AUD, "sub": SUB, "iat": IAT, "exp": EXP, "jti": JTI, "role": ROLE, "facilities": FACILITIES,
}  # fmt: skip

Row = tuple[str, str, str]
"""Name, token, rule."""


@dataclass(frozen=True, slots=True)
class BadToken:
    """A token to be refused, and the rule that refuses it."""

    name: str
    raw: str
    rule: str

    @property
    def fits_a_header(self) -> bool:
        """Can it arrive over HTTP as it is? Blanks at the ends are the header's own, and a megabyte stops earlier."""
        return all("!" <= letter <= "~" for letter in self.raw) and len(self.raw) < 32_768


@cache
def rsa_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def bad_tokens(now: datetime) -> tuple[BadToken, ...]:
    """Every bad token, as of `now` (a whole second)."""
    groups = (_algorithms, _signatures, _shapes, _headers, _payloads, _claim_types, _identities, _places, _times)
    return tuple(BadToken(*row) for group in groups for row in group(now))


def _algorithms(now: datetime) -> Iterator[Row]:
    claims = good_claims(now)
    header, payload = encode(to_bytes(HEADER | {"alg": "none"})), encode(to_bytes(claims))
    yield "alg none without signature", f"{header}.{payload}.", CANONICAL
    strings: tuple[object, ...] = ("none", "None", "NONE", "nOnE", "hs256", "HS256 ", "", "dir", "A256KW")
    for alg in (*strings, 256, None, True, ["HS256"], {}):
        yield f"alg {alg!r}, well signed", mint(claims, header=HEADER | {"alg": alg}), ALG
    for bits in ("384", "512"):
        raw = mint(claims, header=HEADER | {"alg": f"HS{bits}"}, algorithm=f"sha{bits}")
        yield f"alg HS{bits} with our secret", raw, ALG
    yield "alg HS256 over a SHA-512 signature", mint(claims, algorithm="sha512"), SIGNATURE
    signed = f"{encode(to_bytes(HEADER | {'alg': 'RS256'}))}.{payload}"
    rs256 = rsa_key().sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
    yield "alg RS256 with a stranger's key", f"{signed}.{encode(rs256)}", ALG
    signed = f"{encode(to_bytes(HEADER | {'alg': 'ES256'}))}.{payload}"
    stranger = ec.generate_private_key(ec.SECP256R1())
    r, s = decode_dss_signature(stranger.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
    yield "alg ES256 with a stranger's key", f"{signed}.{encode(r.to_bytes(32) + s.to_bytes(32))}", ALG
    for name, encoding in (("DER", serialization.Encoding.DER), ("PEM", serialization.Encoding.PEM)):
        secret = rsa_key().public_key().public_bytes(encoding, serialization.PublicFormat.SubjectPublicKeyInfo)
        yield f"a public key in {name} as the HMAC secret", mint(claims, secret=secret), SIGNATURE


def _signatures(now: datetime) -> Iterator[Row]:
    claims = good_claims(now)
    good = mint(claims)
    signed, _, signature = good.rpartition(".")
    flipped = bytearray(base64.urlsafe_b64decode(signature + "="))
    shorter, longer = encode(bytes(flipped[:-1])), encode(bytes(flipped) + b"\x00")
    flipped[0] ^= 1
    yield "signature with one bit flipped", f"{signed}.{encode(bytes(flipped))}", SIGNATURE
    yield "signature a byte short", f"{signed}.{shorter}", SIGNATURE
    yield "signature a byte long", f"{signed}.{longer}", SIGNATURE
    yield "no signature", f"{signed}.", CANONICAL
    yield "signature of one zero byte", f"{signed}.AA", SIGNATURE
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    same_bytes = alphabet[alphabet.index(signature[-1]) + 1]  # the last letter's lowest two bits stand for nothing
    yield "signature in a second spelling", f"{signed}.{signature[:-1]}{same_bytes}", CANONICAL
    yield "another secret", mint(claims, secret=b"x" * 32), SIGNATURE
    yield "the empty secret", mint(claims, secret=b""), SIGNATURE
    yield "the other kid's secret", mint(claims, secret=PREVIOUS_SECRET.encode()), SIGNATURE
    yield "our secret under the other kid", mint(claims, header=HEADER | {"kid": "previous"}), SIGNATURE
    header, payload, _ = good.split(".")
    raised = encode(to_bytes(claims | {"role": "operator"}))
    yield "role raised after signing", f"{header}.{raised}.{signature}", SIGNATURE
    swapped = encode(to_bytes(HEADER | {"kid": "previous"}))
    yield "kid changed after signing", f"{swapped}.{payload}.{signature}", SIGNATURE
    later = mint(good_claims(now, sub="somebody.else")).rpartition(".")[2]
    yield "another token's signature", f"{signed}.{later}", SIGNATURE


def _shapes(now: datetime) -> Iterator[Row]:
    claims = good_claims(now)
    good = mint(claims)
    header, payload, signature = good.split(".")
    for name, raw in {
        "nothing": "", "one dot": ".", "one part": header, "two parts": f"{header}.{payload}",
        "four parts": f"{good}.", "an extra part": f"{good}.{signature}", "two tokens": f"{good},{good}",
        "JWE": f"{encode(to_bytes({'alg': 'dir', 'enc': 'A256GCM'}))}..{encode(b'i' * 12)}.{payload}.{signature}",
        "JWS in JSON": json.dumps({"payload": payload, "protected": header, "signature": signature}),
        "dots escaped": good.replace(".", "%2E"),
    }.items():  # fmt: skip
        yield name, raw, PARTS
    yield "two dots", "..", CANONICAL
    yield "one megabyte", mint(good_claims(now, pad="x" * 1_000_000)), SIZE
    yield "one step over 8 KiB", padded_to(8193, now), SIZE
    for name, raw in {
        "a blank before": f" {good}", "a blank after": f"{good} ", "a newline after": f"{good}\n", "a tab": f"\t{good}",
        "Bearer inside": f"Bearer {good}", "quotes": f'"{good}"', "a NUL": f"{good}\x00",
        "a NUL in the middle": good.replace(".", ".\x00", 1), "a broken line": f"{header}.\r\n{payload}.{signature}",
        "truncated to a part of one letter": f"{header}.{payload}.{signature[:1]}",
    }.items():  # fmt: skip
        yield name, raw, CANONICAL
    yield "a full-width letter", good.replace("e", "\uff45", 1), ASCII
    yield "a zero-width space", f"{good}\u200b", ASCII
    yield "a lone surrogate", f"{good}\ud800", ASCII
    claims["pad"] = "?" * 12  # however it falls, it encodes to letters in which the two alphabets differ
    standard = encode(to_bytes(claims)).replace("-", "+").replace("_", "/")
    yield "the other base64 alphabet", sign(header, standard), CANONICAL
    texts = (to_bytes(good_claims(now, pad="x" * letters)) for letters in range(3))
    padded = next(base64.urlsafe_b64encode(text).decode() for text in texts if len(text) % 3)
    yield "padding, well signed", sign(header, padded), CANONICAL


def _headers(now: datetime) -> Iterator[Row]:
    claims = good_claims(now)
    for name in HEADER:
        yield f"no {name}", mint(claims, header={k: v for k, v in HEADER.items() if k != name}), MEMBERS
    for typ in ("JWT", "jwt", "AT+JWT", "application/at+jwt", "dpop+jwt", "", None, 1, ["at+jwt"]):
        yield f"typ {typ!r}", mint(claims, header=HEADER | {"typ": typ}), TYP
    strings: tuple[object, ...] = ("", "unknown", "CURRENT", "current ", "../../dev/null", "' or 1=1 --", "current\x00")
    for kid in (*strings, 0, None, ["current"], {}):
        yield f"kid {kid!r}", mint(claims, header=HEADER | {"kid": kid}), KID
    yield "kid of the empty file", mint(claims, header=HEADER | {"kid": "/dev/null"}, secret=b""), KID
    own_key = {"kty": "oct", "k": encode(b"x" * 32), "kid": "current"}
    for member, value in {
        "crit": ["exp"], "jwk": own_key, "jku": "https://keys.example/jwks.json", "x5u": "https://keys.example/x5u",
        "x5c": ["MIIB"], "x5t": "AA", "zip": "DEF", "b64": False, "cty": "JWT", "enc": "A256GCM", "nonce": "1",
    }.items():  # fmt: skip
        yield f"header member {member}", mint(claims, header=HEADER | {member: value}), MEMBERS
    yield "jwk header, signed with it", mint(claims, header=HEADER | {"jwk": own_key}, secret=b"x" * 32), MEMBERS
    unencoded = HEADER | {"crit": ["b64"], "b64": False}
    yield "crit with b64", mint(claims, header=unencoded), MEMBERS
    for name, text, rule in (
        ("duplicate alg", b'{"alg":"none","alg":"HS256","kid":"current","typ":"at+jwt"}', DUPLICATE),
        ("duplicate kid", b'{"alg":"HS256","kid":"x","kid":"current","typ":"at+jwt"}', DUPLICATE),
        ("duplicate by escape", b'{"alg":"none","\\u0061lg":"HS256","kid":"current","typ":"at+jwt"}', DUPLICATE),
        ("array", to_bytes([HEADER]), OBJECT),
        ("string", b'"HS256"', OBJECT),
        ("empty object", b"{}", MEMBERS),
        ("no JSON", b"alg=HS256", JSON),
        ("UTF-16", json.dumps(HEADER).encode("utf-16"), JSON),
        ("byte order mark", b"\xef\xbb\xbf" + to_bytes(HEADER), JSON),
        ("nested deep", b"[" * 5000, JSON),
    ):
        yield f"header {name}", mint(claims, header=text), rule


def _payloads(now: datetime) -> Iterator[Row]:
    good = to_bytes(good_claims(now))
    for name, text, rule in (
        ("no JSON", b"role=warden", JSON),
        ("array", b"[" + good + b"]", OBJECT),
        ("string", b'"warden"', OBJECT),
        ("number", b"1", OBJECT),
        ("null", b"null", OBJECT),
        ("empty object", b"{}", ISS),
        ("NUL bytes", b"\x00" * 16, JSON),
        ("NUL after", good + b"\x00", JSON),
        ("more after", good + b"{}", JSON),
        ("invalid UTF-8", good.replace(b"okafor", b"okaf\xff\xff"), JSON),
        ("UTF-16", json.dumps(good_claims(now)).encode("utf-16"), JSON),
        ("byte order mark", b"\xef\xbb\xbf" + good, JSON),
        ("nested deep", b"[" * 5000, JSON),
        ("single quotes", good.replace(b'"', b"'"), JSON),
        ("duplicate role", good[:-1] + b',"role":"warden"}', DUPLICATE),
        ("duplicate exp", b'{"exp":1,' + good[1:], DUPLICATE),
        ("duplicate within a claim", good[:-1] + b',"more":{"a":1,"a":1}}', DUPLICATE),
        ("exp NaN", to_bytes(good_claims(now, exp=float("nan"))), JSON),
        ("exp Infinity", to_bytes(good_claims(now, exp=float("inf"))), JSON),
        ("exp of 5000 digits", good.replace(b'"exp":', b'"exp":' + b"9" * 5000), JSON),
        ("exp in Arabic digits", good.replace(b'"exp":', '"exp":\u0661'.encode()), JSON),
    ):
        yield f"payload {name}", mint(text), rule


def _claim_types(now: datetime) -> Iterator[Row]:
    wrong: tuple[object, ...] = (None, True, False, 1.5, -1, {}, {"a": 1}, [[]], [None], "\u0661\u0662", " ")
    for name, rule in CLAIM_RULES.items():
        yield f"no {name}", mint(good_claims(now, **{name: MISSING})), rule
        yield f"{name} in a list", mint(good_claims(now, **{name: [good_claims(now)[name]]})), rule
        for value in wrong:
            yield f"{name} {value!r}", mint(good_claims(now, **{name: value})), rule
    seconds = int(now.timestamp())
    for name, rule in {"iat": IAT, "exp": EXP, "nbf": NBF}.items():
        for value in (str(seconds), float(seconds), 253_402_300_800, 10**400, seconds * 1000, now.isoformat()):
            label = f"{name} is {str(value)[:40]} ({type(value).__name__})"
            yield label, mint(good_claims(now, **{name: value})), rule
    for value in (None, True, -1, []):
        yield f"nbf {value!r}", mint(good_claims(now, nbf=value)), NBF
    yield "exp 1e400", mint(to_bytes(good_claims(now, exp=7)).replace(b'"exp":7', b'"exp":1e400')), EXP


def _identities(now: datetime) -> Iterator[Row]:
    rows: tuple[tuple[str, str, tuple[object, ...]], ...] = (
        ("iss", ISS, ("callgate2", "Callgate", "callgate ", "https://callgate")),
        ("aud", AUD, ("callgate2", "CALLGATE", "", ["callgate", "billing"], {"callgate": 1})),
        ("sub", SUB, ("", "x" * 65, "\uff4d.okafor", "m okafor", "m.okafor\n", "a/b", "m.okafor\x00", 7)),
        ("jti", JTI, ("", "x" * 65, "a b", "a\n", 7)),
        ("role", ROLE, ("", "admin", "Warden", "WARDEN", "warden ", "warden\n", "warden,operator", 0)),
    )
    for name, rule, values in rows:
        for value in values:
            yield f"{name} is {value!r}", mint(good_claims(now, **{name: value})), rule
    yield "sub with a lone surrogate", mint(good_claims(now, sub="m.\ud800")), SUB


def _places(now: datetime) -> Iterator[Row]:
    for name, facilities in {
        "none": [], "a string": "osborn", "a star string": "*", "a star and a name": ["*", "osborn"],
        "a name and a star": ["osborn", "*"], "two stars": ["*", "*"], "a wildcard": ["os*"], "an empty name": [""],
        "a number": [5], "a null": ["osborn", None], "an object": {"osborn": True}, "a path": ["../osborn"],
        "a long name": ["x" * 65], "a full-width name": ["\uff4fsborn"], "a newline": ["osborn\n"],
        "one too many": [f"{n:x}" for n in range(1001)],
    }.items():  # fmt: skip
        yield f"facilities: {name}", mint(good_claims(now, facilities=facilities)), FACILITIES


def _times(now: datetime) -> Iterator[Row]:
    def at(**offsets: int) -> dict[str, object]:
        return {name: int((now + timedelta(seconds=offset)).timestamp()) for name, offset in offsets.items()}

    year = 366 * 86_400
    yield "expired by one second", mint(good_claims(now, **at(iat=-900, exp=-1))), EXPIRED
    yield "expired this very second", mint(good_claims(now, **at(iat=-900, exp=0))), EXPIRED
    yield "switch token expired", mint(good_claims(now, role="switch", **at(iat=-year, exp=0))), EXPIRED
    yield "issued 31 s ahead", mint(good_claims(now, **at(iat=31, exp=900))), AHEAD
    yield "not valid for one second", mint(good_claims(now, **at(nbf=1))), NOT_YET
    yield "over before it begins", mint(good_claims(now, **at(iat=10, exp=9))), LIFETIME
    yield "no lifetime at all", mint(good_claims(now, **at(iat=10, exp=10))), LIFETIME
    for role in STAFF_ROLES:
        yield f"{role}: 901 s", mint(good_claims(now, role=role, **at(exp=901))), LIFETIME
    yield "warden: as long as a switch", mint(good_claims(now, **at(exp=year))), LIFETIME
    yield "switch: 366 days and 1 s", mint(good_claims(now, role="switch", **at(exp=year + 1))), LIFETIME
    yield "back-dated past the bound", mint(good_claims(now, **at(iat=-1, exp=900))), LIFETIME
