"""What can go wrong that a caller must be told of?

    CallgateError
      Invalid        the request cannot be right whatever the records say     422
      Conflict       the records stand against it                             409
      NotFound       there is no such object that this caller may know of     404
      Forbidden      the role or its reach does not include this              403
      Outdated       the object changed since the caller read it              412
      Unavailable    no decision or write was made; try again                 503

The numbers are how the wire tells them; nothing here depends on it. `code` is stable and machine-readable, `detail`
says in words staff can repeat what happened and what to do next, and neither ever carries a rejected value.
"""

from collections.abc import Mapping


class CallgateError(Exception):
    """Something a caller must be told of."""

    def __init__(self, code: str, detail: str, *, pointer: str | None = None, **extra: object) -> None:
        """Keep what the answer will say.

        Args:
            code: stable, machine-readable.
            detail: what happened and what to do next, without any rejected value.
            pointer: JSON Pointer of the field at fault, if it is one.
            extra: further members of the answer, such as `next_change_on`.
        """
        super().__init__(code)
        self.code = code
        self.detail = detail
        self.pointer = pointer
        self.extra: Mapping[str, object] = extra


class Invalid(CallgateError):
    """The request cannot be right whatever the records say."""


class Conflict(CallgateError):
    """The records stand against it."""


class NotFound(CallgateError):
    """There is no such object that this caller may know of."""


class Forbidden(CallgateError):
    """The role or its reach does not include this."""


class Outdated(CallgateError):
    """The object changed since the caller read it."""


class Unavailable(CallgateError):
    """No decision and no write was made; the same request may be sent again."""
