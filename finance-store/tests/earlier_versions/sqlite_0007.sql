-- Books as version 7 of the schema kept them. Loaded by tests, and never changed.
BEGIN TRANSACTION;
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
INSERT INTO "finance_accounts" VALUES(1,1,'a',NULL,'Checking',NULL,'0000','depository','checking',NULL,12345,2,NULL,NULL,NULL,NULL,'USD',NULL,1767225600000000,0);
INSERT INTO "finance_accounts" VALUES(2,1,'b',NULL,'Bitcoin',NULL,'0000','depository','checking',NULL,'99999999999999999999999999',8,NULL,NULL,NULL,NULL,'*BTC',NULL,1767225600000000,0);
INSERT INTO "finance_accounts" VALUES(3,2,'x',NULL,'Card',NULL,'0000','depository','checking',NULL,-3000,2,NULL,NULL,NULL,NULL,'USD',NULL,1767225600000000,0);
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
CREATE TABLE finance_categories (
    id             INTEGER PRIMARY KEY,
    primary_name   TEXT NOT NULL,  -- the coarse category
    detailed_name  TEXT NOT NULL,  -- the fine category
    confidence     TEXT,           -- how sure the provider is, verbatim
    version        TEXT            -- of the taxonomy
) STRICT;
INSERT INTO "finance_categories" VALUES(1,'FOOD_AND_DRINK','FOOD_AND_DRINK_COFFEE','HIGH','v2');
CREATE TABLE finance_category_queue (
    first_id      INTEGER PRIMARY KEY,  -- first transaction
    last_id       INTEGER NOT NULL,     -- last transaction
    user_id       TEXT NOT NULL,
    stage         INTEGER NOT NULL,     -- 0 fresh, 1 waits for a model, 2 given up
    attempts      INTEGER NOT NULL,     -- how often it was claimed
    available_at  INTEGER NOT NULL,     -- end of the claim while there is one, else when it may be claimed
    claim         INTEGER               -- number of the claim
) STRICT;
CREATE TABLE finance_category_rules (
    user_id  TEXT PRIMARY KEY,
    rules    TEXT NOT NULL      -- as JSON, in their order, at least one
) STRICT, WITHOUT ROWID;
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
    token               BLOB NOT NULL, bank_updated_at INTEGER, bank_failed_at INTEGER, new_accounts_available INTEGER NOT NULL DEFAULT 0,     -- the sealed access token: nonce, then ciphertext with its tag
    UNIQUE (provider, provider_id)
) STRICT;
INSERT INTO "finance_connections" VALUES(1,'ada','plaid','item-1','ins_1','First Bank','good','c2','complete',1767225600000000,1767225660000000,NULL,NULL,NULL,NULL,NULL,1,X'1196C04B58F13748062A8763EB2CDF901E80987157C5281238B5472128B85FB913847ED080BE38D91EDC0F946251AE1F5751E2DB7931F5',NULL,NULL,0);
INSERT INTO "finance_connections" VALUES(2,'bob','plaid','item-2',NULL,NULL,'needs_sign_in',NULL,'unknown',1767225600000000,NULL,'sign_in_again','ITEM_LOGIN_REQUIRED','Please sign in again.',1767225605000000,NULL,1,X'793642BA79E6F608A68CBAA07A154E85D279C7A43A558B027CD39EA87CA502B04380AB1632EC8C4F9019696AD561CEA8C6545B46117854',NULL,NULL,0);
CREATE TABLE finance_events (
    user_id  TEXT NOT NULL,
    number   INTEGER NOT NULL,  -- 1, 2, 3, ... for each user
    at       INTEGER NOT NULL,
    event    TEXT NOT NULL,     -- what happened, as JSON
    UNIQUE (user_id, number)
) STRICT;
CREATE TABLE finance_old_ids (
    connection_id   INTEGER NOT NULL,
    provider_id     TEXT NOT NULL,
    transaction_id  INTEGER NOT NULL REFERENCES finance_transactions (id) DEFERRABLE INITIALLY DEFERRED,
    PRIMARY KEY (connection_id, provider_id)
) STRICT, WITHOUT ROWID;
INSERT INTO "finance_old_ids" VALUES(1,'p1',1);
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
CREATE TABLE finance_resolutions (
    reconciliation_id  INTEGER NOT NULL REFERENCES finance_reconciliations (id) DEFERRABLE INITIALLY DEFERRED,
    explanation        INTEGER NOT NULL,  -- its number in the comparison
    resolved_at        INTEGER NOT NULL,  -- when it was accepted last
    undone_at          INTEGER,           -- when that was undone; NULL while it holds
    body               TEXT NOT NULL,     -- what was changed, as JSON
    PRIMARY KEY (reconciliation_id, explanation)
) STRICT, WITHOUT ROWID;
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
INSERT INTO "finance_runs" VALUES(1,1,1767225600000000,1767225601000000,'applied',5,0,0,0,0,0,1,0,0,NULL,NULL,NULL,NULL);
CREATE TABLE finance_schedules (
    connection_id       INTEGER PRIMARY KEY REFERENCES finance_connections (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
    provider            TEXT NOT NULL,     -- the connection's, for whom workers look
    revision            INTEGER NOT NULL,  -- grows with each save, not with leases
    frequency           TEXT NOT NULL,     -- stable name of how often the connection is synced
    since               INTEGER NOT NULL,  -- when it was linked, or its frequency was last set
    attempt_started_at  INTEGER,           -- the last attempt; NULL before the first
    attempt_ended_at    INTEGER,
    attempt_fault       TEXT,              -- stable name of what went wrong; NULL when nothing did
    attempt_retry_after INTEGER,           -- the wait that the provider named, in microseconds
    failures            INTEGER NOT NULL,  -- failures in a row, the last attempt included
    webhook_at          INTEGER,           -- the newest webhook that told of news
    requested_at        INTEGER,           -- when somebody last asked for a sync now
    due_at              INTEGER,           -- when it is due next; NULL while it is paused, or due by request only
    why                 TEXT NOT NULL,     -- stable name of what makes it due, of the pause, or never
    lease_number        INTEGER NOT NULL,  -- how often the lease was taken
    lease_worker        TEXT,              -- who took it last; NULL once it is released
    lease_until         INTEGER            -- up to when it holds; NULL once it is released
) STRICT;
INSERT INTO "finance_schedules" VALUES(1,'plaid',1,'every_6_hours',1767225600000000,NULL,NULL,NULL,NULL,0,NULL,NULL,1767225600000000,'first',0,NULL,NULL);
INSERT INTO "finance_schedules" VALUES(2,'plaid',1,'every_6_hours',1767225600000000,NULL,NULL,NULL,NULL,0,NULL,NULL,1767225600000000,'first',0,NULL,NULL);
CREATE TABLE finance_schema (version INTEGER PRIMARY KEY) STRICT;
INSERT INTO "finance_schema" VALUES(1);
INSERT INTO "finance_schema" VALUES(2);
INSERT INTO "finance_schema" VALUES(3);
INSERT INTO "finance_schema" VALUES(4);
INSERT INTO "finance_schema" VALUES(5);
INSERT INTO "finance_schema" VALUES(6);
INSERT INTO "finance_schema" VALUES(7);
CREATE TABLE finance_statements (
    account_id  INTEGER NOT NULL REFERENCES finance_accounts (id) DEFERRABLE INITIALLY DEFERRED,
    date        INTEGER NOT NULL,  -- the day at whose end the account held it
    balance     ANY NOT NULL,      -- mantissa; what is owed is negative
    scale       INTEGER NOT NULL,  -- decimals in it
    written_at  INTEGER NOT NULL,  -- when it was last written
    PRIMARY KEY (account_id, date)
) STRICT, WITHOUT ROWID;
CREATE TABLE finance_token_keys (
    id     INTEGER PRIMARY KEY,
    name   TEXT NOT NULL UNIQUE,  -- under which the host gives the key; the key itself is never stored
    proof  BLOB NOT NULL          -- tells the same key given again from another one under the same name
) STRICT;
INSERT INTO "finance_token_keys" VALUES(1,'key-1',X'4D13E1328CCA9F2C62DA1B441B3F443E');
CREATE TABLE finance_transaction_categories (
    transaction_id  INTEGER PRIMARY KEY REFERENCES finance_transactions (id) DEFERRABLE INITIALLY DEFERRED,
    category        TEXT NOT NULL,
    confidence      INTEGER,           -- 0 to 100; NULL where the source does not say
    source          TEXT NOT NULL,     -- rule, memory, or the name of a model
    assigned_at     INTEGER NOT NULL
) STRICT;
CREATE TABLE finance_transaction_edits (
    transaction_id  INTEGER PRIMARY KEY REFERENCES finance_transactions (id) DEFERRABLE INITIALLY DEFERRED,
    name            TEXT,              -- the user's own name for the row
    category        TEXT,              -- the user's own category
    note            TEXT,
    hidden          INTEGER NOT NULL,  -- 1 when it is left out of lists on screens
    edited_at       INTEGER NOT NULL   -- when the user last changed something, a deletion included
, amount ANY, scale INTEGER, date INTEGER, source_amount ANY, source_scale INTEGER, source_date INTEGER, counts_while_pending INTEGER, parts TEXT, user_id TEXT) STRICT;
INSERT INTO "finance_transaction_edits" VALUES(1,'My coffee','Treats','a note',0,1767225600000000,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'ada');
INSERT INTO "finance_transaction_edits" VALUES(3,NULL,NULL,NULL,0,1767225600000000,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'ada');
CREATE TABLE finance_transaction_json (
    transaction_id  INTEGER PRIMARY KEY REFERENCES finance_transactions (id) DEFERRABLE INITIALLY DEFERRED,
    json            BLOB NOT NULL
) STRICT;
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
    original_description    TEXT, origin INTEGER NOT NULL DEFAULT 0,              -- the bank's text, untouched
    UNIQUE (connection_id, provider_id)
) STRICT;
INSERT INTO "finance_transactions" VALUES(1,1,1,'t1',0,0,20454,-450,2,'USD',7,1767225600000000,1767225600000000,NULL,NULL,NULL,1,'in store',NULL,NULL,NULL,NULL,NULL,NULL,'Coffee',NULL,0);
INSERT INTO "finance_transactions" VALUES(2,1,1,'t2',0,1,20455,-1999,2,'USD',14,1767225600000000,1767225600000000,NULL,NULL,NULL,NULL,'in store',NULL,NULL,NULL,NULL,NULL,NULL,'Shoes',NULL,0);
INSERT INTO "finance_transactions" VALUES(3,1,1,'t3',2,0,20455,-100,2,'USD',21,1767225600000000,1767225600000000,NULL,NULL,NULL,NULL,'in store',NULL,NULL,NULL,NULL,NULL,NULL,'Deleted by the user',NULL,0);
INSERT INTO "finance_transactions" VALUES(4,1,1,'t4',1,0,20456,-200,2,'USD',28,1767225600000000,1767225600000000,NULL,NULL,NULL,NULL,'in store',NULL,NULL,NULL,NULL,NULL,NULL,'Taken back by the bank',NULL,0);
INSERT INTO "finance_transactions" VALUES(5,1,2,'t5',0,0,20456,'12345678901234567890',18,'*BTC',35,1767225600000000,1767225600000000,NULL,NULL,NULL,NULL,'in store',NULL,NULL,NULL,NULL,NULL,NULL,'Coins',NULL,0);
INSERT INTO "finance_transactions" VALUES(6,2,3,'t6',0,0,20457,250000,2,'USD',42,1767225600000000,1767225600000000,NULL,NULL,NULL,NULL,'in store',NULL,NULL,NULL,NULL,NULL,NULL,'Salary',NULL,0);
CREATE TABLE finance_users (
    user_id     TEXT PRIMARY KEY,
    last_event  INTEGER NOT NULL,  -- number of the newest event, kept or not; 0 before the first
    last_audit  INTEGER NOT NULL,  -- number of the newest entry of the audit trail; 0 before the first
    audit_hash  BLOB NOT NULL      -- its hash; zeros before the first
) STRICT, WITHOUT ROWID;
CREATE TABLE finance_webhooks (
    digest   BLOB PRIMARY KEY,  -- tells the delivery from all others
    seen_at  INTEGER NOT NULL   -- when it was first handled
) STRICT, WITHOUT ROWID;
CREATE INDEX finance_connections_by_user ON finance_connections (user_id);
CREATE UNIQUE INDEX finance_categories_by_name ON finance_categories
    (detailed_name, primary_name, ifnull(confidence, ''), confidence IS NULL, ifnull(version, ''), version IS NULL);
CREATE INDEX finance_transactions_by_day ON finance_transactions
    (account_id, date, id, amount, scale, currency, pending) WHERE state = 0;
CREATE INDEX finance_runs_by_connection ON finance_runs (connection_id, id);
CREATE INDEX finance_events_by_time ON finance_events (at);
CREATE INDEX finance_transactions_awaiting ON finance_transactions (account_id, date) WHERE origin >= 1 AND state = 0;
CREATE INDEX finance_transactions_not_counting ON finance_transactions (account_id, date, id) WHERE state <> 0;
CREATE INDEX finance_transactions_pending ON finance_transactions (account_id, date) WHERE pending = 1 AND state = 0;
CREATE INDEX finance_transaction_edits_of_amount_or_day ON finance_transaction_edits (transaction_id)
    WHERE source_date IS NOT NULL;
CREATE INDEX finance_balances_by_account ON finance_balances (account_id, at, id);
CREATE INDEX finance_reconciliations_by_account ON finance_reconciliations (account_id, id);
CREATE INDEX finance_audit_by_subject ON finance_audit (user_id, subject_kind, subject_id, number);
CREATE INDEX finance_schedules_by_due ON finance_schedules (provider, due_at, why);
CREATE INDEX finance_schedules_leased ON finance_schedules (provider, lease_until, lease_worker)
    WHERE lease_until IS NOT NULL;
CREATE INDEX finance_webhooks_by_time ON finance_webhooks (seen_at);
CREATE INDEX finance_category_queue_by_user ON finance_category_queue (user_id, stage, first_id, last_id);
CREATE INDEX finance_category_queue_of_user ON finance_category_queue (user_id, first_id) WHERE stage < 2;
CREATE INDEX finance_category_queue_of_all ON finance_category_queue (first_id) WHERE stage < 2;
CREATE INDEX finance_category_queue_by_claim ON finance_category_queue (claim) WHERE claim IS NOT NULL;
CREATE INDEX finance_transaction_edits_of_category ON finance_transaction_edits (user_id, edited_at, transaction_id)
    WHERE category IS NOT NULL;
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('finance_connections',2);
INSERT INTO "sqlite_sequence" VALUES('finance_accounts',3);
INSERT INTO "sqlite_sequence" VALUES('finance_transactions',6);
INSERT INTO "sqlite_sequence" VALUES('finance_runs',1);
COMMIT;
