"""
The compiled part of `finance_tracker`.
"""

from _typeshed import SupportsGetItem
from datetime import datetime
from decimal import Decimal
from finance_tracker.choices import AccountStatus
from typing import Any, SupportsIndex, final

__all__ = ["Account", "AccountTotals", "AsyncEngine", "Balances", "Engine", "Money", "Plaid", "words"]

@final
class Account:
    """
    An account at an institution, or one kept by hand.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, id: SupportsIndex, connection: SupportsIndex, name: str, balances: Balances, status: AccountStatus, balances_at: datetime) -> Account: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def balances(self, /) -> Balances:
        """
        Its balances.
        """
    @property
    def balances_at(self, /) -> datetime:
        """
        When the balances were told.
        """
    @property
    def connection(self, /) -> int:
        """
        The connection it came through.
        """
    @property
    def id(self, /) -> int:
        """
        Its identifier.
        """
    @property
    def name(self, /) -> str:
        """
        The name that the institution shows.
        """
    @property
    def status(self, /) -> AccountStatus:
        """
        Whether the bank still lists it.
        """

@final
class AccountTotals:
    """
    What the rows of an account sum up to.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, account: SupportsIndex, rows: SupportsIndex, pending_rows: SupportsIndex, sum: Money) -> AccountTotals: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def account(self, /) -> int:
        """
        The account.
        """
    @property
    def pending_rows(self, /) -> int:
        """
        Pending rows among them.
        """
    @property
    def rows(self, /) -> int:
        """
        Rows that count, pending ones included.
        """
    @property
    def sum(self, /) -> Money:
        """
        Their sum.
        """

@final
class AsyncEngine:
    """
    The bank-sync engine for `asyncio`: every operation is a coroutine.

    Cancelling a task ends its operation at once and leaves nothing half done. One engine may be used from several tasks, threads
    and event loops. Make one with `await AsyncEngine.open(...)`; use it as `async with`, or `await engine.close()` in the end.
    """
    async def __aenter__(self, /) -> AsyncEngine: ...
    async def __aexit__(self, /, _class: Any | None, _error: Any | None, _traceback: Any | None) -> None: ...
    async def account_totals(self, /, user: str) -> tuple[AccountTotals, ...]:
        """
        What the rows of each account sum up to, pending ones apart.
        """
    async def accounts(self, /, user: str) -> tuple[Account, ...]:
        """
        Every account of the user, in the order they came; those that the bank no longer lists included.
        """
    def acting_as(self, /, name: str | None) -> AsyncEngine:
        """
        The same engine in somebody else's name: the audit trail says that they did what it does. `None` is the user.
        """
    async def close(self, /) -> None:
        """
        Ends what goes on and waits until it has ended. Whatever is asked of the engine later raises `ClosedError`.
        """
    @classmethod
    async def open(cls, /, url: str, provider: Plaid | None = None, *, token_key: SupportsGetItem[int, SupportsIndex] | None = None, token_key_name: str = ..., earlier_token_keys: dict[str, SupportsGetItem[int, SupportsIndex]] = ..., keep_raw: bool = True, name: str = ..., frequency: str = ..., concurrent_connections: SupportsIndex = 4) -> AsyncEngine:
        """
        Opens the store that a URL names (`memory:`, `sqlite:books.db`, `postgres://user@host/database`), and makes it if it is new.

        `provider` is a `Plaid` or an object of your own with the methods of `BankProvider`; without one everything works but what asks a
        bank. `token_key` has 32 bytes and seals the banks' access tokens; keep it apart from the database. Books whose tokens were sealed by
        other keys need those in `earlier_token_keys`, under the names they had. `name` is who is told to be syncing a connection.
        Raises `StoreError` when the store cannot be opened, and `InvalidInputError` for arguments that make no sense.
        """

@final
class Balances:
    """
    The balances of an account at one instant. What is unknown is `None`, never zero.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, current: Decimal | int | None, available: Decimal | int | None, limit: Decimal | int | None, currency: str | None, updated_at: datetime | None) -> Balances: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def available(self, /) -> Decimal | None:
        """
        What can be spent or withdrawn.
        """
    @property
    def currency(self, /) -> str | None:
        """
        The currency of all three.
        """
    @property
    def current(self, /) -> Decimal | None:
        """
        What the account holds; negative when money is owed.
        """
    @property
    def limit(self, /) -> Decimal | None:
        """
        The credit limit.
        """
    @property
    def updated_at(self, /) -> datetime | None:
        """
        When the bank last updated them, where it says so.
        """

@final
class Engine:
    """
    The bank-sync engine for code that waits: every operation returns when it is done.

    Other threads go on meanwhile, and Ctrl-C ends the operation and leaves nothing half done. One engine may be used from several
    threads. Make one with `Engine.open(...)`; use it as `with`, or `engine.close()` in the end.
    """
    def __enter__(self, /) -> Engine: ...
    def __exit__(self, /, _class: Any | None, _error: Any | None, _traceback: Any | None) -> None: ...
    def account_totals(self, /, user: str) -> tuple[AccountTotals, ...]:
        """
        What the rows of each account sum up to, pending ones apart.
        """
    def accounts(self, /, user: str) -> tuple[Account, ...]:
        """
        Every account of the user, in the order they came; those that the bank no longer lists included.
        """
    def acting_as(self, /, name: str | None) -> Engine:
        """
        The same engine in somebody else's name: the audit trail says that they did what it does. `None` is the user.
        """
    def close(self, /) -> None:
        """
        Ends what goes on and waits until it has ended. Whatever is asked of the engine later raises `ClosedError`.
        """
    @classmethod
    def open(cls, /, url: str, provider: Plaid | None = None, *, token_key: SupportsGetItem[int, SupportsIndex] | None = None, token_key_name: str = ..., earlier_token_keys: dict[str, SupportsGetItem[int, SupportsIndex]] = ..., keep_raw: bool = True, name: str = ..., frequency: str = ..., concurrent_connections: SupportsIndex = 4) -> Engine:
        """
        Opens the store that a URL names (`memory:`, `sqlite:books.db`, `postgres://user@host/database`), and makes it if it is new.

        Its arguments and errors are those of `AsyncEngine.open`.
        """

@final
class Money:
    """
    An exact amount of money with its currency.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, amount: Decimal | int, currency: str) -> Money: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def amount(self, /) -> Decimal:
        """
        The amount: positive into the account, negative out of it.
        """
    @property
    def currency(self, /) -> str:
        """
        The ISO 4217 code, or the provider's own.
        """

@final
class Plaid:
    """
    Plaid: which of its environments, and the keys to it. Its text shows no secret, and it is not pickled.
    """
    def __new__(cls, /, client_id: str, secret: str, environment: str = "sandbox", *, keep_raw: bool = True) -> Plaid:
        """
        `environment` is `sandbox`, `production`, or the address of a server that speaks Plaid's JSON.
        """
    def __repr__(self, /) -> str: ...

def words() -> dict[str, list[str]]:
    """
    The words of each set, as the engine knows them.
    """
