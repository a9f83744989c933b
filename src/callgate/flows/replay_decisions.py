"""Do the recorded answers still follow from the facts they were recorded with?

A decision holds its whole case and names its policy by content hash, so it can be decided again: by this version of the
rules, under the values of its own day. Where an answer comes out differently, either the rules' code changed what it
should not have, or the record did.

What is compared is the whole answer, member by member, and what the row repeats of it and of the case. The findings are
not: a check that is added later adds a finding to every old case, and need not change any answer.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from callgate.checks.decide import decide
from callgate.domain.answer import answer_of, written_answer
from callgate.domain.case import Case
from callgate.domain.policy import Policy
from callgate.policies import MalformedProfile, policy_from_document
from callgate.store.case_text import read_case
from callgate.store.replay import Recorded

_ABSENT: Final = "absent"
_NOT_SHOWN: Final = "not shown"


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberDifference:
    """One member that does not come out as recorded; both sides as JSON, or in words where there is none."""

    member: str
    recorded: str
    again: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One answer that does not come out as recorded."""

    kind: str
    decision_id: str
    members: tuple[MemberDifference, ...]


class UnusablePolicy(Exception):
    """The policy that a decision names is not there, or is not the one it names."""


class PolicyVersions:
    """The policies that recorded decisions name, each read once.

    Args:
        documents: by content hash, as they were kept.
    """

    def __init__(self, documents: Mapping[str, str]) -> None:
        self._documents = documents
        self._read: dict[str, Policy] = {}

    def load(self, content_hash: str | None) -> Policy | None:
        """The policy of this hash; None for a decision that named none, because nobody knew the station.

        Raises:
            UnusablePolicy: it was not kept, or what was kept is not what was hashed.
        """
        if content_hash is None:
            return None
        if content_hash not in self._read:
            self._read[content_hash] = self._parse(content_hash)
        return self._read[content_hash]

    def _parse(self, content_hash: str) -> Policy:
        document = self._documents.get(content_hash)
        if document is None:
            raise UnusablePolicy("no such document is kept")
        try:
            policy = policy_from_document(document)
        except MalformedProfile as error:
            raise UnusablePolicy(f"the document kept {error.reason}") from None
        if policy.content_hash != content_hash:
            raise UnusablePolicy("the document kept is another one")
        return policy


def replay(recorded: Recorded, policies: PolicyVersions) -> Difference | None:
    """Decide one recorded case again; None: the answer comes out as it was recorded."""
    try:
        policy = policies.load(recorded.policy_hash)
    except UnusablePolicy as error:
        return _difference(recorded, [MemberDifference(member="policy", recorded="named", again=str(error))])
    try:
        case = read_case(recorded.facts)
    except ValueError:  # pydantic's own message would quote the facts
        return _difference(recorded, [_unreadable("facts")])
    decision = decide(case, policy)
    label = None if policy is None else policy.label
    again = answer_of(
        decision,
        decision_id=recorded.decision_id,
        call_id=recorded.call_id,
        decided_at=case.decided_at,
        policy=label,
    )
    return _difference(recorded, [*_compare(recorded, written_answer(again)), *_compare_columns(recorded, case, label)])


def _compare(recorded: Recorded, again: str) -> list[MemberDifference]:
    if again == recorded.answer:
        return []
    try:
        was = json.loads(recorded.answer)
    except ValueError:
        return [_unreadable("answer")]
    if not isinstance(was, dict):
        return [_unreadable("answer")]
    now: dict[str, Any] = json.loads(again)
    members = [*now, *(name for name in was if name not in now)]
    return [_told(name, was, now) for name in members if name not in was or name not in now or was[name] != now[name]]


def _compare_columns(recorded: Recorded, case: Case, label: str | None) -> list[MemberDifference]:
    """What stands in the row beside the answer is read by lists and reports, so it must say the same."""
    found = []
    if recorded.decided_at != case.decided_at:
        found.append(MemberDifference(member="row.decided_at", recorded="another instant", again="the case's"))
    if recorded.kind == "decision" and recorded.policy != label:
        found.append(_told("row.policy", {"row.policy": recorded.policy}, {"row.policy": label}))
    try:
        answer = json.loads(recorded.answer)
    except ValueError:
        return found
    for name, value in recorded.columns.items():
        if isinstance(answer, dict) and answer.get(name) != value:
            member = f"row.{name}"
            found.append(_told(member, {member: value}, {member: answer.get(name)}))
    facts = {
        "facility_id": None if case.facility is None else case.facility.facility_id,
        "inmate_id": None if case.person is None else case.person.inmate_id,
        "number": case.number.e164,
    }
    found += [
        # Who and whom: named on the row and in the case, and nowhere else.
        MemberDifference(member=f"row.{name}", recorded=_NOT_SHOWN, again=_NOT_SHOWN)
        for name, value in facts.items()
        if name in recorded.subject and recorded.subject[name] != value
    ]
    return found


def _told(name: str, was: Mapping[str, Any], now: Mapping[str, Any]) -> MemberDifference:
    return MemberDifference(member=name, recorded=_as_json(name, was), again=_as_json(name, now))


def _as_json(name: str, members: Mapping[str, Any]) -> str:
    return json.dumps(members[name], ensure_ascii=False, sort_keys=True) if name in members else _ABSENT


def _unreadable(member: str) -> MemberDifference:
    return MemberDifference(member=member, recorded="cannot be read", again=_ABSENT)


def _difference(recorded: Recorded, members: list[MemberDifference]) -> Difference | None:
    if not members:
        return None
    return Difference(kind=recorded.kind, decision_id=recorded.decision_id, members=tuple(members))
