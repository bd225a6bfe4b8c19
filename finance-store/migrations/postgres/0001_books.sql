-- The books, first version. Every table begins with finance_, so that they can live in the database of a host.
--
-- Money is exact: NUMERIC keeps every digit and the scale, 12.10 being 12.10. Positive is money into the account, negative is
-- money out of it.
--
-- PostgreSQL keeps no U+0000 in a text. It is written as U+001A and 0, and U+001A itself as U+001A twice.
--
-- What comes by the hundred thousand has no foreign keys: the library writes and erases rows with everything that hangs on
-- them in one transaction, and a look-up for every row would cost as much as the row.

CREATE TABLE finance_token_keys (
    id     BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name   TEXT COLLATE "C" NOT NULL UNIQUE,  -- under which the host gives the key; the key itself is never stored
    proof  BYTEA NOT NULL                     -- tells the same key given again from another one under the same name
);

-- Connections that the user keeps by hand, and those that were removed, have no token: they point to this key, which seals
-- nothing, and keep an empty one.
INSERT INTO finance_token_keys (id, name, proof) OVERRIDING SYSTEM VALUE VALUES (0, '(no token)', '');

CREATE TABLE finance_connections (
    id                      BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id                 TEXT COLLATE "C" NOT NULL,
    provider                TEXT COLLATE "C" NOT NULL,  -- the provider's name, such as plaid
    provider_id             TEXT COLLATE "C" NOT NULL,  -- the provider's identifier of the connection
    institution_id          TEXT COLLATE "C",           -- the provider's identifier of the institution
    institution_name        TEXT,
    status                  TEXT NOT NULL,              -- stable name of a connection status
    cursor                  TEXT COLLATE "C",           -- up to where the rows are complete; NULL before the first update
    history                 TEXT NOT NULL,              -- stable name of how much of the history is ready
    created_at              TIMESTAMPTZ NOT NULL,       -- when it was linked
    synced_at               TIMESTAMPTZ,                -- when the cursor was last moved
    fault_kind              TEXT,                       -- stable name of the last attempt's fault; NULL when there was none
    fault_code              TEXT,                       -- the provider's code of it
    fault_message           TEXT,                       -- a sentence for the user
    fault_at                TIMESTAMPTZ,                -- when it happened
    consent_expires_at      TIMESTAMPTZ,
    bank_updated_at         TIMESTAMPTZ,                -- when the bank last gave the provider transactions
    bank_failed_at          TIMESTAMPTZ,                -- when it last failed to
    new_accounts_available  BOOLEAN NOT NULL DEFAULT FALSE,  -- while some are not shared
    revision                BIGINT NOT NULL DEFAULT 0,  -- grows with every write to its rows or its status
    token_key               BIGINT NOT NULL REFERENCES finance_token_keys (id),
    token                   BYTEA NOT NULL,             -- the sealed access token: nonce, then ciphertext with its tag
    UNIQUE (provider, provider_id)
);

CREATE INDEX finance_connections_by_user ON finance_connections (user_id, id);
CREATE INDEX finance_connections_by_key ON finance_connections (token_key);

CREATE TABLE finance_accounts (
    id             BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    connection_id  BIGINT NOT NULL REFERENCES finance_connections (id) DEFERRABLE INITIALLY DEFERRED,
    provider_id    TEXT COLLATE "C" NOT NULL,  -- the provider's identifier of the account
    persistent_id  TEXT COLLATE "C",           -- one that survives a re-link
    name           TEXT NOT NULL,
    official_name  TEXT,
    mask           TEXT,                       -- the last letters or digits of some account number
    type           TEXT NOT NULL,              -- the provider's type, verbatim
    subtype        TEXT,                       -- the provider's subtype, verbatim
    holder         TEXT,                       -- personal, business, or the provider's word behind a *
    current        NUMERIC,                    -- the balance without pending rows; what is owed is negative
    available      NUMERIC,                    -- what can be spent
    credit_limit   NUMERIC,
    currency       TEXT COLLATE "C",           -- of the three: an ISO 4217 code, or another code behind a *
    updated_at     TIMESTAMPTZ,                -- when the bank says that the balances are of
    balances_at    TIMESTAMPTZ NOT NULL,       -- when they were taken over
    gone           BOOLEAN NOT NULL,           -- whether the provider no longer lists the account
    UNIQUE (connection_id, provider_id)
);

-- The same few hundred categories come with hundreds of thousands of rows.
CREATE TABLE finance_categories (
    id             BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    primary_name   TEXT COLLATE "C" NOT NULL,  -- the coarse category
    detailed_name  TEXT COLLATE "C" NOT NULL,  -- the fine category
    confidence     TEXT COLLATE "C",           -- how sure the provider is, verbatim
    version        TEXT COLLATE "C"            -- of the taxonomy
);

CREATE UNIQUE INDEX finance_categories_by_name ON finance_categories
    (detailed_name, primary_name, coalesce(confidence, ''), (confidence IS NULL), coalesce(version, ''), (version IS NULL));

-- Numbers of transactions. A change set takes as many as it has new rows, in one go.
CREATE SEQUENCE finance_transaction_numbers;

CREATE TABLE finance_transactions (
    id                      BIGINT PRIMARY KEY,
    connection_id           BIGINT NOT NULL,
    account_id              BIGINT NOT NULL,
    provider_id             TEXT COLLATE "C" NOT NULL,    -- the identifier that the provider gives the row now
    state                   SMALLINT NOT NULL DEFAULT 0,  -- 0 live, else the sum of: 1 taken back by the provider, 2 deleted by the user
    origin                  SMALLINT NOT NULL,            -- 0 the provider, 1 an earlier connection, 2 a file, 3 the user's hand, 4 an accepted correction
    pending                 BOOLEAN NOT NULL,             -- while the bank may still replace or drop the row
    date                    DATE NOT NULL,                -- day of posting, or of occurrence while pending
    amount                  NUMERIC NOT NULL,
    currency                TEXT COLLATE "C" NOT NULL,    -- an ISO 4217 code, or another code behind a *
    digest                  BIGINT NOT NULL,              -- of what the provider said, to tell a row that did not change
    created_at              TIMESTAMPTZ NOT NULL,         -- when the row was first written
    updated_at              TIMESTAMPTZ NOT NULL,         -- when the provider's word on it was last written
    authorized_date         DATE,                         -- day on which the user acted
    datetime                TIMESTAMPTZ,                  -- instant of posting
    authorized_datetime     TIMESTAMPTZ,                  -- instant at which the user acted
    category_id             BIGINT,                       -- the provider's category
    channel                 TEXT NOT NULL,                -- how the payment was made: online, in store, other, or another word
    pending_provider_id     TEXT COLLATE "C",             -- of the pending row that this one replaces, as the provider says
    code                    TEXT,                         -- the bank's kind of movement, verbatim
    check_number            TEXT,
    merchant_category_code  TEXT,
    merchant_id             TEXT COLLATE "C",             -- the provider's identifier of the merchant
    merchant_name           TEXT,
    description             TEXT NOT NULL,                -- the bank's text, cleaned by the provider
    original_description    TEXT,                         -- the bank's text, untouched
    UNIQUE (connection_id, provider_id)
);

CREATE INDEX finance_transactions_by_day ON finance_transactions (account_id, date, id);
-- Rows that the account's connection may report one day.
CREATE INDEX finance_transactions_awaiting ON finance_transactions (account_id, date, id) WHERE origin >= 1 AND state = 0;
-- Rows that do not count: deleted by the user, taken back by the provider.
CREATE INDEX finance_transactions_not_counting ON finance_transactions (account_id, date, id) WHERE state <> 0;
-- Rows that may still be replaced or dropped.
CREATE INDEX finance_transactions_pending ON finance_transactions (account_id, date) WHERE pending AND state = 0;

-- What the user changed; it wins over what the provider says. A user's amount or day stands in finance_transactions, where
-- lists and sums look; what the source says is kept here.
CREATE TABLE finance_transaction_edits (
    transaction_id        BIGINT PRIMARY KEY,
    user_id               TEXT COLLATE "C" NOT NULL,  -- so that the choices of one are found
    name                  TEXT,                       -- the user's own name for the row
    category              TEXT,                       -- the user's own category
    note                  TEXT,
    hidden                BOOLEAN NOT NULL,           -- whether it is left out of lists on screens
    amount                NUMERIC,                    -- the user's amount
    date                  DATE,                       -- the user's day
    counts_while_pending  BOOLEAN,                    -- NULL for what the policy says
    parts                 TEXT,                       -- what the row is split into, as JSON
    source_amount         NUMERIC,                    -- the source's amount, when the user gave one or a day
    source_date           DATE,
    edited_at             TIMESTAMPTZ NOT NULL        -- when the user last changed something, a deletion included
);

CREATE INDEX finance_transaction_edits_of_category ON finance_transaction_edits (user_id, edited_at, transaction_id)
    WHERE category IS NOT NULL;

CREATE INDEX finance_transaction_edits_hidden ON finance_transaction_edits (transaction_id) WHERE hidden;

-- The provider's own JSON of a row, compressed.
CREATE TABLE finance_transaction_json (
    transaction_id  BIGINT PRIMARY KEY,
    json            BYTEA NOT NULL
);

ALTER TABLE finance_transaction_json ALTER COLUMN json SET STORAGE EXTERNAL;

-- Identifiers that rows had before, as a pending row has before it posts. Each leads to its row for good.
CREATE TABLE finance_old_ids (
    connection_id   BIGINT NOT NULL,
    provider_id     TEXT COLLATE "C" NOT NULL,
    transaction_id  BIGINT NOT NULL,
    PRIMARY KEY (connection_id, provider_id)
);

CREATE INDEX finance_old_ids_by_row ON finance_old_ids (transaction_id);

-- Every attempt to bring a connection up to date.
CREATE TABLE finance_runs (
    id             BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    connection_id  BIGINT NOT NULL REFERENCES finance_connections (id) DEFERRABLE INITIALLY DEFERRED,
    started_at     TIMESTAMPTZ NOT NULL,
    ended_at       TIMESTAMPTZ NOT NULL,
    outcome        TEXT NOT NULL,    -- stable name of how it ended
    added          BIGINT NOT NULL,  -- new rows
    modified       BIGINT NOT NULL,  -- rows that changed
    posted         BIGINT NOT NULL,  -- pending rows that got their posted row
    removed        BIGINT NOT NULL,  -- rows the provider took back
    unchanged      BIGINT NOT NULL,  -- rows told again as they stood
    kept_deleted   BIGINT NOT NULL,  -- rows told again that the user had deleted
    matched        BIGINT NOT NULL,  -- rows told for the first time that stood in the books already, by hand or from a file
    pages          BIGINT NOT NULL,  -- pages fetched
    restarts       BIGINT NOT NULL,  -- how often paging began again
    retries        BIGINT NOT NULL,  -- how often a call was repeated
    fault_kind     TEXT,             -- as in finance_connections
    fault_code     TEXT,
    fault_message  TEXT,
    fault_at       TIMESTAMPTZ
);

CREATE INDEX finance_runs_by_connection ON finance_runs (connection_id, id);

-- Counters that outlive what they count. Whoever writes to a user's books holds the user's row until the end.
CREATE TABLE finance_users (
    user_id     TEXT COLLATE "C" PRIMARY KEY,
    last_event  BIGINT NOT NULL,  -- number of the newest event, kept or not; 0 before the first
    last_audit  BIGINT NOT NULL,  -- number of the newest entry of the audit trail; 0 before the first
    audit_hash  BYTEA NOT NULL    -- its hash; zeros before the first
);

CREATE TABLE finance_events (
    user_id  TEXT COLLATE "C" NOT NULL,
    number   BIGINT NOT NULL,  -- 1, 2, 3, ... for each user
    at       TIMESTAMPTZ NOT NULL,
    event    TEXT NOT NULL,    -- what happened, as JSON
    PRIMARY KEY (user_id, number)
);

CREATE INDEX finance_events_by_time ON finance_events (at);

-- Entries are never changed. Each one's hash covers all that it says and the hash before it.
CREATE TABLE finance_audit (
    user_id       TEXT COLLATE "C" NOT NULL,
    number        BIGINT NOT NULL,  -- 1, 2, 3, ... for each user
    at            TIMESTAMPTZ NOT NULL,
    actor         TEXT NOT NULL,    -- user, engine, or a name behind named:
    action        TEXT NOT NULL,    -- stable name of what was done
    subject_kind  TEXT NOT NULL,    -- books, connection, account, transaction, reconciliation
    subject_id    BIGINT NOT NULL,  -- number of the subject; 0 for the books
    before        TEXT,             -- JSON
    after         TEXT,             -- JSON
    reason        TEXT,
    hash          BYTEA NOT NULL,
    PRIMARY KEY (user_id, number)
);

-- The history of one transaction, account or comparison.
CREATE INDEX finance_audit_by_subject ON finance_audit (user_id, subject_kind, subject_id, number);

-- Balances as they were told over time.
CREATE TABLE finance_balances (
    id            BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id    BIGINT NOT NULL REFERENCES finance_accounts (id) DEFERRABLE INITIALLY DEFERRED,
    at            TIMESTAMPTZ NOT NULL,  -- when they were taken over
    source        TEXT NOT NULL,         -- stable name of where they come from: live, cached
    current       NUMERIC,               -- this and the following as in finance_accounts
    available     NUMERIC,
    credit_limit  NUMERIC,
    currency      TEXT COLLATE "C",
    updated_at    TIMESTAMPTZ
);

CREATE INDEX finance_balances_by_account ON finance_balances (account_id, at, id);

-- What accounts held at the end of a day by the bank's statements, as the user told it.
CREATE TABLE finance_statements (
    account_id  BIGINT NOT NULL REFERENCES finance_accounts (id) DEFERRABLE INITIALLY DEFERRED,
    date        DATE NOT NULL,         -- the day at whose end the account held it
    balance     NUMERIC NOT NULL,      -- what is owed is negative
    written_at  TIMESTAMPTZ NOT NULL,  -- when it was last written
    PRIMARY KEY (account_id, date)
);

-- Every comparison of an account with the bank.
CREATE TABLE finance_reconciliations (
    id          BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id  BIGINT NOT NULL REFERENCES finance_accounts (id) DEFERRABLE INITIALLY DEFERRED,
    at          TIMESTAMPTZ NOT NULL,  -- when it was made
    score       BIGINT,                -- how well bank and books agree, 0 to 100; NULL when that cannot be known
    difference  NUMERIC,               -- the bank's change less the books'; NULL when it cannot be known
    currency    TEXT COLLATE "C",      -- of the difference: an ISO 4217 code, or another code behind a *
    body        TEXT NOT NULL          -- all of it, as JSON
);

CREATE INDEX finance_reconciliations_by_account ON finance_reconciliations (account_id, id);
CREATE INDEX finance_reconciliations_with_score ON finance_reconciliations (account_id, (score IS NULL), id DESC);

-- What became of explanations that the user accepted.
CREATE TABLE finance_resolutions (
    reconciliation_id  BIGINT NOT NULL REFERENCES finance_reconciliations (id) DEFERRABLE INITIALLY DEFERRED,
    explanation        BIGINT NOT NULL,       -- its number in the comparison
    resolved_at        TIMESTAMPTZ NOT NULL,  -- when it was accepted last
    undone_at          TIMESTAMPTZ,           -- when that was undone; NULL while it holds
    body               TEXT NOT NULL,         -- what was changed, as JSON
    PRIMARY KEY (reconciliation_id, explanation)
);

-- When connections are due, and who works on them.
CREATE TABLE finance_schedules (
    connection_id        BIGINT PRIMARY KEY REFERENCES finance_connections (id) DEFERRABLE INITIALLY DEFERRED,
    provider             TEXT COLLATE "C" NOT NULL,  -- the connection's, for whom workers look
    revision             BIGINT NOT NULL,            -- grows with each save, not with leases
    frequency            TEXT NOT NULL,              -- stable name of how often the connection is synced
    since                TIMESTAMPTZ NOT NULL,       -- when it was linked, or its frequency was last set
    attempt_started_at   TIMESTAMPTZ,                -- the last attempt; NULL before the first
    attempt_ended_at     TIMESTAMPTZ,
    attempt_fault        TEXT,                       -- stable name of what went wrong; NULL when nothing did
    attempt_retry_after  BIGINT,                     -- the wait that the provider named, in microseconds
    failures             BIGINT NOT NULL,            -- failures in a row, the last attempt included
    webhook_at           TIMESTAMPTZ,                -- the newest webhook that told of news
    requested_at         TIMESTAMPTZ,                -- when somebody last asked for a sync now
    due_at               TIMESTAMPTZ,                -- when it is due next; NULL while it is paused, or due by request only
    why                  TEXT NOT NULL,              -- stable name of what makes it due, of the pause, or never
    lease_number         BIGINT NOT NULL,            -- how often the lease was taken
    lease_worker         TEXT COLLATE "C",           -- who took it last; NULL once it is released
    lease_until          TIMESTAMPTZ                 -- up to when it holds; NULL once it is released
);

-- A claim takes rows out of the first of these and puts them into the last, so that the next one does not pass over them.
CREATE INDEX finance_schedules_free ON finance_schedules (provider, due_at, connection_id) WHERE lease_until IS NULL;
CREATE INDEX finance_schedules_waiting ON finance_schedules (provider, why) WHERE due_at IS NULL;
CREATE INDEX finance_schedules_leased ON finance_schedules (provider, lease_until, lease_worker)
    WHERE lease_until IS NOT NULL;

-- Deliveries of the provider that were handled. A delivery is only accepted for some minutes, so none is kept for long.
CREATE TABLE finance_webhooks (
    digest   BYTEA PRIMARY KEY,    -- tells the delivery from all others
    seen_at  TIMESTAMPTZ NOT NULL  -- when it was first handled
);

CREATE INDEX finance_webhooks_by_time ON finance_webhooks (seen_at);

-- Categories that categorisers assigned.
CREATE TABLE finance_transaction_categories (
    transaction_id  BIGINT PRIMARY KEY,
    category        TEXT NOT NULL,
    confidence      BIGINT,               -- 0 to 100; NULL where the source does not say
    source          TEXT NOT NULL,        -- rule, memory, or the name of a model
    assigned_at     TIMESTAMPTZ NOT NULL
);

-- Rows of one user that follow each other and wait to be categorised, some hundreds at the most. No row is in two ranges.
CREATE TABLE finance_category_queue (
    first_id      BIGINT PRIMARY KEY,          -- first transaction
    last_id       BIGINT NOT NULL,             -- last transaction
    user_id       TEXT COLLATE "C" NOT NULL,
    stage         BIGINT NOT NULL,             -- 0 fresh, 1 waits for a model, 2 given up
    attempts      BIGINT NOT NULL,             -- how often it was claimed
    available_at  TIMESTAMPTZ NOT NULL,        -- end of the claim while there is one, else when it may be claimed
    claim         BIGINT                       -- number of the claim
);

CREATE INDEX finance_category_queue_by_user ON finance_category_queue (user_id, stage, first_id, last_id);
CREATE INDEX finance_category_queue_of_user ON finance_category_queue (user_id, first_id) WHERE stage < 2;
CREATE INDEX finance_category_queue_of_all ON finance_category_queue (first_id) WHERE stage < 2;
CREATE INDEX finance_category_queue_by_claim ON finance_category_queue (claim) WHERE claim IS NOT NULL;

CREATE TABLE finance_category_rules (
    user_id  TEXT COLLATE "C" PRIMARY KEY,
    rules    TEXT NOT NULL                 -- as JSON, in their order, at least one
);
