-- Balances as they were told over time, and what providers tell of the bank's side of a connection.

CREATE TABLE finance_balances (
    id                  INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id          INTEGER NOT NULL REFERENCES finance_accounts (id) DEFERRABLE INITIALLY DEFERRED,
    at                  INTEGER NOT NULL,  -- when they were taken over
    source              TEXT NOT NULL,     -- stable name of where they come from: live, cached
    current             ANY,               -- this and the following as in finance_accounts
    current_scale       INTEGER,
    available           ANY,
    available_scale     INTEGER,
    credit_limit        ANY,
    credit_limit_scale  INTEGER,
    currency            TEXT,
    updated_at          INTEGER
) STRICT;

CREATE INDEX finance_balances_by_account ON finance_balances (account_id, at, id);

ALTER TABLE finance_connections ADD COLUMN bank_updated_at INTEGER;  -- when the bank last gave the provider transactions
ALTER TABLE finance_connections ADD COLUMN bank_failed_at INTEGER;   -- when it last failed to
ALTER TABLE finance_connections ADD COLUMN new_accounts_available INTEGER NOT NULL DEFAULT 0;  -- 1 while some are not shared
