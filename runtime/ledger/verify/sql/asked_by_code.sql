-- What the checks that are made in Python read.

-- name: accounts
-- Accounts of a role live where they were opened.
SELECT number, tenant, id FROM accounts WHERE id IS NOT NULL ORDER BY number;

-- name: partitions
SELECT value FROM platform WHERE name = 'partitions';

-- name: asked
-- Each record with a client's key and what of the request stands in the ledger, as text and numbers;
-- a payment's account names, times in microseconds.
SELECT j.partition, j.seq, j.kind, j.fingerprint, j.amount, j.currency, j.leg, j.reason,
       j.reference, j.details,
       uuid_send(j.payment) AS payment,
       (date_part('epoch', j.at) * 1000000)::bigint AS at,
       (date_part('epoch', j.occurred_at) * 1000000)::bigint AS occurred_at,
       (date_part('epoch', j.expires_at) * 1000000)::bigint AS expires_at,
       d.id AS debtor, coalesce(c.id, p.id) AS creditor
FROM journal j
LEFT JOIN accounts d ON d.number = j.debit
LEFT JOIN accounts c ON c.number = nullif(j.creditor, 0)
LEFT JOIN accounts p ON p.number = j.credit AND j.kind = :kind(deposited)
WHERE j.key IS NOT NULL;
