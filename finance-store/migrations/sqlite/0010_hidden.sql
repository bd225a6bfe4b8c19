-- Rows that the user hid from lists: few, and looked up for every row that a list may hold.
CREATE INDEX finance_transaction_edits_hidden ON finance_transaction_edits (transaction_id) WHERE hidden = 1;
