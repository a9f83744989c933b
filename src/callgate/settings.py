"""How is this deployment set up? Every CALLGATE_ variable, read once and frozen.

A secret may come as `NAME` or, better, as `NAME_FILE` holding a path. An unknown CALLGATE_ name is an error: a misspelt
setting must not silently leave a default in force.
"""

import os
import secrets
from collections.abc import Callable, Mapping
from ipaddress import ip_network
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator

DEFAULT_DATABASE_URL = "sqlite:///./var/callgate.db"
PREFIX = "CALLGATE_"
# Read by the test suite and by the comparison with peers, never by the service.
_NOT_OURS_TO_READ = frozenset({"CALLGATE_TEST_DATABASE_URL"})
_KEY_BYTES = 32


class UnusableSettings(Exception):
    """The environment does not describe a deployment that can run."""


class Settings(BaseModel):
    """Every setting with its default."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    database_url: str = Field(
        default=DEFAULT_DATABASE_URL,
        description="Where the records are: sqlite:///PATH (embedded) or postgresql://USER@HOST[,HOST2]/NAME.",
    )
    token_key: SecretStr | None = Field(
        default=None, description="Signs and verifies tokens: one secret of 32 bytes or more, or several `kid:secret`."
    )
    pin_key: SecretStr | None = Field(
        default=None, description="Keys the PIN digests: one secret of 32 bytes or more, or several `version:secret`."
    )
    policy_dir: Path | None = Field(
        default=None, description="A folder of further profile files, beside those shipped."
    )
    default_region: str = Field(
        default="US", pattern="^[A-Z]{2}$", description="Region for numbers dialled at a station nobody registered."
    )
    deadline_seconds: float = Field(
        default=1.0, gt=0, le=10, description="Whoever waits longer for a decision is answered 503 and not decided."
    )
    queue_max: int = Field(
        default=1000, ge=1, le=100_000, description="Attempts waiting at most; one more is 503 at once."
    )
    batch_max: int = Field(default=64, ge=1, le=500, description="Attempts decided in one transaction at most.")
    lanes: int = Field(default=2, ge=1, le=16, description="Transactions at a time on PostgreSQL; SQLite has one.")
    metrics_port: int | None = Field(
        default=None, ge=1, le=65535, description="Serve /metrics on this port of 127.0.0.1 instead of the API's."
    )
    log_level: str = Field(default="info", pattern="^(debug|info|warning|error)$", description="Least level logged.")
    revoke_allow: str = Field(
        default="", description="CIDRs, comma-separated, that a switch's revoke_url may point into without https."
    )

    @field_validator("database_url")
    @classmethod
    def _is_database(cls, value: str) -> str:
        if not value.startswith(("sqlite:///", "postgresql://", "postgresql+psycopg://")):
            raise ValueError("must begin with sqlite:/// or postgresql://")
        return value

    @field_validator("revoke_allow")
    @classmethod
    def _are_networks(cls, value: str) -> str:
        for network in filter(None, (part.strip() for part in value.split(","))):
            ip_network(network)
        return value

    @property
    def is_embedded(self) -> bool:
        """Is the database the embedded SQLite file?"""
        return self.database_url.startswith("sqlite")

    @property
    def data_dir(self) -> Path:
        """Where the embedded database, its keys and its lock live."""
        if not self.is_embedded:
            return Path("var")
        return Path(self.database_url.split("///", 1)[-1]).parent

    def with_keys(self, *, holds_pins: Callable[[], bool]) -> Self:
        """The same settings with both keys present.

        On the embedded default a missing key is made, kept with mode 0600 beside the database and found again next
        time.

        Args:
            holds_pins: are there PINs already, whose digests need the key that they were made with?

        Raises:
            UnusableSettings: a key is missing on PostgreSQL, where several machines must share it; or the PIN key is
                lost.
        """
        if self.is_embedded and self.pin_key is None and not (self.data_dir / "pin_key").exists() and holds_pins():
            raise UnusableSettings(
                f"{self.data_dir / 'pin_key'} is missing, and with another key no PIN would be accepted. Put back the "
                "file that these PINs were made with, or set CALLGATE_PIN_KEY; if it is lost, every PIN must be issued "
                "anew, under a new key that you put there yourself."
            )
        return self.with_token_key().model_copy(update={"pin_key": self.pin_key or self._find_or_make_key("pin_key")})

    def with_token_key(self) -> Self:
        """The same settings with the key of tokens present, found or made as the other.

        Raises:
            UnusableSettings: it is missing on PostgreSQL.
        """
        return self.model_copy(update={"token_key": self.token_key or self._find_or_make_key("token_key")})

    def _find_or_make_key(self, name: str) -> SecretStr:
        if not self.is_embedded:
            variable = f"{PREFIX}{name.upper()}"
            message = (
                f"{variable} is not set. With PostgreSQL every node must use the same key: set {variable} or "
                f"{variable}_FILE to a secret of at least {_KEY_BYTES} bytes."
            )
            raise UnusableSettings(message)
        path = self.data_dir / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            _keep_secret(path, secrets.token_urlsafe(_KEY_BYTES))
        return SecretStr(_read_secret(path))


def load_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Read the settings from the environment.

    Raises:
        UnusableSettings: an unknown CALLGATE_ name, a value out of range, or a secret file that cannot be read; the
            message names the variable and never shows a value.
    """
    variables = {name: value for name, value in (environment or os.environ).items() if name.startswith(PREFIX)}
    given: dict[str, object] = {}
    for name, value in variables.items():
        if name in _NOT_OURS_TO_READ:
            continue
        field, is_file = _field_of(name)
        given[field] = _read_secret(Path(value)) if is_file else value
    try:
        return Settings.model_validate(given)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        message = f"{PREFIX}{str(first['loc'][0]).upper()}: {first['msg'].removeprefix('Value error, ')}"
        raise UnusableSettings(message) from None


def _field_of(name: str) -> tuple[str, bool]:
    plain = name.removeprefix(PREFIX).lower()
    if plain in Settings.model_fields:
        return plain, False
    if plain.removesuffix("_file") in Settings.model_fields and plain.endswith("_file"):
        return plain.removesuffix("_file"), True
    message = f"{name} is not a setting of callgate; `callgate doctor --settings` lists them."
    raise UnusableSettings(message)


def _read_secret(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        message = f"{path} cannot be read ({type(error).__name__}); it should hold one secret as text."
        raise UnusableSettings(message) from None


def _keep_secret(path: Path, secret: str) -> None:
    # Written whole under another name and then linked: of two commands that start together one wins, and the other
    # reads a whole key, never an empty file.
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(secret)
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
