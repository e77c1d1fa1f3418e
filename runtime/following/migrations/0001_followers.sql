-- How far each follower of the journal has come (runtime/following/follow.py).

CREATE TABLE followers (
    follower  text     NOT NULL,
    partition smallint NOT NULL,
    sequence  bigint   NOT NULL DEFAULT 0,            -- all records up to it have been followed
    epoch     bigint   NOT NULL DEFAULT 0,            -- counts claims
    holder    text     NOT NULL DEFAULT '',           -- who claimed it last
    PRIMARY KEY (follower, partition)
) WITH (fillfactor = 20);
COMMENT ON TABLE followers IS 'One reader a follower and partition: a move names the epoch it believes in and fails on another.';
