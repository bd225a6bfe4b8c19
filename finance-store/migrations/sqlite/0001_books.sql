-- The books, first version. Every table begins with finance_, so that they can live in the database of a host.
--
-- Instants are microseconds since 1970-01-01 UTC, days are counted from 1970-01-01. Texts compare byte by byte.
--
-- Money is exact: an amount is a mantissa and a scale, 12.10 being 1210 and 2. The mantissa is an INTEGER; one that does
-- not fit into 64 bits is the TEXT of its digits, and only sums of such rows are made outside SQL. Positive is money into
-- the account, negative is money out of it.

CREATE TABLE finance_token_keys (
    id     INTEGER PRIMARY KEY,
    name   TEXT NOT NULL UNIQUE,  -- under which the host gives the key; the key itself is never stored
    proof  BLOB NOT NULL          -- tells the same key given again from another one under the same name
) STRICT;

CREATE TABLE finance_connections (
    id                  INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id             TEXT NOT NULL,
    provider            TEXT NOT NULL,     -- the provider's name, such as plaid
    provider_id         TEXT NOT NULL,     -- the provider's identifier of the connection
    institution_id      TEXT,              -- the provider's identifier of the institution
    institution_name    TEXT,
    status              TEXT NOT NULL,     -- stable name of a connection status
    cursor              TEXT,              -- up to where the rows are complete; NULL before the first update
    history             TEXT NOT NULL,     -- stable name of how much of the history is ready
    created_at          INTEGER NOT NULL,  -- when it was linked
    synced_at           INTEGER,           -- when the cursor was last moved
    fault_kind          TEXT,              -- stable name of the last attempt's fault; NULL when there was none
    fault_code          TEXT,              -- the provider's code of it
    fault_message       TEXT,              -- a sentence for the user
    fault_at            INTEGER,           -- when it happened
    consent_expires_at  INTEGER,
    token_key           INTEGER NOT NULL REFERENCES finance_token_keys (id) DEFERRABLE INITIALLY DEFERRED,
    token               BLOB NOT NULL,     -- the sealed access token: nonce, then ciphertext with its tag
    UNIQUE (provider, provider_id)
) STRICT;

CREATE INDEX finance_connections_by_user ON finance_connections (user_id);

CREATE TABLE finance_accounts (
    id                INTEGER PRIMARY KEY AUTOINCREMENT,
    connection_id     INTEGER NOT NULL REFERENCES finance_connections (id) DEFERRABLE INITIALLY DEFERRED,
    provider_id       TEXT NOT NULL,     -- the provider's identifier of the account
    persistent_id     TEXT,              -- one that survives a re-link
    name              TEXT NOT NULL,
    official_name     TEXT,
    mask              TEXT,              -- the last letters or digits of some account number
    type              TEXT NOT NULL,     -- the provider's type, verbatim
    subtype           TEXT,              -- the provider's subtype, verbatim
    holder            TEXT,              -- personal, business, or the provider's word behind a *
    current           ANY,               -- the balance without pending rows; what is owed is negative
    current_scale     INTEGER,
    available         ANY,               -- what can be spent
    available_scale   INTEGER,
    credit_limit      ANY,
    credit_limit_scale INTEGER,
    currency          TEXT,              -- of the three: an ISO 4217 code, or another code behind a *
    updated_at        INTEGER,           -- when the bank says that the balances are of
    balances_at       INTEGER NOT NULL,  -- when they were taken over
    gone              INTEGER NOT NULL,  -- 1 when the provider no longer lists the account
    UNIQUE (connection_id, provider_id)
) STRICT;

-- The same few hundred categories come with hundreds of thousands of rows.
CREATE TABLE finance_categories (
    id             INTEGER PRIMARY KEY,
    primary_name   TEXT NOT NULL,  -- the coarse category
    detailed_name  TEXT NOT NULL,  -- the fine category
    confidence     TEXT,           -- how sure the provider is, verbatim
    version        TEXT            -- of the taxonomy
) STRICT;

CREATE UNIQUE INDEX finance_categories_by_name ON finance_categories
    (detailed_name, primary_name, ifnull(confidence, ''), confidence IS NULL, ifnull(version, ''), version IS NULL);

CREATE TABLE finance_transactions (
    id                      INTEGER PRIMARY KEY AUTOINCREMENT,
    connection_id           INTEGER NOT NULL,
    account_id              INTEGER NOT NULL REFERENCES finance_accounts (id) DEFERRABLE INITIALLY DEFERRED,
    provider_id             TEXT NOT NULL,     -- the identifier that the provider gives the row now
    state                   INTEGER NOT NULL,  -- 0 live, else the sum of: 1 taken back by the provider, 2 deleted by the user
    pending                 INTEGER NOT NULL,  -- 1 while the bank may still replace or drop the row
    date                    INTEGER NOT NULL,  -- day of posting, or of occurrence while pending
    amount                  ANY NOT NULL,      -- mantissa
    scale                   INTEGER NOT NULL,  -- decimals in it
    currency                TEXT NOT NULL,     -- an ISO 4217 code, or another code behind a *
    digest                  INTEGER NOT NULL,  -- of what the provider said, to tell a row that did not change
    created_at              INTEGER NOT NULL,  -- when the row was first written
    updated_at              INTEGER NOT NULL,  -- when the provider's word on it was last written
    authorized_date         INTEGER,           -- day on which the user acted
    datetime                INTEGER,           -- instant of posting
    authorized_datetime     INTEGER,           -- instant at which the user acted
    category_id             INTEGER REFERENCES finance_categories (id) DEFERRABLE INITIALLY DEFERRED,
    channel                 TEXT NOT NULL,     -- how the payment was made: online, in store, other, or another word
    pending_provider_id     TEXT,              -- of the pending row that this one replaces, as the provider says
    code                    TEXT,              -- the bank's kind of movement, verbatim
    check_number            TEXT,
    merchant_category_code  TEXT,
    merchant_id             TEXT,              -- the provider's identifier of the merchant
    merchant_name           TEXT,
    description             TEXT NOT NULL,     -- the bank's text, cleaned by the provider
    original_description    TEXT,              -- the bank's text, untouched
    UNIQUE (connection_id, provider_id)
) STRICT;

-- Lists read the first three columns backwards; sums find all they need in the index.
CREATE INDEX finance_transactions_by_day ON finance_transactions
    (account_id, date, id, amount, scale, currency, pending) WHERE state = 0;

-- What the user changed; it wins over what the provider says.
CREATE TABLE finance_transaction_edits (
    transaction_id  INTEGER PRIMARY KEY REFERENCES finance_transactions (id) DEFERRABLE INITIALLY DEFERRED,
    name            TEXT,              -- the user's own name for the row
    category        TEXT,              -- the user's own category
    note            TEXT,
    hidden          INTEGER NOT NULL,  -- 1 when it is left out of lists on screens
    edited_at       INTEGER NOT NULL   -- when the user last changed something, a deletion included
) STRICT;

-- The provider's own JSON of a row, compressed.
CREATE TABLE finance_transaction_json (
    transaction_id  INTEGER PRIMARY KEY REFERENCES finance_transactions (id) DEFERRABLE INITIALLY DEFERRED,
    json            BLOB NOT NULL
) STRICT;

-- Identifiers that rows had before, as a pending row has before it posts. Each leads to its row for good.
CREATE TABLE finance_old_ids (
    connection_id   INTEGER NOT NULL,
    provider_id     TEXT NOT NULL,
    transaction_id  INTEGER NOT NULL REFERENCES finance_transactions (id) DEFERRABLE INITIALLY DEFERRED,
    PRIMARY KEY (connection_id, provider_id)
) STRICT, WITHOUT ROWID;

-- Every attempt to bring a connection up to date.
CREATE TABLE finance_runs (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    connection_id  INTEGER NOT NULL REFERENCES finance_connections (id) DEFERRABLE INITIALLY DEFERRED,
    started_at     INTEGER NOT NULL,
    ended_at       INTEGER NOT NULL,
    outcome        TEXT NOT NULL,     -- stable name of how it ended
    added          INTEGER NOT NULL,  -- new rows
    modified       INTEGER NOT NULL,  -- rows that changed
    posted         INTEGER NOT NULL,  -- pending rows that got their posted row
    removed        INTEGER NOT NULL,  -- rows the provider took back
    unchanged      INTEGER NOT NULL,  -- rows told again as they stood
    kept_deleted   INTEGER NOT NULL,  -- rows told again that the user had deleted
    pages          INTEGER NOT NULL,  -- pages fetched
    restarts       INTEGER NOT NULL,  -- how often paging began again
    retries        INTEGER NOT NULL,  -- how often a call was repeated
    fault_kind     TEXT,              -- as in finance_connections
    fault_code     TEXT,
    fault_message  TEXT,
    fault_at       INTEGER
) STRICT;

CREATE INDEX finance_runs_by_connection ON finance_runs (connection_id, id);
