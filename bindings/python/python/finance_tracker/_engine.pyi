"""
The compiled part of `finance_tracker`.
"""

from _typeshed import SupportsGetItem
from collections.abc import Coroutine, Sequence
from datetime import timedelta
from decimal import Decimal
from finance_tracker.choices import AccountClass, AccountKind, AccountStatus, AccountVerdict, Agreement, AnchorSource, BalanceSource, ConnectionStatus, DedupAction, ExplanationKind, ExportFormat, FileFormat, HardFault, HealthFactor, HealthLevel, HistoryStatus, ImportAction, InBatchDedup, Light, MoneyDirection, ProviderErrorKind, RecurringPeriod, RecurringStatus, RowFault, RowOrigin, RowSelection, RunOutcome, TransactionState, WebhookHandling
from finance_tracker.conformance import ProviderFixture
from finance_tracker.errors import CategorizerError
from finance_tracker.protocols import ArrowReadable, BankProvider, Categorizer, ProgressListener
from finance_tracker.values import Day, Instant
from types import EllipsisType
from typing import Any, Final, SupportsIndex, final
from typing_extensions import CapsuleType

__all__ = ["__version__", "AccessToken", "Account", "AccountBalance", "AccountClassification", "AccountHealth", "AccountReport", "AccountTotals", "AccountsAdvice", "AgeScale", "AgeStep", "Anchor", "ArrowStream", "AssignedCategory", "AsyncEngine", "AsyncEvents", "AsyncExport", "AuditEntry", "AuditHead", "AuditReport", "BackOff", "BalanceEntry", "BalanceReport", "BalanceRequest", "BalanceTotals", "Balances", "BankChange", "BankNews", "Cancellation", "CategorizeReport", "CategoryAnswer", "CategoryBacklog", "CategoryClaim", "CategoryClaimTable", "CategoryPolicy", "CategoryQuestion", "CategoryRule", "ClassTotal", "ComparedPeriod", "ComparedRow", "Comparison", "Connection", "ConnectionFault", "ConnectionReport", "ConnectionSchedule", "ConnectionSync", "ConnectionTodo", "ConnectionsReport", "ConnectionsSummary", "Count", "CurrencyTotal", "Decision", "DedupPolicy", "DedupSuggestion", "Deduplication", "Due", "DuplicateConnection", "DuplicatePair", "Engine", "EngineOptions", "ErasureReceipt", "Event", "EventRetention", "Events", "ExchangedConnection", "Explanation", "Export", "FileBalance", "HealthCap", "HealthCaps", "HealthPart", "HealthPolicy", "HealthRun", "HealthWeights", "ImportPolicy", "ImportReport", "ImportSuggestion", "ImportedRow", "Indicator", "Institution", "InstitutionRef", "LastAttempt", "LeasePolicy", "LedgerRow", "LinkSession", "LinkToken", "LinkTokenRequest", "Linked", "LinkedAccount", "MemoryPolicy", "MergePlan", "MergeReport", "Money", "NextSync", "NotEnded", "Note", "OperationError", "PageRequest", "PagerPolicy", "Plaid", "PlannedAccount", "PlannedCandidate", "PlannedRow", "ProgressPolicy", "ProposedChange", "ProviderAccount", "ProviderCategory", "ProviderConnection", "ProviderEnd", "ProviderFault", "ProviderTransaction", "ProviderWebhook", "PublicToken", "Reason", "ReconcilePolicy", "ReconcileReport", "ReconciledAccount", "ReconciledPeriod", "Reconciliation", "ReconciliationRecord", "ReconciliationSummary", "Recurring", "RecurringPolicy", "Removal", "RemovedTransaction", "Resolution", "RowCorrection", "RowExplanation", "RowProblem", "SchedulePolicy", "SchedulerStatus", "ScorePart", "StatePercents", "Statement", "StatusPolicy", "SyncCounts", "SyncOverview", "SyncProgress", "SyncReport", "SyncRun", "SyncStatistics", "SyncStatus", "Transaction", "TransactionEdits", "TransactionPart", "TransferAccount", "TransferPair", "TransferPolicy", "Transfers", "UpdatePage", "WebhookDelivery", "WebhookOutcome", "WorkerReport", "account_health", "check_provider", "classify_account", "deduplicate", "find_recurring", "pair_transfers", "provider_checks", "reconcile", "words"]

__version__: Final[str]

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
    def __new__(cls, /, id: SupportsIndex, connection: SupportsIndex, name: str, official_name: str | None, mask: str | None, kind: AccountKind, account_class: AccountClass, kind_is_known: bool, provider_type: str, provider_subtype: str | None, holder: str | None, status: AccountStatus, balances: Balances, balances_at: Instant, provider_id: str) -> Account: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def account_class(self, /) -> AccountClass:
        """
        Whether it is something owned or something owed.
        """
    @property
    def balances(self, /) -> Balances:
        """
        Its balances.
        """
    @property
    def balances_at(self, /) -> Instant:
        """
        When they were told.
        """
    @property
    def connection(self, /) -> int:
        """
        The connection it came through.
        """
    @property
    def holder(self, /) -> str | None:
        """
        Who holds it: `personal`, `business` or the provider's word.
        """
    @property
    def id(self, /) -> int:
        """
        Its identifier.
        """
    @property
    def kind(self, /) -> AccountKind:
        """
        What kind of account it is.
        """
    @property
    def kind_is_known(self, /) -> bool:
        """
        Whether the provider's type and subtype are known; if not, `kind` is a guess.
        """
    @property
    def mask(self, /) -> str | None:
        """
        The last digits of its number.
        """
    @property
    def name(self, /) -> str:
        """
        The name that the institution or the user gave it.
        """
    @property
    def official_name(self, /) -> str | None:
        """
        The institution's name for the product.
        """
    @property
    def provider_id(self, /) -> str:
        """
        The provider's identifier.
        """
    @property
    def provider_subtype(self, /) -> str | None:
        """
        The provider's subtype, verbatim.
        """
    @property
    def provider_type(self, /) -> str:
        """
        The provider's type, verbatim.
        """
    @property
    def status(self, /) -> AccountStatus:
        """
        Whether the bank still lists it.
        """

@final
class AccountBalance:
    """
    The balances of one account after they were asked for.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, account: SupportsIndex, source: BalanceSource, balances: Balances, balances_at: Instant, reason: str | None, fault: ConnectionFault | None) -> AccountBalance: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def account(self, /) -> int:
        """
        The account.
        """
    @property
    def balances(self, /) -> Balances:
        """
        The balances.
        """
    @property
    def balances_at(self, /) -> Instant:
        """
        When they were told.
        """
    @property
    def fault(self, /) -> ConnectionFault | None:
        """
        What went wrong.
        """
    @property
    def reason(self, /) -> str | None:
        """
        Why they are not live.
        """
    @property
    def source(self, /) -> BalanceSource:
        """
        Whether they are live, from the provider's cache, or as stored before.
        """

@final
class AccountClassification:
    """
    What kind of account a provider's words mean.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, kind: AccountKind, account_class: AccountClass, known: bool) -> AccountClassification: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def account_class(self, /) -> AccountClass:
        """
        Whether it is something owned or something owed.
        """
    @property
    def kind(self, /) -> AccountKind:
        """
        The kind.
        """
    @property
    def known(self, /) -> bool:
        """
        Whether the words are known; if not, the kind is a guess.
        """

@final
class AccountHealth:
    """
    How an account does.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, score: SupportsIndex | None, level: HealthLevel, parts: Sequence[HealthPart], caps: Sequence[HealthCap], recommendations: Sequence[Reason]) -> AccountHealth: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def caps(self, /) -> tuple[HealthCap, ...]:
        """
        What keeps it low.
        """
    @property
    def level(self, /) -> HealthLevel:
        """
        The score in a word.
        """
    @property
    def parts(self, /) -> tuple[HealthPart, ...]:
        """
        The parts it is made of.
        """
    @property
    def recommendations(self, /) -> tuple[Reason, ...]:
        """
        What to do, the most helpful first.
        """
    @property
    def score(self, /) -> int | None:
        """
        0 to 100; `None` when nothing can be judged.
        """

@final
class AccountReport:
    """
    One account in depth.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, account: SupportsIndex, connection: SupportsIndex, name: str, mask: str | None, kind: AccountKind, institution: str | None, status: AccountStatus, state: ConnectionStatus | None, balances: Balances, ledger_balance: Money | None, balances_at: Instant, synced_at: Instant | None, data_age_seconds: SupportsIndex | None, pending_rows: SupportsIndex, reconciliation: ReconciliationSummary | None, next_due: Due | None, health: AccountHealth) -> AccountReport: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def account(self, /) -> int:
        """
        The account.
        """
    @property
    def balances(self, /) -> Balances:
        """
        Its balances.
        """
    @property
    def balances_at(self, /) -> Instant:
        """
        When the balances were told.
        """
    @property
    def connection(self, /) -> int:
        """
        Its connection.
        """
    @property
    def data_age_seconds(self, /) -> int | None:
        """
        How old the bank's data is.
        """
    @property
    def health(self, /) -> AccountHealth:
        """
        How it does.
        """
    @property
    def institution(self, /) -> str | None:
        """
        The institution's name.
        """
    @property
    def kind(self, /) -> AccountKind:
        """
        What kind of account it is.
        """
    @property
    def ledger_balance(self, /) -> Money | None:
        """
        What the rows of an account kept by hand sum up to.
        """
    @property
    def mask(self, /) -> str | None:
        """
        The last digits of its number.
        """
    @property
    def name(self, /) -> str:
        """
        What to call it.
        """
    @property
    def next_due(self, /) -> Due | None:
        """
        When it is synced next.
        """
    @property
    def pending_rows(self, /) -> int:
        """
        Pending rows.
        """
    @property
    def reconciliation(self, /) -> ReconciliationSummary | None:
        """
        The last comparison with the bank.
        """
    @property
    def state(self, /) -> ConnectionStatus | None:
        """
        The state of its connection; `None` for one kept by hand.
        """
    @property
    def status(self, /) -> AccountStatus:
        """
        Whether the bank still lists it.
        """
    @property
    def synced_at(self, /) -> Instant | None:
        """
        When its connection was last synced with success.
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
class AccountsAdvice:
    """
    One thing to do, and for which accounts.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, recommendation: Reason, accounts: Sequence[SupportsIndex]) -> AccountsAdvice: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def accounts(self, /) -> tuple[int, ...]:
        """
        The accounts it would help.
        """
    @property
    def recommendation(self, /) -> Reason:
        """
        What to do.
        """

@final
class AgeScale:
    """
    What something is worth at its age, in steps.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, steps: Sequence[AgeStep], beyond_percent: SupportsIndex) -> AgeScale: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def beyond_percent(self, /) -> int:
        """
        The percent beyond all steps.
        """
    @property
    def steps(self, /) -> tuple[AgeStep, ...]:
        """
        The steps; the first one whose bound is not exceeded counts.
        """

@final
class AgeStep:
    """
    One step of an `AgeScale`.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, hours_max: SupportsIndex, percent: SupportsIndex) -> AgeStep: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def hours_max(self, /) -> int:
        """
        Up to and including this many hours.
        """
    @property
    def percent(self, /) -> int:
        """
        The percent it is worth.
        """

@final
class Anchor:
    """
    A balance that the bank or the user told of a day.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, date: Day, balance: Decimal | int | None, source: AnchorSource, refreshed_at: Instant | None) -> Anchor: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def balance(self, /) -> Decimal | None:
        """
        The balance.
        """
    @property
    def date(self, /) -> Day:
        """
        The day at whose end it held.
        """
    @property
    def refreshed_at(self, /) -> Instant | None:
        """
        When the bank last refreshed it.
        """
    @property
    def source(self, /) -> AnchorSource:
        """
        Where it comes from.
        """

@final
class ArrowStream:
    """
    A table that is read in batches, by anything that reads Arrow: `pyarrow.table(it)`, `polars.DataFrame(it)`,
    `pandas.DataFrame.from_arrow(it)`, or its name in a query of DuckDB.

    Nothing is read before the reader asks for the first batch, and no more than four batches are in memory besides what the reader
    keeps. Each reading begins anew. Each batch is of one instant and each row whole, but syncs and edits go on between batches. Reading
    keeps its thread waiting and lets others go on: in asyncio write `await asyncio.to_thread(pyarrow.table, it)`. When reading fails, the
    reader raises its own exception, with the message of this package's; so it does at Ctrl-C, which follows as `KeyboardInterrupt`.
    """
    def __arrow_c_schema__(self, /) -> CapsuleType:
        """
        The schema of the table, as a capsule of Arrow's C data interface.
        """
    def __arrow_c_stream__(self, /, requested_schema: Any | None = None) -> CapsuleType:
        """
        A new reading, as a capsule of Arrow's C stream interface. The schema is always the table's own.

        Raises `ClosedError` when the engine is closed.
        """
    def __repr__(self, /) -> str: ...

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
    async def account_health(self, /, user: str, account: SupportsIndex) -> AccountReport:
        """
        How an account does, and what would help.
        """
    async def account_totals(self, /, user: str) -> tuple[AccountTotals, ...]:
        """
        What the rows of each account sum up to.
        """
    async def accounts(self, /, user: str) -> tuple[Account, ...]:
        """
        Every account of the user, in the order they came; those that the bank no longer lists included.
        """
    def accounts_arrow(self, /, user: str, *, accounts: Sequence[SupportsIndex] | None = None, columns: Sequence[str] | None = None, decimals: SupportsIndex = 18) -> ArrowStream:
        """
        Accounts as an Arrow table, in the order they came: `id`, `connection`, `name`, `official_name`, `mask`, `kind`,
        `provider_type`, `provider_subtype`, `holder`, the balances `current`, `available`, `limit` with their `currency`,
        `updated_at`, `balances_at`, `status`, `imported_id`, `persistent_id`. Nothing is read yet. `columns` and `decimals` are as in
        `transactions_arrow`.
        """
    def acting_as(self, /, name: str | None) -> AsyncEngine:
        """
        The same engine in somebody else's name: the audit trail says that they did what it does. `None` is the user.
        """
    async def add_statement(self, /, user: str, account: SupportsIndex, date: Day, balance: Decimal | int, *, debts_are_positive: bool = False) -> Statement:
        """
        Writes down what a statement says an account held at the end of a day: negative when money is owed, or, with
        `debts_are_positive`, as banks print what is owed.
        """
    async def add_transaction(self, /, user: str, account: SupportsIndex, date: Day, amount: Decimal | int, description: str, *, currency: str | None = None, payee: str | None = None, category: str | None = None, note: str | None = None, check_number: str | None = None) -> Transaction:
        """
        Types in a transaction: positive into the account, negative out of it. When the bank reports it later with a
        text that is alike, it stays one row; where yours says something else, both stand until `merge_transactions` makes them one.
        """
    async def apply_categories(self, /, user: str | None, claim: SupportsIndex, answers: Sequence[CategoryAnswer]) -> int:
        """
        Writes answers of a claim down, and says how many rows got one. The user's own choice always wins. Rows without an answer are not
        asked about again. `user` is the one that was claimed for.
        """
    async def apply_categories_arrow(self, /, user: str | None, claim: SupportsIndex, answers: ArrowReadable, *, source: str | None = None) -> int:
        """
        Writes answers of a claim down, read from an Arrow table, and says how many rows have another category than before. The
        user's own choice always wins.

        `answers` is anything that hands out Arrow (`__arrow_c_stream__`): a table of pyarrow, a frame of polars or pandas, a
        relation of DuckDB. It has the columns `transaction` (whole numbers) and `category` (texts); and, if it likes, `confidence`
        (whole numbers from 0 to 100) and `source` (who assigned the category, where that is not `source`). A row whose category is
        null has no answer; such rows are not asked about again. The table is read before the call returns or is awaited.

        Raises `InvalidInputError` when a column is missing or of another type, and for a row that is none of the claim's or is
        answered twice; `StoreError` when the claim does not hold any more. Nothing is changed then.
        """
    async def audit_trail(self, /, user: str, *, after: SupportsIndex = 0, limit: SupportsIndex = 100) -> tuple[AuditEntry, ...]:
        """
        Entries of the user's audit trail after a number, oldest first.
        """
    async def balance_history(self, /, user: str, account: SupportsIndex, *, since: Day | None = None, until: Day | None = None, limit: SupportsIndex = 100) -> tuple[BalanceEntry, ...]:
        """
        The balances an account had, newest first, between two days, both included.
        """
    def balances_arrow(self, /, user: str, *, accounts: Sequence[SupportsIndex] | None = None, since: Day | None = None, until: Day | None = None, columns: Sequence[str] | None = None, decimals: SupportsIndex = 18, batch_rows: SupportsIndex = 32768) -> ArrowStream:
        """
        The balances that accounts had as an Arrow table, account by account and newest first: `account`, `at`, `current`,
        `available`, `limit`, `currency`, `updated_at`, `source`. Nothing is read yet. Days are both included; `columns` and
        `decimals` are as in `transactions_arrow`. A batch may be larger than `batch_rows` by the history of one account.
        """
    async def categorize_now(self, /, user: str) -> CategorizeReport:
        """
        Categorises what waits, with rules, with what the user's choices teach, and with the engine's categoriser.
        """
    async def category_backlog(self, /, user: str) -> CategoryBacklog:
        """
        How many rows of the user wait for a category.
        """
    async def category_rules(self, /, user: str) -> tuple[CategoryRule, ...]:
        """
        The user's rules, in the order they are tried.
        """
    async def claim_uncategorised(self, /, user: str | None, *, limit: SupportsIndex = 500) -> CategoryClaim | None:
        """
        Takes up to `limit` rows that no model has given a category, of one user or of all, so that nobody else gets them until the
        claim ends; `None` when there are none. Give the answers to `apply_categories`, or the rows back with `release_categories`.
        """
    async def claim_uncategorised_arrow(self, /, user: str | None, *, limit: SupportsIndex = 500) -> CategoryClaimTable | None:
        """
        Like `claim_uncategorised`, with the rows as an Arrow table; `None` when no row waits.

        `user` is whose rows, or `None` for those of all users.
        """
    async def close(self, /) -> None:
        """
        Ends what goes on and waits until it has ended: also for a token that is being exchanged although whoever linked gave up, and for
        leases on their way back. Whatever is asked of the engine later raises `ClosedError`.
        """
    async def close_manual_account(self, /, user: str, account: SupportsIndex) -> Account:
        """
        Closes an account that is kept by hand; its rows stay.
        """
    async def connection_status(self, /, user: str) -> ConnectionsReport:
        """
        Whether the user's connections work, and what to do where one does not. No connections is an answer too.
        """
    async def connections(self, /, user: str) -> tuple[Connection, ...]:
        """
        Every connection of the user, oldest first; those that were removed with their records kept, and the one of accounts kept by
        hand, included.
        """
    async def create_link_token(self, /, user: str, client_name: str, *, connection: SupportsIndex | None = None, select_accounts: bool = False, products: Sequence[str] | None = None, days_requested: SupportsIndex | None = None, language: str = ..., country_codes: Sequence[str] | None = None, webhook: str | None = None, redirect_uri: str | None = None) -> LinkSession:
        """
        Opens a session of the link dialogue: for a new bank, or with `connection` in update mode, which repairs or changes that one.

        `client_name` is what the dialogue calls the application. `products` are the provider's; a new connection has transactions unless told
        otherwise. `days_requested` of history cannot be changed later.
        """
    async def create_manual_account(self, /, user: str, name: str, kind: AccountKind, currency: str, *, mask: str | None = None, holder_category: str | None = None, opening: tuple[Decimal | int, Day] | None = None) -> Account:
        """
        Opens an account that the user keeps by hand. `opening` is a balance, negative when money is owed, and the day at whose end it held.
        """
    def duplicates_arrow(self, /, user: str, *, accounts: Sequence[SupportsIndex] | None = None, columns: Sequence[str] | None = None) -> ArrowStream:
        """
        Pairs of rows that may be one, as `review_duplicates` finds them, as an Arrow table, account by account and the likeliest
        first: `account`, `keep`, `drop` (the rows), `score` (0 to 100), `reasons` (in words). Nothing is read yet.
        """
    async def edit_transaction(self, /, user: str, transaction: SupportsIndex, *, name: str | None | EllipsisType = ..., category: str | None | EllipsisType = ..., note: str | None | EllipsisType = ..., hidden: bool | None = None, deleted: bool | None = None, amount: Decimal | int | None | EllipsisType = ..., date: Day | None | EllipsisType = ..., counts_while_pending: bool | None | EllipsisType = ..., parts: Sequence[TransactionPart] | None = None) -> Transaction:
        """
        Changes a transaction for the user. What they change wins over later updates of the bank.

        `...` leaves a field as it is, and `None` gives it back to the bank. `parts` splits it; they must sum up to its amount, and an empty
        sequence joins it again.
        """
    async def edit_transactions(self, /, user: str, transactions: Sequence[SupportsIndex], *, name: str | None | EllipsisType = ..., category: str | None | EllipsisType = ..., note: str | None | EllipsisType = ..., hidden: bool | None = None, deleted: bool | None = None, amount: Decimal | int | None | EllipsisType = ..., date: Day | None | EllipsisType = ..., counts_while_pending: bool | None | EllipsisType = ..., parts: Sequence[TransactionPart] | None = None) -> tuple[Transaction, ...]:
        """
        Changes several transactions in the same way: all of them, or none.
        """
    def events(self, /, user: str, *, after: SupportsIndex = 0) -> AsyncEvents:
        """
        The user's events after the one with this number, or from the first with 0. Keep the number of the last event you saw.
        """
    async def export(self, /, user: str, format: ExportFormat, *, since: Day | None = None, until: Day | None = None, byte_order_mark: bool = False) -> AsyncExport:
        """
        Everything of the user, as `csv` (transactions for a spreadsheet) or `json` (all records), in pieces of bytes that together are
        the file.
        """
    async def finish_update(self, /, user: str, connection: SupportsIndex) -> ConnectionSync:
        """
        Tells that the user finished the dialogue in update mode: the warning goes, and what they missed is synced.
        """
    async def forget_user(self, /, user: str, *, even_if_the_provider_fails: bool = False) -> ErasureReceipt:
        """
        Erases everything of a user, and ends their connections first. The receipt proves it.
        """
    async def handle_webhook(self, /, headers: Sequence[tuple[str, str]], body: bytes | bytearray) -> WebhookOutcome:
        """
        Handles a webhook: its headers, and its body exactly as it came.

        Raises `WebhookError` when it is forged or stale; whatever else it is about is marked, and its connection made due.
        """
    async def import_file(self, /, user: str, account: SupportsIndex, file: bytes | bytearray, *, layout: str | None = None, file_account: str | None = None, skip_unreadable: bool = False) -> ImportReport:
        """
        Reads a bank's file (CSV or OFX) into an account. What stands in the books already is not doubled.

        `layout` is how a table is read, as an earlier report's `layout` gives it; without it the file is looked at, and `UnclearLayoutError` is
        raised where it can be read in several ways: its `layout` is a guess to be mended. `file_account` names one of several accounts of a
        file. A row that cannot be read refuses the file, unless `skip_unreadable` leaves it out.

        A layout is a JSON object. Columns are counted from 0, and those that a table does not have are null: `date`; `date_order`
        (`day_month_year`, `month_day_year` or `year_month_day`); `amount`, which is `{"one": {"column": 1, "positive_out": false}}`, or
        `{"marked": {"column": 1, "mark": 2}}` where `mark` has a word for the direction, or `{"debit_credit": {"debit": 1, "credit": 2}}`;
        `decimal` (`point` or `comma`, before the decimals); `description` (a list of columns), `payee`, `currency`, `id`, `check_number`;
        `skip` (records before the first row), `delimiter`, `quote`, and `encoding` (`auto`, `utf8`, `utf16_le`, `utf16_be` or `windows1252`).
        """
    async def last_event(self, /, user: str) -> int:
        """
        The number of the user's newest event; 0 before the first.
        """
    async def link(self, /, user: str, public_token: PublicToken, *, institution: InstitutionRef | None = None, accounts: Sequence[LinkedAccount] = ..., allow_duplicate: bool = False) -> Linked:
        """
        Turns the public token of a finished dialogue into a connection with its accounts and a first sync.

        With the institution and accounts from the dialogue's metadata, a bank that the user has already is found before the token is
        exchanged: then it raises `AlreadyLinkedError`, unless `allow_duplicate`.
        """
    async def merge_connections(self, /, user: str, source: SupportsIndex, target: SupportsIndex, *, account_answers: Sequence[tuple[SupportsIndex, SupportsIndex | None]] = ..., row_answers: Sequence[tuple[SupportsIndex, SupportsIndex]] = ..., even_if_the_provider_fails: bool = False, reason: str | None = None) -> MergeReport:
        """
        Merges the older connection `source` into the newer one `target`; history and edits are kept.
        """
    async def merge_transactions(self, /, user: str, keep: SupportsIndex, drop: SupportsIndex) -> Transaction:
        """
        Makes one transaction of two: `keep` stays, with the edits of both; `drop` goes and does not come back.
        """
    @classmethod
    async def open(cls, /, url: str, provider: Plaid | BankProvider | None = None, *, token_key: bytes | bytearray | None = None, token_key_name: str = ..., earlier_token_keys: dict[str, bytes | bytearray] = ..., keep_raw: bool = True, options: EngineOptions | None = None, name: str | None = None, frequency: str | None = None, concurrent_connections: SupportsIndex | None = None, gap_seconds: SupportsIndex | None = None) -> AsyncEngine:
        """
        Opens the store that a URL names (`memory:`, `sqlite:books.db`, `postgres://user@host/database`), and makes it if it is new.

        `provider` is a `Plaid` or an object of your own with the methods of `BankProvider`; without one everything works but what asks a
        bank. `token_key` has 32 bytes and seals the banks' access tokens; keep it apart from the database. It is called `main`, or
        as `token_key_name` says. Books whose tokens were sealed by other keys need those in `earlier_token_keys`, under the names they had. `options` has every policy of the engine. Its `name`,
        `frequency`, `concurrent_connections` and its schedule's `gap_seconds` can be given by themselves, too, and count then.
        Raises `StoreError` when the store cannot be opened, and `InvalidInputError` for arguments that make no sense.
        """
    async def plan_merge(self, /, user: str, source: SupportsIndex, target: SupportsIndex, *, account_answers: Sequence[tuple[SupportsIndex, SupportsIndex | None]] = ..., row_answers: Sequence[tuple[SupportsIndex, SupportsIndex]] = ...) -> MergePlan:
        """
        Says what a merge of two connections to one bank would do, and changes no rows.

        `account_answers` are pairs of a newer account and the older one it is, `None` for none of them; `row_answers` are pairs of a newer row
        and the older one it is.
        """
    async def preview_import(self, /, user: str, account: SupportsIndex, file: bytes | bytearray, *, layout: str | None = None, file_account: str | None = None, skip_unreadable: bool = False) -> ImportReport:
        """
        Says what an import would do, and changes nothing. Its arguments are those of `import_file`.
        """
    async def prune_events(self, /) -> int:
        """
        Drops events that need not be kept any longer, of all users, and says how many.
        """
    async def reconcile(self, /, user: str, *, connection: SupportsIndex | None = None, accounts: Sequence[SupportsIndex] | None = None, since: Day | None = None, policy: ReconcilePolicy | None = None) -> ReconcileReport:
        """
        Compares accounts with what the bank and statements say, and explains every difference.

        `policy` says how closely they must agree; without one, each account has that of its currency (`ReconcilePolicy.of_currency`).
        """
    async def reconciliation(self, /, user: str, reconciliation: SupportsIndex) -> ReconciliationRecord:
        """
        A comparison that was made, with what was accepted of it.
        """
    async def reconciliations(self, /, user: str, account: SupportsIndex, *, limit: SupportsIndex = 20) -> tuple[ReconciliationSummary, ...]:
        """
        The comparisons of an account, newest first.
        """
    async def records(self, /, user: str) -> tuple[Count, ...]:
        """
        How many records of each kind there are of a user.
        """
    async def refresh_transactions(self, /, user: str, connection: SupportsIndex) -> None:
        """
        Asks the provider to look at the bank soon. What it finds comes with a later sync.
        """
    async def release_categories(self, /, user: str | None, claim: SupportsIndex) -> None:
        """
        Gives the rows of a claim back, to be tried again later.
        """
    async def remove_connection(self, /, user: str, connection: SupportsIndex, *, erase: bool = False, even_if_the_provider_fails: bool = False, reason: str | None = None) -> Removal:
        """
        Ends a connection, at the provider too. `erase` also erases its accounts and rows; otherwise they stay and are not synced.
        """
    async def remove_statement(self, /, user: str, account: SupportsIndex, date: Day) -> None:
        """
        Takes a statement back.
        """
    async def request_sync(self, /, user: str, *, connection: SupportsIndex | None = None, accounts: Sequence[SupportsIndex] | None = None) -> tuple[ConnectionSchedule, ...]:
        """
        Makes connections due, so that a worker syncs them next.
        """
    async def resolve(self, /, user: str, reconciliation: SupportsIndex, explanation: SupportsIndex, *, reason: str | None = None) -> Resolution:
        """
        Accepts an explanation: exactly its proposed change is made.
        """
    async def review_duplicates(self, /, user: str, account: SupportsIndex) -> tuple[DuplicatePair, ...]:
        """
        Pairs of rows of an account that may be one transaction, the most alike first.
        """
    async def run_worker(self, /, shutdown: Cancellation, *, name: str = ..., at_once: SupportsIndex = 4) -> WorkerReport:
        """
        Syncs whatever is due, of all users, until `shutdown` is cancelled. Several workers share one store.

        What is under way when it is told to end is ended cleanly, and its connections are free at once. Cancelled in another way, or when the
        engine is closed, it drops its work, and its connections are free when their leases end: a minute later.
        """
    async def schedule(self, /, user: str) -> tuple[ConnectionSchedule, ...]:
        """
        When each connection of the user is due, and who is at work.
        """
    async def scheduler_status(self, /, user: str) -> SchedulerStatus:
        """
        What of the user's connections is due, planned, paused and running.
        """
    async def set_category_rules(self, /, user: str, rules: Sequence[CategoryRule]) -> None:
        """
        Sets all of the user's rules. The first one that fits a row decides; rows in the books are looked at again.
        """
    async def set_sync_frequency(self, /, user: str, connection: SupportsIndex, frequency: str) -> ConnectionSchedule:
        """
        Sets how often a connection is synced: `manual`, `hourly`, `every_6_hours`, `daily`, `weekly`, `on_webhook` or
        `on_webhook_or_every_12_hours`, with other numbers of hours as well.
        """
    async def statements(self, /, user: str, account: SupportsIndex) -> tuple[Statement, ...]:
        """
        The statements that were written down for an account, oldest first.
        """
    async def sync_balances(self, /, user: str, *, connection: SupportsIndex | None = None, accounts: Sequence[SupportsIndex] | None = None) -> BalanceReport:
        """
        Asks the banks for live balances. Where that fails the report has the cached or stored ones, and says why.
        """
    async def sync_now(self, /, user: str, *, connection: SupportsIndex | None = None, accounts: Sequence[SupportsIndex] | None = None) -> SyncReport:
        """
        Syncs now what is not paused for a reason that a sync cannot mend.
        """
    async def sync_overview(self, /, user: str) -> SyncOverview:
        """
        Everything on one page: all accounts, the one that does worst first, totals, and what is due next.
        """
    async def sync_runs(self, /, user: str, connection: SupportsIndex, *, limit: SupportsIndex = 20) -> tuple[SyncRun, ...]:
        """
        The latest attempts to sync a connection, newest first.
        """
    async def sync_status(self, /, user: str, *, connection: SupportsIndex | None = None, account: SupportsIndex | None = None) -> SyncStatus:
        """
        One connection in depth, or the one that an account came through.
        """
    async def sync_transactions(self, /, user: str, *, connection: SupportsIndex | None = None, accounts: Sequence[SupportsIndex] | None = None, since: Day | None = None, until: Day | None = None, cancellation: Cancellation | None = None) -> SyncReport:
        """
        Pulls what is new: of all connections, of one, or of those that chosen accounts came through.

        One that fails does not stop the others; the report says how each went. Each is stored whole or not at all. With `since` or `until` the
        report also has the transactions of those days. `cancellation` ends it early: what is stored stays, and the report says the rest.
        """
    async def transaction(self, /, user: str, transaction: SupportsIndex) -> Transaction:
        """
        One transaction, whatever its state.
        """
    async def transaction_days(self, /, user: str, *, accounts: Sequence[SupportsIndex] | None = None, since: Day | None = None, until: Day | None = None, rows: RowSelection | None = None) -> tuple[tuple[Day, int], ...]:
        """
        How many transactions lie on each day, newest first, as `(day, count)`; a day without one is left out. Accounts, days and `rows` are
        chosen as in `transactions`.
        """
    async def transaction_history(self, /, user: str, transaction: SupportsIndex) -> tuple[AuditEntry, ...]:
        """
        What people did to a transaction, oldest first.
        """
    async def transaction_json(self, /, user: str, transaction: SupportsIndex) -> str | None:
        """
        The provider's own JSON of a transaction, as it was sent; `None` when it was not kept.
        """
    async def transactions(self, /, user: str, *, accounts: Sequence[SupportsIndex] | None = None, since: Day | None = None, until: Day | None = None, limit: SupportsIndex = 100, after: tuple[Day, SupportsIndex] | None = None, rows: RowSelection | None = None) -> tuple[Transaction, ...]:
        """
        A page of transactions, newest first: of chosen accounts or all, between two days, both included.

        The next page begins `after` the last row of this one: give its `(date, id)`. `rows` says which ones: those that count and are not
        hidden (`live`, unless you choose), hidden ones too (`with_hidden`), all (`any`), those that the user deleted (`deleted_by_user`), those
        of them that would count again (`restorable`), or those that count and that the bank has not reported (`awaiting_the_bank`).
        """
    def transactions_arrow(self, /, user: str, *, accounts: Sequence[SupportsIndex] | None = None, since: Day | None = None, until: Day | None = None, rows: RowSelection | None = None, columns: Sequence[str] | None = None, decimals: SupportsIndex = 18, batch_rows: SupportsIndex = 32768) -> ArrowStream:
        """
        Transactions as an Arrow table, newest first: of chosen accounts or all, between two days, both included. Nothing is read yet.

        `rows` is as in `transactions`. Accounts, days and rows are chosen in the database, and columns that are not among `columns`
        are not read. The columns, in this order unless you choose: `id`, `account`, `connection` (int64); `date` (date32);
        `amount` (decimal128 of 38 digits, `decimals` of them decimals; positive is money in), `currency`; `name`, `description`,
        `original_description`, `merchant_name`, `merchant_id`; `category`, `category_source` (who says so: `user`, `rule`, `memory`,
        the name of a model, or `provider`), `provider_category`, `assigned_category`, `assigned_source`, `confidence` (of the assigned
        one, uint8 from 0 to 100); `pending`, `hidden` (bool); `state`, `origin`, `channel`; `note`; `imported_id`, `code`,
        `check_number`, `merchant_category_code`; `authorized_date`; `datetime`, `authorized_datetime`, `created_at`, `updated_at`
        (timestamps in UTC, to the microsecond). Texts that many rows share are dictionaries. What is unknown is null.

        Amounts are exact: reading one that has more decimals, or more digits before them than there is room for, fails. Raises
        `InvalidInputError` for a column that does not exist and for reversed days.
        """
    async def undo_resolution(self, /, user: str, reconciliation: SupportsIndex, explanation: SupportsIndex, *, reason: str | None = None) -> Resolution:
        """
        Takes back what accepting an explanation changed.
        """
    async def update_manual_account(self, /, user: str, account: SupportsIndex, *, name: str | None = None, kind: AccountKind | None = None, mask: str | None | EllipsisType = ..., balance: tuple[Decimal | int, Day] | None | EllipsisType = ..., limit: Decimal | int | None | EllipsisType = ..., reopen: bool = False) -> Account:
        """
        Changes an account that is kept by hand; `...` leaves a field as it is, and `None` empties it.
        """
    async def verify_audit(self, /, user: str, *, kept: AuditHead | None = None) -> AuditReport:
        """
        Checks the whole trail: whether an entry was changed, added or taken away. `kept` is a head that was kept elsewhere.
        """
    def with_categorizer(self, /, categorizer: Categorizer) -> AsyncEngine:
        """
        The same engine with a categoriser of yours, an object with the methods of `Categorizer`. It is asked about new rows after each
        sync, and by `categorize_now`.
        """
    def with_progress(self, /, listener: ProgressListener) -> AsyncEngine:
        """
        The same engine with a function that is called with a `SyncProgress` for each step of long operations, in order: syncs,
        balances, comparisons, imports, merges, removals, verifications. What it raises is reported to `sys.unraisablehook` and stops nothing.
        It runs on the thread of the event loop, before the operation returns.
        """

@final
class AsyncEvents:
    """
    A user's events in order, each once: those that are kept, then each as it is written. `async for` goes on for ever.
    """
    def __aiter__(self, /) -> AsyncEvents: ...
    def __anext__(self, /) -> Coroutine[Any, Any, Event]: ...
    async def _next(self, /) -> Event: ...
    async def next(self, /, *, timeout: timedelta | None = None) -> Event | None:
        """
        The next event; `None` when none comes within `timeout`.
        """

@final
class AsyncExport:
    """
    An export piece by piece, for `async for`.
    """
    def __aiter__(self, /) -> AsyncExport: ...
    def __anext__(self, /) -> Coroutine[Any, Any, bytes]: ...
    async def _next(self, /) -> bytes: ...

@final
class AuditEntry:
    """
    One step that somebody took, chained to the one before it.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, number: SupportsIndex, at: Instant, actor: str, action: str, subject: str, subject_id: SupportsIndex, before: str | None, after: str | None, reason: str | None, hash: str) -> AuditEntry: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def action(self, /) -> str:
        """
        What was done.
        """
    @property
    def actor(self, /) -> str:
        """
        Who: `user`, `engine`, or the name the engine acted under.
        """
    @property
    def after(self, /) -> str | None:
        """
        What is after, as JSON.
        """
    @property
    def at(self, /) -> Instant:
        """
        When.
        """
    @property
    def before(self, /) -> str | None:
        """
        What was before, as JSON.
        """
    @property
    def hash(self, /) -> str:
        """
        The hash of this entry and of the one before it, in hex.
        """
    @property
    def number(self, /) -> int:
        """
        Its number, from 1.
        """
    @property
    def reason(self, /) -> str | None:
        """
        Why.
        """
    @property
    def subject(self, /) -> str:
        """
        What kind of thing it was done to.
        """
    @property
    def subject_id(self, /) -> int:
        """
        Its identifier; 0 for the books as a whole.
        """

@final
class AuditHead:
    """
    The end of an audit trail. Kept elsewhere, it proves later that nothing before it was written anew.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, number: SupportsIndex, hash: str) -> AuditHead: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def hash(self, /) -> str:
        """
        Its hash, in hex.
        """
    @property
    def number(self, /) -> int:
        """
        The number of the last entry.
        """

@final
class AuditReport:
    """
    What a check of the audit trail found.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, checked: SupportsIndex, head: AuditHead | None, fault: str | None) -> AuditReport: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def checked(self, /) -> int:
        """
        Entries that were checked.
        """
    @property
    def fault(self, /) -> str | None:
        """
        What is wrong with it; `None` when nothing is.
        """
    @property
    def head(self, /) -> AuditHead | None:
        """
        The end of the trail.
        """

@final
class BackOff:
    """
    A wait that doubles with every failure in a row.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, first_seconds: SupportsIndex, cap_seconds: SupportsIndex) -> BackOff: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def cap_seconds(self, /) -> int:
        """
        The longest wait, in seconds.
        """
    @property
    def first_seconds(self, /) -> int:
        """
        The wait after the first failure, in seconds.
        """

@final
class BalanceEntry:
    """
    The balances of an account at one instant of the past.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, account: SupportsIndex, at: Instant, balances: Balances, source: BalanceSource) -> BalanceEntry: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def account(self, /) -> int:
        """
        The account.
        """
    @property
    def at(self, /) -> Instant:
        """
        When they were told.
        """
    @property
    def balances(self, /) -> Balances:
        """
        The balances.
        """
    @property
    def source(self, /) -> BalanceSource:
        """
        Where they came from.
        """

@final
class BalanceReport:
    """
    What a refresh of balances brought.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, accounts: Sequence[AccountBalance]) -> BalanceReport: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def accounts(self, /) -> tuple[AccountBalance, ...]:
        """
        Each account that was asked for.
        """

@final
class BalanceRequest:
    """
    Which balances to ask from the bank.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, accounts: Sequence[str], not_older_than: Instant | None) -> BalanceRequest: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def accounts(self, /) -> tuple[str, ...]:
        """
        The provider's identifiers of the accounts; none means all.
        """
    @property
    def not_older_than(self, /) -> Instant | None:
        """
        The oldest balance that will do.
        """

@final
class BalanceTotals:
    """
    What all accounts come to. Currencies are never added up.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, by_currency: Sequence[CurrencyTotal], unknown: Sequence[SupportsIndex]) -> BalanceTotals: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def by_currency(self, /) -> tuple[CurrencyTotal, ...]:
        """
        Each currency.
        """
    @property
    def unknown(self, /) -> tuple[int, ...]:
        """
        Accounts whose balance is unknown, which are in no sum.
        """

@final
class Balances:
    """
    The balances of an account at one instant. What is unknown is `None`, never zero.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, current: Decimal | int | None, available: Decimal | int | None, limit: Decimal | int | None, currency: str | None, updated_at: Instant | None) -> Balances: ...
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
        The credit limit, or the overdraft that was agreed on.
        """
    @property
    def updated_at(self, /) -> Instant | None:
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
    def __new__(cls, /, kind: str, at: Instant | None = None, account: str | None = None) -> BankNews: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def account(self, /) -> str | None:
        """
        The account to which access was revoked.
        """
    @property
    def at(self, /) -> Instant | None:
        """
        When the consent or the connection ends.
        """
    @property
    def kind(self, /) -> str:
        """
        The news of `ProviderWebhook`, or `unheard` for something that no version of this package has heard of.
        """

@final
class Cancellation:
    """
    Asks a sync or a worker to end, from any thread, as soon as nothing is half done.
    """
    def __new__(cls, /) -> Cancellation:
        """
        Nobody has asked yet.
        """
    def cancel(self, /) -> None:
        """
        Asks.
        """
    @property
    def is_cancelled(self, /) -> bool:
        """
        Whether somebody has asked.
        """

@final
class CategorizeReport:
    """
    What categorising did.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, by_rules: SupportsIndex, by_memory: SupportsIndex, by_categorizer: SupportsIndex, unanswered: SupportsIndex, error: CategorizerError | None, backlog: CategoryBacklog) -> CategorizeReport: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def backlog(self, /) -> CategoryBacklog:
        """
        What still waits.
        """
    @property
    def by_categorizer(self, /) -> int:
        """
        Rows that the engine's categoriser answered.
        """
    @property
    def by_memory(self, /) -> int:
        """
        Rows that the user's earlier choices answered.
        """
    @property
    def by_rules(self, /) -> int:
        """
        Rows that rules answered.
        """
    @property
    def error(self, /) -> CategorizerError | None:
        """
        Why the categoriser was asked no further; what it raised is the `__cause__`.
        """
    @property
    def unanswered(self, /) -> int:
        """
        Rows that nobody has an answer to.
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
class CategoryBacklog:
    """
    How many rows wait for a category.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, fresh: SupportsIndex, passed_on: SupportsIndex, given_up: SupportsIndex) -> CategoryBacklog: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def fresh(self, /) -> int:
        """
        Rows that nobody has looked at.
        """
    @property
    def given_up(self, /) -> int:
        """
        Rows that were tried too often.
        """
    @property
    def passed_on(self, /) -> int:
        """
        Rows that rules and memory have no answer to.
        """

@final
class CategoryClaim:
    """
    Rows that were claimed to be categorised.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, id: SupportsIndex, until: Instant, questions: Sequence[CategoryQuestion]) -> CategoryClaim: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def id(self, /) -> int:
        """
        Its identifier.
        """
    @property
    def questions(self, /) -> tuple[CategoryQuestion, ...]:
        """
        The rows.
        """
    @property
    def until(self, /) -> Instant:
        """
        Until when nobody else gets the rows.
        """

@final
class CategoryClaimTable:
    """
    Rows that belong to one worker until an instant, as a table.
    """
    def __repr__(self, /) -> str: ...
    @property
    def id(self, /) -> int:
        """
        The identifier of the claim, for `apply_categories_arrow`.
        """
    @property
    def questions(self, /) -> ArrowStream:
        """
        The rows, in one batch: `transaction`, `user`, `text`, `original_text`, `merchant_name`, `merchant_id`,
        `merchant_category_code`, `amount`, `currency`, `direction`, `account_kind`, `date`, `provider_category`.
        """
    @property
    def until(self, /) -> Instant:
        """
        Until when nobody else gets the rows.
        """

@final
class CategoryPolicy:
    """
    How rows are categorised.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, batch: SupportsIndex = ..., time_per_batch: timedelta = ..., time_after_sync: timedelta = ..., lease: timedelta = ..., attempts: SupportsIndex = ..., wait_after_failure: timedelta = ..., rest_after_failure: timedelta = ..., memory: MemoryPolicy = ...) -> CategoryPolicy: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def attempts(self, /) -> int:
        """
        How often a row is handed out; one that got no answer by then is given up.
        """
    @property
    def batch(self, /) -> int:
        """
        Rows of a batch at the most; a batch of 0 is one of 1.
        """
    @property
    def lease(self, /) -> timedelta:
        """
        How long a batch belongs to whoever claimed it.
        """
    @property
    def memory(self, /) -> MemoryPolicy:
        """
        What is learned from the user's choices.
        """
    @property
    def rest_after_failure(self, /) -> timedelta:
        """
        How long syncs leave a categoriser alone that failed or took too long.
        """
    @property
    def time_after_sync(self, /) -> timedelta:
        """
        How long a sync may be held up by the categoriser; what is left over then waits for the next one. Zero categorises nothing
        after a sync.
        """
    @property
    def time_per_batch(self, /) -> timedelta:
        """
        How long a categoriser may take over a batch.
        """
    @property
    def wait_after_failure(self, /) -> timedelta:
        """
        How long rows wait after a failed attempt. Each further failure makes it four times as long.
        """

@final
class CategoryQuestion:
    """
    A row that is to be categorised.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, user: str, transaction: SupportsIndex, text: str, original_text: str | None, merchant_name: str | None, merchant_id: str | None, merchant_category_code: str | None, amount: Money, direction: MoneyDirection, account_kind: AccountKind, date: Day, provider_category: ProviderCategory | None) -> CategoryQuestion: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def account_kind(self, /) -> AccountKind:
        """
        What kind of account it is on.
        """
    @property
    def amount(self, /) -> Money:
        """
        The amount that counts: positive into the account.
        """
    @property
    def date(self, /) -> Day:
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
class CategoryRule:
    """
    A rule of the user's: a row that meets all of its conditions is of its category. It has one condition at the least.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, category: str, text_contains: str | None = None, merchant: str | None = None, at_least: Money | None = None, at_most: Money | None = None, direction: MoneyDirection | None = None, account_kind: AccountKind | None = None) -> CategoryRule: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def account_kind(self, /) -> AccountKind | None:
        """
        The kind of account.
        """
    @property
    def at_least(self, /) -> Money | None:
        """
        The least amount, whichever way it goes.
        """
    @property
    def at_most(self, /) -> Money | None:
        """
        The largest amount, whichever way it goes.
        """
    @property
    def category(self, /) -> str:
        """
        The category.
        """
    @property
    def direction(self, /) -> MoneyDirection | None:
        """
        Which way the money goes.
        """
    @property
    def merchant(self, /) -> str | None:
        """
        The merchant.
        """
    @property
    def text_contains(self, /) -> str | None:
        """
        A text that the row's text contains, whatever its case and accents.
        """

@final
class ClassTotal:
    """
    The sum of one class of accounts in one currency.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, account_class: AccountClass, accounts: SupportsIndex, sum: Money | None) -> ClassTotal: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def account_class(self, /) -> AccountClass:
        """
        The class.
        """
    @property
    def accounts(self, /) -> int:
        """
        How many accounts it has.
        """
    @property
    def sum(self, /) -> Money | None:
        """
        Their sum; `None` when it does not fit.
        """

@final
class ComparedPeriod:
    """
    One period between two known balances.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, start: Anchor, end: Anchor, bank_change: Decimal | int | None, books_change: Decimal | int | None, difference: Decimal | int | None, rows: SupportsIndex, agreement: Agreement) -> ComparedPeriod: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def agreement(self, /) -> Agreement:
        """
        Whether both agree.
        """
    @property
    def bank_change(self, /) -> Decimal | None:
        """
        By how much the bank's balance changed.
        """
    @property
    def books_change(self, /) -> Decimal | None:
        """
        By how much the rows say it did.
        """
    @property
    def difference(self, /) -> Decimal | None:
        """
        Bank less books.
        """
    @property
    def end(self, /) -> Anchor:
        """
        The balance it ends with.
        """
    @property
    def rows(self, /) -> int:
        """
        Rows that count.
        """
    @property
    def start(self, /) -> Anchor:
        """
        The balance it begins with.
        """

@final
class ComparedRow:
    """
    A row that an explanation is about.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, id: SupportsIndex, date: Day, amount: Decimal | int, name: str, pending: bool, deleted: bool) -> ComparedRow: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def amount(self, /) -> Decimal:
        """
        Its amount.
        """
    @property
    def date(self, /) -> Day:
        """
        Its day.
        """
    @property
    def deleted(self, /) -> bool:
        """
        Whether the user deleted it.
        """
    @property
    def id(self, /) -> int:
        """
        The transaction.
        """
    @property
    def name(self, /) -> str:
        """
        What a list shows.
        """
    @property
    def pending(self, /) -> bool:
        """
        Whether it is pending.
        """

@final
class Comparison:
    """
    Bank against books of one account.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, account: SupportsIndex, since: Day | None, periods: Sequence[ComparedPeriod], bank_change: Decimal | int | None, books_change: Decimal | int | None, difference: Decimal | int | None, first_unexplained_date: Day | None, score: SupportsIndex | None, score_parts: Sequence[ScorePart], explanations: Sequence[Explanation], notes: Sequence[Note]) -> Comparison: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def account(self, /) -> int:
        """
        The account.
        """
    @property
    def bank_change(self, /) -> Decimal | None:
        """
        By how much the bank's balance changed.
        """
    @property
    def books_change(self, /) -> Decimal | None:
        """
        By how much the rows say it did.
        """
    @property
    def difference(self, /) -> Decimal | None:
        """
        Bank less books.
        """
    @property
    def explanations(self, /) -> tuple[Explanation, ...]:
        """
        What may explain the difference, the likeliest first.
        """
    @property
    def first_unexplained_date(self, /) -> Day | None:
        """
        Up to which day everything is explained.
        """
    @property
    def notes(self, /) -> tuple[Note, ...]:
        """
        What else there is to know.
        """
    @property
    def periods(self, /) -> tuple[ComparedPeriod, ...]:
        """
        Each period between two known balances.
        """
    @property
    def score(self, /) -> int | None:
        """
        How well both agree, 0 to 100; `None` when it cannot be said.
        """
    @property
    def score_parts(self, /) -> tuple[ScorePart, ...]:
        """
        The parts of the score.
        """
    @property
    def since(self, /) -> Day | None:
        """
        The day it begins with, where one was named.
        """

@final
class Connection:
    """
    One sign-in of a user at an institution.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, id: SupportsIndex, provider: str, provider_id: str, institution: InstitutionRef | None, status: ConnectionStatus, history: HistoryStatus, created_at: Instant, synced_at: Instant | None, fault: ConnectionFault | None, consent_expires_at: Instant | None, bank_updated_at: Instant | None, bank_failed_at: Instant | None, new_accounts_available: bool) -> Connection: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def bank_failed_at(self, /) -> Instant | None:
        """
        When the provider last failed to.
        """
    @property
    def bank_updated_at(self, /) -> Instant | None:
        """
        When the provider last got data from the bank.
        """
    @property
    def consent_expires_at(self, /) -> Instant | None:
        """
        When the user's consent ends.
        """
    @property
    def created_at(self, /) -> Instant:
        """
        When it was linked.
        """
    @property
    def fault(self, /) -> ConnectionFault | None:
        """
        What last went wrong, until a sync goes well.
        """
    @property
    def history(self, /) -> HistoryStatus:
        """
        How much of its history the bank has handed out.
        """
    @property
    def id(self, /) -> int:
        """
        Its identifier.
        """
    @property
    def institution(self, /) -> InstitutionRef | None:
        """
        The institution.
        """
    @property
    def new_accounts_available(self, /) -> bool:
        """
        Whether the bank has accounts that are not shared.
        """
    @property
    def provider(self, /) -> str:
        """
        The provider's name; `manual` for what is kept by hand.
        """
    @property
    def provider_id(self, /) -> str:
        """
        The provider's identifier.
        """
    @property
    def status(self, /) -> ConnectionStatus:
        """
        Its state.
        """
    @property
    def synced_at(self, /) -> Instant | None:
        """
        When it was last synced with success.
        """

@final
class ConnectionFault:
    """
    What last went wrong with a connection.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, kind: ProviderErrorKind, code: str | None, user_message: str, at: Instant) -> ConnectionFault: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def at(self, /) -> Instant:
        """
        When it happened.
        """
    @property
    def code(self, /) -> str | None:
        """
        The provider's own code.
        """
    @property
    def kind(self, /) -> ProviderErrorKind:
        """
        What it asks for.
        """
    @property
    def user_message(self, /) -> str:
        """
        A sentence for the user.
        """

@final
class ConnectionReport:
    """
    How one connection does, for a screen.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, connection: SupportsIndex, institution: InstitutionRef | None, name: str, state: ConnectionStatus, linked_at: Instant, synced_at: Instant | None, bank_updated_at: Instant | None, bank_failed_at: Instant | None, fault: ConnectionFault | None, consent_expires_at: Instant | None, new_accounts_available: bool, open_accounts: SupportsIndex, next_due: Due | None, action: ConnectionTodo, sentence: str) -> ConnectionReport: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def action(self, /) -> ConnectionTodo:
        """
        What to do.
        """
    @property
    def bank_failed_at(self, /) -> Instant | None:
        """
        The bank's last failure.
        """
    @property
    def bank_updated_at(self, /) -> Instant | None:
        """
        The bank's last success.
        """
    @property
    def connection(self, /) -> int:
        """
        The connection.
        """
    @property
    def consent_expires_at(self, /) -> Instant | None:
        """
        When the user's consent ends.
        """
    @property
    def fault(self, /) -> ConnectionFault | None:
        """
        What last went wrong, until a sync goes well.
        """
    @property
    def institution(self, /) -> InstitutionRef | None:
        """
        The institution.
        """
    @property
    def linked_at(self, /) -> Instant:
        """
        When it was linked.
        """
    @property
    def name(self, /) -> str:
        """
        What to call it.
        """
    @property
    def new_accounts_available(self, /) -> bool:
        """
        Whether the bank has accounts that are not shared.
        """
    @property
    def next_due(self, /) -> Due | None:
        """
        When it is synced next.
        """
    @property
    def open_accounts(self, /) -> int:
        """
        Accounts that the bank lists.
        """
    @property
    def sentence(self, /) -> str:
        """
        All of it in a sentence for the user.
        """
    @property
    def state(self, /) -> ConnectionStatus:
        """
        Its state.
        """
    @property
    def synced_at(self, /) -> Instant | None:
        """
        Our last success.
        """

@final
class ConnectionSchedule:
    """
    The schedule of one connection.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, connection: SupportsIndex, name: str | None, status: ConnectionStatus, frequency: str, last_attempt: LastAttempt | None, failures: SupportsIndex, due: Due, synced_by: str | None) -> ConnectionSchedule: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def connection(self, /) -> int:
        """
        The connection.
        """
    @property
    def due(self, /) -> Due:
        """
        When it is due.
        """
    @property
    def failures(self, /) -> int:
        """
        Failures in a row.
        """
    @property
    def frequency(self, /) -> str:
        """
        How often it is synced, such as `every_6_hours`.
        """
    @property
    def last_attempt(self, /) -> LastAttempt | None:
        """
        The last attempt.
        """
    @property
    def name(self, /) -> str | None:
        """
        What to call it.
        """
    @property
    def status(self, /) -> ConnectionStatus:
        """
        Its state.
        """
    @property
    def synced_by(self, /) -> str | None:
        """
        Who is syncing it right now.
        """

@final
class ConnectionSync:
    """
    What a sync did to one connection.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, connection: SupportsIndex, run: SyncRun | None, duration: timedelta, error: OperationError | None, unlisted_account_types: Sequence[str]) -> ConnectionSync: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def connection(self, /) -> int:
        """
        The connection.
        """
    @property
    def duration(self, /) -> timedelta:
        """
        How long it took, waiting included.
        """
    @property
    def error(self, /) -> OperationError | None:
        """
        Why it failed.
        """
    @property
    def run(self, /) -> SyncRun | None:
        """
        The attempt; `None` when there was none.
        """
    @property
    def unlisted_account_types(self, /) -> tuple[str, ...]:
        """
        Account types of the provider that the engine does not know.
        """

@final
class ConnectionTodo:
    """
    What to do about a connection.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, kind: str, select_accounts: bool, until: Instant | None) -> ConnectionTodo: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def kind(self, /) -> str:
        """
        `nothing`, `update` (open the dialogue in update mode), `link_again`, `wait` or `contact_support`.
        """
    @property
    def select_accounts(self, /) -> bool:
        """
        In update mode, whether the user should choose accounts.
        """
    @property
    def until(self, /) -> Instant | None:
        """
        Until when to wait, where that is known.
        """

@final
class ConnectionsReport:
    """
    How every connection does, and all of them together.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, at: Instant, connections: Sequence[ConnectionReport], overall: ConnectionsSummary) -> ConnectionsReport: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def at(self, /) -> Instant:
        """
        When this was so.
        """
    @property
    def connections(self, /) -> tuple[ConnectionReport, ...]:
        """
        Each connection.
        """
    @property
    def overall(self, /) -> ConnectionsSummary:
        """
        All of them.
        """

@final
class ConnectionsSummary:
    """
    How all connections do.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, connections: SupportsIndex, need_user: SupportsIndex, need_support: SupportsIndex, worst: SupportsIndex | None, state: ConnectionStatus | None, fault: ConnectionFault | None, action: ConnectionTodo, synced_at: Instant | None, bank_updated_at: Instant | None, sentence: str) -> ConnectionsSummary: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def action(self, /) -> ConnectionTodo:
        """
        What to do about it.
        """
    @property
    def bank_updated_at(self, /) -> Instant | None:
        """
        The oldest of the banks' last successes.
        """
    @property
    def connections(self, /) -> int:
        """
        How many there are.
        """
    @property
    def fault(self, /) -> ConnectionFault | None:
        """
        What went wrong with it.
        """
    @property
    def need_support(self, /) -> int:
        """
        How many need the application's makers.
        """
    @property
    def need_user(self, /) -> int:
        """
        How many need the user.
        """
    @property
    def sentence(self, /) -> str:
        """
        All of it in a sentence for the user.
        """
    @property
    def state(self, /) -> ConnectionStatus | None:
        """
        Its state.
        """
    @property
    def synced_at(self, /) -> Instant | None:
        """
        The oldest of our last successes.
        """
    @property
    def worst(self, /) -> int | None:
        """
        The one that does worst.
        """

@final
class Count:
    """
    A count by name.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, name: str, count: SupportsIndex) -> Count: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def count(self, /) -> int:
        """
        How many.
        """
    @property
    def name(self, /) -> str:
        """
        The name.
        """

@final
class CurrencyTotal:
    """
    What all accounts of one currency come to.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, currency: str, net: Money | None, by_class: Sequence[ClassTotal]) -> CurrencyTotal: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def by_class(self, /) -> tuple[ClassTotal, ...]:
        """
        Each class.
        """
    @property
    def currency(self, /) -> str:
        """
        The currency.
        """
    @property
    def net(self, /) -> Money | None:
        """
        What is owned less what is owed; `None` when it does not fit.
        """

@final
class Decision:
    """
    What to do with one incoming row.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, action: DedupAction, stored: SupportsIndex | None, of: SupportsIndex | None, score: SupportsIndex, reasons: Sequence[Reason]) -> Decision: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def action(self, /) -> DedupAction:
        """
        What to do.
        """
    @property
    def of(self, /) -> int | None:
        """
        The incoming row that it repeats.
        """
    @property
    def reasons(self, /) -> tuple[Reason, ...]:
        """
        Why.
        """
    @property
    def score(self, /) -> int:
        """
        How sure that is, 0 to 100.
        """
    @property
    def stored(self, /) -> int | None:
        """
        The stored row that it is.
        """

@final
class DedupPolicy:
    """
    When two rows are one transaction.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, date_window_days: SupportsIndex = ..., pending_window_days_back: SupportsIndex = ..., pending_backward_only: bool = ..., strict_ids: bool = ..., cross_provider: bool = ..., in_batch_dedup: InBatchDedup = ..., reimport_deleted: bool = ...) -> DedupPolicy: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def cross_provider(self, /) -> bool:
        """
        Whether a row of one provider may match a row of another.
        """
    @property
    def date_window_days(self, /) -> int:
        """
        How many days a file's or a re-linked row may lie from the stored row of the same amount.
        """
    @property
    def in_batch_dedup(self, /) -> InBatchDedup:
        """
        What becomes of incoming rows that are identical to each other.
        """
    @property
    def pending_backward_only(self, /) -> bool:
        """
        Whether a pending row must not be dated after the posted row that replaces it.
        """
    @property
    def pending_window_days_back(self, /) -> int:
        """
        How many days before the posted row its pending row may lie when no link names it.
        """
    @property
    def reimport_deleted(self, /) -> bool:
        """
        Whether a row that the user deleted comes back when it is imported again.
        """
    @property
    def strict_ids(self, /) -> bool:
        """
        Whether two rows of one source whose identifiers differ are always two transactions.
        """

@final
class DedupSuggestion:
    """
    Two rows that may be one, which a person decides.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, incoming: SupportsIndex, stored: SupportsIndex, score: SupportsIndex, reasons: Sequence[Reason]) -> DedupSuggestion: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def incoming(self, /) -> int:
        """
        The incoming row.
        """
    @property
    def reasons(self, /) -> tuple[Reason, ...]:
        """
        Why.
        """
    @property
    def score(self, /) -> int:
        """
        How alike they are, 0 to 100.
        """
    @property
    def stored(self, /) -> int:
        """
        The stored row.
        """

@final
class Deduplication:
    """
    What to do with a batch of incoming rows.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, decisions: Sequence[Decision], suggestions: Sequence[DedupSuggestion]) -> Deduplication: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def decisions(self, /) -> tuple[Decision, ...]:
        """
        A decision for each incoming row, in their order.
        """
    @property
    def suggestions(self, /) -> tuple[DedupSuggestion, ...]:
        """
        Pairs that a person decides.
        """

@final
class Due:
    """
    When a connection is synced next.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, kind: str, at: Instant | None, why: str | None) -> Due: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def at(self, /) -> Instant | None:
        """
        When.
        """
    @property
    def kind(self, /) -> str:
        """
        `at`, `paused` or `never` (by request only).
        """
    @property
    def why(self, /) -> str | None:
        """
        What makes it due, or why it is paused.
        """

@final
class DuplicateConnection:
    """
    A connection that the user has already, or had.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, connection: SupportsIndex, needs_repair: bool, has_ended: bool, reason: str) -> DuplicateConnection: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def connection(self, /) -> int:
        """
        That connection.
        """
    @property
    def has_ended(self, /) -> bool:
        """
        Whether it has ended.
        """
    @property
    def needs_repair(self, /) -> bool:
        """
        Whether it needs a repair, for which update mode serves.
        """
    @property
    def reason(self, /) -> str:
        """
        Why they are taken for the same.
        """

@final
class DuplicatePair:
    """
    Two rows that may be one transaction.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, keep: SupportsIndex, drop: SupportsIndex, score: SupportsIndex, reasons: Sequence[Reason]) -> DuplicatePair: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def drop(self, /) -> int:
        """
        The row to drop.
        """
    @property
    def keep(self, /) -> int:
        """
        The row to keep.
        """
    @property
    def reasons(self, /) -> tuple[Reason, ...]:
        """
        Why.
        """
    @property
    def score(self, /) -> int:
        """
        How alike they are, 0 to 100.
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
    def account_health(self, /, user: str, account: SupportsIndex) -> AccountReport:
        """
        How an account does, and what would help.
        """
    def account_totals(self, /, user: str) -> tuple[AccountTotals, ...]:
        """
        What the rows of each account sum up to.
        """
    def accounts(self, /, user: str) -> tuple[Account, ...]:
        """
        Every account of the user, in the order they came; those that the bank no longer lists included.
        """
    def accounts_arrow(self, /, user: str, *, accounts: Sequence[SupportsIndex] | None = None, columns: Sequence[str] | None = None, decimals: SupportsIndex = 18) -> ArrowStream:
        """
        Accounts as an Arrow table, in the order they came: `id`, `connection`, `name`, `official_name`, `mask`, `kind`,
        `provider_type`, `provider_subtype`, `holder`, the balances `current`, `available`, `limit` with their `currency`,
        `updated_at`, `balances_at`, `status`, `imported_id`, `persistent_id`. Nothing is read yet. `columns` and `decimals` are as in
        `transactions_arrow`.
        """
    def acting_as(self, /, name: str | None) -> Engine:
        """
        The same engine in somebody else's name: the audit trail says that they did what it does. `None` is the user.
        """
    def add_statement(self, /, user: str, account: SupportsIndex, date: Day, balance: Decimal | int, *, debts_are_positive: bool = False) -> Statement:
        """
        Writes down what a statement says an account held at the end of a day: negative when money is owed, or, with
        `debts_are_positive`, as banks print what is owed.
        """
    def add_transaction(self, /, user: str, account: SupportsIndex, date: Day, amount: Decimal | int, description: str, *, currency: str | None = None, payee: str | None = None, category: str | None = None, note: str | None = None, check_number: str | None = None) -> Transaction:
        """
        Types in a transaction: positive into the account, negative out of it. When the bank reports it later with a
        text that is alike, it stays one row; where yours says something else, both stand until `merge_transactions` makes them one.
        """
    def apply_categories(self, /, user: str | None, claim: SupportsIndex, answers: Sequence[CategoryAnswer]) -> int:
        """
        Writes answers of a claim down, and says how many rows got one. The user's own choice always wins. Rows without an answer are not
        asked about again. `user` is the one that was claimed for.
        """
    def apply_categories_arrow(self, /, user: str | None, claim: SupportsIndex, answers: ArrowReadable, *, source: str | None = None) -> int:
        """
        Writes answers of a claim down, read from an Arrow table, and says how many rows have another category than before. The
        user's own choice always wins.

        `answers` is anything that hands out Arrow (`__arrow_c_stream__`): a table of pyarrow, a frame of polars or pandas, a
        relation of DuckDB. It has the columns `transaction` (whole numbers) and `category` (texts); and, if it likes, `confidence`
        (whole numbers from 0 to 100) and `source` (who assigned the category, where that is not `source`). A row whose category is
        null has no answer; such rows are not asked about again. The table is read before the call returns or is awaited.

        Raises `InvalidInputError` when a column is missing or of another type, and for a row that is none of the claim's or is
        answered twice; `StoreError` when the claim does not hold any more. Nothing is changed then.
        """
    def audit_trail(self, /, user: str, *, after: SupportsIndex = 0, limit: SupportsIndex = 100) -> tuple[AuditEntry, ...]:
        """
        Entries of the user's audit trail after a number, oldest first.
        """
    def balance_history(self, /, user: str, account: SupportsIndex, *, since: Day | None = None, until: Day | None = None, limit: SupportsIndex = 100) -> tuple[BalanceEntry, ...]:
        """
        The balances an account had, newest first, between two days, both included.
        """
    def balances_arrow(self, /, user: str, *, accounts: Sequence[SupportsIndex] | None = None, since: Day | None = None, until: Day | None = None, columns: Sequence[str] | None = None, decimals: SupportsIndex = 18, batch_rows: SupportsIndex = 32768) -> ArrowStream:
        """
        The balances that accounts had as an Arrow table, account by account and newest first: `account`, `at`, `current`,
        `available`, `limit`, `currency`, `updated_at`, `source`. Nothing is read yet. Days are both included; `columns` and
        `decimals` are as in `transactions_arrow`. A batch may be larger than `batch_rows` by the history of one account.
        """
    def categorize_now(self, /, user: str) -> CategorizeReport:
        """
        Categorises what waits, with rules, with what the user's choices teach, and with the engine's categoriser.
        """
    def category_backlog(self, /, user: str) -> CategoryBacklog:
        """
        How many rows of the user wait for a category.
        """
    def category_rules(self, /, user: str) -> tuple[CategoryRule, ...]:
        """
        The user's rules, in the order they are tried.
        """
    def claim_uncategorised(self, /, user: str | None, *, limit: SupportsIndex = 500) -> CategoryClaim | None:
        """
        Takes up to `limit` rows that no model has given a category, of one user or of all, so that nobody else gets them until the
        claim ends; `None` when there are none. Give the answers to `apply_categories`, or the rows back with `release_categories`.
        """
    def claim_uncategorised_arrow(self, /, user: str | None, *, limit: SupportsIndex = 500) -> CategoryClaimTable | None:
        """
        Like `claim_uncategorised`, with the rows as an Arrow table; `None` when no row waits.

        `user` is whose rows, or `None` for those of all users.
        """
    def close(self, /) -> None:
        """
        Ends what goes on and waits until it has ended: also for a token that is being exchanged although whoever linked gave up, and for
        leases on their way back. Whatever is asked of the engine later raises `ClosedError`.
        """
    def close_manual_account(self, /, user: str, account: SupportsIndex) -> Account:
        """
        Closes an account that is kept by hand; its rows stay.
        """
    def connection_status(self, /, user: str) -> ConnectionsReport:
        """
        Whether the user's connections work, and what to do where one does not. No connections is an answer too.
        """
    def connections(self, /, user: str) -> tuple[Connection, ...]:
        """
        Every connection of the user, oldest first; those that were removed with their records kept, and the one of accounts kept by
        hand, included.
        """
    def create_link_token(self, /, user: str, client_name: str, *, connection: SupportsIndex | None = None, select_accounts: bool = False, products: Sequence[str] | None = None, days_requested: SupportsIndex | None = None, language: str = ..., country_codes: Sequence[str] | None = None, webhook: str | None = None, redirect_uri: str | None = None) -> LinkSession:
        """
        Opens a session of the link dialogue: for a new bank, or with `connection` in update mode, which repairs or changes that one.

        `client_name` is what the dialogue calls the application. `products` are the provider's; a new connection has transactions unless told
        otherwise. `days_requested` of history cannot be changed later.
        """
    def create_manual_account(self, /, user: str, name: str, kind: AccountKind, currency: str, *, mask: str | None = None, holder_category: str | None = None, opening: tuple[Decimal | int, Day] | None = None) -> Account:
        """
        Opens an account that the user keeps by hand. `opening` is a balance, negative when money is owed, and the day at whose end it held.
        """
    def duplicates_arrow(self, /, user: str, *, accounts: Sequence[SupportsIndex] | None = None, columns: Sequence[str] | None = None) -> ArrowStream:
        """
        Pairs of rows that may be one, as `review_duplicates` finds them, as an Arrow table, account by account and the likeliest
        first: `account`, `keep`, `drop` (the rows), `score` (0 to 100), `reasons` (in words). Nothing is read yet.
        """
    def edit_transaction(self, /, user: str, transaction: SupportsIndex, *, name: str | None | EllipsisType = ..., category: str | None | EllipsisType = ..., note: str | None | EllipsisType = ..., hidden: bool | None = None, deleted: bool | None = None, amount: Decimal | int | None | EllipsisType = ..., date: Day | None | EllipsisType = ..., counts_while_pending: bool | None | EllipsisType = ..., parts: Sequence[TransactionPart] | None = None) -> Transaction:
        """
        Changes a transaction for the user. What they change wins over later updates of the bank.

        `...` leaves a field as it is, and `None` gives it back to the bank. `parts` splits it; they must sum up to its amount, and an empty
        sequence joins it again.
        """
    def edit_transactions(self, /, user: str, transactions: Sequence[SupportsIndex], *, name: str | None | EllipsisType = ..., category: str | None | EllipsisType = ..., note: str | None | EllipsisType = ..., hidden: bool | None = None, deleted: bool | None = None, amount: Decimal | int | None | EllipsisType = ..., date: Day | None | EllipsisType = ..., counts_while_pending: bool | None | EllipsisType = ..., parts: Sequence[TransactionPart] | None = None) -> tuple[Transaction, ...]:
        """
        Changes several transactions in the same way: all of them, or none.
        """
    def events(self, /, user: str, *, after: SupportsIndex = 0) -> Events:
        """
        The user's events after the one with this number, or from the first with 0. Keep the number of the last event you saw.
        """
    def export(self, /, user: str, format: ExportFormat, *, since: Day | None = None, until: Day | None = None, byte_order_mark: bool = False) -> Export:
        """
        Everything of the user, as `csv` (transactions for a spreadsheet) or `json` (all records), in pieces of bytes that together are
        the file.
        """
    def finish_update(self, /, user: str, connection: SupportsIndex) -> ConnectionSync:
        """
        Tells that the user finished the dialogue in update mode: the warning goes, and what they missed is synced.
        """
    def forget_user(self, /, user: str, *, even_if_the_provider_fails: bool = False) -> ErasureReceipt:
        """
        Erases everything of a user, and ends their connections first. The receipt proves it.
        """
    def handle_webhook(self, /, headers: Sequence[tuple[str, str]], body: bytes | bytearray) -> WebhookOutcome:
        """
        Handles a webhook: its headers, and its body exactly as it came.

        Raises `WebhookError` when it is forged or stale; whatever else it is about is marked, and its connection made due.
        """
    def import_file(self, /, user: str, account: SupportsIndex, file: bytes | bytearray, *, layout: str | None = None, file_account: str | None = None, skip_unreadable: bool = False) -> ImportReport:
        """
        Reads a bank's file (CSV or OFX) into an account. What stands in the books already is not doubled.

        `layout` is how a table is read, as an earlier report's `layout` gives it; without it the file is looked at, and `UnclearLayoutError` is
        raised where it can be read in several ways: its `layout` is a guess to be mended. `file_account` names one of several accounts of a
        file. A row that cannot be read refuses the file, unless `skip_unreadable` leaves it out.

        A layout is a JSON object. Columns are counted from 0, and those that a table does not have are null: `date`; `date_order`
        (`day_month_year`, `month_day_year` or `year_month_day`); `amount`, which is `{"one": {"column": 1, "positive_out": false}}`, or
        `{"marked": {"column": 1, "mark": 2}}` where `mark` has a word for the direction, or `{"debit_credit": {"debit": 1, "credit": 2}}`;
        `decimal` (`point` or `comma`, before the decimals); `description` (a list of columns), `payee`, `currency`, `id`, `check_number`;
        `skip` (records before the first row), `delimiter`, `quote`, and `encoding` (`auto`, `utf8`, `utf16_le`, `utf16_be` or `windows1252`).
        """
    def last_event(self, /, user: str) -> int:
        """
        The number of the user's newest event; 0 before the first.
        """
    def link(self, /, user: str, public_token: PublicToken, *, institution: InstitutionRef | None = None, accounts: Sequence[LinkedAccount] = ..., allow_duplicate: bool = False) -> Linked:
        """
        Turns the public token of a finished dialogue into a connection with its accounts and a first sync.

        With the institution and accounts from the dialogue's metadata, a bank that the user has already is found before the token is
        exchanged: then it raises `AlreadyLinkedError`, unless `allow_duplicate`.
        """
    def merge_connections(self, /, user: str, source: SupportsIndex, target: SupportsIndex, *, account_answers: Sequence[tuple[SupportsIndex, SupportsIndex | None]] = ..., row_answers: Sequence[tuple[SupportsIndex, SupportsIndex]] = ..., even_if_the_provider_fails: bool = False, reason: str | None = None) -> MergeReport:
        """
        Merges the older connection `source` into the newer one `target`; history and edits are kept.
        """
    def merge_transactions(self, /, user: str, keep: SupportsIndex, drop: SupportsIndex) -> Transaction:
        """
        Makes one transaction of two: `keep` stays, with the edits of both; `drop` goes and does not come back.
        """
    @classmethod
    def open(cls, /, url: str, provider: Plaid | BankProvider | None = None, *, token_key: bytes | bytearray | None = None, token_key_name: str = ..., earlier_token_keys: dict[str, bytes | bytearray] = ..., keep_raw: bool = True, options: EngineOptions | None = None, name: str | None = None, frequency: str | None = None, concurrent_connections: SupportsIndex | None = None, gap_seconds: SupportsIndex | None = None) -> Engine:
        """
        Opens the store that a URL names (`memory:`, `sqlite:books.db`, `postgres://user@host/database`), and makes it if it is new.

        Its arguments and errors are those of `AsyncEngine.open`.
        """
    def plan_merge(self, /, user: str, source: SupportsIndex, target: SupportsIndex, *, account_answers: Sequence[tuple[SupportsIndex, SupportsIndex | None]] = ..., row_answers: Sequence[tuple[SupportsIndex, SupportsIndex]] = ...) -> MergePlan:
        """
        Says what a merge of two connections to one bank would do, and changes no rows.

        `account_answers` are pairs of a newer account and the older one it is, `None` for none of them; `row_answers` are pairs of a newer row
        and the older one it is.
        """
    def preview_import(self, /, user: str, account: SupportsIndex, file: bytes | bytearray, *, layout: str | None = None, file_account: str | None = None, skip_unreadable: bool = False) -> ImportReport:
        """
        Says what an import would do, and changes nothing. Its arguments are those of `import_file`.
        """
    def prune_events(self, /) -> int:
        """
        Drops events that need not be kept any longer, of all users, and says how many.
        """
    def reconcile(self, /, user: str, *, connection: SupportsIndex | None = None, accounts: Sequence[SupportsIndex] | None = None, since: Day | None = None, policy: ReconcilePolicy | None = None) -> ReconcileReport:
        """
        Compares accounts with what the bank and statements say, and explains every difference.

        `policy` says how closely they must agree; without one, each account has that of its currency (`ReconcilePolicy.of_currency`).
        """
    def reconciliation(self, /, user: str, reconciliation: SupportsIndex) -> ReconciliationRecord:
        """
        A comparison that was made, with what was accepted of it.
        """
    def reconciliations(self, /, user: str, account: SupportsIndex, *, limit: SupportsIndex = 20) -> tuple[ReconciliationSummary, ...]:
        """
        The comparisons of an account, newest first.
        """
    def records(self, /, user: str) -> tuple[Count, ...]:
        """
        How many records of each kind there are of a user.
        """
    def refresh_transactions(self, /, user: str, connection: SupportsIndex) -> None:
        """
        Asks the provider to look at the bank soon. What it finds comes with a later sync.
        """
    def release_categories(self, /, user: str | None, claim: SupportsIndex) -> None:
        """
        Gives the rows of a claim back, to be tried again later.
        """
    def remove_connection(self, /, user: str, connection: SupportsIndex, *, erase: bool = False, even_if_the_provider_fails: bool = False, reason: str | None = None) -> Removal:
        """
        Ends a connection, at the provider too. `erase` also erases its accounts and rows; otherwise they stay and are not synced.
        """
    def remove_statement(self, /, user: str, account: SupportsIndex, date: Day) -> None:
        """
        Takes a statement back.
        """
    def request_sync(self, /, user: str, *, connection: SupportsIndex | None = None, accounts: Sequence[SupportsIndex] | None = None) -> tuple[ConnectionSchedule, ...]:
        """
        Makes connections due, so that a worker syncs them next.
        """
    def resolve(self, /, user: str, reconciliation: SupportsIndex, explanation: SupportsIndex, *, reason: str | None = None) -> Resolution:
        """
        Accepts an explanation: exactly its proposed change is made.
        """
    def review_duplicates(self, /, user: str, account: SupportsIndex) -> tuple[DuplicatePair, ...]:
        """
        Pairs of rows of an account that may be one transaction, the most alike first.
        """
    def run_worker(self, /, shutdown: Cancellation, *, name: str = ..., at_once: SupportsIndex = 4) -> WorkerReport:
        """
        Syncs whatever is due, of all users, until `shutdown` is cancelled. Several workers share one store.

        What is under way when it is told to end is ended cleanly, and its connections are free at once. Cancelled in another way, or when the
        engine is closed, it drops its work, and its connections are free when their leases end: a minute later.
        """
    def schedule(self, /, user: str) -> tuple[ConnectionSchedule, ...]:
        """
        When each connection of the user is due, and who is at work.
        """
    def scheduler_status(self, /, user: str) -> SchedulerStatus:
        """
        What of the user's connections is due, planned, paused and running.
        """
    def set_category_rules(self, /, user: str, rules: Sequence[CategoryRule]) -> None:
        """
        Sets all of the user's rules. The first one that fits a row decides; rows in the books are looked at again.
        """
    def set_sync_frequency(self, /, user: str, connection: SupportsIndex, frequency: str) -> ConnectionSchedule:
        """
        Sets how often a connection is synced: `manual`, `hourly`, `every_6_hours`, `daily`, `weekly`, `on_webhook` or
        `on_webhook_or_every_12_hours`, with other numbers of hours as well.
        """
    def statements(self, /, user: str, account: SupportsIndex) -> tuple[Statement, ...]:
        """
        The statements that were written down for an account, oldest first.
        """
    def sync_balances(self, /, user: str, *, connection: SupportsIndex | None = None, accounts: Sequence[SupportsIndex] | None = None) -> BalanceReport:
        """
        Asks the banks for live balances. Where that fails the report has the cached or stored ones, and says why.
        """
    def sync_now(self, /, user: str, *, connection: SupportsIndex | None = None, accounts: Sequence[SupportsIndex] | None = None) -> SyncReport:
        """
        Syncs now what is not paused for a reason that a sync cannot mend.
        """
    def sync_overview(self, /, user: str) -> SyncOverview:
        """
        Everything on one page: all accounts, the one that does worst first, totals, and what is due next.
        """
    def sync_runs(self, /, user: str, connection: SupportsIndex, *, limit: SupportsIndex = 20) -> tuple[SyncRun, ...]:
        """
        The latest attempts to sync a connection, newest first.
        """
    def sync_status(self, /, user: str, *, connection: SupportsIndex | None = None, account: SupportsIndex | None = None) -> SyncStatus:
        """
        One connection in depth, or the one that an account came through.
        """
    def sync_transactions(self, /, user: str, *, connection: SupportsIndex | None = None, accounts: Sequence[SupportsIndex] | None = None, since: Day | None = None, until: Day | None = None, cancellation: Cancellation | None = None) -> SyncReport:
        """
        Pulls what is new: of all connections, of one, or of those that chosen accounts came through.

        One that fails does not stop the others; the report says how each went. Each is stored whole or not at all. With `since` or `until` the
        report also has the transactions of those days. `cancellation` ends it early: what is stored stays, and the report says the rest.
        """
    def transaction(self, /, user: str, transaction: SupportsIndex) -> Transaction:
        """
        One transaction, whatever its state.
        """
    def transaction_days(self, /, user: str, *, accounts: Sequence[SupportsIndex] | None = None, since: Day | None = None, until: Day | None = None, rows: RowSelection | None = None) -> tuple[tuple[Day, int], ...]:
        """
        How many transactions lie on each day, newest first, as `(day, count)`; a day without one is left out. Accounts, days and `rows` are
        chosen as in `transactions`.
        """
    def transaction_history(self, /, user: str, transaction: SupportsIndex) -> tuple[AuditEntry, ...]:
        """
        What people did to a transaction, oldest first.
        """
    def transaction_json(self, /, user: str, transaction: SupportsIndex) -> str | None:
        """
        The provider's own JSON of a transaction, as it was sent; `None` when it was not kept.
        """
    def transactions(self, /, user: str, *, accounts: Sequence[SupportsIndex] | None = None, since: Day | None = None, until: Day | None = None, limit: SupportsIndex = 100, after: tuple[Day, SupportsIndex] | None = None, rows: RowSelection | None = None) -> tuple[Transaction, ...]:
        """
        A page of transactions, newest first: of chosen accounts or all, between two days, both included.

        The next page begins `after` the last row of this one: give its `(date, id)`. `rows` says which ones: those that count and are not
        hidden (`live`, unless you choose), hidden ones too (`with_hidden`), all (`any`), those that the user deleted (`deleted_by_user`), those
        of them that would count again (`restorable`), or those that count and that the bank has not reported (`awaiting_the_bank`).
        """
    def transactions_arrow(self, /, user: str, *, accounts: Sequence[SupportsIndex] | None = None, since: Day | None = None, until: Day | None = None, rows: RowSelection | None = None, columns: Sequence[str] | None = None, decimals: SupportsIndex = 18, batch_rows: SupportsIndex = 32768) -> ArrowStream:
        """
        Transactions as an Arrow table, newest first: of chosen accounts or all, between two days, both included. Nothing is read yet.

        `rows` is as in `transactions`. Accounts, days and rows are chosen in the database, and columns that are not among `columns`
        are not read. The columns, in this order unless you choose: `id`, `account`, `connection` (int64); `date` (date32);
        `amount` (decimal128 of 38 digits, `decimals` of them decimals; positive is money in), `currency`; `name`, `description`,
        `original_description`, `merchant_name`, `merchant_id`; `category`, `category_source` (who says so: `user`, `rule`, `memory`,
        the name of a model, or `provider`), `provider_category`, `assigned_category`, `assigned_source`, `confidence` (of the assigned
        one, uint8 from 0 to 100); `pending`, `hidden` (bool); `state`, `origin`, `channel`; `note`; `imported_id`, `code`,
        `check_number`, `merchant_category_code`; `authorized_date`; `datetime`, `authorized_datetime`, `created_at`, `updated_at`
        (timestamps in UTC, to the microsecond). Texts that many rows share are dictionaries. What is unknown is null.

        Amounts are exact: reading one that has more decimals, or more digits before them than there is room for, fails. Raises
        `InvalidInputError` for a column that does not exist and for reversed days.
        """
    def undo_resolution(self, /, user: str, reconciliation: SupportsIndex, explanation: SupportsIndex, *, reason: str | None = None) -> Resolution:
        """
        Takes back what accepting an explanation changed.
        """
    def update_manual_account(self, /, user: str, account: SupportsIndex, *, name: str | None = None, kind: AccountKind | None = None, mask: str | None | EllipsisType = ..., balance: tuple[Decimal | int, Day] | None | EllipsisType = ..., limit: Decimal | int | None | EllipsisType = ..., reopen: bool = False) -> Account:
        """
        Changes an account that is kept by hand; `...` leaves a field as it is, and `None` empties it.
        """
    def verify_audit(self, /, user: str, *, kept: AuditHead | None = None) -> AuditReport:
        """
        Checks the whole trail: whether an entry was changed, added or taken away. `kept` is a head that was kept elsewhere.
        """
    def with_categorizer(self, /, categorizer: Categorizer) -> Engine:
        """
        The same engine with a categoriser of yours, an object with the methods of `Categorizer`. It is asked about new rows after each
        sync, and by `categorize_now`.
        """
    def with_progress(self, /, listener: ProgressListener) -> Engine:
        """
        The same engine with a function that is called with a `SyncProgress` for each step of long operations, in order: syncs,
        balances, comparisons, imports, merges, removals, verifications. What it raises is reported to `sys.unraisablehook` and stops nothing.
        It runs in a thread of its own while the engine waits for it, one call at a time for each connection.
        """

@final
class EngineOptions:
    """
    How an engine works. What is left out is as it is without options.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, pager: PagerPolicy = ..., concurrent_connections: SupportsIndex = ..., concurrent_accounts: SupportsIndex = ..., dedup: DedupPolicy = ..., imports: ImportPolicy = ..., oldest_live_balance: timedelta = ..., frequency: str = ..., schedule: SchedulePolicy = ..., event_retention: EventRetention = ..., lease: LeasePolicy = ..., name: str = ..., progress: ProgressPolicy = ..., health: HealthPolicy = ..., status: StatusPolicy = ..., categories: CategoryPolicy = ...) -> EngineOptions: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def categories(self, /) -> CategoryPolicy:
        """
        How rows are categorised.
        """
    @property
    def concurrent_accounts(self, /) -> int:
        """
        Accounts compared with the bank at once. Each holds the rows of its comparison in memory.
        """
    @property
    def concurrent_connections(self, /) -> int:
        """
        Connections synced at once, each of which holds one whole update in memory until it is stored; and connections asked for
        balances at once.
        """
    @property
    def dedup(self, /) -> DedupPolicy:
        """
        When two rows are one transaction.
        """
    @property
    def event_retention(self, /) -> EventRetention:
        """
        Which events are kept.
        """
    @property
    def frequency(self, /) -> str:
        """
        How often connections that are linked from now on are synced, unless somebody chooses otherwise.
        """
    @property
    def health(self, /) -> HealthPolicy:
        """
        How the health of accounts is judged.
        """
    @property
    def imports(self, /) -> ImportPolicy:
        """
        How large files may be.
        """
    @property
    def lease(self, /) -> LeasePolicy:
        """
        How syncs of one connection keep out of each other's way.
        """
    @property
    def name(self, /) -> str:
        """
        Under which name leases are taken: who is told to be syncing a connection.
        """
    @property
    def oldest_live_balance(self, /) -> timedelta:
        """
        How old a balance may be at institutions that only hand out balances of a stated age.
        """
    @property
    def pager(self, /) -> PagerPolicy:
        """
        Bounds of one update.
        """
    @property
    def progress(self, /) -> ProgressPolicy:
        """
        How much listeners are told.
        """
    @property
    def schedule(self, /) -> SchedulePolicy:
        """
        When connections are due.
        """
    @property
    def status(self, /) -> StatusPolicy:
        """
        Which runs statistics look at.
        """

@final
class ErasureReceipt:
    """
    The proof that a user was forgotten.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, user: str, at: Instant, ended: Sequence[str], not_ended: Sequence[NotEnded], erased: Sequence[Count]) -> ErasureReceipt: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def at(self, /) -> Instant:
        """
        When.
        """
    @property
    def ended(self, /) -> tuple[str, ...]:
        """
        Connections that were ended at their provider.
        """
    @property
    def erased(self, /) -> tuple[Count, ...]:
        """
        Records that were erased, by kind.
        """
    @property
    def not_ended(self, /) -> tuple[NotEnded, ...]:
        """
        Those that could not be.
        """
    @property
    def user(self, /) -> str:
        """
        The user.
        """

@final
class Event:
    """
    Something that changed in a user's books. Only what its kind is about is given.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, number: SupportsIndex, at: Instant, kind: str, connection: SupportsIndex | None, account: SupportsIndex | None, transactions: Sequence[SupportsIndex], status: ConnectionStatus | None, balances: Balances | None, was: SupportsIndex | None, reconciliation: SupportsIndex | None, score: SupportsIndex | None, difference: Money | None, operation: str | None, done: SupportsIndex | None, failed: SupportsIndex | None) -> Event: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def account(self, /) -> int | None:
        """
        The account.
        """
    @property
    def at(self, /) -> Instant:
        """
        When it happened.
        """
    @property
    def balances(self, /) -> Balances | None:
        """
        The new balances.
        """
    @property
    def connection(self, /) -> int | None:
        """
        The connection.
        """
    @property
    def difference(self, /) -> Money | None:
        """
        By how much bank and books differ.
        """
    @property
    def done(self, /) -> int | None:
        """
        How many of it went well.
        """
    @property
    def failed(self, /) -> int | None:
        """
        How many of it failed.
        """
    @property
    def kind(self, /) -> str:
        """
        What happened, such as `transactions_created`.
        """
    @property
    def number(self, /) -> int:
        """
        Its number, one more than the one before it of the same user.
        """
    @property
    def operation(self, /) -> str | None:
        """
        The bulk operation that is complete.
        """
    @property
    def reconciliation(self, /) -> int | None:
        """
        The comparison with the bank.
        """
    @property
    def score(self, /) -> int | None:
        """
        Its score, 0 to 100.
        """
    @property
    def status(self, /) -> ConnectionStatus | None:
        """
        The connection's new state.
        """
    @property
    def transactions(self, /) -> tuple[int, ...]:
        """
        The transactions.
        """
    @property
    def was(self, /) -> int | None:
        """
        Under which number a merged account was known.
        """

@final
class EventRetention:
    """
    Which events are kept.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, keep_for: timedelta = ..., keep_newest: SupportsIndex = ...) -> EventRetention: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def keep_for(self, /) -> timedelta:
        """
        How long every event is kept. A listener that stays away for longer has to read the books anew.
        """
    @property
    def keep_newest(self, /) -> int:
        """
        How many of a user's newest events are kept, however old they are.
        """

@final
class Events:
    """
    A user's events in order, each once: those that are kept, then each as it is written. `for` goes on for ever.
    """
    def __iter__(self, /) -> Events: ...
    def __next__(self, /) -> Event: ...
    def next(self, /, *, timeout: timedelta | None = None) -> Event | None:
        """
        The next event; `None` when none comes within `timeout`.
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
class Explanation:
    """
    What may explain a difference, and what would put it right.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, number: SupportsIndex, kind: ExplanationKind, transactions: Sequence[ComparedRow], anchor: Anchor, amount: Decimal | int, date: Day | None, confidence: SupportsIndex, reason: str, change: ProposedChange) -> Explanation: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def amount(self, /) -> Decimal:
        """
        How much of the difference it explains.
        """
    @property
    def anchor(self, /) -> Anchor:
        """
        The balance it is about.
        """
    @property
    def change(self, /) -> ProposedChange:
        """
        What accepting it changes.
        """
    @property
    def confidence(self, /) -> int:
        """
        How sure it is, 0 to 100.
        """
    @property
    def date(self, /) -> Day | None:
        """
        The day it is about.
        """
    @property
    def kind(self, /) -> ExplanationKind:
        """
        What it is.
        """
    @property
    def number(self, /) -> int:
        """
        Its number in the comparison, for `resolve`.
        """
    @property
    def reason(self, /) -> str:
        """
        What it says, for people.
        """
    @property
    def transactions(self, /) -> tuple[ComparedRow, ...]:
        """
        The rows it is about.
        """

@final
class Export:
    """
    An export piece by piece, for `for`.
    """
    def __iter__(self, /) -> Export: ...
    def __next__(self, /) -> bytes: ...

@final
class FileBalance:
    """
    The balance that a file states.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, line: SupportsIndex, amount: Decimal | int, currency: str | None, day: Day) -> FileBalance: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def amount(self, /) -> Decimal:
        """
        The balance.
        """
    @property
    def currency(self, /) -> str | None:
        """
        Its currency.
        """
    @property
    def day(self, /) -> Day:
        """
        The day at whose end it held.
        """
    @property
    def line(self, /) -> int:
        """
        Its line.
        """

@final
class HealthCap:
    """
    A fault that keeps a health score low, whatever its parts say.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, fault: HardFault, at_most: SupportsIndex) -> HealthCap: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def at_most(self, /) -> int:
        """
        The most that the score can be.
        """
    @property
    def fault(self, /) -> HardFault:
        """
        The fault.
        """

@final
class HealthCaps:
    """
    The highest health score with each hard fault.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, removed: SupportsIndex = ..., revoked: SupportsIndex = ..., needs_sign_in: SupportsIndex = ..., stale_data: SupportsIndex = ..., unreconciled: SupportsIndex = ..., sync_paused: SupportsIndex = ..., disconnecting: SupportsIndex = ..., consent_ends_soon: SupportsIndex = ...) -> HealthCaps: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def consent_ends_soon(self, /) -> int:
        """
        The user's consent ends soon.
        """
    @property
    def disconnecting(self, /) -> int:
        """
        The institution will disconnect soon.
        """
    @property
    def needs_sign_in(self, /) -> int:
        """
        The user must sign in again, or the consent has ended.
        """
    @property
    def removed(self, /) -> int:
        """
        The connection was removed at the provider.
        """
    @property
    def revoked(self, /) -> int:
        """
        Access was withdrawn.
        """
    @property
    def stale_data(self, /) -> int:
        """
        The bank's data is older than the last step of `HealthPolicy.data_age`.
        """
    @property
    def sync_paused(self, /) -> int:
        """
        Syncs are paused until the operator or the provider mends a fault.
        """
    @property
    def unreconciled(self, /) -> int:
        """
        The reconciliation scored below `HealthPolicy.unreconciled_below`.
        """

@final
class HealthPart:
    """
    One part of a health score.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, factor: HealthFactor, weight: SupportsIndex, points: SupportsIndex | None, reason: str, action: Reason | None) -> HealthPart: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def action(self, /) -> Reason | None:
        """
        What would raise it.
        """
    @property
    def factor(self, /) -> HealthFactor:
        """
        What is judged.
        """
    @property
    def points(self, /) -> int | None:
        """
        Its points, 0 to 100; `None` when it cannot be judged.
        """
    @property
    def reason(self, /) -> str:
        """
        Why.
        """
    @property
    def weight(self, /) -> int:
        """
        How much it weighs, in percent of all.
        """

@final
class HealthPolicy:
    """
    How the health of accounts is judged.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, weights: HealthWeights = ..., caps: HealthCaps = ..., reconciliation_age: AgeScale = ..., data_age: AgeScale = ..., lateness: AgeScale = ..., states: StatePercents = ..., unreconciled_below: SupportsIndex = ..., consent_ends_soon_days: SupportsIndex = ..., runs_max: SupportsIndex = ..., runs_min: SupportsIndex = ..., runs_age_max_days: SupportsIndex = ..., pending_stale_days: SupportsIndex = ..., pending_lost_days: SupportsIndex = ..., pending_stale_percent: SupportsIndex = ..., judged_weight_min: SupportsIndex = ..., good_from: SupportsIndex = ..., fair_from: SupportsIndex = ..., poor_from: SupportsIndex = ...) -> HealthPolicy: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def caps(self, /) -> HealthCaps:
        """
        The highest score with each hard fault.
        """
    @property
    def consent_ends_soon_days(self, /) -> int:
        """
        Consent that ends within so many days counts as ending soon, whatever the connection's status says.
        """
    @property
    def data_age(self, /) -> AgeScale:
        """
        What the bank's data is worth at its age, synced once a day or more often.
        """
    @property
    def fair_from(self, /) -> int:
        """
        From this score on the level is fair.
        """
    @property
    def good_from(self, /) -> int:
        """
        From this score on the level is good.
        """
    @property
    def judged_weight_min(self, /) -> int:
        """
        There is no score while less is judged than this percent of the weights of an account of its kind.
        """
    @property
    def lateness(self, /) -> AgeScale:
        """
        What a late sync is worth.
        """
    @property
    def pending_lost_days(self, /) -> int:
        """
        A row that has been pending for more than so many days will not post: the part earns nothing.
        """
    @property
    def pending_stale_days(self, /) -> int:
        """
        A row that has been pending for more than so many days is stale.
        """
    @property
    def pending_stale_percent(self, /) -> int:
        """
        The percent that each stale row costs.
        """
    @property
    def poor_from(self, /) -> int:
        """
        From this score on the level is poor; below, broken.
        """
    @property
    def reconciliation_age(self, /) -> AgeScale:
        """
        How much of its score a reconciliation is still worth at its age.
        """
    @property
    def runs_age_max_days(self, /) -> int:
        """
        Runs older than this many days do not count.
        """
    @property
    def runs_max(self, /) -> int:
        """
        How many of the latest runs count.
        """
    @property
    def runs_min(self, /) -> int:
        """
        With fewer runs than this that went well or failed, their success is not judged.
        """
    @property
    def states(self, /) -> StatePercents:
        """
        The percent that a connection in each state earns.
        """
    @property
    def unreconciled_below(self, /) -> int:
        """
        Below this score of the reconciliation the account counts as unreconciled.
        """
    @property
    def weights(self, /) -> HealthWeights:
        """
        What each part weighs.
        """

@final
class HealthRun:
    """
    One sync run, as far as the health of an account is concerned.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, at: Instant, outcome: RunOutcome, fault: ProviderErrorKind | None = None) -> HealthRun: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def at(self, /) -> Instant:
        """
        When it was.
        """
    @property
    def fault(self, /) -> ProviderErrorKind | None:
        """
        What went wrong.
        """
    @property
    def outcome(self, /) -> RunOutcome:
        """
        How it ended.
        """

@final
class HealthWeights:
    """
    What each part of a health score weighs against the others. A part of weight 0 is switched off.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, reconciliation: SupportsIndex = ..., connection: SupportsIndex = ..., freshness: SupportsIndex = ..., sync_success: SupportsIndex = ..., schedule: SupportsIndex = ..., pendings: SupportsIndex = ...) -> HealthWeights: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def connection(self, /) -> int:
        """
        Whether the connection works.
        """
    @property
    def freshness(self, /) -> int:
        """
        How old the bank's data is.
        """
    @property
    def pendings(self, /) -> int:
        """
        Whether rows have been pending for too long.
        """
    @property
    def reconciliation(self, /) -> int:
        """
        Whether books and bank agree.
        """
    @property
    def schedule(self, /) -> int:
        """
        Whether the last sync that was due ran in time.
        """
    @property
    def sync_success(self, /) -> int:
        """
        How many of the recent syncs went well.
        """

@final
class ImportPolicy:
    """
    How large files may be.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, bytes_max: SupportsIndex = ..., rows_max: SupportsIndex = ...) -> ImportPolicy: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def bytes_max(self, /) -> int:
        """
        Bytes at the most. Reading takes several times the memory.
        """
    @property
    def rows_max(self, /) -> int:
        """
        Rows at the most.
        """

@final
class ImportReport:
    """
    What an import did, or would do.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, format: FileFormat, layout: str | None, file_account: str | None, rows: Sequence[ImportedRow], problems: Sequence[RowProblem], suggestions: Sequence[ImportSuggestion], balance: FileBalance | None, balance_is_new: bool, securities: SupportsIndex) -> ImportReport: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def balance(self, /) -> FileBalance | None:
        """
        The balance that the file states.
        """
    @property
    def balance_is_new(self, /) -> bool:
        """
        Whether that balance was, or would be, kept as a statement.
        """
    @property
    def file_account(self, /) -> str | None:
        """
        The account in the file.
        """
    @property
    def format(self, /) -> FileFormat:
        """
        The format of the file.
        """
    @property
    def layout(self, /) -> str | None:
        """
        Of a table, how it was read, as JSON; give it back to read another file in the same way.
        """
    @property
    def problems(self, /) -> tuple[RowProblem, ...]:
        """
        Rows that cannot be read.
        """
    @property
    def rows(self, /) -> tuple[ImportedRow, ...]:
        """
        Each row, in the file's order.
        """
    @property
    def securities(self, /) -> int:
        """
        Transactions in securities, which are left out.
        """
    @property
    def suggestions(self, /) -> tuple[ImportSuggestion, ...]:
        """
        Rows that may be in the books already.
        """

@final
class ImportSuggestion:
    """
    A row of a file that may be one of the books, which a person decides.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, row: SupportsIndex, transaction: SupportsIndex, score: SupportsIndex, reasons: Sequence[Reason]) -> ImportSuggestion: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def reasons(self, /) -> tuple[Reason, ...]:
        """
        Why.
        """
    @property
    def row(self, /) -> int:
        """
        The place of the row among those of the file, from 0.
        """
    @property
    def score(self, /) -> int:
        """
        How alike they are, 0 to 100.
        """
    @property
    def transaction(self, /) -> int:
        """
        The transaction.
        """

@final
class ImportedRow:
    """
    A row of a file, and what became of it.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, line: SupportsIndex, id: str | None, date: Day, amount: Money, description: str, payee: str | None, action: ImportAction, transaction: SupportsIndex | None, reasons: Sequence[Reason]) -> ImportedRow: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def action(self, /) -> ImportAction:
        """
        What became of it, or would.
        """
    @property
    def amount(self, /) -> Money:
        """
        Its amount: positive into the account, negative out of it.
        """
    @property
    def date(self, /) -> Day:
        """
        Its day.
        """
    @property
    def description(self, /) -> str:
        """
        Its description.
        """
    @property
    def id(self, /) -> str | None:
        """
        Its identifier in the file.
        """
    @property
    def line(self, /) -> int:
        """
        Its line in the file.
        """
    @property
    def payee(self, /) -> str | None:
        """
        Its payee.
        """
    @property
    def reasons(self, /) -> tuple[Reason, ...]:
        """
        Why.
        """
    @property
    def transaction(self, /) -> int | None:
        """
        The transaction it is.
        """

@final
class Indicator:
    """
    One light on a dashboard.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, factor: HealthFactor, light: Light, reason: str) -> Indicator: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def factor(self, /) -> HealthFactor:
        """
        What it shows.
        """
    @property
    def light(self, /) -> Light:
        """
        Its colour.
        """
    @property
    def reason(self, /) -> str:
        """
        Why.
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
class InstitutionRef:
    """
    An institution, as a connection remembers it.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, id: str, name: str | None) -> InstitutionRef: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def id(self, /) -> str:
        """
        The provider's identifier.
        """
    @property
    def name(self, /) -> str | None:
        """
        Its name.
        """

@final
class LastAttempt:
    """
    The last attempt to sync a connection.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, started_at: Instant, ended_at: Instant, fault: ProviderErrorKind | None, retry_after: timedelta | None) -> LastAttempt: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def ended_at(self, /) -> Instant:
        """
        When it ended.
        """
    @property
    def fault(self, /) -> ProviderErrorKind | None:
        """
        What went wrong.
        """
    @property
    def retry_after(self, /) -> timedelta | None:
        """
        The wait that the provider asked for.
        """
    @property
    def started_at(self, /) -> Instant:
        """
        When it began.
        """

@final
class LeasePolicy:
    """
    How syncs of one connection keep out of each other's way.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, term: timedelta = ..., patience: timedelta = ..., look_every: timedelta = ...) -> LeasePolicy: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def look_every(self, /) -> timedelta:
        """
        How often it looks whether one of another process has ended.
        """
    @property
    def patience(self, /) -> timedelta:
        """
        How long a sync waits for another one of the same connection to end.
        """
    @property
    def term(self, /) -> timedelta:
        """
        How long a lease holds unless it is renewed; at least a second, at most a day.
        """

@final
class LedgerRow:
    """
    A transaction as the judgements see it, wherever it comes from: a bank, a file, or the user's own hand.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, account: SupportsIndex, date: Day, amount: Decimal | int, currency: str | None = None, payee: str | None = None, description: str | None = None, notes: str | None = None, counterparty: str | None = None, imported_id: str | None = None, pending: bool = False, pending_of: str | None = None, provider: str | None = None, connection: SupportsIndex | None = None, relinked: bool = False, state: TransactionState = ..., user_edited: bool = False, is_part: bool = False) -> LedgerRow: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def account(self, /) -> int:
        """
        The account.
        """
    @property
    def amount(self, /) -> Decimal:
        """
        Its amount: positive into the account, negative out of it.
        """
    @property
    def connection(self, /) -> int | None:
        """
        The connection it came through.
        """
    @property
    def counterparty(self, /) -> str | None:
        """
        Who is on the other side, by an identifier that stays the same.
        """
    @property
    def currency(self, /) -> str | None:
        """
        Its currency; `None` is the account's own, whichever that is.
        """
    @property
    def date(self, /) -> Day:
        """
        Its day.
        """
    @property
    def description(self, /) -> str | None:
        """
        The bank's text.
        """
    @property
    def imported_id(self, /) -> str | None:
        """
        The identifier its source gave it.
        """
    @property
    def is_part(self, /) -> bool:
        """
        Whether it is a part of a split row, which the whole row counts already.
        """
    @property
    def notes(self, /) -> str | None:
        """
        The memo of a file, or the user's note.
        """
    @property
    def payee(self, /) -> str | None:
        """
        The merchant or payee.
        """
    @property
    def pending(self, /) -> bool:
        """
        Whether the bank may still replace it.
        """
    @property
    def pending_of(self, /) -> str | None:
        """
        The `imported_id` of the pending row that it replaces.
        """
    @property
    def provider(self, /) -> str | None:
        """
        The provider it came through; `None` for a file or by hand.
        """
    @property
    def relinked(self, /) -> bool:
        """
        Whether it came through a re-link, so that its identifiers are new.
        """
    @property
    def state(self, /) -> TransactionState:
        """
        Whether it counts.
        """
    @property
    def user_edited(self, /) -> bool:
        """
        Whether the user changed it.
        """

@final
class LinkSession:
    """
    An opened session of the link dialogue.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, token: LinkToken, expires_at: Instant, hosted_url: str | None = None) -> LinkSession: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def expires_at(self, /) -> Instant:
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
class Linked:
    """
    A new connection with its first data.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, connection: Connection, accounts: Sequence[Account], possible_duplicate: DuplicateConnection | None, first_sync: ConnectionSync) -> Linked: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def accounts(self, /) -> tuple[Account, ...]:
        """
        Its accounts.
        """
    @property
    def connection(self, /) -> Connection:
        """
        The connection.
        """
    @property
    def first_sync(self, /) -> ConnectionSync:
        """
        How the first sync went.
        """
    @property
    def possible_duplicate(self, /) -> DuplicateConnection | None:
        """
        Another connection that may be the same bank; it can be merged.
        """

@final
class LinkedAccount:
    """
    An account that the user chose in the dialogue, as its metadata tells.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, name: str | None, mask: str | None, provider_type: str | None, provider_subtype: str | None, persistent_id: str | None) -> LinkedAccount: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def mask(self, /) -> str | None:
        """
        The last digits of its number.
        """
    @property
    def name(self, /) -> str | None:
        """
        Its name.
        """
    @property
    def persistent_id(self, /) -> str | None:
        """
        The identifier that stays the same over several links.
        """
    @property
    def provider_subtype(self, /) -> str | None:
        """
        The provider's subtype.
        """
    @property
    def provider_type(self, /) -> str | None:
        """
        The provider's type.
        """

@final
class MemoryPolicy:
    """
    How the user's own choices become an answer for other rows.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, choices: SupportsIndex = ..., choices_per_key: SupportsIndex = ..., confidence_least: SupportsIndex = ...) -> MemoryPolicy: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def choices(self, /) -> int:
        """
        How many of the user's choices are looked at, the latest first.
        """
    @property
    def choices_per_key(self, /) -> int:
        """
        How many choices for the same merchant or text count, the latest first.
        """
    @property
    def confidence_least(self, /) -> int:
        """
        What is less sure than this is no answer.
        """

@final
class MergePlan:
    """
    What a merge does. Rows and accounts keep the older identifiers.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, source: SupportsIndex, target: SupportsIndex, accounts: Sequence[PlannedAccount], gone: Sequence[SupportsIndex], matched: Sequence[PlannedRow], only_old: Sequence[SupportsIndex], only_new: Sequence[SupportsIndex], dropped: Sequence[SupportsIndex], suggestions: Sequence[PlannedRow]) -> MergePlan: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def accounts(self, /) -> tuple[PlannedAccount, ...]:
        """
        The newer connection's accounts.
        """
    @property
    def dropped(self, /) -> tuple[int, ...]:
        """
        Rows that go.
        """
    @property
    def gone(self, /) -> tuple[int, ...]:
        """
        Older accounts that the bank no longer lists.
        """
    @property
    def matched(self, /) -> tuple[PlannedRow, ...]:
        """
        Rows that are one.
        """
    @property
    def only_new(self, /) -> tuple[int, ...]:
        """
        Rows that only the newer connection has.
        """
    @property
    def only_old(self, /) -> tuple[int, ...]:
        """
        Rows that only the older connection has.
        """
    @property
    def source(self, /) -> int:
        """
        The older connection, which ends.
        """
    @property
    def suggestions(self, /) -> tuple[PlannedRow, ...]:
        """
        Rows that may be one, which a person decides.
        """
    @property
    def target(self, /) -> int:
        """
        The newer connection, which stays.
        """

@final
class MergeReport:
    """
    What a merge did.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, plan: MergePlan, at_provider: ProviderEnd) -> MergeReport: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def at_provider(self, /) -> ProviderEnd:
        """
        How the older connection ended at its provider.
        """
    @property
    def plan(self, /) -> MergePlan:
        """
        What was done.
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
class NextSync:
    """
    The next sync of all.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, connection: SupportsIndex, at: Instant, why: str) -> NextSync: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def at(self, /) -> Instant:
        """
        When.
        """
    @property
    def connection(self, /) -> int:
        """
        The connection.
        """
    @property
    def why(self, /) -> str:
        """
        Why then.
        """

@final
class NotEnded:
    """
    A connection that could not be ended at its provider.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, provider_id: str, error: OperationError) -> NotEnded: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def error(self, /) -> OperationError:
        """
        Why.
        """
    @property
    def provider_id(self, /) -> str:
        """
        The provider's identifier.
        """

@final
class Note:
    """
    Something to know about a comparison.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, kind: str, date: Day | None, transactions: Sequence[SupportsIndex]) -> Note: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def date(self, /) -> Day | None:
        """
        The day it is about.
        """
    @property
    def kind(self, /) -> str:
        """
        What it is, such as `no_known_balance`.
        """
    @property
    def transactions(self, /) -> tuple[int, ...]:
        """
        The rows it is about.
        """

@final
class OperationError:
    """
    An error of one part of a larger operation, which went on without it.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, kind: str, message: str, user_message: str, retry_after: timedelta | None, reason: ProviderErrorKind | None, cause: BaseException | None = None) -> OperationError: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def cause(self, /) -> BaseException | None:
        """
        What a provider written in Python raised.
        """
    @property
    def kind(self, /) -> str:
        """
        What went wrong, as the exceptions' `kind`.
        """
    @property
    def message(self, /) -> str:
        """
        What a developer reads.
        """
    @property
    def reason(self, /) -> ProviderErrorKind | None:
        """
        Of a failure of the provider, what it asks for.
        """
    @property
    def retry_after(self, /) -> timedelta | None:
        """
        How long to wait before the next try, where the bank's side says so.
        """
    @property
    def user_message(self, /) -> str:
        """
        A sentence for the user.
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
class PagerPolicy:
    """
    Bounds of fetching one update.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, page_size: SupportsIndex = ..., max_pages: SupportsIndex = ..., max_restarts: SupportsIndex = ...) -> PagerPolicy: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def max_pages(self, /) -> int:
        """
        Pages of one update at the most. Reaching it is a failure, never a silent end.
        """
    @property
    def max_restarts(self, /) -> int:
        """
        How often one update may begin again because the data changed while it was paged.
        """
    @property
    def page_size(self, /) -> int:
        """
        Rows asked for a page: 1 to 500. Large pages make a change of data while paging rarer.
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
class PlannedAccount:
    """
    A newer account, and which older one it is.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, new: SupportsIndex, verdict: AccountVerdict, candidates: Sequence[PlannedCandidate]) -> PlannedAccount: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def candidates(self, /) -> tuple[PlannedCandidate, ...]:
        """
        The older ones it may be, the likeliest first.
        """
    @property
    def new(self, /) -> int:
        """
        The newer account.
        """
    @property
    def verdict(self, /) -> AccountVerdict:
        """
        Whether it is an older one.
        """

@final
class PlannedCandidate:
    """
    An older account that a newer one may be.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, old: SupportsIndex, score: SupportsIndex, reasons: Sequence[Reason]) -> PlannedCandidate: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def old(self, /) -> int:
        """
        The older account.
        """
    @property
    def reasons(self, /) -> tuple[Reason, ...]:
        """
        Why.
        """
    @property
    def score(self, /) -> int:
        """
        How alike they are, 0 to 100.
        """

@final
class PlannedRow:
    """
    Two rows that are one transaction, or may be.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, old: SupportsIndex, new: SupportsIndex, score: SupportsIndex, reasons: Sequence[Reason]) -> PlannedRow: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def new(self, /) -> int:
        """
        The newer row.
        """
    @property
    def old(self, /) -> int:
        """
        The older row.
        """
    @property
    def reasons(self, /) -> tuple[Reason, ...]:
        """
        Why.
        """
    @property
    def score(self, /) -> int:
        """
        How alike they are, 0 to 100.
        """

@final
class ProgressPolicy:
    """
    How much listeners are told.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, between_pages: timedelta = ...) -> ProgressPolicy: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def between_pages(self, /) -> timedelta:
        """
        Pages of one connection are told no sooner after each other than this.
        """

@final
class ProposedChange:
    """
    What accepting an explanation changes. Only what its kind is about is given.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, kind: str, transactions: Sequence[SupportsIndex], amount: Decimal | int | None, date: Day | None) -> ProposedChange: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def amount(self, /) -> Decimal | None:
        """
        The new amount or balance.
        """
    @property
    def date(self, /) -> Day | None:
        """
        The day: of the new row, moved to, or of the balance.
        """
    @property
    def kind(self, /) -> str:
        """
        What is done, such as `insert_row`, `change_amount` or `nothing`.
        """
    @property
    def transactions(self, /) -> tuple[int, ...]:
        """
        The rows it is done to; of `insert_row` the row it would be like.
        """

@final
class ProviderAccount:
    """
    An account as a provider tells it. Balances are what the user has: money that is owed is negative, and what is not known is `None`.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, id: str, name: str, provider_type: str, provider_subtype: str | None = None, current: Decimal | int | None = None, available: Decimal | int | None = None, limit: Decimal | int | None = None, currency: str | None = None, updated_at: Instant | None = None, persistent_id: str | None = None, official_name: str | None = None, mask: str | None = None, holder: str | None = None) -> ProviderAccount: ...
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
    def updated_at(self, /) -> Instant | None:
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
    def __new__(cls, /, id: str, institution_id: str | None = None, institution_name: str | None = None, consent_expires_at: Instant | None = None, fault: ProviderFault | None = None, transactions_updated_at: Instant | None = None, transactions_failed_at: Instant | None = None) -> ProviderConnection: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def consent_expires_at(self, /) -> Instant | None:
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
    def transactions_failed_at(self, /) -> Instant | None:
        """
        When the bank last refused or failed to.
        """
    @property
    def transactions_updated_at(self, /) -> Instant | None:
        """
        When the bank last gave transactions, whether or not any were new.
        """

@final
class ProviderEnd:
    """
    How a connection ended at its provider.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, kind: str, provider_id: str | None, error: OperationError | None) -> ProviderEnd: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def error(self, /) -> OperationError | None:
        """
        Why it was not.
        """
    @property
    def kind(self, /) -> str:
        """
        `ended`, `nothing_to_end` or `not_ended`.
        """
    @property
    def provider_id(self, /) -> str | None:
        """
        The provider's identifier of one that was not ended.
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
    def __new__(cls, /, id: str, account: str, amount: Decimal | int, currency: str, date: Day, description: str, pending: bool = False, pending_id: str | None = None, authorized_date: Day | None = None, datetime: Instant | None = None, authorized_datetime: Instant | None = None, original_description: str | None = None, merchant_name: str | None = None, merchant_id: str | None = None, category: ProviderCategory | None = None, channel: str = ..., code: str | None = None, check_number: str | None = None, merchant_category_code: str | None = None, raw: str | None = None) -> ProviderTransaction: ...
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
    def authorized_date(self, /) -> Day | None:
        """
        The calendar day on which the user acted.
        """
    @property
    def authorized_datetime(self, /) -> Instant | None:
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
    def date(self, /) -> Day:
        """
        The calendar day: of posting for a posted row, of occurrence for a pending one.
        """
    @property
    def datetime(self, /) -> Instant | None:
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
    def __new__(cls, /, digest: SupportsGetItem[int, SupportsIndex], sent_at: Instant, news: str, connection: str | None = None, fault: ProviderFault | None = None, at: Instant | None = None, account: str | None = None, link_token: LinkToken | None = None, public_tokens: Sequence[PublicToken] = ..., environment: str | None = None) -> ProviderWebhook: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def account(self, /) -> str | None:
        """
        The account to which access was revoked.
        """
    @property
    def at(self, /) -> Instant | None:
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
    def sent_at(self, /) -> Instant:
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
class Reason:
    """
    One reason of a judgement.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, name: str, text: str) -> Reason: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def name(self, /) -> str:
        """
        Its stable name, for programs.
        """
    @property
    def text(self, /) -> str:
        """
        What it says, for people.
        """

@final
class ReconcilePolicy:
    """
    How closely books and bank must agree, and how far to look for the reasons of a difference.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, currency: str | None = ..., tolerance: Decimal | int = ..., drift_step: Decimal | int = ..., count_pending: bool = ..., moved_days: SupportsIndex = ..., duplicate_days: SupportsIndex = ..., max_explanations: SupportsIndex = ...) -> ReconcilePolicy: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def count_pending(self, /) -> bool:
        """
        Whether the books count pending rows. Banks' current balances mostly leave them out.
        """
    @property
    def currency(self, /) -> str | None:
        """
        The account's currency: rows in another are not counted but told. `None` counts every row; where an engine compares, it is the
        account's own.
        """
    @property
    def drift_step(self, /) -> Decimal:
        """
        The rounding that a bank may carry from one balance to the next: twice this is allowed between two anchors, and more the longer
        they lie apart. Zero or more; `of_currency` knows what is usual.
        """
    @property
    def duplicate_days(self, /) -> int:
        """
        How many days two copies of one transaction may lie apart.
        """
    @property
    def max_explanations(self, /) -> int:
        """
        The most explanations to return.
        """
    @property
    def moved_days(self, /) -> int:
        """
        How many days a row may lie from the anchor that it is suspected to have crossed.
        """
    @staticmethod
    def of_currency(currency: str) -> ReconcilePolicy:
        """
        The defaults for an account in this currency: the drift step is ten of its minor units, and nothing for a code that ISO 4217 does
        not list.
        """
    @property
    def tolerance(self, /) -> Decimal:
        """
        A difference of at most this much between two anchors is none. Zero or more.
        """

@final
class ReconcileReport:
    """
    The comparisons that were asked for. One that fails does not stop the others.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, is_complete: bool, accounts: Sequence[ReconciledAccount]) -> ReconcileReport: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def accounts(self, /) -> tuple[ReconciledAccount, ...]:
        """
        Each account.
        """
    @property
    def is_complete(self, /) -> bool:
        """
        Whether every account was compared.
        """

@final
class ReconciledAccount:
    """
    The comparison of one account, or why there is none.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, account: SupportsIndex, record: ReconciliationRecord | None, error: OperationError | None) -> ReconciledAccount: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def account(self, /) -> int:
        """
        The account.
        """
    @property
    def error(self, /) -> OperationError | None:
        """
        Why it failed.
        """
    @property
    def record(self, /) -> ReconciliationRecord | None:
        """
        The comparison.
        """

@final
class ReconciledPeriod:
    """
    One period between two known balances.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, start: SupportsIndex, end: SupportsIndex, bank_change: Decimal | int | None, books_change: Decimal | int | None, difference: Decimal | int | None, rows: SupportsIndex, agreement: Agreement) -> ReconciledPeriod: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def agreement(self, /) -> Agreement:
        """
        Whether both agree.
        """
    @property
    def bank_change(self, /) -> Decimal | None:
        """
        By how much the bank's balance changed.
        """
    @property
    def books_change(self, /) -> Decimal | None:
        """
        By how much the rows say it did.
        """
    @property
    def difference(self, /) -> Decimal | None:
        """
        Bank less books.
        """
    @property
    def end(self, /) -> int:
        """
        The balance it ends with.
        """
    @property
    def rows(self, /) -> int:
        """
        Rows that count.
        """
    @property
    def start(self, /) -> int:
        """
        The balance it begins with.
        """

@final
class Reconciliation:
    """
    Known balances against rows.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, periods: Sequence[ReconciledPeriod], bank_change: Decimal | int | None, books_change: Decimal | int | None, difference: Decimal | int | None, first_unexplained_date: Day | None, explanations: Sequence[RowExplanation], score: SupportsIndex | None) -> Reconciliation: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def bank_change(self, /) -> Decimal | None:
        """
        By how much the bank's balance changed.
        """
    @property
    def books_change(self, /) -> Decimal | None:
        """
        By how much the rows say it did.
        """
    @property
    def difference(self, /) -> Decimal | None:
        """
        Bank less books.
        """
    @property
    def explanations(self, /) -> tuple[RowExplanation, ...]:
        """
        What may explain the difference, the likeliest first.
        """
    @property
    def first_unexplained_date(self, /) -> Day | None:
        """
        The first day that is not explained.
        """
    @property
    def periods(self, /) -> tuple[ReconciledPeriod, ...]:
        """
        Each period between two known balances.
        """
    @property
    def score(self, /) -> int | None:
        """
        How well both agree, 0 to 100; `None` when it cannot be said.
        """

@final
class ReconciliationRecord:
    """
    A comparison that is kept, with what was accepted of it.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, id: SupportsIndex, at: Instant, comparison: Comparison, resolutions: Sequence[Resolution]) -> ReconciliationRecord: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def at(self, /) -> Instant:
        """
        When it was made.
        """
    @property
    def comparison(self, /) -> Comparison:
        """
        The comparison.
        """
    @property
    def id(self, /) -> int:
        """
        Its identifier.
        """
    @property
    def resolutions(self, /) -> tuple[Resolution, ...]:
        """
        What was accepted.
        """

@final
class ReconciliationSummary:
    """
    The last comparison of an account with the bank, in short.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, id: SupportsIndex, account: SupportsIndex, at: Instant, score: SupportsIndex | None, difference: Money | None) -> ReconciliationSummary: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def account(self, /) -> int:
        """
        The account.
        """
    @property
    def at(self, /) -> Instant:
        """
        When it was made.
        """
    @property
    def difference(self, /) -> Money | None:
        """
        Bank less books; `None` when it is unknown.
        """
    @property
    def id(self, /) -> int:
        """
        Its identifier.
        """
    @property
    def score(self, /) -> int | None:
        """
        How well bank and books agree, 0 to 100; `None` when it cannot be said.
        """

@final
class Recurring:
    """
    A payment that comes again.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, rows: Sequence[SupportsIndex], account: SupportsIndex, currency: str | None, payee: str | None, period: RecurringPeriod, amount_min: Decimal | int, amount_max: Decimal | int, amount_last: Decimal | int, amount_typical: Decimal | int, status: RecurringStatus, next_expected: Day | None, missed: SupportsIndex, confidence: SupportsIndex, reasons: Sequence[Reason]) -> Recurring: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def account(self, /) -> int:
        """
        The account.
        """
    @property
    def amount_last(self, /) -> Decimal:
        """
        The last amount.
        """
    @property
    def amount_max(self, /) -> Decimal:
        """
        The largest amount.
        """
    @property
    def amount_min(self, /) -> Decimal:
        """
        The least amount.
        """
    @property
    def amount_typical(self, /) -> Decimal:
        """
        The amount it mostly has.
        """
    @property
    def confidence(self, /) -> int:
        """
        How sure it is, 0 to 100.
        """
    @property
    def currency(self, /) -> str | None:
        """
        The currency.
        """
    @property
    def missed(self, /) -> int:
        """
        How often it failed to come of late.
        """
    @property
    def next_expected(self, /) -> Day | None:
        """
        When it is expected next.
        """
    @property
    def payee(self, /) -> str | None:
        """
        Who is paid, or pays.
        """
    @property
    def period(self, /) -> RecurringPeriod:
        """
        How often it comes.
        """
    @property
    def reasons(self, /) -> tuple[Reason, ...]:
        """
        Why.
        """
    @property
    def rows(self, /) -> tuple[int, ...]:
        """
        Its rows, oldest first.
        """
    @property
    def status(self, /) -> RecurringStatus:
        """
        Whether it goes on.
        """

@final
class RecurringPolicy:
    """
    What makes rows a payment that comes again.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, min_occurrences: SupportsIndex = ..., ended_after_missed: SupportsIndex = ..., same_text_from: SupportsIndex = ...) -> RecurringPolicy: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def ended_after_missed(self, /) -> int:
        """
        After how many times of not coming a series counts as ended.
        """
    @property
    def min_occurrences(self, /) -> int:
        """
        How many rows make a series. With 2, a pair of equal amounts whose next day is still to come is shown early.
        """
    @property
    def same_text_from(self, /) -> int:
        """
        How alike two texts are, 0 to 100, to be of one merchant.
        """

@final
class Removal:
    """
    What became of a connection that was removed.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, connection: SupportsIndex, at_provider: ProviderEnd, erased: Sequence[Count]) -> Removal: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def at_provider(self, /) -> ProviderEnd:
        """
        How it ended at its provider.
        """
    @property
    def connection(self, /) -> int:
        """
        The connection.
        """
    @property
    def erased(self, /) -> tuple[Count, ...]:
        """
        Records that were erased, by kind.
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
class Resolution:
    """
    An explanation that was accepted.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, reconciliation: SupportsIndex, explanation: SupportsIndex, resolved_at: Instant, undone_at: Instant | None, steps: Sequence[str], inserted: SupportsIndex | None) -> Resolution: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def explanation(self, /) -> int:
        """
        The explanation's number in it.
        """
    @property
    def inserted(self, /) -> int | None:
        """
        The row that was added.
        """
    @property
    def reconciliation(self, /) -> int:
        """
        The comparison.
        """
    @property
    def resolved_at(self, /) -> Instant:
        """
        When it was accepted.
        """
    @property
    def steps(self, /) -> tuple[str, ...]:
        """
        What was done, in order.
        """
    @property
    def undone_at(self, /) -> Instant | None:
        """
        When that was taken back.
        """

@final
class RowCorrection:
    """
    What would put a difference right. Only what its kind is about is given.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, kind: str, rows: Sequence[SupportsIndex], amount: Decimal | int | None, date: Day | None, anchor: SupportsIndex | None) -> RowCorrection: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def amount(self, /) -> Decimal | None:
        """
        The new amount or balance.
        """
    @property
    def anchor(self, /) -> int | None:
        """
        The balance it is done to.
        """
    @property
    def date(self, /) -> Day | None:
        """
        The new day.
        """
    @property
    def kind(self, /) -> str:
        """
        What is done, such as `insert_row`, `change_amount` or `nothing`.
        """
    @property
    def rows(self, /) -> tuple[int, ...]:
        """
        The rows it is done to; of `insert_row` the row it would be like.
        """

@final
class RowExplanation:
    """
    What may explain a difference, and what would put it right.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, kind: ExplanationKind, rows: Sequence[SupportsIndex], anchor: SupportsIndex, amount: Decimal | int, date: Day | None, confidence: SupportsIndex, reason: str, correction: RowCorrection) -> RowExplanation: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def amount(self, /) -> Decimal:
        """
        How much of the difference it explains.
        """
    @property
    def anchor(self, /) -> int:
        """
        The balance it is about.
        """
    @property
    def confidence(self, /) -> int:
        """
        How sure it is, 0 to 100.
        """
    @property
    def correction(self, /) -> RowCorrection:
        """
        What would put it right.
        """
    @property
    def date(self, /) -> Day | None:
        """
        The day it is about.
        """
    @property
    def kind(self, /) -> ExplanationKind:
        """
        What it is.
        """
    @property
    def reason(self, /) -> str:
        """
        What it says, for people.
        """
    @property
    def rows(self, /) -> tuple[int, ...]:
        """
        The rows it is about.
        """

@final
class RowProblem:
    """
    A row of a file that cannot be read.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, line: SupportsIndex, field: str, found: str, fault: RowFault, text: str) -> RowProblem: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def fault(self, /) -> RowFault:
        """
        What is wrong with it.
        """
    @property
    def field(self, /) -> str:
        """
        The field.
        """
    @property
    def found(self, /) -> str:
        """
        What stands there.
        """
    @property
    def line(self, /) -> int:
        """
        Its line.
        """
    @property
    def text(self, /) -> str:
        """
        All of it in a sentence.
        """

@final
class SchedulePolicy:
    """
    When connections are due.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, gap_seconds: SupportsIndex = ..., jitter_percent: SupportsIndex = ..., retry_jitter_percent: SupportsIndex = ..., short: BackOff = ..., long: BackOff = ..., data: BackOff = ..., slow: BackOff = ..., retry_after_cap_seconds: SupportsIndex = ...) -> SchedulePolicy: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def data(self, /) -> BackOff:
        """
        While the provider has no data ready.
        """
    @property
    def gap_seconds(self, /) -> int:
        """
        No attempt begins earlier than this after the end of the last one, whoever asks; in seconds.
        """
    @property
    def jitter_percent(self, /) -> int:
        """
        Over how much of their period connections of the same age are spread, in percent up to 100.
        """
    @property
    def long(self, /) -> BackOff:
        """
        While the bank or the provider is out.
        """
    @property
    def retry_after_cap_seconds(self, /) -> int:
        """
        A wait named by the provider is kept to up to this, in seconds.
        """
    @property
    def retry_jitter_percent(self, /) -> int:
        """
        How much shorter than the whole wait a connection's wait after a fault may be, in percent up to 100.
        """
    @property
    def short(self, /) -> BackOff:
        """
        After passing faults and rate limits.
        """
    @property
    def slow(self, /) -> BackOff:
        """
        After faults of a program, which do not pass by themselves.
        """

@final
class SchedulerStatus:
    """
    What is due, planned, paused and running.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, due: SupportsIndex, oldest_due: Instant | None, running: Sequence[Count], planned: SupportsIndex, next_due: Instant | None, paused: Sequence[Count], by_request: SupportsIndex) -> SchedulerStatus: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def by_request(self, /) -> int:
        """
        Connections that are synced by request only.
        """
    @property
    def due(self, /) -> int:
        """
        Connections that are due and that nobody works on.
        """
    @property
    def next_due(self, /) -> Instant | None:
        """
        When the next of them is.
        """
    @property
    def oldest_due(self, /) -> Instant | None:
        """
        Since when the oldest of them waits.
        """
    @property
    def paused(self, /) -> tuple[Count, ...]:
        """
        Connections that wait for somebody, by reason.
        """
    @property
    def planned(self, /) -> int:
        """
        Connections that are due later.
        """
    @property
    def running(self, /) -> tuple[Count, ...]:
        """
        Connections in work, by worker.
        """

@final
class ScorePart:
    """
    One part of a score.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, name: str, points: SupportsIndex, of: SupportsIndex, reason: str) -> ScorePart: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def name(self, /) -> str:
        """
        What is judged.
        """
    @property
    def of(self, /) -> int:
        """
        The most it could have.
        """
    @property
    def points(self, /) -> int:
        """
        Its points.
        """
    @property
    def reason(self, /) -> str:
        """
        Why.
        """

@final
class StatePercents:
    """
    The percent that a connection earns by its state. A new one is not judged; one that needs the user earns nothing.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, good: SupportsIndex = ..., consent_ends_soon: SupportsIndex = ..., disconnecting: SupportsIndex = ..., degraded: SupportsIndex = ...) -> StatePercents: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def consent_ends_soon(self, /) -> int:
        """
        The user's consent ends soon.
        """
    @property
    def degraded(self, /) -> int:
        """
        The institution or the provider is not answering for now, or syncs are paused by a fault that is not the user's to mend.
        """
    @property
    def disconnecting(self, /) -> int:
        """
        The institution will disconnect soon.
        """
    @property
    def good(self, /) -> int:
        """
        The last sync went well.
        """

@final
class Statement:
    """
    What a statement of the bank says an account held.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, account: SupportsIndex, date: Day, balance: Decimal | int, written_at: Instant) -> Statement: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def account(self, /) -> int:
        """
        The account.
        """
    @property
    def balance(self, /) -> Decimal:
        """
        The balance; negative when money is owed.
        """
    @property
    def date(self, /) -> Day:
        """
        The day at whose end it held.
        """
    @property
    def written_at(self, /) -> Instant:
        """
        When somebody wrote it down.
        """

@final
class StatusPolicy:
    """
    Which runs statistics look at.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, runs_max: SupportsIndex = ..., runs_age_max_days: SupportsIndex = ..., runs_min: SupportsIndex = ..., good_from_percent: SupportsIndex = ..., fair_from_percent: SupportsIndex = ...) -> StatusPolicy: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def fair_from_percent(self, /) -> int:
        """
        From this percent of good runs on the quality is fair; below, poor.
        """
    @property
    def good_from_percent(self, /) -> int:
        """
        From this percent of good runs on the quality is good.
        """
    @property
    def runs_age_max_days(self, /) -> int:
        """
        Runs that ended longer ago than this many days do not count.
        """
    @property
    def runs_max(self, /) -> int:
        """
        How many of a connection's latest runs count at the most.
        """
    @property
    def runs_min(self, /) -> int:
        """
        With fewer runs than this that went well or failed, the quality of a connection is not judged.
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
class SyncOverview:
    """
    Everything on one page.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, at: Instant, accounts: Sequence[AccountReport], gone_accounts: SupportsIndex, connections: ConnectionsReport, totals: BalanceTotals, next_sync: NextSync | None, advice: Sequence[AccountsAdvice]) -> SyncOverview: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def accounts(self, /) -> tuple[AccountReport, ...]:
        """
        Every account that the bank lists, the one that does worst first.
        """
    @property
    def advice(self, /) -> tuple[AccountsAdvice, ...]:
        """
        What to do.
        """
    @property
    def at(self, /) -> Instant:
        """
        When this was so.
        """
    @property
    def connections(self, /) -> ConnectionsReport:
        """
        Every connection.
        """
    @property
    def gone_accounts(self, /) -> int:
        """
        Accounts that the bank no longer lists.
        """
    @property
    def next_sync(self, /) -> NextSync | None:
        """
        The next sync.
        """
    @property
    def totals(self, /) -> BalanceTotals:
        """
        What the accounts come to.
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
class SyncReport:
    """
    What a sync did. One failing connection does not stop the others.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, is_complete: bool, counts: SyncCounts, pages: SupportsIndex, connections: Sequence[ConnectionSync], transactions: Sequence[Transaction]) -> SyncReport: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def connections(self, /) -> tuple[ConnectionSync, ...]:
        """
        Each connection.
        """
    @property
    def counts(self, /) -> SyncCounts:
        """
        What changed in all.
        """
    @property
    def is_complete(self, /) -> bool:
        """
        Whether every connection went well.
        """
    @property
    def pages(self, /) -> int:
        """
        Pages that were fetched in all.
        """
    @property
    def transactions(self, /) -> tuple[Transaction, ...]:
        """
        The rows of the days that were asked for, newest first; empty when no day was named.
        """

@final
class SyncRun:
    """
    One attempt to sync a connection.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, connection: SupportsIndex, started_at: Instant, ended_at: Instant, outcome: RunOutcome, counts: SyncCounts, pages: SupportsIndex, restarts: SupportsIndex, retries: SupportsIndex, fault: ConnectionFault | None) -> SyncRun: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def connection(self, /) -> int:
        """
        The connection.
        """
    @property
    def counts(self, /) -> SyncCounts:
        """
        What it changed.
        """
    @property
    def ended_at(self, /) -> Instant:
        """
        When it ended.
        """
    @property
    def fault(self, /) -> ConnectionFault | None:
        """
        What went wrong.
        """
    @property
    def outcome(self, /) -> RunOutcome:
        """
        How it ended.
        """
    @property
    def pages(self, /) -> int:
        """
        Pages that were fetched.
        """
    @property
    def restarts(self, /) -> int:
        """
        How often it began again, since data changed while it was paged.
        """
    @property
    def retries(self, /) -> int:
        """
        Calls that were repeated.
        """
    @property
    def started_at(self, /) -> Instant:
        """
        When it began.
        """

@final
class SyncStatistics:
    """
    What the runs of a connection come to.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, runs: SupportsIndex, applied: SupportsIndex, failed: SupportsIndex, not_ready: SupportsIndex, superseded: SupportsIndex, cancelled: SupportsIndex, since: Instant | None, success_percent: SupportsIndex | None, mean_milliseconds: SupportsIndex | None, p95_milliseconds: SupportsIndex | None, rows: SupportsIndex, rows_per_run: Decimal | int | None, pages: SupportsIndex, restarts: SupportsIndex, retries: SupportsIndex) -> SyncStatistics: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def applied(self, /) -> int:
        """
        Those that went well.
        """
    @property
    def cancelled(self, /) -> int:
        """
        Those that somebody stopped.
        """
    @property
    def failed(self, /) -> int:
        """
        Those that failed.
        """
    @property
    def mean_milliseconds(self, /) -> int | None:
        """
        How long they took on average.
        """
    @property
    def not_ready(self, /) -> int:
        """
        Those for which the bank was not ready.
        """
    @property
    def p95_milliseconds(self, /) -> int | None:
        """
        How long all but the slowest twentieth took at the most.
        """
    @property
    def pages(self, /) -> int:
        """
        Pages they fetched.
        """
    @property
    def restarts(self, /) -> int:
        """
        How often they began again.
        """
    @property
    def retries(self, /) -> int:
        """
        Calls they repeated.
        """
    @property
    def rows(self, /) -> int:
        """
        Rows they changed.
        """
    @property
    def rows_per_run(self, /) -> Decimal | None:
        """
        Rows they changed on average.
        """
    @property
    def runs(self, /) -> int:
        """
        Runs that were looked at.
        """
    @property
    def since(self, /) -> Instant | None:
        """
        When the oldest of them was.
        """
    @property
    def success_percent(self, /) -> int | None:
        """
        How many of those that count went well, in percent.
        """
    @property
    def superseded(self, /) -> int:
        """
        Those that another worker was faster than.
        """

@final
class SyncStatus:
    """
    One connection in depth.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, at: Instant, connection: ConnectionReport, accounts: Sequence[AccountReport], indicators: Sequence[Indicator], statistics: SyncStatistics, quality: HealthLevel, data_age_seconds: SupportsIndex | None, recommendations: Sequence[Reason], latest_runs: Sequence[SyncRun]) -> SyncStatus: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def accounts(self, /) -> tuple[AccountReport, ...]:
        """
        Its accounts.
        """
    @property
    def at(self, /) -> Instant:
        """
        When this was so.
        """
    @property
    def connection(self, /) -> ConnectionReport:
        """
        The connection.
        """
    @property
    def data_age_seconds(self, /) -> int | None:
        """
        How old the bank's data is.
        """
    @property
    def indicators(self, /) -> tuple[Indicator, ...]:
        """
        Its lights.
        """
    @property
    def latest_runs(self, /) -> tuple[SyncRun, ...]:
        """
        Its latest runs, newest first.
        """
    @property
    def quality(self, /) -> HealthLevel:
        """
        How good the connection is.
        """
    @property
    def recommendations(self, /) -> tuple[Reason, ...]:
        """
        What to do.
        """
    @property
    def statistics(self, /) -> SyncStatistics:
        """
        What its runs come to.
        """

@final
class Transaction:
    """
    One movement on an account: what the provider says, with what the user changed on top.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, id: SupportsIndex, account: SupportsIndex, connection: SupportsIndex, date: Day, amount: Money, name: str, category: str | None, category_source: str | None, category_confidence: SupportsIndex | None, provider_category: str | None, pending: bool, state: TransactionState, origin: RowOrigin, description: str, original_description: str | None, merchant_name: str | None, merchant_id: str | None, channel: str, code: str | None, check_number: str | None, merchant_category_code: str | None, provider_amount: Money, provider_date: Day, authorized_date: Day | None, datetime: Instant | None, authorized_datetime: Instant | None, provider_id: str, pending_id: str | None, edits: TransactionEdits, parts_fit: bool, created_at: Instant, updated_at: Instant) -> Transaction: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def account(self, /) -> int:
        """
        The account.
        """
    @property
    def amount(self, /) -> Money:
        """
        The amount: the provider's, or the user's. Positive into the account, negative out of it.
        """
    @property
    def authorized_date(self, /) -> Day | None:
        """
        The day it was made, which may lie before the posted one.
        """
    @property
    def authorized_datetime(self, /) -> Instant | None:
        """
        The instant it was made, where the bank tells it.
        """
    @property
    def category(self, /) -> str | None:
        """
        The category that holds: the user's, an assigned one, or the provider's.
        """
    @property
    def category_confidence(self, /) -> int | None:
        """
        How sure an assigned category is, 0 to 100.
        """
    @property
    def category_source(self, /) -> str | None:
        """
        Who said so: `user`, `provider`, or the rule, memory or model that assigned it.
        """
    @property
    def channel(self, /) -> str:
        """
        `online`, `in store`, `other` or the provider's word.
        """
    @property
    def check_number(self, /) -> str | None:
        """
        The number of a cheque.
        """
    @property
    def code(self, /) -> str | None:
        """
        The bank's code of the kind of transaction.
        """
    @property
    def connection(self, /) -> int:
        """
        The connection it came through.
        """
    @property
    def created_at(self, /) -> Instant:
        """
        When it came into the books.
        """
    @property
    def date(self, /) -> Day:
        """
        The day: the posted one once it is posted, or the user's.
        """
    @property
    def datetime(self, /) -> Instant | None:
        """
        The instant it was posted, where the bank tells it.
        """
    @property
    def description(self, /) -> str:
        """
        The bank's description.
        """
    @property
    def edits(self, /) -> TransactionEdits:
        """
        What the user changed.
        """
    @property
    def id(self, /) -> int:
        """
        Its identifier, the same from pending to posted.
        """
    @property
    def merchant_category_code(self, /) -> str | None:
        """
        The merchant category code (ISO 18245).
        """
    @property
    def merchant_id(self, /) -> str | None:
        """
        The provider's identifier of the merchant.
        """
    @property
    def merchant_name(self, /) -> str | None:
        """
        The merchant.
        """
    @property
    def name(self, /) -> str:
        """
        What a list shows: the user's name, the merchant's, or the description.
        """
    @property
    def origin(self, /) -> RowOrigin:
        """
        How it came into the books.
        """
    @property
    def original_description(self, /) -> str | None:
        """
        The bank's untouched text.
        """
    @property
    def parts_fit(self, /) -> bool:
        """
        Whether the parts of a split still sum up to the amount, which the bank may have changed since; true of one that is whole.
        """
    @property
    def pending(self, /) -> bool:
        """
        Whether it may still be replaced by a posted one.
        """
    @property
    def pending_id(self, /) -> str | None:
        """
        The provider's identifier of the pending row it replaced.
        """
    @property
    def provider_amount(self, /) -> Money:
        """
        The provider's amount.
        """
    @property
    def provider_category(self, /) -> str | None:
        """
        The category as the provider says it, in its own words.
        """
    @property
    def provider_date(self, /) -> Day:
        """
        The provider's day.
        """
    @property
    def provider_id(self, /) -> str:
        """
        The provider's identifier.
        """
    @property
    def state(self, /) -> TransactionState:
        """
        Whether it counts.
        """
    @property
    def updated_at(self, /) -> Instant:
        """
        When it last changed there.
        """

@final
class TransactionEdits:
    """
    What the user changed of a transaction; it wins over whatever the provider says. `None` where they changed nothing.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, name: str | None, category: str | None, note: str | None, hidden: bool, amount: Decimal | int | None, date: Day | None, counts_while_pending: bool | None, parts: Sequence[TransactionPart]) -> TransactionEdits: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def amount(self, /) -> Decimal | None:
        """
        Another amount.
        """
    @property
    def category(self, /) -> str | None:
        """
        Another category.
        """
    @property
    def counts_while_pending(self, /) -> bool | None:
        """
        Whether it counts while it is pending.
        """
    @property
    def date(self, /) -> Day | None:
        """
        Another day.
        """
    @property
    def hidden(self, /) -> bool:
        """
        Whether it is hidden from lists; it still counts.
        """
    @property
    def name(self, /) -> str | None:
        """
        Another name.
        """
    @property
    def note(self, /) -> str | None:
        """
        A note.
        """
    @property
    def parts(self, /) -> tuple[TransactionPart, ...]:
        """
        The parts it was split into.
        """

@final
class TransactionPart:
    """
    A part of a transaction that the user split.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, amount: Decimal | int, name: str | None = None, category: str | None = None, note: str | None = None) -> TransactionPart: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def amount(self, /) -> Decimal:
        """
        Its amount, in the transaction's currency and sign.
        """
    @property
    def category(self, /) -> str | None:
        """
        Its category.
        """
    @property
    def name(self, /) -> str | None:
        """
        Its name.
        """
    @property
    def note(self, /) -> str | None:
        """
        Its note.
        """

@final
class TransferAccount:
    """
    What is known of an account whose transfers are looked for.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, account: SupportsIndex, name: str | None = None, mask: str | None = None, kind: AccountKind | None = None) -> TransferAccount: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def account(self, /) -> int:
        """
        The account.
        """
    @property
    def kind(self, /) -> AccountKind | None:
        """
        Its kind.
        """
    @property
    def mask(self, /) -> str | None:
        """
        The last digits of its number.
        """
    @property
    def name(self, /) -> str | None:
        """
        Its name.
        """

@final
class TransferPair:
    """
    Money that went from one account to another of the same user.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, source: SupportsIndex, target: SupportsIndex, score: SupportsIndex, reasons: Sequence[Reason]) -> TransferPair: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def reasons(self, /) -> tuple[Reason, ...]:
        """
        Why.
        """
    @property
    def score(self, /) -> int:
        """
        How sure that is, 0 to 100.
        """
    @property
    def source(self, /) -> int:
        """
        The row it left by.
        """
    @property
    def target(self, /) -> int:
        """
        The row it came by.
        """

@final
class TransferPolicy:
    """
    What makes two rows the two sides of a transfer.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, date_window_days: SupportsIndex = ..., pair_from_score: SupportsIndex = ...) -> TransferPolicy: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def date_window_days(self, /) -> int:
        """
        How many days the two sides may lie apart.
        """
    @property
    def pair_from_score(self, /) -> int:
        """
        The score from which a pair is certain; below it, it is a suggestion.
        """

@final
class Transfers:
    """
    Transfers among rows.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, pairs: Sequence[TransferPair], suggestions: Sequence[TransferPair]) -> Transfers: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def pairs(self, /) -> tuple[TransferPair, ...]:
        """
        Pairs that are sure enough.
        """
    @property
    def suggestions(self, /) -> tuple[TransferPair, ...]:
        """
        Pairs that a person decides.
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
    def __new__(cls, /, headers: Sequence[tuple[str, str]], body: SupportsGetItem[int, SupportsIndex], received_at: Instant) -> WebhookDelivery: ...
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
    def received_at(self, /) -> Instant:
        """
        When it arrived.
        """

@final
class WebhookOutcome:
    """
    What became of a webhook.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, user: str | None, connection: SupportsIndex | None, news: str, handling: WebhookHandling, due_at: Instant | None) -> WebhookOutcome: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def connection(self, /) -> int | None:
        """
        The connection it is about.
        """
    @property
    def due_at(self, /) -> Instant | None:
        """
        When the connection is due because of it.
        """
    @property
    def handling(self, /) -> WebhookHandling:
        """
        How it was handled.
        """
    @property
    def news(self, /) -> str:
        """
        What it told, in the words of `ProviderWebhook`; `nothing` when it asks for nothing.
        """
    @property
    def user(self, /) -> str | None:
        """
        The user it is about.
        """

@final
class WorkerReport:
    """
    What a worker did.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, applied: SupportsIndex, failed: SupportsIndex, cancelled: SupportsIndex) -> WorkerReport: ...
    def __reduce__(self, /) -> tuple[type, tuple[Any, ...]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def applied(self, /) -> int:
        """
        Syncs that went well.
        """
    @property
    def cancelled(self, /) -> int:
        """
        Syncs that were ended with the worker.
        """
    @property
    def failed(self, /) -> int:
        """
        Syncs that failed.
        """

def account_health(now: Instant, *, connection: tuple[ConnectionStatus, Instant | None] | None = None, reconciliation: tuple[SupportsIndex | None, Instant, Decimal | int | None] | None = None, bank_updated_at: Instant | None = None, runs: Sequence[HealthRun] = ..., schedule: tuple[Instant, Instant | None] | None = None, frequency: str | None = None, pending: Sequence[Day] | None = None, policy: HealthPolicy | None = None) -> AccountHealth:
    """
    How an account does, 0 to 100 from named parts, each with its reason. What is not given is not judged.

    `connection` is its status and when consent ends; `reconciliation` is score, instant and difference of the last comparison;
    `schedule` is when the last sync was due and when it ran; `pending` are the days of pending rows; `policy` is what the parts weigh.
    """

def check_provider(check: str, fixture: ProviderFixture) -> None:
    """
    Puts one check to a provider whose bank has no users yet. Raises `AssertionError` with what is wrong.
    """

def classify_account(provider_type: str, provider_subtype: str | None = None) -> AccountClassification:
    """
    What kind of account a provider's type and subtype mean. Unknown words give a guess, never an error.
    """

def deduplicate(stored: Sequence[LedgerRow], incoming: Sequence[LedgerRow], *, policy: DedupPolicy | None = None) -> Deduplication:
    """
    What each incoming row is beside the stored ones: new, an update, a match, a repetition; one to one over the whole batch.

    `policy` says when two rows are one.
    """

def find_recurring(rows: Sequence[LedgerRow], today: Day, *, policy: RecurringPolicy | None = None) -> tuple[Recurring, ...]:
    """
    Payments that come again, and when they are expected next. `today` is the day it is.
    """

def pair_transfers(rows: Sequence[LedgerRow], accounts: Sequence[TransferAccount] = ..., *, rejected: Sequence[tuple[SupportsIndex, SupportsIndex]] = ..., policy: TransferPolicy | None = None) -> Transfers:
    """
    Both sides of transfers between accounts of one user. `rejected` are pairs that the user said are none.
    """

def provider_checks() -> tuple[str, ...]:
    """
    The names of the checks that every provider passes.
    """

def reconcile(anchors: Sequence[Anchor], rows: Sequence[LedgerRow], *, policy: ReconcilePolicy | None = None) -> Reconciliation:
    """
    Compares known balances with rows, and explains every difference.

    `policy` says how closely they must agree; `ReconcilePolicy.of_currency` makes one for an account in that currency.
    """

def words() -> dict[str, list[str]]:
    """
    The words of each set, as the engine knows them.
    """
