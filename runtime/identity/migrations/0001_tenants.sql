-- Tenants, and the API keys that they and the operator come with.

CREATE TABLE tenants (
    number     integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name       text NOT NULL UNIQUE,
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE api_keys (
    id         uuid PRIMARY KEY,
    tenant     integer REFERENCES tenants,            -- null: the platform's operator
    role       text NOT NULL CHECK (role IN ('operator', 'administrator', 'member')),
    hash       bytea NOT NULL UNIQUE,                 -- SHA-256 of the whole key
    label      text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz,
    revoked_at timestamptz,
    CHECK ((tenant IS NULL) = (role = 'operator'))
);
CREATE INDEX api_keys_tenant ON api_keys (tenant);
