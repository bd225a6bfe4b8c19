-- Manual accounts, and connections that became one.

-- Connections that the user keeps by hand, and those that were removed, have no token: they point to this key, which seals
-- nothing, and keep an empty one.
INSERT INTO finance_token_keys (id, name, proof) VALUES (0, '(no token)', x'');

-- Rows told for the first time that stood in the books already, by hand or from a file.
ALTER TABLE finance_runs ADD COLUMN matched INTEGER NOT NULL DEFAULT 0;
