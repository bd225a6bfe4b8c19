"""The words that records and operations use, as literals: the engine's own, which a test compares."""

from typing import Literal, TypeAlias

__all__ = [
    "AccountClass",
    "AccountKind",
    "AccountStatus",
    "AccountVerdict",
    "Agreement",
    "AnchorSource",
    "BalanceSource",
    "CategorizerErrorKind",
    "ConnectionStatus",
    "DedupAction",
    "ExplanationKind",
    "ExportFormat",
    "FileFormat",
    "HardFault",
    "HealthFactor",
    "HealthLevel",
    "HistoryStatus",
    "ImportAction",
    "InBatchDedup",
    "Light",
    "LocalRecords",
    "MoneyDirection",
    "ProviderErrorKind",
    "RecurringPeriod",
    "RecurringStatus",
    "RowFault",
    "RowOrigin",
    "RowSelection",
    "RunOutcome",
    "StoreErrorKind",
    "TransactionState",
    "WebhookErrorKind",
    "WebhookHandling",
]

AccountClass: TypeAlias = Literal["asset", "liability"]
AccountKind: TypeAlias = Literal[
    "checking",
    "savings",
    "money_market",
    "certificate_of_deposit",
    "cash_management",
    "cash_isa",
    "digital_wallet",
    "prepaid",
    "benefits_card",
    "health_savings",
    "other_depository",
    "credit_card",
    "charge_card",
    "line_of_credit",
    "overdraft",
    "other_credit",
    "auto_loan",
    "business_loan",
    "construction_loan",
    "home_equity",
    "mortgage",
    "personal_loan",
    "student_loan",
    "other_loan",
    "brokerage",
    "tax_free_investment",
    "retirement",
    "pension",
    "education_savings",
    "home_savings",
    "disability_savings",
    "custodial",
    "trust",
    "stock_plan",
    "crypto",
    "prediction_market",
    "annuity",
    "insurance",
    "other_investment",
    "payroll",
    "other",
]
AccountStatus: TypeAlias = Literal["open", "gone"]
AccountVerdict: TypeAlias = Literal["same", "cannot_tell", "new"]
Agreement: TypeAlias = Literal["agrees", "drifts", "differs", "unknown"]
AnchorSource: TypeAlias = Literal["opening_derived", "provider", "file", "statement"]
BalanceSource: TypeAlias = Literal["live", "cached", "stored"]
CategorizerErrorKind: TypeAlias = Literal["unavailable", "too_slow", "invalid_answer", "internal"]
ConnectionStatus: TypeAlias = Literal[
    "new",
    "good",
    "needs_sign_in",
    "consent_ends_soon",
    "disconnecting",
    "degraded",
    "revoked",
    "removed",
]
DedupAction: TypeAlias = Literal["insert", "update", "upgrade_pending", "match", "duplicate_of_incoming", "ignore"]
ExplanationKind: TypeAlias = Literal[
    "deleted_transaction",
    "missing_transaction",
    "duplicate",
    "wrong_sign",
    "swapped_digits",
    "dropped_decimals",
    "pending_counted",
    "pending_not_counted",
    "wrong_side_of_anchor",
    "sum_of_rows",
    "stale_balance",
    "rounding_drift",
    "unknown",
]
ExportFormat: TypeAlias = Literal["csv", "json"]
FileFormat: TypeAlias = Literal["csv", "ofx"]
HardFault: TypeAlias = Literal[
    "removed",
    "revoked",
    "needs_sign_in",
    "stale_data",
    "unreconciled",
    "sync_paused",
    "disconnecting",
    "consent_ends_soon",
]
HealthFactor: TypeAlias = Literal["reconciliation", "connection", "freshness", "sync_success", "schedule", "pendings"]
HealthLevel: TypeAlias = Literal["good", "fair", "poor", "broken", "unknown"]
HistoryStatus: TypeAlias = Literal["unknown", "not_ready", "recent", "complete"]
ImportAction: TypeAlias = Literal[
    "insert",
    "update",
    "match",
    "restore",
    "unchanged",
    "kept_deleted",
    "duplicate_in_file",
]
InBatchDedup: TypeAlias = Literal["none", "occurrence", "content"]
Light: TypeAlias = Literal["red", "yellow", "green", "off"]
LocalRecords: TypeAlias = Literal["keep", "erase"]
MoneyDirection: TypeAlias = Literal["in", "out"]
ProviderErrorKind: TypeAlias = Literal[
    "retry_later",
    "unavailable",
    "not_ready",
    "restart_update",
    "restart_from_empty",
    "sign_in_again",
    "link_again",
    "connection_removed",
    "product_not_supported",
    "unknown_account",
    "balance_too_old",
    "quota_used_up",
    "configuration",
    "provider_fault",
    "invalid_answer",
    "invalid_request",
]
RecurringPeriod: TypeAlias = Literal[
    "weekly",
    "biweekly",
    "semi_monthly",
    "four_weekly",
    "monthly",
    "every_two_months",
    "quarterly",
    "half_yearly",
    "yearly",
]
RecurringStatus: TypeAlias = Literal["early", "active", "late", "ended"]
RowFault: TypeAlias = Literal[
    "missing",
    "not_a_day",
    "not_an_amount",
    "unclear_mark",
    "not_a_sign",
    "not_a_currency",
    "other_currency",
    "beyond_the_columns",
    "too_long",
    "correction",
]
RowOrigin: TypeAlias = Literal["provider", "earlier_connection", "file", "manual", "correction"]
RowSelection: TypeAlias = Literal["live", "with_hidden", "any", "deleted_by_user", "restorable", "awaiting_the_bank"]
RunOutcome: TypeAlias = Literal["applied", "not_ready", "superseded", "failed", "cancelled"]
StoreErrorKind: TypeAlias = Literal[
    "not_found",
    "conflict",
    "unavailable",
    "no_key",
    "no_token",
    "newer_schema",
    "damaged",
    "no_space",
    "invalid_input",
    "internal",
]
TransactionState: TypeAlias = Literal["live", "removed_by_provider", "deleted_by_user"]
WebhookErrorKind: TypeAlias = Literal["forged", "stale", "malformed", "key_unavailable", "unsupported"]
WebhookHandling: TypeAlias = Literal[
    "done",
    "ignored",
    "for_the_host",
    "already_handled",
    "outdated",
    "unknown_connection",
    "connection_ended",
    "other_environment",
]
