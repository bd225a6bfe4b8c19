-- When connections are due, and who works on them.

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

CREATE INDEX finance_schedules_by_due ON finance_schedules (provider, due_at, why);

CREATE INDEX finance_schedules_leased ON finance_schedules (provider, lease_until, lease_worker)
    WHERE lease_until IS NOT NULL;

INSERT INTO finance_schedules 
    (connection_id, provider, revision, frequency, since, failures, due_at, why, lease_number)
    SELECT id, provider, 1, 'every_6_hours', created_at, 0, created_at, 'first', 0 FROM finance_connections;
