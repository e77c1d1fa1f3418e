-- Who wrote what, and what a review must not forget.

ALTER TABLE journal ADD COLUMN epoch integer NOT NULL DEFAULT 0;
COMMENT ON COLUMN journal.epoch IS 'Epoch of its partition''s lease under which it was committed; 0: before epochs were kept here.';

ALTER TABLE leases ADD COLUMN cluster text NOT NULL DEFAULT '';
COMMENT ON COLUMN leases.cluster IS 'The Ray cluster of the holder: another cluster can''t call it by its name.';

ALTER TABLE holds
    ADD COLUMN expires_in_s integer NOT NULL DEFAULT 0,
    ADD COLUMN submitted_by uuid;
COMMENT ON COLUMN holds.expires_in_s IS 'Of a review: how long the hold may last once it is accepted; 0: the platform''s default.';
COMMENT ON COLUMN holds.submitted_by IS 'Of a review: the API key that submitted the payment, which may not decide it.';

CREATE TABLE parked_legs (
    partition smallint NOT NULL,                      -- of the record that opened the leg
    seq       bigint NOT NULL,
    payment   uuid NOT NULL,
    leg       smallint NOT NULL,
    failures  integer NOT NULL,
    error     text NOT NULL,                          -- what the last failure said
    parked_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (partition, seq)
);
COMMENT ON TABLE parked_legs IS 'Open legs that their counterpart failed on again and again: not sent until the row is deleted.';
