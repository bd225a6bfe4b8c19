-- Events and audit trails, user by user; where rows come from; amounts, days and parts that the user gave.

-- Counters that outlive what they count.
CREATE TABLE finance_users (
    user_id     TEXT PRIMARY KEY,
    last_event  INTEGER NOT NULL,  -- number of the newest event, kept or not; 0 before the first
    last_audit  INTEGER NOT NULL,  -- number of the newest entry of the audit trail; 0 before the first
    audit_hash  BLOB NOT NULL      -- its hash; zeros before the first
) STRICT, WITHOUT ROWID;

CREATE TABLE finance_events (
    user_id  TEXT NOT NULL,
    number   INTEGER NOT NULL,  -- 1, 2, 3, ... for each user
    at       INTEGER NOT NULL,
    event    TEXT NOT NULL,     -- what happened, as JSON
    UNIQUE (user_id, number)
) STRICT;

CREATE INDEX finance_events_by_time ON finance_events (at);

-- Entries are never changed. Each one's hash covers all that it says and the hash before it.
CREATE TABLE finance_audit (
    user_id       TEXT NOT NULL,
    number        INTEGER NOT NULL,  -- 1, 2, 3, ... for each user
    at            INTEGER NOT NULL,
    actor         TEXT NOT NULL,     -- user, engine, or a name behind named:
    action        TEXT NOT NULL,     -- stable name of what was done
    subject_kind  TEXT NOT NULL,     -- books, connection, account, transaction, reconciliation
    subject_id    INTEGER NOT NULL,  -- number of the subject; 0 for the books
    before        TEXT,              -- JSON
    after         TEXT,              -- JSON
    reason        TEXT,
    hash          BLOB NOT NULL,
    UNIQUE (user_id, number)
) STRICT;

-- Where a row comes from: 0 the provider, 1 an earlier connection, 2 a file, 3 the user's hand, 4 an accepted correction.
ALTER TABLE finance_transactions ADD COLUMN origin INTEGER NOT NULL DEFAULT 0;

-- Rows that the account's connection may report one day.
CREATE INDEX finance_transactions_awaiting ON finance_transactions (account_id, date) WHERE origin >= 1 AND state = 0;

-- Rows that do not count: deleted by the user, taken back by the provider.
CREATE INDEX finance_transactions_not_counting ON finance_transactions (account_id, date, id) WHERE state <> 0;

-- Rows that may still be replaced or dropped.
CREATE INDEX finance_transactions_pending ON finance_transactions (account_id, date) WHERE pending = 1 AND state = 0;

-- A user's amount or day stands in finance_transactions, where lists and sums look; what the source says is kept here.
ALTER TABLE finance_transaction_edits ADD COLUMN amount ANY;                -- the user's amount: mantissa
ALTER TABLE finance_transaction_edits ADD COLUMN scale INTEGER;             -- and decimals in it
ALTER TABLE finance_transaction_edits ADD COLUMN date INTEGER;              -- the user's day
ALTER TABLE finance_transaction_edits ADD COLUMN source_amount ANY;         -- the source's amount, when the user gave one or a day
ALTER TABLE finance_transaction_edits ADD COLUMN source_scale INTEGER;
ALTER TABLE finance_transaction_edits ADD COLUMN source_date INTEGER;
ALTER TABLE finance_transaction_edits ADD COLUMN counts_while_pending INTEGER;  -- 1, 0, or NULL for what the policy says
ALTER TABLE finance_transaction_edits ADD COLUMN parts TEXT;                -- what the row is split into, as JSON

CREATE INDEX finance_transaction_edits_of_amount_or_day ON finance_transaction_edits (transaction_id)
    WHERE source_date IS NOT NULL;
