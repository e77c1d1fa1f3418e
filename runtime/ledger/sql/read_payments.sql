-- The conditions "<> 0" and "<> '0000...'" repeat those of the partial indexes, which the planner
-- can't derive from a parameter.

-- name: records
SELECT * FROM journal
WHERE payment = ANY($2::uuid[]) AND payment <> '00000000-0000-0000-0000-000000000000'
  AND tenant = $1 AND kind BETWEEN :family(payment)
ORDER BY payment, seq;

-- name: origins
-- Of payments their first records; of some of their legs ($2, $3) those that opened them.
SELECT * FROM journal
WHERE payment = ANY($1::uuid[]) AND payment <> '00000000-0000-0000-0000-000000000000'
  AND (kind IN :kinds(first) OR kind IN :kinds(opens_leg)
       AND (payment, leg) IN (SELECT * FROM unnest($2::uuid[], $3::smallint[])));

-- name: by_key
SELECT * FROM journal WHERE tenant = $1 AND key = $2;

-- name: account_number
SELECT number FROM accounts WHERE tenant = $1 AND id = $2;

-- name: account_names
SELECT a.number, coalesce(a.id, account_name(a.number, c.code)) AS id
FROM accounts a JOIN currencies c ON c.number = a.currency
WHERE a.number = ANY($1::bigint[]);

-- The lists below give the rows of one index between two keys, newest first: a key in that
-- index, the payment, and whether the row stands for it.

-- name: newest
SELECT payment AS key, payment, tenant = $1 AND kind IN :kinds(first) AS counts
FROM journal
WHERE payment <= $2 AND payment >= $3 AND payment <> '00000000-0000-0000-0000-000000000000'
ORDER BY payment DESC LIMIT $4;

-- name: with_reference
-- "IS TRUE" keeps the planner from reading the payments' index for a range that is nearly all of it.
SELECT payment AS key, payment, kind IN :kinds(first) AS counts
FROM journal
WHERE tenant = $1 AND reference = $5 AND (payment BETWEEN $3 AND $2) IS TRUE
  AND payment <> '00000000-0000-0000-0000-000000000000'
ORDER BY payment DESC LIMIT $4;

-- name: with_metadata
SELECT payment AS key, payment, true AS counts
FROM payment_metadata
WHERE digest = $1 AND payment <= $2 AND payment >= $3
ORDER BY payment DESC LIMIT $4;

-- name: in_review
SELECT payment AS key, payment, review AS counts
FROM holds
WHERE payment <= $1 AND payment >= $2
ORDER BY payment DESC LIMIT $3;

-- name: of_debtor
SELECT seq AS key, payment, kind IN :kinds(first) AS counts
FROM journal
WHERE debit = $1 AND debit <> 0 AND seq <= $2 AND seq >= $3
ORDER BY seq DESC LIMIT $4;

-- name: arrived
-- A payment that arrives in several captures stands where its first one does.
SELECT j.credit_seq AS key, j.payment, j.kind IN :kinds(to_creditor) AND NOT EXISTS (
    SELECT FROM journal e
    WHERE e.payment = j.payment AND e.payment <> '00000000-0000-0000-0000-000000000000'
      AND e.credit = j.credit AND e.credit_seq < j.credit_seq
) AS counts
FROM journal j
WHERE j.credit = $1 AND j.credit <> 0 AND j.credit_seq <= $2 AND j.credit_seq >= $3
ORDER BY j.credit_seq DESC LIMIT $4;

-- name: of_account
-- By the account's own sequence: what it was the debtor of, and what has arrived at it.
(SELECT seq AS key, payment, kind IN :kinds(first) AS counts
 FROM journal
 WHERE debit = $1 AND debit <> 0 AND seq <= $2 AND seq >= $3
 ORDER BY seq DESC LIMIT $4)
UNION ALL
(SELECT j.credit_seq, j.payment, j.kind IN :kinds(to_creditor) AND NOT EXISTS (
     SELECT FROM journal e
     WHERE e.payment = j.payment AND e.payment <> '00000000-0000-0000-0000-000000000000'
       AND e.credit = j.credit AND e.credit_seq < j.credit_seq
 )
 FROM journal j
 WHERE j.credit = $1 AND j.credit <> 0 AND j.credit_seq <= $2 AND j.credit_seq >= $3
 ORDER BY j.credit_seq DESC LIMIT $4)
ORDER BY key DESC LIMIT $4;

-- name: matching
-- Of some payments those that a filter lets through, in the same order; null lets all through.
SELECT f.payment
FROM unnest($2::uuid[]) WITH ORDINALITY AS w (payment, index)
JOIN journal f ON f.payment = w.payment AND f.payment <> '00000000-0000-0000-0000-000000000000'
    AND f.kind IN :kinds(first)
WHERE f.tenant = $1
  AND ($3::bigint IS NULL OR f.debit = $3)
  AND ($4::bigint IS NULL OR f.creditor = $4)
  AND ($5::bigint IS NULL OR f.debit = $5 OR f.creditor = $5)
  AND ($6::text IS NULL OR f.reference = $6)
  AND ($7::bigint IS NULL OR f.amount >= $7)
  AND ($8::bigint IS NULL OR f.amount <= $8)
  AND ($9::smallint IS NULL OR f.currency = $9)
  AND ($10::timestamptz IS NULL OR f.at >= $10)
  AND ($11::timestamptz IS NULL OR f.at < $11)
  AND ($12::bigint IS NULL OR EXISTS (
      SELECT FROM payment_metadata m WHERE m.digest = $12 AND m.payment = f.payment
  ))
  AND ($13::smallint IS NULL OR $13 = (
      SELECT j.state FROM journal j
      WHERE j.payment = f.payment AND j.payment <> '00000000-0000-0000-0000-000000000000'
        AND j.kind BETWEEN :family(payment)
      ORDER BY j.seq DESC LIMIT 1
  ))
ORDER BY w.index;
