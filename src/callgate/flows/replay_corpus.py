"""How are recorded decisions kept in a file, so that every later version must agree with them?

JSON Lines in UTF-8. First the policies, one a line: `content_hash` and `document`. Then the answers: `kind` (decision
or revocation), `decision_id`, `call_id`, `decided_at`, `policy`, `policy_hash`, and `answer` and `facts` as the very
texts that were recorded. A file holds whom was called by whom, so it is written for its owner alone.
"""

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, TypeAdapter, ValidationError

from callgate.domain.instants import to_wire
from callgate.store.replay import Chosen, Recorded

_LINE_BYTES_MAX: Final = 1_048_576


class MalformedCorpus(Exception):
    """The file is no such corpus; the message names the line and repeats nothing of it."""


class _PolicyLine(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    content_hash: str
    document: str


class _AnswerLine(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["decision", "revocation"] = "decision"
    decision_id: str
    call_id: str
    decided_at: AwareDatetime
    policy: str | None
    policy_hash: str | None
    answer: str
    facts: str


class Corpus:
    """A corpus file, read line by line; whoever reads its answers reads its policies first."""

    def __init__(self, path: Path) -> None:
        """Read this file.

        Raises:
            MalformedCorpus: it is not there or cannot be read.
        """
        self._path = path
        self._documents = {line.content_hash: line.document for line in self._lines() if isinstance(line, _PolicyLine)}

    def documents(self) -> Mapping[str, str]:
        """Every policy in the file: its document by its content hash."""
        return self._documents

    def count(self, chosen: Chosen) -> int:
        """How many answers are meant?"""
        return sum(1 for _ in self.each(chosen))

    def each(self, chosen: Chosen) -> Iterator[Recorded]:
        """Every answer that is meant, in the order of the file."""
        for line in self._lines():
            if isinstance(line, _AnswerLine) and _is_meant(line, chosen):
                yield _recorded(line)

    def _lines(self) -> Iterator[_PolicyLine | _AnswerLine]:
        try:
            with self._path.open(encoding="utf-8", newline="\n") as file:
                for number, text in enumerate(iter(lambda: file.readline(_LINE_BYTES_MAX), ""), start=1):
                    yield _parse(text, number)
        except (OSError, UnicodeDecodeError) as error:
            raise MalformedCorpus(f"{self._path.name} cannot be read ({type(error).__name__}).") from None


def write_corpus(path: Path, *, documents: Mapping[str, str], answers: Iterable[Recorded]) -> int:
    """Write a new file and answer how many answers went into it.

    Raises:
        FileExistsError: there is a file of this name; it is left alone.
    """
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
        for content_hash, document in sorted(documents.items()):
            file.write(_line({"content_hash": content_hash, "document": document}))
        written = 0
        for one in answers:
            file.write(_line(_members(one)))
            written += 1
    return written


def _members(one: Recorded) -> dict[str, Any]:
    return {
        "kind": one.kind,
        "decision_id": one.decision_id,
        "call_id": one.call_id,
        "decided_at": to_wire(one.decided_at),
        "policy": one.policy,
        "policy_hash": one.policy_hash,
        "answer": one.answer,
        "facts": one.facts,
    }


def _line(members: Mapping[str, Any]) -> str:
    return json.dumps(members, ensure_ascii=False, separators=(",", ":")) + "\n"


def _parse(text: str, number: int) -> _PolicyLine | _AnswerLine:
    try:
        return _adapter().validate_json(text)
    except ValidationError:
        raise MalformedCorpus(f"Line {number} of the corpus is neither a policy nor a recorded answer.") from None


@cache
def _adapter() -> TypeAdapter[_PolicyLine | _AnswerLine]:
    return TypeAdapter(_PolicyLine | _AnswerLine)


def _is_meant(line: _AnswerLine, chosen: Chosen) -> bool:
    return (
        (chosen.kind is None or line.kind == chosen.kind)
        and (chosen.decision_id is None or line.decision_id == chosen.decision_id)
        and (chosen.since is None or line.decided_at >= chosen.since)
        and (chosen.until is None or line.decided_at < chosen.until)
    )


def _recorded(line: _AnswerLine) -> Recorded:
    return Recorded(
        kind=line.kind,
        decision_id=line.decision_id,
        call_id=line.call_id,
        decided_at=line.decided_at,
        policy=line.policy,
        policy_hash=line.policy_hash,
        answer=line.answer,
        facts=line.facts,
        columns={},
        subject={},
    )
