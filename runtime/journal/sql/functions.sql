-- What SQL reads from an account's number (runtime/journal/account_numbers.py). Written to the ledger
-- before its migrations, at each of them. The server puts their bodies in where they are called.

-- name: account_partition
CREATE OR REPLACE FUNCTION account_partition(number bigint) RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN (number >> :number(ordinal_bits))::integer;
COMMENT ON FUNCTION account_partition IS 'The partition that owns the account with this number.';

-- name: account_ordinal
CREATE OR REPLACE FUNCTION account_ordinal(number bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN number & :number(unmarked_ordinals);
COMMENT ON FUNCTION account_ordinal IS 'How manieth account of its partition it is, without the mark of accounts of a role.';

-- name: is_system_account
CREATE OR REPLACE FUNCTION is_system_account(number bigint) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN number & :number(ordinals) < :number(first_ordinal);
COMMENT ON FUNCTION is_system_account IS 'Whether it is the platform''s own, or none, and not one that was opened.';

-- name: system_account
CREATE OR REPLACE FUNCTION system_account(partition smallint, currency smallint, kind smallint) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN partition::bigint << :number(ordinal_bits) | (currency::bigint * :number(kinds_a_currency) + kind);
COMMENT ON FUNCTION system_account IS 'The number of one of a partition''s own accounts.';

-- name: system_account_kind
CREATE OR REPLACE FUNCTION system_account_kind(number bigint) RETURNS smallint
LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN (number % :number(kinds_a_currency))::smallint;
COMMENT ON FUNCTION system_account_kind IS 'What kind of the platform''s own accounts it is: names, system_account.';

-- name: system_account_currency
CREATE OR REPLACE FUNCTION system_account_currency(number bigint) RETURNS smallint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN ((number & :number(ordinals)) / :number(kinds_a_currency))::smallint;
COMMENT ON FUNCTION system_account_currency IS 'ISO 4217 numeric code of one of the platform''s own accounts.';

-- name: account_party
CREATE OR REPLACE FUNCTION account_party(number bigint) RETURNS smallint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (CASE WHEN number = 0 THEN :number(party_nobody)
             WHEN number & :number(ordinals) < :number(first_ordinal) THEN number % :number(kinds_a_currency)
             WHEN number & :number(role_mark) <> 0 THEN :number(party_role)
             ELSE :number(party_tenant) END)::smallint;
COMMENT ON FUNCTION account_party IS 'None, a kind of the platform''s own accounts, a tenant''s or an account of a role.';
