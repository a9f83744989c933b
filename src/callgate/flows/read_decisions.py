"""Why was this call allowed or denied?

The wire answer for everyone who may read decisions; for those who may also see the causes, every finding in order
with its clause, the recorded case and the law it was decided by. An auditor reads these redacted.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from callgate.checks import CHECKS
from callgate.domain.errors import NotFound
from callgate.domain.instants import from_milliseconds, to_wire
from callgate.domain.policy import Policy
from callgate.domain.roles import Actor, Permission
from callgate.domain.verdict import Finding
from callgate.flows.deployment import Deployment
from callgate.policies import policy_from_document
from callgate.store.calls import find_decision
from callgate.store.case_text import read_findings
from callgate.store.database import Record
from callgate.store.decisions import find_policy_document, find_revocation

_OWN_CLAUSES = {check.name: check.clause for check in CHECKS}
_REFUSES_WITH = {check.name: check.refuses_with.value for check in CHECKS}
_SHIELD = "shield"
_PROTECTED = "protected"
_BLOCK_SUFFIX = "_block"


async def load_decision(deployment: Deployment, actor: Actor, decision_id: str) -> Mapping[str, Any]:
    """One recorded decision as far as this reader may see it.

    Raises:
        NotFound: there is none.
    """
    async with deployment.database.read() as transaction:
        row = await find_decision(transaction, decision_id)
        if row is None:
            raise NotFound("not_found", "There is nothing here that your token covers.")
        revocation = await find_revocation(transaction, decision_id)
        document = None if row.policy_hash is None else await find_policy_document(transaction, row.policy_hash)
    shown: dict[str, Any] = dict(json.loads(row.answer))
    if not actor.may(Permission.DECISIONS_READ_FINDINGS):
        return shown
    policy = None if document is None else policy_from_document(document)
    return shown | _causes(row, revocation, policy, actor)


def show_findings(findings: Sequence[Finding], policy: Policy | None, actor: Actor) -> list[dict[str, Any]]:
    """Every finding in order with its clause, in the words this reader may see."""
    return [_shown_finding(finding, policy, actor) for finding in findings]


def show_case(case: Mapping[str, Any], actor: Actor) -> Mapping[str, Any]:
    """The recorded facts, in the words this reader may see."""
    if actor.sees_unredacted:
        return case
    blocks = [_redacted_block(block, actor) for block in case["blocks"]]
    return {**case, "blocks": blocks}


def _causes(row: Record, revocation: Record | None, policy: Policy | None, actor: Actor) -> dict[str, Any]:
    return {
        "findings": show_findings(read_findings(row.findings), policy, actor),
        "case": show_case(json.loads(row.facts), actor),
        "policy_hash": row.policy_hash,
        "station_id": row.station_id,
        "inmate_id": row.inmate_id,
        "number": row.number,
        "revocation": None
        if revocation is None
        else {
            "revoked_at": to_wire(from_milliseconds(revocation.revoked_at)),
            "reason": revocation.reason,
            "findings": show_findings(read_findings(revocation.findings), policy, actor),
        },
    }


def _shown_finding(finding: Finding, policy: Policy | None, actor: Actor) -> dict[str, Any]:
    named = None if policy is None else policy.clauses.get(finding.check)
    reason = finding.reason
    if reason is not None and not actor.sees_unredacted:
        reason = _redacted_reason(finding, actor)
    return {
        "check": finding.check,
        "verdict": finding.verdict,
        "seconds": finding.seconds,
        "reason": reason,
        "reason_class": _REFUSES_WITH.get(finding.check) if finding.verdict == "deny" else None,
        "clause": _OWN_CLAUSES.get(finding.check) if named is None else named.source,
    }


def _redacted_reason(finding: Finding, actor: Actor) -> str | None:
    reason = finding.reason
    if finding.check == _SHIELD:
        return _PROTECTED
    if reason is not None and reason.endswith(_BLOCK_SUFFIX):
        kind = actor.shown_kind(reason.removesuffix(_BLOCK_SUFFIX))
        return _PROTECTED if kind == _PROTECTED else reason
    return reason


def _redacted_block(block: Mapping[str, Any], actor: Actor) -> Mapping[str, Any]:
    kind = actor.shown_kind(block["kind"])
    if kind != _PROTECTED:
        return block
    return {**block, "kind": kind, "inmate_id": None, "subject_here": None}
