-- What is there before any area: facts about the platform, and names for SQL that speaks in words,
-- which are written at every start from each area's own (area.py), so that they cannot drift.

CREATE TABLE platform (
    name  text PRIMARY KEY,
    value text NOT NULL
);
COMMENT ON TABLE platform IS 'Facts fixed when the ledger was made, such as the number of partitions.';

CREATE TABLE names (
    subject text NOT NULL,                            -- such as account_state, decline_reason
    number  smallint NOT NULL,
    name    text NOT NULL,
    PRIMARY KEY (subject, number)
);
COMMENT ON TABLE names IS 'What the small numbers of the other tables mean.';
