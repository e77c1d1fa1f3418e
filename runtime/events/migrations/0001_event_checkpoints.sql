-- Where streams of events stood (runtime/events/checkpoints.py): what positions refer to.

CREATE TABLE event_checkpoints (
    id       bigint   PRIMARY KEY,                    -- when it was made (seconds since 1970, times 2^31), and 31 random bits
    page_max integer  NOT NULL,                       -- sequences in a page of the stretch at most
    after    bigint[] NOT NULL,                       -- of each partition, the sequence up to which all had been told
    ends     bigint[] NOT NULL                        -- of each partition, the sequence up to which is told next
);
COMMENT ON TABLE event_checkpoints IS 'A stretch of the journal that a stream told, at most one a second and stream, kept for 30 days.';
