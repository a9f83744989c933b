"""What of a protected block or restriction may this reader see?"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from callgate.domain.roles import REDACTED_KINDS, Actor

_WITHHELD: Final = frozenset(
    {
        "authority",
        "case_number",
        "document_reference",
        "end_note",
        "evidence_reference",
        "finding",
        "inmate_id",
        "lift_authority",
        "lift_needs",
        "note",
    }
)
"""Person, papers and authority, and who lifts it, which tells the kinds apart. Authors are never withheld: an audit
without them would be none."""


def redact(value: Any, actor: Actor) -> Any:  # noqa: ANN401 - whatever a representation can hold
    """The same representation as this reader may see it, with every key still there.

    What carries one of the redacted kinds reads as kind `protected`, without person, papers and authority, and so does
    all that is told inside it: who asked for its end on which evidence, and whom an exception names.

    Clause: contract section 1, *Redacted*; an investigation's restriction is withheld like an investigation's block.

    Example:
        >>> from callgate.domain.roles import Role
        >>> auditor = Actor("a.reyes", Role.AUDITOR, None)
        >>> redact({"kind": "victim", "authority": "State v. Doe", "created_by": "w.lamb"}, auditor)
        {'kind': 'protected', 'authority': None, 'created_by': 'w.lamb'}
        >>> redact({"kind": "called_party", "authority": "letter"}, auditor)
        {'kind': 'called_party', 'authority': 'letter'}
    """
    return value if actor.sees_unredacted else _redacted(value, actor, inside=False)


def _redacted(value: Any, actor: Actor, *, inside: bool) -> Any:  # noqa: ANN401 - as above
    if isinstance(value, Mapping):
        kind = value.get("kind")
        within = inside or (isinstance(kind, str) and kind in REDACTED_KINDS)
        return {name: _member(name, member, actor, within=within) for name, member in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_redacted(member, actor, inside=inside) for member in value]
    return value


def _member(name: str, member: Any, actor: Actor, *, within: bool) -> Any:  # noqa: ANN401 - as above
    if within and name in _WITHHELD:
        return None
    if name == "kind" and isinstance(member, str):
        return actor.shown_kind(member)
    return _redacted(member, actor, inside=within)
