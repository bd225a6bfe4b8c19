"""What can go wrong, as a small hierarchy of exceptions.

Every one is a `FinanceTrackerError` and says what to do: `kind` names it for programs, `retry_after` how long to wait where the bank's
side says so, `user_message` is a sentence fit for the user. An exception raised by a provider or categoriser written in Python is
the `__cause__`.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from .choices import CategorizerErrorKind, ProviderErrorKind, StoreErrorKind, WebhookErrorKind

__all__ = [
    "AlreadyLinkedError",
    "BusyError",
    "CategorizerError",
    "ClosedError",
    "ConflictError",
    "ConnectionEndedError",
    "EventsPrunedError",
    "FinanceTrackerError",
    "ForkedError",
    "HistoryIncompleteError",
    "InternalError",
    "InvalidInputError",
    "NotEndedError",
    "NotFoundError",
    "ProviderError",
    "StoreError",
    "SyncCancelledError",
    "UnclearLayoutError",
    "UndecidedError",
    "WebhookError",
]

_SORRY = "Something went wrong on our side. Nothing was lost; please try again later."


class FinanceTrackerError(Exception):
    """The base of all exceptions of this package."""

    kind: str
    """A stable name of what went wrong."""
    user_message: str
    """A sentence fit for the user, without jargon."""
    retry_after: timedelta | None
    """How long to wait before the next try, where the bank's side says so."""

    _kind = "internal"
    _sentence = _SORRY

    def __init__(
        self,
        message: str = "",
        *,
        kind: str | None = None,
        user_message: str | None = None,
        retry_after: timedelta | None = None,
        **details: Any,
    ) -> None:
        """Takes what a developer reads, and by name what else is known."""
        super().__init__(message)
        self.kind = self._kind if kind is None else kind
        self.user_message = self._sentence if user_message is None else user_message
        self.retry_after = retry_after
        self.__dict__.update(details)

    def __reduce__(self) -> tuple[Any, ...]:
        """An exception that crosses to another process keeps what it carries."""
        return type(self), self.args, self.__dict__


class InvalidInputError(FinanceTrackerError, ValueError):
    """The call makes no sense, as the message says. Nothing was changed."""

    _kind = "invalid_input"
    _sentence = "This cannot be done in this way. Nothing was changed."


class UnclearLayoutError(InvalidInputError):
    """A table can be read in several ways: say which is meant. Nothing was imported."""

    questions: tuple[str, ...]
    """What is open, such as which number of a day is the month."""
    layout: str
    """A layout as JSON, a guess where something is open: mend that, and give it to `import_file`."""


class NotFoundError(FinanceTrackerError, LookupError):
    """There is no such record for this user."""

    _kind = "not_found"


class AlreadyLinkedError(FinanceTrackerError):
    """The user has this bank already. The public token was not exchanged."""

    _kind = "already_linked"
    connection: int
    """The connection they have."""


class ConflictError(FinanceTrackerError):
    """Somebody did it before, or undid it: look again."""

    _kind = "conflict"


class ConnectionEndedError(FinanceTrackerError):
    """The connection was removed: only a new link helps."""

    _kind = "connection_ended"


class EventsPrunedError(FinanceTrackerError):
    """The next events are kept no longer: read the books anew, and go on after `last_event`."""

    _kind = "events_pruned"
    first: int
    """The number of the oldest event that is kept."""


class BusyError(FinanceTrackerError):
    """Somebody else has been syncing the connection for longer than this call waits: try again later."""

    _kind = "busy"


class SyncCancelledError(FinanceTrackerError):
    """The operation was stopped because somebody asked for it. Nothing is half done."""

    _kind = "cancelled"


class NotEndedError(FinanceTrackerError):
    """Some connections could not be ended at the provider, so nothing was erased."""

    _kind = "not_ended"
    connections: list[int]
    """Those connections."""


class UndecidedError(FinanceTrackerError):
    """The user must say of some accounts which ones they are."""

    _kind = "undecided"
    accounts: list[int]
    """Those accounts."""


class HistoryIncompleteError(FinanceTrackerError):
    """The bank has not handed out the whole history yet: try again later."""

    _kind = "history_incomplete"


class ProviderError(FinanceTrackerError):
    """The bank or the provider failed; `reason` says what to do.

    A provider written in Python raises it with the reason, and with what else it knows:
    `ProviderError("the bank wants a new password", reason="sign_in_again", user_message="Please sign in again.", code="LOGIN")`.
    """

    _kind = "provider"
    reason: ProviderErrorKind = "provider_fault"
    """What the error asks for."""
    code: str | None = None
    """The provider's own code."""


class StoreError(FinanceTrackerError):
    """The database failed; `reason` says what to do."""

    _kind = "store"
    reason: StoreErrorKind
    """What the error asks for."""


class WebhookError(FinanceTrackerError):
    """The webhook is refused; `reason` says why. A provider written in Python raises it from `verify_webhook`."""

    _kind = "webhook"
    reason: WebhookErrorKind = "forged"
    """Why it is refused."""


class CategorizerError(FinanceTrackerError):
    """A categoriser failed; `reason` says how. It is told in a `CategorizeReport` and never raised."""

    _kind = "categorizer"
    reason: CategorizerErrorKind
    """What went wrong."""


class ClosedError(FinanceTrackerError):
    """The engine is closed."""

    _kind = "closed"


class ForkedError(FinanceTrackerError, RuntimeError):
    """This process was forked from one that had used the package: open a new engine in a spawned process."""

    _kind = "forked"


class InternalError(FinanceTrackerError):
    """A fault in this package."""

    _kind = "internal"
