-- Statements, comparisons with the bank, and corrections that the user accepted.

-- What accounts held at the end of a day by the bank's statements, as the user told it.
CREATE TABLE finance_statements (
    account_id  INTEGER NOT NULL REFERENCES finance_accounts (id) DEFERRABLE INITIALLY DEFERRED,
    date        INTEGER NOT NULL,  -- the day at whose end the account held it
    balance     ANY NOT NULL,      -- mantissa; what is owed is negative
    scale       INTEGER NOT NULL,  -- decimals in it
    written_at  INTEGER NOT NULL,  -- when it was last written
    PRIMARY KEY (account_id, date)
) STRICT, WITHOUT ROWID;

-- Every comparison of an account with the bank.
CREATE TABLE finance_reconciliations (
    id                INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id        INTEGER NOT NULL REFERENCES finance_accounts (id) DEFERRABLE INITIALLY DEFERRED,
    at                INTEGER NOT NULL,  -- when it was made
    score             INTEGER,           -- how well bank and books agree, 0 to 100; NULL when that cannot be known
    difference        ANY,               -- the bank's change less the books': mantissa; NULL when it cannot be known
    difference_scale  INTEGER,           -- and decimals in it
    currency          TEXT,              -- of the difference: an ISO 4217 code, or another code behind a *
    body              TEXT NOT NULL      -- all of it, as JSON
) STRICT;

CREATE INDEX finance_reconciliations_by_account ON finance_reconciliations (account_id, id);

-- What became of explanations that the user accepted.
CREATE TABLE finance_resolutions (
    reconciliation_id  INTEGER NOT NULL REFERENCES finance_reconciliations (id) DEFERRABLE INITIALLY DEFERRED,
    explanation        INTEGER NOT NULL,  -- its number in the comparison
    resolved_at        INTEGER NOT NULL,  -- when it was accepted last
    undone_at          INTEGER,           -- when that was undone; NULL while it holds
    body               TEXT NOT NULL,     -- what was changed, as JSON
    PRIMARY KEY (reconciliation_id, explanation)
) STRICT, WITHOUT ROWID;

-- The history of one transaction, account or comparison.
CREATE INDEX finance_audit_by_subject ON finance_audit (user_id, subject_kind, subject_id, number);
