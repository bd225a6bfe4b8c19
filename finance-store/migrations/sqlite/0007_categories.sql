-- Categories that categorisers assigned, and what is still to be categorised.

CREATE TABLE finance_transaction_categories (
    transaction_id  INTEGER PRIMARY KEY REFERENCES finance_transactions (id) DEFERRABLE INITIALLY DEFERRED,
    category        TEXT NOT NULL,
    confidence      INTEGER,           -- 0 to 100; NULL where the source does not say
    source          TEXT NOT NULL,     -- rule, memory, or the name of a model
    assigned_at     INTEGER NOT NULL
) STRICT;

-- Rows of one user that follow each other and wait to be categorised, some hundreds at the most. No row is in two ranges.
CREATE TABLE finance_category_queue (
    first_id      INTEGER PRIMARY KEY,  -- first transaction
    last_id       INTEGER NOT NULL,     -- last transaction
    user_id       TEXT NOT NULL,
    stage         INTEGER NOT NULL,     -- 0 fresh, 1 waits for a model, 2 given up
    attempts      INTEGER NOT NULL,     -- how often it was claimed
    available_at  INTEGER NOT NULL,     -- end of the claim while there is one, else when it may be claimed
    claim         INTEGER               -- number of the claim
) STRICT;

CREATE INDEX finance_category_queue_by_user ON finance_category_queue (user_id, stage, first_id, last_id);
CREATE INDEX finance_category_queue_of_user ON finance_category_queue (user_id, first_id) WHERE stage < 2;
CREATE INDEX finance_category_queue_of_all ON finance_category_queue (first_id) WHERE stage < 2;
CREATE INDEX finance_category_queue_by_claim ON finance_category_queue (claim) WHERE claim IS NOT NULL;

CREATE TABLE finance_category_rules (
    user_id  TEXT PRIMARY KEY,
    rules    TEXT NOT NULL      -- as JSON, in their order, at least one
) STRICT, WITHOUT ROWID;

-- The user, so that the choices of one are found.
ALTER TABLE finance_transaction_edits ADD COLUMN user_id TEXT;

UPDATE finance_transaction_edits SET user_id = (
    SELECT n.user_id FROM finance_transactions t JOIN finance_connections n ON n.id = t.connection_id
    WHERE t.id = transaction_id);

CREATE INDEX finance_transaction_edits_of_category ON finance_transaction_edits (user_id, edited_at, transaction_id)
    WHERE category IS NOT NULL;
