-- The conventional ledger: accounts with their balances, payments, two entries each, an outbox.
-- Amounts are minor units. Columns stand widest first, so that rows have no padding. There are no
-- foreign keys on the paths that are measured: `verify` looks for what they would have prevented.

CREATE SCHEMA baseline;

CREATE TABLE tenants (
    number integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name   text NOT NULL UNIQUE
);

CREATE TABLE api_keys (
    hash       bytea PRIMARY KEY,                     -- SHA-256 of the whole key
    tenant     integer NOT NULL REFERENCES tenants,
    revoked_at timestamptz
);

CREATE TABLE accounts (
    number           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    posted           bigint NOT NULL DEFAULT 0,
    credit_line      bigint NOT NULL DEFAULT 0,
    payment_max      bigint NOT NULL DEFAULT 0,       -- limits: 0 is none
    daily_amount_max bigint NOT NULL DEFAULT 0,
    daily_count_max  bigint NOT NULL DEFAULT 0,
    day_amount       bigint NOT NULL DEFAULT 0,       -- paid on "day", kept while a limit is set
    day_count        bigint NOT NULL DEFAULT 0,
    day              date NOT NULL DEFAULT 'epoch',   -- UTC
    tenant           integer NOT NULL REFERENCES tenants,
    currency         smallint NOT NULL,               -- ISO 4217 numeric
    state            smallint NOT NULL DEFAULT 1,     -- 1 open, 2 frozen, 3 closed
    id               text NOT NULL,                   -- the tenant's; "~CUR": where deposits come from
    UNIQUE (tenant, id)
) WITH (
    fillfactor = 40,                                  -- no index has a balance: updates stay HOT
    autovacuum_vacuum_scale_factor = 0.5
);

CREATE TABLE payments (
    id          uuid PRIMARY KEY,                     -- version 7: the index grows at its end
    fingerprint bigint NOT NULL,
    debtor      bigint NOT NULL,
    creditor    bigint NOT NULL,
    amount      bigint NOT NULL CHECK (amount > 0),
    created_at  timestamptz NOT NULL,
    tenant      integer NOT NULL,
    currency    smallint NOT NULL,
    status      smallint NOT NULL,                    -- PaymentState: settled or declined
    reason      smallint NOT NULL,                    -- DeclineReason
    key         text NOT NULL,                        -- Idempotency-Key
    UNIQUE (tenant, key)
);

CREATE TABLE entries (
    payment uuid NOT NULL,
    account bigint NOT NULL,
    amount  bigint NOT NULL                           -- below zero: left the account
);
CREATE INDEX entries_account ON entries (account, payment);   -- an account's statement

CREATE TABLE outbox (
    id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    payment uuid NOT NULL,
    status  smallint NOT NULL
);
