"""What is wrong with this policy file, said so that whoever wrote it can mend it?

A file is refused whole, at its first fault, by name, key and reason. The reason says what was expected and never
repeats what stood there.
"""

import re
import tomllib
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final, TypeVar

from pydantic import BaseModel, ValidationError

Model = TypeVar("Model", bound=BaseModel)

_SIZE_MAX: Final = 256 * 1024
"""The longest profile here is a fifth of this; parsing something endless must not be a way to stop a start."""

_LINE: Final = re.compile(r"at line ([0-9]+),")
_SHOULD: Final = re.compile(r"^[A-Z][a-z]+ should")
_HEADER: Final = re.compile(r"\s*\[+\s*([A-Za-z0-9_.\-]+)\s*\]+")
_KEY: Final = re.compile(r"\s*([A-Za-z0-9_.\-]+)\s*=")
_REASONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "missing": "is missing",
        "extra_forbidden": "is no key of this format",
        "dict_type": "must be a table",
        "list_type": "must be a list",
        "int_type": "must be a whole number",
        "bool_type": "must be true or false",
        "string_type": "must be text in quotes",
        "date_type": "must be a date, written YYYY-MM-DD without quotes",
        "string_too_short": "must not be empty",
    }
)


class MalformedProfile(Exception):
    """A policy file that cannot be used.

    Attributes:
        file: its name, without the directory.
        key: dotted; rows of a list are counted from 1 (`tariff.2.currency`); empty when the file as a whole is meant.
        reason: what was expected.

    Example:
        >>> str(MalformedProfile(file="ct-doc.toml", key="phone_list.limit.value", reason="must be a whole number"))
        'ct-doc.toml: phone_list.limit.value: must be a whole number'
    """

    def __init__(self, *, file: str, key: str, reason: str) -> None:
        """Keep the three parts; the text is all of them."""
        super().__init__(": ".join(part for part in (file, key, reason) if part))
        self.file = file
        self.key = key
        self.reason = reason


class Contradiction(Exception):
    """Two values that are each well formed and cannot both stand; becomes a `MalformedProfile` of its file."""

    def __init__(self, key: str, reason: str) -> None:
        """Name the key that should give way."""
        super().__init__(key, reason)
        self.key = key
        self.reason = reason


def parse_toml(content: bytes | str, *, file_name: str) -> dict[str, object]:
    """Read a TOML file into tables.

    Raises:
        MalformedProfile: not UTF-8, not TOML, a key given twice, too long or nested too deep.
    """
    if len(content) > _SIZE_MAX:
        raise MalformedProfile(file=file_name, key="", reason=f"is longer than {_SIZE_MAX // 1024} KiB")
    try:
        text = content if isinstance(content, str) else content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise MalformedProfile(file=file_name, key="", reason=f"is not UTF-8 at byte {error.start}") from None
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise MalformedProfile(file=file_name, key="", reason="is nested too deep") from None
    except ValueError as error:
        # Beside its own errors the parser lets a few of Python's through (an integer of 5,000 digits), which quote.
        detail = str(error) if isinstance(error, tomllib.TOMLDecodeError) else "a value that cannot be read"
        key = _key_at(text, detail)
        raise MalformedProfile(file=file_name, key=key, reason=f"is not valid TOML: {detail}") from None


def validate(model: type[Model], tables: Mapping[str, object], *, file_name: str) -> Model:
    """Hold the tables against the format.

    Raises:
        MalformedProfile: the first key that does not fit.
    """
    try:
        return model.model_validate(tables)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        reason = _reason_of(first["type"], first["msg"])
        raise MalformedProfile(file=file_name, key=_dotted(first["loc"]), reason=reason) from None


def _dotted(loc: Sequence[str | int]) -> str:
    return ".".join(str(part + 1) if isinstance(part, int) else part for part in loc if part != "[key]")


def _reason_of(kind: str, message: str) -> str:
    if kind == "model_type":
        return "must be a table with the keys of this format, such as { value, source, mark }"
    # "must be False" is Python's word for what the file calls false.
    return _REASONS.get(kind) or _SHOULD.sub("must", message.removeprefix("Value error, ")).replace("False", "false")


def _key_at(text: str, detail: str) -> str:
    """Which key is being read where the parser stops? One given twice is found by nothing else.

    A value over several lines is faulted at its last, so the key is the nearest one above.
    """
    at = _LINE.search(detail)
    key = ""
    for line in reversed(text.splitlines()[: int(at[1])] if at else []):
        if header := _HEADER.match(line):
            return f"{header[1]}.{key}" if key else header[1]
        if not key and (found := _KEY.match(line)):
            key = found[1]
    return key
