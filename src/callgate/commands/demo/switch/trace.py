"""Which SIP messages did SIPp see, and when? Read from the trace that it writes."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

_PART: Final = re.compile(r"^-{20,} (\S+)[ \t]+([0-9:.]+)\S*$", re.MULTILINE)
_DIRECTION: Final = re.compile(r"message (sent|received)")
_CALL_ID: Final = re.compile(r"^(?:Call-ID|i):[ \t]*(\S+)", re.MULTILINE | re.IGNORECASE)
_CSEQ: Final = re.compile(r"^CSeq:[ \t]*[0-9]+ (\S+)", re.MULTILINE | re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One SIP message as SIPp saw it, and when, by this machine's clock."""

    at: datetime
    sent: bool
    first_line: str
    call_id: str
    cseq_method: str
    text: str = field(repr=False)

    def is_request(self, method: str) -> bool:
        """Is it a request of this method?"""
        return self.first_line.startswith(f"{method} ")

    def is_reply(self, status: int, method: str = "INVITE") -> bool:
        """Is it a reply of this status to a request of this method?"""
        return self.first_line.startswith(f"SIP/2.0 {status} ") and self.cseq_method == method


def read_trace(text: str) -> Iterator[Message]:
    """Every message of a trace, in order."""
    heads = list(_PART.finditer(text))
    for i, head in enumerate(heads):
        part = text[head.end() : heads[i + 1].start() if i + 1 < len(heads) else len(text)]
        about, _, body = part.strip().partition("\n")
        direction, call_id, cseq = _DIRECTION.search(about), _CALL_ID.search(body), _CSEQ.search(body)
        if direction is None or call_id is None or cseq is None:
            continue
        yield Message(
            at=datetime.fromisoformat(f"{head[1]}T{head[2]}").replace(tzinfo=UTC),
            sent=direction[1] == "sent",
            first_line=body.strip().splitlines()[0],
            call_id=call_id[1],
            cseq_method=cseq[1],
            text=body,
        )
