-- name: latest
SELECT DISTINCT ON (payment) payment, state, reason FROM journal
WHERE payment = ANY($2::uuid[]) AND payment <> '00000000-0000-0000-0000-000000000000'
  AND tenant = $1 AND kind < 30
ORDER BY payment, seq DESC;
