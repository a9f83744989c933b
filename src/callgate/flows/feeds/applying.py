"""What does applying a file share, whatever it is about?

Everything is one transaction. Most of it is written before anybody has to wait: what is not committed is seen by no
call. The lock of the whole system is taken last, for what calls must not pass: the look whether staff changed anything
meanwhile, the end of running calls, and the commit.
"""

from collections.abc import Collection, Mapping, Sequence
from types import SimpleNamespace
from typing import Any

from callgate.flows.staff_write import Write
from callgate.store.audit import AuditEvent


class ChangedMeanwhile(Exception):
    """Staff wrote something between the judging and the lock; `subjects` are to be judged again, None: all."""

    def __init__(self, subjects: Collection[str] | None) -> None:
        """Keep whom it is about."""
        super().__init__("changed meanwhile")
        self.subjects = subjects


def event_of(
    write: Write,
    action: str,
    object_type: str,
    object_id: str,
    *,
    facility_id: str | None,
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any] | None,
) -> AuditEvent:
    """One line of the trail, for many at once."""
    return AuditEvent(
        event_id=write.new_id(),
        occurred_at_ms=write.now_ms,
        author=write.actor.subject,
        role=write.actor.role.value,
        action=action,
        object_type=object_type,
        object_id=object_id,
        facility_id=facility_id,
        before=before,
        after=after,
    )


def as_row(values: Mapping[str, Any]) -> Any:  # noqa: ANN401 - what the representations take for a row
    """Values under the names of a row of the store."""
    return SimpleNamespace(**values)


def require_same(found: Mapping[str, Any], expected: Mapping[str, Any]) -> None:
    """Go on only if everybody stands as they are expected to.

    Raises:
        ChangedMeanwhile: somebody does not.
    """
    differing = [subject for subject, value in expected.items() if found.get(subject) != value]
    if differing:
        raise ChangedMeanwhile(differing)


Plans = Mapping[str, Mapping[str, Any]]
Events = Sequence[AuditEvent]
