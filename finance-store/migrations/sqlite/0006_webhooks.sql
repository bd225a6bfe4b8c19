-- Deliveries of the provider that were handled. A delivery is only accepted for some minutes, so none is kept for long.
CREATE TABLE finance_webhooks (
    digest   BLOB PRIMARY KEY,  -- tells the delivery from all others
    seen_at  INTEGER NOT NULL   -- when it was first handled
) STRICT, WITHOUT ROWID;

CREATE INDEX finance_webhooks_by_time ON finance_webhooks (seen_at);
