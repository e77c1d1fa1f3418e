-- Keys of the subjects of personal text, which is sealed in the journal (runtime/keys).

CREATE TABLE subject_keys (
    subject      bigint   NOT NULL,                   -- whose text it seals: a debtor's account
    generation   smallint NOT NULL,                   -- counts on when the one before was destroyed
    wrapped      bytea,                               -- sealed under the master key; null: destroyed
    made_at      timestamptz NOT NULL,
    destroyed_at timestamptz,
    PRIMARY KEY (subject, generation),
    CHECK ((wrapped IS NULL) = (destroyed_at IS NOT NULL))
);
COMMENT ON TABLE subject_keys IS 'Made by the commit that first needs one. A key destroyed makes all text sealed under it unreadable.';
