-- Grows whenever rows or the status of a connection are written, so that whoever looked before finds out.
ALTER TABLE finance_connections ADD COLUMN revision INTEGER NOT NULL DEFAULT 0;
