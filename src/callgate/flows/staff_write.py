"""How is one staff write done: once, whole, on the record, and answered only after the commit?

Every staff flow runs inside `write_once`. It opens the flow's single transaction, answers a repeated
Idempotency-Key from what was kept in that same transaction, and commits before the caller hears anything. An
exception keeps nothing.
"""

import hashlib
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from callgate import observe
from callgate.domain.errors import Conflict, Invalid, Outdated
from callgate.domain.ids import new_id
from callgate.domain.instants import to_millisecond, to_milliseconds
from callgate.domain.roles import Actor
from callgate.flows.deployment import Deployment
from callgate.flows.raise_alerts import Alarm, alert_of
from callgate.store import audit, idempotency
from callgate.store.alerts import record_alerts
from callgate.store.database import Transaction

OK: Final = 200
CREATED: Final = 201
ACCEPTED: Final = 202


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffRequest:
    """Who asks, and how the request wants to be handled.

    Args:
        actor: from the verified token.
        route: method and path, the scope of an Idempotency-Key.
        idempotency_key: None when none was sent, and always for PUT and GET.
        content: the request's body as canonical text, to tell a repeat from a reuse. Never stored: only its keyed
            digest. if_match: the ETag that the caller last read, or None.
    """

    actor: Actor
    route: str
    idempotency_key: str | None = None
    content: str = ""
    if_match: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What to answer, now that it is durable.

    `kept_body`: what a replay is answered instead of `body`, where that holds a secret. `etag`: of the representation.
    """

    body: Mapping[str, Any]
    status: int = OK
    kept_body: Mapping[str, Any] | None = None
    etag: str | None = None
    replayed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """The open transaction of one staff write."""

    transaction: Transaction
    actor: Actor
    now: datetime
    if_match: str | None
    raised: list[str] = field(default_factory=list)
    """The kinds of alerts that this write raised."""

    @property
    def now_ms(self) -> int:
        """The instant of this write, as the tables keep it."""
        return to_milliseconds(self.now)

    def new_id(self) -> str:
        """A name for a new record."""
        return new_id(self.now)

    def require_match(self, representation: Mapping[str, Any] | None) -> None:
        """Refuse to write over something that the caller has not seen.

        Raises:
            Outdated: If-Match was sent and the object is not what it names, or is not there.
        """
        if self.if_match is None:
            return
        current = None if representation is None else etag_of(representation)
        named = {tag.strip() for tag in self.if_match.split(",")}
        if current is None or not (current in named or "*" in named):
            raise Outdated(
                "changed_since_read", "This was changed since you read it. Read it again and repeat your change."
            )

    async def tell(self, *alarms: Alarm) -> None:
        """Tell staff of these, perhaps of none: one statement in any case, where its absence would tell something."""
        self.raised.extend(await record_alerts(self.transaction, [alert_of(alarm, self.now) for alarm in alarms]))

    async def record(
        self,
        action: str,
        object_type: str,
        object_id: str,
        *,
        facility_id: str | None,
        before: Mapping[str, Any] | None = None,
        after: Mapping[str, Any] | None = None,
    ) -> None:
        """Put this write on the audit trail, in the same transaction."""
        event = audit.AuditEvent(
            event_id=self.new_id(),
            occurred_at_ms=self.now_ms,
            author=self.actor.subject,
            role=self.actor.role.value,
            action=action,
            object_type=object_type,
            object_id=object_id,
            facility_id=facility_id,
            before=before,
            after=after,
        )
        await audit.record_audit_event(self.transaction, event)


async def write_once(
    deployment: Deployment, request: StaffRequest, act: Callable[[Write], Awaitable[Written]]
) -> Written:
    """Run `act` in one transaction and answer only once it is durable.

    Raises:
        Invalid: the Idempotency-Key was used with another body.
        Conflict: the first request of that key has not been answered yet.
        CallgateError: whatever `act` refuses; nothing is kept then, and its key stays free.
    """
    async with deployment.database.write() as transaction:
        now = to_millisecond(deployment.clock.now())
        write = Write(transaction=transaction, actor=request.actor, now=now, if_match=request.if_match)
        written = await _write_or_replay(deployment, request, write, act)
    for kind in write.raised:
        observe.alert_raised(kind)
    return written


async def _write_or_replay(
    deployment: Deployment, request: StaffRequest, write: Write, act: Callable[[Write], Awaitable[Written]]
) -> Written:
    """Do it, or answer as it was answered before."""
    key = request.idempotency_key
    if key is None:
        return await act(write)
    prints = deployment.pin_keys.fingerprint(["idempotency", request.content])
    place = {"subject": f"{request.actor.role.value}:{request.actor.subject}", "route": request.route, "key": key}
    kept = await idempotency.claim_key(write.transaction, **place, fingerprint=prints[0], now_ms=write.now_ms)
    if kept is not None:
        return _replay(kept, prints)
    written = await act(write)
    body = written.body if written.kept_body is None else written.kept_body
    await idempotency.keep_answer(write.transaction, **place, status=written.status, body=json.dumps(body))
    return written


def etag_of(representation: Mapping[str, Any]) -> str:
    """The strong ETag of an object as its reader sees it."""
    text = json.dumps(representation, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'


def _replay(kept: idempotency.KeptAnswer, prints: tuple[str, ...]) -> Written:
    if kept.fingerprint not in prints:
        raise Invalid(
            "idempotency_key_reused",
            "This Idempotency-Key was used for another request. Send the request under a new key.",
        )
    if kept.body is None or kept.status is None:
        raise Conflict(
            "idempotency_key_in_use", "The first request of this Idempotency-Key is still running; wait for it."
        )
    return Written(body=json.loads(kept.body), status=kept.status, replayed=True)
