"""CALLGATE_TOKEN_KEY: which texts can sign, and which must not."""

import base64
import json

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from hypothesis import given
from hypothesis import strategies as st

from callgate.api.token_keys import DEFAULT_KID, UnusableTokenKey, read_secrets

ONE, TWO = "o" * 32, "t" * 32
LETTERS = "".join(chr(code) for code in range(0x21, 0x7F) if chr(code) not in ",:")
RSA, EC, ED25519 = (
    rsa.generate_private_key(public_exponent=65537, key_size=2048),
    ec.generate_private_key(ec.SECP256R1()),
    ed25519.Ed25519PrivateKey.generate(),
)
SPKI, PKCS1 = serialization.PublicFormat.SubjectPublicKeyInfo, serialization.PublicFormat.PKCS1
DER, PEM = serialization.Encoding.DER, serialization.Encoding.PEM
PRIVATE = (serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
DER_KEYS = {
    "RSA public": RSA.public_key().public_bytes(DER, SPKI),
    "RSA public, PKCS 1": RSA.public_key().public_bytes(DER, PKCS1),
    "RSA private": RSA.private_bytes(DER, *PRIVATE),
    "EC public": EC.public_key().public_bytes(DER, SPKI),
    "EC private": EC.private_bytes(DER, *PRIVATE),
    "Ed25519 public": ED25519.public_key().public_bytes(DER, SPKI),
    "Ed25519 private": ED25519.private_bytes(DER, *PRIVATE),
}


@pytest.mark.parametrize("text", ["", " ", "\n\t ,,"])
def test_refuses_an_empty_key(text: str) -> None:
    with pytest.raises(UnusableTokenKey, match="one secret"):
        read_secrets(text)


@pytest.mark.parametrize("text", ["o", "o" * 31, f"kid:{'o' * 31}", f"a:{ONE} b:{'t' * 31}", "default:"])
def test_refuses_a_secret_shorter_than_32_bytes(text: str) -> None:
    with pytest.raises(UnusableTokenKey, match="at least 32 bytes"):
        read_secrets(text)


@pytest.mark.parametrize("length", [32, 33, 4096])
def test_takes_one_secret_of_32_bytes_or_more_as_written(length: int) -> None:
    assert dict(read_secrets(f"{'o' * length}\n")) == {DEFAULT_KID: "o" * length}
    assert dict(read_secrets(f"kid-1:{'o' * length}")) == {"kid-1": "o" * length}


@pytest.mark.parametrize("between", [" ", "\n", ",", ", ", "\r\n", " ,\t\n"])
def test_takes_several_in_the_order_given(between: str) -> None:
    secrets = read_secrets(f"2027:{ONE}{between}default:{TWO}{between}")
    assert list(secrets.items()) == [("2027", ONE), ("default", TWO)]


def test_takes_eight_keys_and_not_nine() -> None:
    entries = [f"k{number}:{number}{ONE}" for number in range(9)]
    assert len(read_secrets(" ".join(entries[:8]))) == 8
    with pytest.raises(UnusableTokenKey, match="2 to 8"):
        read_secrets(" ".join(entries))


@pytest.mark.parametrize(
    "text",
    [
        f"{ONE} {TWO}",
        f"a:{ONE} {TWO}",
        f"{ONE} b:{TWO}",
        f"a:{ONE} a:{TWO}",
        f"a:{ONE} b:{ONE}",
        f":{ONE}",
        f"a/b:{ONE}",
        f"{'k' * 33}:{ONE}",
        f"k\u0131d:{ONE}",
    ],
)
def test_refuses_a_set_in_which_an_id_or_a_secret_is_missing_malformed_or_twice(text: str) -> None:
    with pytest.raises(UnusableTokenKey, match="kid:secret"):
        read_secrets(text)


@pytest.mark.parametrize("text", [f"{ONE}\u00e9", f"{ONE}\x00", f"{ONE}\x7f", f"a:{ONE}:{TWO}", "\uff4f" * 32])
def test_refuses_what_is_not_printable_ascii(text: str) -> None:
    with pytest.raises(UnusableTokenKey, match="printable ASCII"):
        read_secrets(text)


@pytest.mark.parametrize("name", DER_KEYS)
def test_refuses_a_key_in_der_however_it_is_written(name: str) -> None:
    der = DER_KEYS[name]
    standard = base64.b64encode(der).decode()
    for text in (standard, standard.rstrip("="), base64.urlsafe_b64encode(der).decode(), der.hex(), der.hex().upper()):
        for entry in (text, f"kid:{text}", f"a:{ONE} b:{text}"):
            with pytest.raises(UnusableTokenKey, match="encoded public or private key"):
                read_secrets(entry)


def test_refuses_key_files() -> None:
    openssh = serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH
    jwk = {"kty": "oct", "k": base64.urlsafe_b64encode(ONE.encode()).decode()}
    for text in (
        RSA.public_key().public_bytes(PEM, SPKI).decode(),
        RSA.private_bytes(PEM, *PRIVATE).decode(),
        RSA.public_key().public_bytes(*openssh).decode(),
        EC.public_key().public_bytes(*openssh).decode(),
        ED25519.public_key().public_bytes(*openssh).decode(),
        f"---- BEGIN SSH2 PUBLIC KEY ----\n{ONE}",
        json.dumps(jwk),
        f"a:{ONE} {json.dumps(jwk)}",
    ):
        with pytest.raises(UnusableTokenKey, match="key file"):
            read_secrets(text)


def test_random_bytes_that_begin_like_der_are_a_secret_all_the_same() -> None:
    for blob in (
        b"\x30\x1e\x30" + bytes(29),  # 32 bytes, as generated keys are
        b"\x30\x29\x30" + bytes(40),  # 43 bytes: one short of the shortest public key
        b"\x30\x2b\x30" + bytes(41),  # says 43, is 42
        b"\x30\x2a\x04" + bytes(41),  # no key begins with an octet string
        b"\x31\x2a\x30" + bytes(41),
        b"\x30\xaa" + bytes(42),  # a length of 42 zero bytes, and then nothing
    ):
        text = base64.urlsafe_b64encode(blob).decode()
        assert list(read_secrets(text).values()) == [text]


@given(
    secret=st.text(alphabet=LETTERS, min_size=32, max_size=90),
    kid=st.from_regex(r"[A-Za-z0-9._-]{1,32}", fullmatch=True),
)
def test_any_printable_secret_is_kept_as_written_under_any_id(secret: str, kid: str) -> None:
    assert dict(read_secrets(f"{kid}:{secret}")) == {kid: secret}


@given(text=st.text(max_size=120))
def test_any_text_is_read_or_refused_and_a_refusal_never_repeats_it(text: str) -> None:
    marked = f"kid:Qx7{text} Qx8{text}"
    with pytest.raises(UnusableTokenKey) as refusal:
        read_secrets(marked)
    assert "Qx" not in str(refusal.value)
    assert refusal.value.__cause__ is None
