-- What each item of a batch asked for, so that its own payment is told apart from another's that was
-- made with the same key.

ALTER TABLE batches ADD COLUMN fingerprints bigint[];
COMMENT ON COLUMN batches.fingerprints IS 'Of the items, in order, as in the journal; 0: refused for its form; null: kept before these were.';
