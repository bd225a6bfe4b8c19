"""
The compiled part of `finance_tracker`.
"""

from _typeshed import SupportsGetItem
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from finance_tracker.choices import AccountStatus, HistoryStatus, MoneyDirection, ProviderErrorKind
from finance_tracker.conformance import ProviderFixture
from finance_tracker.protocols import BankProvider, Categorizer, ProgressListener
from typing import Any, SupportsIndex, final

__all__ = ["AccessToken", "Account", "AccountTotals", "AssignedCategory", "AsyncEngine", "BalanceRequest", "Balances", "BankChange", "BankNews", "CategoryAnswer", "CategoryQuestion", "Engine", "ExchangedConnection", "Institution", "LinkToken", "LinkTokenRequest", "Money", "OpenedLinkSession", "PageRequest", "Plaid", "ProviderAccount", "ProviderCategory", "ProviderConnection", "ProviderFault", "ProviderTransaction", "ProviderWebhook", "PublicToken", "RemovedTransaction", "SyncCounts", "SyncProgress", "UpdatePage", "WebhookDelivery", "check_provider", "provider_checks", "words"]

@final
class AccessToken:
    """
    The long-lived key to one connection. It must stay on the host's own machines.

    Its text shows nothing of it, and it is not pickled.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, text: str) -> AccessToken: ...
    def __repr__(self, /) -> str: ...
    def reveal(self, /) -> str:
        """
        The secret itself, for the one place that must send it.
        """

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
class AssignedCategory:
    """
    A category that a categoriser assigned. The user's own always wins over it.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, category: str, source: str, confidence: SupportsIndex | None = None) -> AssignedCategory: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def category(self, /) -> str:
        """
        The category, in the words of whoever assigned it.
        """
    @property
    def confidence(self, /) -> int | None:
        """
        How sure it is, in whole points from 0 to 100.
        """
    @property
    def source(self, /) -> str:
        """
        Who assigned it, such as the name of a model.
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
    async def open(cls, /, url: str, provider: Plaid | BankProvider | None = None, *, token_key: SupportsGetItem[int, SupportsIndex] | None = None, token_key_name: str = ..., earlier_token_keys: dict[str, SupportsGetItem[int, SupportsIndex]] = ..., keep_raw: bool = True, name: str = ..., frequency: str = ..., concurrent_connections: SupportsIndex = 4) -> AsyncEngine:
        """
        Opens the store that a URL names (`memory:`, `sqlite:books.db`, `postgres://user@host/database`), and makes it if it is new.

        `provider` is a `Plaid` or an object of your own with the methods of `BankProvider`; without one everything works but what asks a
        bank. `token_key` has 32 bytes and seals the banks' access tokens; keep it apart from the database. Books whose tokens were sealed by
        other keys need those in `earlier_token_keys`, under the names they had. `name` is who is told to be syncing a connection.
        Raises `StoreError` when the store cannot be opened, and `InvalidInputError` for arguments that make no sense.
        """
    def with_categorizer(self, /, categorizer: Categorizer) -> AsyncEngine:
        """
        The same engine with a categoriser of yours, an object with the methods of `Categorizer`. It is asked about new rows after each
        sync, and by `categorize`.
        """
    def with_progress(self, /, listener: ProgressListener) -> AsyncEngine:
        """
        The same engine with a function that is called with a `SyncProgress` for each step of long operations, in order: syncs,
        balances, comparisons, imports, merges, removals, verifications. What it raises is reported to `sys.unraisablehook` and stops nothing.
        It runs on the thread of the event loop, before the operation returns.
        """

@final
class BalanceRequest:
    """
    Which balances to ask from the bank.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, accounts: Sequence[str], not_older_than: datetime | None) -> BalanceRequest: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def accounts(self, /) -> tuple[str, ...]:
        """
        The provider's identifiers of the accounts; none means all.
        """
    @property
    def not_older_than(self, /) -> datetime | None:
        """
        The oldest balance that will do.
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
class BankChange:
    """
    Something that a conformance check lets happen at the bank.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, kind: str, row: ProviderTransaction | None = None, row_id: str | None = None, accounts: Sequence[ProviderAccount] = ...) -> BankChange: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def accounts(self, /) -> tuple[ProviderAccount, ...]:
        """
        The accounts as they are listed from now on.
        """
    @property
    def kind(self, /) -> str:
        """
        What: `add`, `modify` or `remove` a row, `set_accounts`, `break_sign_in`, `heal_sign_in`, `become_ready`.
        """
    @property
    def row(self, /) -> ProviderTransaction | None:
        """
        The row to add, or as it is from now on.
        """
    @property
    def row_id(self, /) -> str | None:
        """
        The identifier of the row to remove.
        """

@final
class BankNews:
    """
    What a webhook of a conformance check is to tell.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, kind: str, at: datetime | None = None, account: str | None = None) -> BankNews: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def account(self, /) -> str | None:
        """
        The account to which access was revoked.
        """
    @property
    def at(self, /) -> datetime | None:
        """
        When the consent or the connection ends.
        """
    @property
    def kind(self, /) -> str:
        """
        The news of `ProviderWebhook`, or `unheard` for something that no version of this package has heard of.
        """

@final
class CategoryAnswer:
    """
    A category for one row.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, transaction: SupportsIndex, assigned: AssignedCategory) -> CategoryAnswer: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def assigned(self, /) -> AssignedCategory:
        """
        Its category.
        """
    @property
    def transaction(self, /) -> int:
        """
        The row.
        """

@final
class CategoryQuestion:
    """
    A row that is to be categorised.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, user: str, transaction: SupportsIndex, text: str, original_text: str | None, merchant_name: str | None, merchant_id: str | None, merchant_category_code: str | None, amount: Money, direction: MoneyDirection, account_kind: str, date: date, provider_category: ProviderCategory | None) -> CategoryQuestion: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def account_kind(self, /) -> str:
        """
        What kind of account it is on.
        """
    @property
    def amount(self, /) -> Money:
        """
        The amount that counts: positive into the account.
        """
    @property
    def date(self, /) -> date:
        """
        The calendar day that counts.
        """
    @property
    def direction(self, /) -> MoneyDirection:
        """
        Which way the money went.
        """
    @property
    def merchant_category_code(self, /) -> str | None:
        """
        The four-digit merchant category code of card payments, where told.
        """
    @property
    def merchant_id(self, /) -> str | None:
        """
        The provider's identifier of the merchant.
        """
    @property
    def merchant_name(self, /) -> str | None:
        """
        The merchant's name, where the provider knows it.
        """
    @property
    def original_text(self, /) -> str | None:
        """
        The bank's text untouched, where told.
        """
    @property
    def provider_category(self, /) -> ProviderCategory | None:
        """
        The provider's own category.
        """
    @property
    def text(self, /) -> str:
        """
        The bank's text, cleaned by the provider; may be empty.
        """
    @property
    def transaction(self, /) -> int:
        """
        The row.
        """
    @property
    def user(self, /) -> str:
        """
        Whose row it is.
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
    def open(cls, /, url: str, provider: Plaid | BankProvider | None = None, *, token_key: SupportsGetItem[int, SupportsIndex] | None = None, token_key_name: str = ..., earlier_token_keys: dict[str, SupportsGetItem[int, SupportsIndex]] = ..., keep_raw: bool = True, name: str = ..., frequency: str = ..., concurrent_connections: SupportsIndex = 4) -> Engine:
        """
        Opens the store that a URL names (`memory:`, `sqlite:books.db`, `postgres://user@host/database`), and makes it if it is new.

        Its arguments and errors are those of `AsyncEngine.open`.
        """
    def with_categorizer(self, /, categorizer: Categorizer) -> Engine:
        """
        The same engine with a categoriser of yours, an object with the methods of `Categorizer`. It is asked about new rows after each
        sync, and by `categorize`.
        """
    def with_progress(self, /, listener: ProgressListener) -> Engine:
        """
        The same engine with a function that is called with a `SyncProgress` for each step of long operations, in order: syncs,
        balances, comparisons, imports, merges, removals, verifications. What it raises is reported to `sys.unraisablehook` and stops nothing.
        It runs on whichever thread of the engine, one call at a time for each connection, and must not wait.
        """

@final
class ExchangedConnection:
    """
    The result of an exchange.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, id: str, access_token: AccessToken) -> ExchangedConnection: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def access_token(self, /) -> AccessToken:
        """
        The long-lived key to it.
        """
    @property
    def id(self, /) -> str:
        """
        The provider's identifier of the connection.
        """

@final
class Institution:
    """
    What a provider tells of an institution.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, id: str, name: str, country_codes: Sequence[str] = ..., oauth: bool = False, url: str | None = None) -> Institution: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def country_codes(self, /) -> tuple[str, ...]:
        """
        Upper-case ISO 3166 codes of the countries in which it works.
        """
    @property
    def id(self, /) -> str:
        """
        The provider's identifier.
        """
    @property
    def name(self, /) -> str:
        """
        The name people know it by.
        """
    @property
    def oauth(self, /) -> bool:
        """
        Whether signing in leads through the bank's own site.
        """
    @property
    def url(self, /) -> str | None:
        """
        Its home page.
        """

@final
class LinkToken:
    """
    The short-lived key with which an application opens the provider's link dialogue.

    Its text shows nothing of it, and it is not pickled.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, text: str) -> LinkToken: ...
    def __repr__(self, /) -> str: ...
    def reveal(self, /) -> str:
        """
        The secret itself, for the one place that must send it.
        """

@final
class LinkTokenRequest:
    """
    What to open the link dialogue for.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, user: str, access_token: AccessToken | None, products: Sequence[str], days_requested: SupportsIndex | None, select_accounts: bool, additional_products: Sequence[str], client_name: str, language: str, country_codes: Sequence[str], webhook: str | None, redirect_uri: str | None, android_package_name: str | None, hosted: bool, completion_redirect_uri: str | None, url_lifetime_seconds: SupportsIndex | None) -> LinkTokenRequest: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def access_token(self, /) -> AccessToken | None:
        """
        In update mode the connection to repair; `None` links a new one.
        """
    @property
    def additional_products(self, /) -> tuple[str, ...]:
        """
        In update mode, products to ask further consent for.
        """
    @property
    def android_package_name(self, /) -> str | None:
        """
        The Android application to take the user back to.
        """
    @property
    def client_name(self, /) -> str:
        """
        The application's name as the dialogue shows it.
        """
    @property
    def completion_redirect_uri(self, /) -> str | None:
        """
        Where the user goes after finishing on that page.
        """
    @property
    def country_codes(self, /) -> tuple[str, ...]:
        """
        Upper-case ISO 3166 codes of the countries whose banks are offered.
        """
    @property
    def days_requested(self, /) -> int | None:
        """
        Of a new connection, the days of history to ask for.
        """
    @property
    def hosted(self, /) -> bool:
        """
        Whether the provider shows the dialogue on a page of its own.
        """
    @property
    def language(self, /) -> str:
        """
        The language of the dialogue, such as `en`.
        """
    @property
    def products(self, /) -> tuple[str, ...]:
        """
        Of a new connection, the products to ask consent for.
        """
    @property
    def redirect_uri(self, /) -> str | None:
        """
        Where the user comes back to from the bank's own site.
        """
    @property
    def select_accounts(self, /) -> bool:
        """
        In update mode, whether the user may add and drop accounts.
        """
    @property
    def url_lifetime_seconds(self, /) -> int | None:
        """
        How long that page's address is good for.
        """
    @property
    def user(self, /) -> str:
        """
        The user who will sign in.
        """
    @property
    def webhook(self, /) -> str | None:
        """
        Where webhooks are to go.
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
class OpenedLinkSession:
    """
    An opened session of the link dialogue.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, token: LinkToken, expires_at: datetime, hosted_url: str | None = None) -> OpenedLinkSession: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def expires_at(self, /) -> datetime:
        """
        When the key ends.
        """
    @property
    def hosted_url(self, /) -> str | None:
        """
        The address of the provider's own page, when one was asked for.
        """
    @property
    def token(self, /) -> LinkToken:
        """
        The key to open it with; it may reach the user's device.
        """

@final
class PageRequest:
    """
    Which page to fetch.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, cursor: str | None, count: SupportsIndex) -> PageRequest: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def count(self, /) -> int:
        """
        Rows a page at the most: 1 to 500.
        """
    @property
    def cursor(self, /) -> str | None:
        """
        The place to go on from; `None` is the beginning.
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

@final
class ProviderAccount:
    """
    An account as a provider tells it. Balances are what the user has: money that is owed is negative, and what is not known is `None`.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, id: str, name: str, provider_type: str, provider_subtype: str | None = None, current: Decimal | int | None = None, available: Decimal | int | None = None, limit: Decimal | int | None = None, currency: str | None = None, updated_at: datetime | None = None, persistent_id: str | None = None, official_name: str | None = None, mask: str | None = None, holder: str | None = None) -> ProviderAccount: ...
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
        The currency of all three: an ISO 4217 code, or `*` and an unofficial one.
        """
    @property
    def current(self, /) -> Decimal | None:
        """
        What the account holds.
        """
    @property
    def holder(self, /) -> str | None:
        """
        Who holds it: `personal`, `business`, or another word of the provider's.
        """
    @property
    def id(self, /) -> str:
        """
        The provider's identifier; it changes on a re-link.
        """
    @property
    def limit(self, /) -> Decimal | None:
        """
        The credit limit.
        """
    @property
    def mask(self, /) -> str | None:
        """
        The last two to four letters or digits of some account number.
        """
    @property
    def name(self, /) -> str:
        """
        The name the user or the bank gave.
        """
    @property
    def official_name(self, /) -> str | None:
        """
        The bank's official product name.
        """
    @property
    def persistent_id(self, /) -> str | None:
        """
        An identifier that stays the same across re-links, where the institution has one.
        """
    @property
    def provider_subtype(self, /) -> str | None:
        """
        The provider's subtype, such as `checking`.
        """
    @property
    def provider_type(self, /) -> str:
        """
        The provider's type, such as `depository` or `credit`.
        """
    @property
    def updated_at(self, /) -> datetime | None:
        """
        When the bank last updated them.
        """

@final
class ProviderCategory:
    """
    A category as a provider assigns it.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, primary: str, detailed: str, confidence: str | None = None, version: str | None = None) -> ProviderCategory: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def confidence(self, /) -> str | None:
        """
        How sure the provider is, in its own words.
        """
    @property
    def detailed(self, /) -> str:
        """
        The fine category.
        """
    @property
    def primary(self, /) -> str:
        """
        The coarse category.
        """
    @property
    def version(self, /) -> str | None:
        """
        The version of the taxonomy.
        """

@final
class ProviderConnection:
    """
    What a provider knows of a connection itself.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, id: str, institution_id: str | None = None, institution_name: str | None = None, consent_expires_at: datetime | None = None, fault: ProviderFault | None = None, transactions_updated_at: datetime | None = None, transactions_failed_at: datetime | None = None) -> ProviderConnection: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def consent_expires_at(self, /) -> datetime | None:
        """
        When the user's consent ends, where it does.
        """
    @property
    def fault(self, /) -> ProviderFault | None:
        """
        The fault the connection is in.
        """
    @property
    def id(self, /) -> str:
        """
        The provider's identifier.
        """
    @property
    def institution_id(self, /) -> str | None:
        """
        The provider's identifier of the institution.
        """
    @property
    def institution_name(self, /) -> str | None:
        """
        The institution's name.
        """
    @property
    def transactions_failed_at(self, /) -> datetime | None:
        """
        When the bank last refused or failed to.
        """
    @property
    def transactions_updated_at(self, /) -> datetime | None:
        """
        When the bank last gave transactions, whether or not any were new.
        """

@final
class ProviderFault:
    """
    The fault that a provider says a connection is in.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, reason: ProviderErrorKind, user_message: str, code: str | None = None) -> ProviderFault: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def code(self, /) -> str | None:
        """
        The provider's code.
        """
    @property
    def reason(self, /) -> ProviderErrorKind:
        """
        What the fault asks for.
        """
    @property
    def user_message(self, /) -> str:
        """
        A sentence fit for the user.
        """

@final
class ProviderTransaction:
    """
    A row as a provider tells it. **A positive amount is money into the account, a negative one money out of it.**
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, id: str, account: str, amount: Decimal | int, currency: str, date: date, description: str, pending: bool = False, pending_id: str | None = None, authorized_date: date | None = None, datetime: datetime | None = None, authorized_datetime: datetime | None = None, original_description: str | None = None, merchant_name: str | None = None, merchant_id: str | None = None, category: ProviderCategory | None = None, channel: str = ..., code: str | None = None, check_number: str | None = None, merchant_category_code: str | None = None, raw: str | None = None) -> ProviderTransaction: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def account(self, /) -> str:
        """
        The provider's identifier of the account.
        """
    @property
    def amount(self, /) -> Decimal:
        """
        The amount.
        """
    @property
    def authorized_date(self, /) -> date | None:
        """
        The calendar day on which the user acted.
        """
    @property
    def authorized_datetime(self, /) -> datetime | None:
        """
        The instant at which the user acted.
        """
    @property
    def category(self, /) -> ProviderCategory | None:
        """
        The provider's category.
        """
    @property
    def channel(self, /) -> str:
        """
        How the payment was made: `online`, `in store`, `other`, or another word of the provider's.
        """
    @property
    def check_number(self, /) -> str | None:
        """
        The number of a cheque.
        """
    @property
    def code(self, /) -> str | None:
        """
        The bank's kind of movement, in its own words.
        """
    @property
    def currency(self, /) -> str:
        """
        Its currency: an ISO 4217 code, or `*` and an unofficial one.
        """
    @property
    def date(self, /) -> date:
        """
        The calendar day: of posting for a posted row, of occurrence for a pending one.
        """
    @property
    def datetime(self, /) -> datetime | None:
        """
        The instant of posting.
        """
    @property
    def description(self, /) -> str:
        """
        The bank's text, cleaned by the provider; may be empty.
        """
    @property
    def id(self, /) -> str:
        """
        The provider's identifier. A pending row and the posted one that replaces it have different ones.
        """
    @property
    def merchant_category_code(self, /) -> str | None:
        """
        The four-digit merchant category code of card payments.
        """
    @property
    def merchant_id(self, /) -> str | None:
        """
        The provider's identifier of the merchant, stable across rows.
        """
    @property
    def merchant_name(self, /) -> str | None:
        """
        The merchant's name.
        """
    @property
    def original_description(self, /) -> str | None:
        """
        The bank's text untouched.
        """
    @property
    def pending(self, /) -> bool:
        """
        Whether the bank may still replace, change or drop it.
        """
    @property
    def pending_id(self, /) -> str | None:
        """
        The pending row that this posted row replaces.
        """
    @property
    def raw(self, /) -> str | None:
        """
        The provider's own JSON of the row, when it is to be kept.
        """

@final
class ProviderWebhook:
    """
    A webhook that surely comes from the provider. What its news need not carry is `None`.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, digest: SupportsGetItem[int, SupportsIndex], sent_at: datetime, news: str, connection: str | None = None, fault: ProviderFault | None = None, at: datetime | None = None, account: str | None = None, link_token: LinkToken | None = None, public_tokens: Sequence[PublicToken] = ..., environment: str | None = None) -> ProviderWebhook: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def account(self, /) -> str | None:
        """
        The account to which access was revoked.
        """
    @property
    def at(self, /) -> datetime | None:
        """
        When the consent or the connection ends.
        """
    @property
    def connection(self, /) -> str | None:
        """
        The provider's identifier of the connection it is about.
        """
    @property
    def digest(self, /) -> bytes:
        """
        32 bytes: the same for every arrival of one delivery, others for anything else.
        """
    @property
    def environment(self, /) -> str | None:
        """
        The name of the other environment.
        """
    @property
    def fault(self, /) -> ProviderFault | None:
        """
        Why the connection is broken or access was revoked.
        """
    @property
    def link_token(self, /) -> LinkToken | None:
        """
        The key of the link session that finished.
        """
    @property
    def news(self, /) -> str:
        """
        What it tells: `transactions_ready`, `accounts_changed`, `connection_broken`, `connection_repaired`, `consent_ends_soon`,
        `disconnects_soon`, `access_revoked`, `account_revoked`, `new_accounts`, `link_finished` or `other_environment`. Any other word is the
        provider's name for something that asks for nothing.
        """
    @property
    def public_tokens(self, /) -> tuple[PublicToken, ...]:
        """
        The results of the link session; none when the user gave up.
        """
    @property
    def sent_at(self, /) -> datetime:
        """
        When the provider sent it.
        """

@final
class PublicToken:
    """
    The short-lived result of a finished link dialogue, to be exchanged for an access token.

    Its text shows nothing of it, and it is not pickled.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, text: str) -> PublicToken: ...
    def __repr__(self, /) -> str: ...
    def reveal(self, /) -> str:
        """
        The secret itself, for the one place that must send it.
        """

@final
class RemovedTransaction:
    """
    A row that is gone.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, id: str, account: str | None = None) -> RemovedTransaction: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def account(self, /) -> str | None:
        """
        The provider's identifier of its account.
        """
    @property
    def id(self, /) -> str:
        """
        The provider's identifier of the row.
        """

@final
class SyncCounts:
    """
    How many rows a sync changed.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, added: SupportsIndex, modified: SupportsIndex, posted: SupportsIndex, removed: SupportsIndex, unchanged: SupportsIndex, kept_deleted: SupportsIndex, matched: SupportsIndex) -> SyncCounts: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def added(self, /) -> int:
        """
        New rows.
        """
    @property
    def kept_deleted(self, /) -> int:
        """
        Rows that stay deleted, since the user deleted them.
        """
    @property
    def matched(self, /) -> int:
        """
        Rows that stood in the books already, from a file or by hand.
        """
    @property
    def modified(self, /) -> int:
        """
        Rows that changed.
        """
    @property
    def posted(self, /) -> int:
        """
        Pending rows that posted.
        """
    @property
    def removed(self, /) -> int:
        """
        Rows that the bank took back.
        """
    @property
    def unchanged(self, /) -> int:
        """
        Rows that were told again and are as before.
        """

@final
class SyncProgress:
    """
    One step of a long operation. What a step does not tell is `None`.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, kind: str, connection: SupportsIndex | None = None, account: SupportsIndex | None = None, pages: SupportsIndex | None = None, rows: SupportsIndex | None = None, done: SupportsIndex | None = None, of: SupportsIndex | None = None, counts: SyncCounts | None = None) -> SyncProgress: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def account(self, /) -> int | None:
        """
        The account it is about.
        """
    @property
    def connection(self, /) -> int | None:
        """
        The connection it is about.
        """
    @property
    def counts(self, /) -> SyncCounts | None:
        """
        Of a sync that finished, what changed in the books.
        """
    @property
    def done(self, /) -> int | None:
        """
        How much is done, this step included.
        """
    @property
    def kind(self, /) -> str:
        """
        Which step: `waiting`, `started`, `page_fetched`, `began_again`, `comparing`, `storing`, `balances_asked`, `account_reconciled`,
        `ended_at_provider`, `erasing`, `audit_checked` or `finished`.
        """
    @property
    def of(self, /) -> int | None:
        """
        How much there is in all.
        """
    @property
    def pages(self, /) -> int | None:
        """
        Pages of this attempt so far.
        """
    @property
    def rows(self, /) -> int | None:
        """
        Rows so far, or concerned.
        """

@final
class UpdatePage:
    """
    One page of what changed, in the order in which it happened.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, added: Sequence[ProviderTransaction] = ..., modified: Sequence[ProviderTransaction] = ..., removed: Sequence[RemovedTransaction] = ..., accounts: Sequence[ProviderAccount] = ..., next_cursor: str | None = None, has_more: bool = False, history: HistoryStatus | None = None, retries: SupportsIndex = 0) -> UpdatePage: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def accounts(self, /) -> tuple[ProviderAccount, ...]:
        """
        The accounts that this page's rows belong to.
        """
    @property
    def added(self, /) -> tuple[ProviderTransaction, ...]:
        """
        New rows; may name rows that are known.
        """
    @property
    def has_more(self, /) -> bool:
        """
        Whether the update goes on at `next_cursor`.
        """
    @property
    def history(self, /) -> HistoryStatus | None:
        """
        How much of the history is ready.
        """
    @property
    def modified(self, /) -> tuple[ProviderTransaction, ...]:
        """
        Changed rows; may name rows that are not known.
        """
    @property
    def next_cursor(self, /) -> str | None:
        """
        Where to go on; `None` when the provider gave no progress.
        """
    @property
    def removed(self, /) -> tuple[RemovedTransaction, ...]:
        """
        Rows that are gone; may name rows that are not known.
        """
    @property
    def retries(self, /) -> int:
        """
        How often the call was repeated after a passing fault before it gave this page.
        """

@final
class WebhookDelivery:
    """
    A webhook as it arrived over HTTP. Nobody knows yet who sent it.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, headers: Sequence[tuple[str, str]], body: SupportsGetItem[int, SupportsIndex], received_at: datetime) -> WebhookDelivery: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def body(self, /) -> bytes:
        """
        The body, byte for byte.
        """
    @property
    def headers(self, /) -> tuple[tuple[str, str], ...]:
        """
        Names and values of the headers.
        """
    @property
    def received_at(self, /) -> datetime:
        """
        When it arrived.
        """

def check_provider(check: str, fixture: ProviderFixture) -> None:
    """
    Puts one check to a provider whose bank has no users yet. Raises `AssertionError` with what is wrong.
    """

def provider_checks() -> tuple[str, ...]:
    """
    The names of the checks that every provider passes.
    """

def words() -> dict[str, list[str]]:
    """
    The words of each set, as the engine knows them.
    """
