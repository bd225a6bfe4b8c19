"""The words that records and operations use, as literals: the engine's own, which a test compares."""

from typing import Literal, TypeAlias

__all__ = ["AccountClass", "AccountStatus", "BalanceSource", "ConnectionStatus", "HistoryStatus", "MoneyDirection", "ProviderErrorKind", "RowOrigin", "RunOutcome", "StoreErrorKind", "TransactionState", "WebhookErrorKind"]

AccountClass: TypeAlias = Literal["asset", "liability"]
AccountStatus: TypeAlias = Literal["open", "gone"]
BalanceSource: TypeAlias = Literal["live", "cached", "stored"]
ConnectionStatus: TypeAlias = Literal["new", "good", "needs_sign_in", "consent_ends_soon", "disconnecting", "degraded", "revoked", "removed"]
HistoryStatus: TypeAlias = Literal["unknown", "not_ready", "recent", "complete"]
MoneyDirection: TypeAlias = Literal["in", "out"]
ProviderErrorKind: TypeAlias = Literal["retry_later", "unavailable", "not_ready", "restart_update", "restart_from_empty", "sign_in_again", "link_again", "connection_removed", "product_not_supported", "unknown_account", "balance_too_old", "quota_used_up", "configuration", "provider_fault", "invalid_answer", "invalid_request"]
RowOrigin: TypeAlias = Literal["provider", "earlier_connection", "file", "manual", "correction"]
RunOutcome: TypeAlias = Literal["applied", "not_ready", "superseded", "failed", "cancelled"]
StoreErrorKind: TypeAlias = Literal["not_found", "conflict", "unavailable", "no_key", "no_token", "newer_schema", "damaged", "no_space", "invalid_input", "internal"]
TransactionState: TypeAlias = Literal["live", "removed_by_provider", "deleted_by_user"]
WebhookErrorKind: TypeAlias = Literal["forged", "stale", "malformed", "key_unavailable", "unsupported"]
