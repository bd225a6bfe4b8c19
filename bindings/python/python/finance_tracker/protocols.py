"""What you can write yourself: a provider of banks, a categoriser, a function that hears of progress.

A class needs no base: it has the methods. Each may be plain or `async def`. A coroutine runs on the event loop that opened the engine,
while that one runs; otherwise, and for an `Engine`, which has none, on a loop of the package's own in a thread of its own. A plain method runs in a thread of its own, so it may block, and calls for different connections come at the
same time. When an operation is cancelled its coroutine is cancelled, too; a plain method runs to its end and its answer is dropped.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol, TypeAlias, TypeVar, Union

from ._engine import (
    AccessToken,
    AssignedCategory,
    BalanceRequest,
    CategoryQuestion,
    ExchangedConnection,
    Institution,
    LinkSession,
    LinkTokenRequest,
    PageRequest,
    ProviderAccount,
    ProviderConnection,
    ProviderWebhook,
    PublicToken,
    SyncProgress,
    UpdatePage,
    WebhookDelivery,
)

__all__ = ["Answer", "ArrowReadable", "BankProvider", "Categorizer", "ProgressListener"]

T = TypeVar("T")

Answer: TypeAlias = Union[T, Awaitable[T]]
"""What a method returns: the value, or something to await that gives it."""

ProgressListener: TypeAlias = Callable[[SyncProgress], object]
"""A function that is called with each step of a long operation."""


class ArrowReadable(Protocol):
    """Anything that hands out an Arrow table: of pyarrow, polars, pandas, DuckDB, or this package's own `ArrowStream`."""

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """A capsule of Arrow's C stream interface."""


class BankProvider(Protocol):
    """A service that reaches banks.

    It translates: positive amounts are money into the account, money that is owed is a negative balance, a balance that is not known is
    `None`. It repeats calls after passing faults by its own policy, so that an exception is worth acting on. It raises
    `ProviderError` with the `reason` that says what to do; any other exception counts as the reason `provider_fault`. Either is the
    `__cause__` of what the operation raises.
    """

    @property
    def name(self) -> str:
        """The provider's name, stored with each connection. It is read once, when the engine is opened."""
        ...

    def create_link_token(self, request: LinkTokenRequest, /) -> Answer[LinkSession]:
        """Opens a session of the provider's link dialogue, for a new connection or to repair one."""
        ...

    def exchange_public_token(self, token: PublicToken, /) -> Answer[ExchangedConnection]:
        """Turns the short-lived result of the dialogue into a connection. Called once per token; a used one is `link_again`."""
        ...

    def connection(self, token: AccessToken, /) -> Answer[ProviderConnection]:
        """What the provider knows of the connection itself."""
        ...

    def remove_connection(self, token: AccessToken, /) -> Answer[None]:
        """Ends the connection at the provider. One that has ended there already is no error."""
        ...

    def rotate_access_token(self, token: AccessToken, /) -> Answer[AccessToken]:
        """Replaces the access token; the old one stops working at once."""
        ...

    def accounts(self, token: AccessToken, /) -> Answer[Sequence[ProviderAccount]]:
        """Every open account with the balances the provider last saw."""
        ...

    def live_balances(
        self, token: AccessToken, request: BalanceRequest, /
    ) -> Answer[Sequence[ProviderAccount]]:
        """Balances asked from the bank now. An account that is not there is `unknown_account`."""
        ...

    def transactions_page(self, token: AccessToken, request: PageRequest, /) -> Answer[UpdatePage]:
        """One page of what changed since a cursor.

        When data changes while it is paged, `restart_update`; a cursor of another connection, `restart_from_empty`. A bank that is not
        ready yet gives no cursor and the history `not_ready`.
        """
        ...

    def refresh_transactions(self, token: AccessToken, /) -> Answer[None]:
        """Asks the provider to look at the bank again soon. New data arrives later, through a sync."""
        ...

    def institution(self, id: str, country_codes: Sequence[str], /) -> Answer[Institution]:
        """Describes an institution that works in at least one of the countries; one it does not know is `configuration`."""
        ...

    def verify_webhook(self, delivery: WebhookDelivery, /) -> Answer[ProviderWebhook]:
        """Makes sure that a webhook comes from the provider, unaltered and lately, and reads it.

        Parses nothing of the body before it is known to be genuine; takes the time from the delivery. Raises `WebhookError` with the
        reason `forged`, `stale`, `malformed` or `key_unavailable`, and `unsupported` for everything when the provider sends no webhooks.
        """
        ...


class Categorizer(Protocol):
    """Whatever knows categories: a model, a service, a table. It is asked after the user's own rules and memory.

    It may fail or take too long: rows are then asked about again later, and no sync fails for it.
    """

    @property
    def name(self) -> str:
        """Its name for logs. It is read once."""
        ...

    def categorize(
        self, batch: Sequence[CategoryQuestion], /
    ) -> Answer[Sequence[AssignedCategory | None]]:
        """The categories of rows of one user, one answer for each in their order; `None` where it does not know."""
        ...
