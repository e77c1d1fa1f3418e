-- The journal and what stands beside it.
-- Times are timestamptz in UTC; amounts are minor units; what an account's number says stands in
-- runtime/journal/account_numbers.py. Columns of the journal stand widest first so that a
-- row has no padding, and those before "key" are never null so that a row's first part has one layout.

CREATE TABLE leases (
    partition    smallint PRIMARY KEY,
    epoch        bigint   NOT NULL DEFAULT 0,
    holder       text     NOT NULL DEFAULT '',        -- the actor's name
    cluster      text     NOT NULL DEFAULT '',        -- the holder's Ray cluster: another can't call it by its name
    backend_pid  integer  NOT NULL DEFAULT 0,         -- of the holder's writing connection
    last_seq     bigint   NOT NULL DEFAULT 0,         -- the newest record of the partition
    last_at      timestamptz NOT NULL DEFAULT 'epoch',
    transit_from bigint   NOT NULL DEFAULT 1,         -- no leg opened before this one is still open
    last_ordinal   bigint   NOT NULL                    -- of the newest account that was opened
) WITH (fillfactor = 20);
COMMENT ON TABLE leases IS 'One writer a partition: a commit names the epoch it believes in and fails on another.';

CREATE TABLE accounts (
    number           bigint PRIMARY KEY,
    tenant           integer NOT NULL REFERENCES tenants,
    id               text,                            -- the tenant's own; null: an account of a role
    currency         smallint NOT NULL,
    state            smallint NOT NULL DEFAULT 1,     -- 1 open, 2 frozen, 3 closed
    credit_line      bigint NOT NULL DEFAULT 0,
    payment_max      bigint NOT NULL DEFAULT 0,       -- limits: 0 is none
    daily_amount_max bigint NOT NULL DEFAULT 0,
    daily_count_max  bigint NOT NULL DEFAULT 0,
    opened_at        timestamptz NOT NULL,
    role             smallint NOT NULL DEFAULT 0,     -- journal.account_numbers.Role; 0: a tenant's account
    rail             text NOT NULL DEFAULT '',        -- of an account of a role
    UNIQUE (tenant, id),
    CHECK ((id IS NULL) = (role <> 0)),
    CHECK ((rail = '') = (role = 0))
);
CREATE UNIQUE INDEX accounts_role ON accounts (role, tenant, rail, currency, account_partition(number)) WHERE role <> 0;
COMMENT ON TABLE accounts IS 'Directory and settings, kept by the commit that journals each change. Balances stand in the journal.';

CREATE TABLE journal (
    seq              bigint NOT NULL,                 -- of its partition, no gaps
    credit_seq       bigint NOT NULL,                 -- the same record in the credit account's partition
    debit            bigint NOT NULL,                 -- account numbers; 0: none
    credit           bigint NOT NULL,
    creditor         bigint NOT NULL,                 -- whom a payment is for, wherever the money is now
    amount           bigint NOT NULL,
    debit_posted     bigint NOT NULL,                 -- balances after the record
    debit_held       bigint NOT NULL,
    credit_posted    bigint NOT NULL,
    credit_held      bigint NOT NULL,
    at               timestamptz NOT NULL,
    occurred_at      timestamptz NOT NULL,            -- when it was taken; "at" unless told otherwise
    fingerprint      bigint NOT NULL,                 -- of the request that made it
    payment          uuid NOT NULL,                   -- all zero: none
    trace            uuid NOT NULL,                   -- W3C trace id
    tenant           integer NOT NULL,
    risk_flags       integer NOT NULL,
    partition        smallint NOT NULL,
    credit_partition smallint NOT NULL,
    kind             smallint NOT NULL,               -- table kinds; journal.kinds.RecordKind
    state            smallint NOT NULL,               -- of the payment after it: table states; 0: no payment
    reason           smallint NOT NULL,               -- journal.reasons.DeclineReason
    leg              smallint NOT NULL,               -- number of the movement within its payment; -1: held, none yet
    currency         smallint NOT NULL,               -- ISO 4217 numeric
    risk_score       smallint NOT NULL,               -- 0 to 1000; -1: not scored
    risk_model       smallint NOT NULL,
    epoch            integer NOT NULL DEFAULT 0,      -- of its partition's lease, under which it was committed
    key              text,                            -- Idempotency-Key
    reference        text,
    details          bytea,                           -- settings of an account, as UTF-8 JSON; sealed text (runtime/keys)
    expires_at       timestamptz                      -- of a hold or review, when it ends
) WITH (autovacuum_vacuum_insert_scale_factor = 0.5);
COMMENT ON TABLE journal IS 'Append-only: ledger, timeline, event log and audit trail. No record is ever updated.';

CREATE UNIQUE INDEX journal_seq ON journal (partition, seq);
CREATE UNIQUE INDEX journal_key ON journal (tenant, key) WHERE key IS NOT NULL;
CREATE INDEX journal_payment ON journal (payment) WHERE payment <> '00000000-0000-0000-0000-000000000000';
CREATE INDEX journal_debit ON journal (debit, seq) WHERE debit <> 0;
CREATE INDEX journal_credit ON journal (credit, credit_seq) WHERE credit <> 0;
CREATE UNIQUE INDEX journal_leg ON journal (payment, leg) WHERE kind BETWEEN 1000 AND 1999;  -- journal.kinds.Family.COUNTERPART
CREATE INDEX journal_reference ON journal (tenant, reference) WHERE reference IS NOT NULL;

CREATE TABLE holds (
    payment    uuid PRIMARY KEY,
    partition  smallint NOT NULL,
    debtor     bigint NOT NULL,
    amount     bigint NOT NULL,                       -- still held
    review     boolean NOT NULL,
    expires_at timestamptz NOT NULL,
    expires_in_s integer NOT NULL DEFAULT 0,          -- of a review: how long the hold may last once it is accepted; 0: the default
    submitted_by uuid                                 -- of a review: the API key that submitted the payment, which may not decide it
);
CREATE INDEX holds_due ON holds (expires_at);
COMMENT ON TABLE holds IS 'Open holds and reviews, kept by the commit that opens, lessens or ends them.';

CREATE TABLE payment_metadata (
    digest     bigint NOT NULL,                       -- of the tenant, a name and its value, under a key of the platform's own
    payment    uuid   NOT NULL,
    PRIMARY KEY (digest, payment)
);
COMMENT ON TABLE payment_metadata IS 'By which pairs of metadata payments are found; the pairs themselves are sealed in the journal.';

CREATE TABLE batches (
    id         uuid PRIMARY KEY,
    tenant     integer NOT NULL REFERENCES tenants,
    created_at timestamptz NOT NULL DEFAULT now(),
    keys       text[] NOT NULL,                       -- of the items, in order; '' where it had none
    fingerprints bigint[] NOT NULL,                   -- of the items, in order, as in the journal; 0: refused for its form
    refusals   json NOT NULL                          -- item position -> problem, for items refused for their form
);
COMMENT ON TABLE batches IS 'What a payment batch asked for, so that its answers can be read again.';

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
