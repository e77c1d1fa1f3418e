-- What risk reads back of the journal.

-- name: creditors
-- The newest payments to creditors, oldest first: settled at once, or arrived from another partition.
SELECT w.number, p.amounts, p.times
FROM unnest($1::bigint[]) AS w (number)
JOIN LATERAL (
    SELECT array_agg(amount ORDER BY credit_seq) AS amounts,
           array_agg((extract(epoch FROM occurred_at) * 1000000)::bigint ORDER BY credit_seq) AS times
    FROM (
        SELECT credit_seq, amount, occurred_at FROM journal
        WHERE credit = w.number AND credit <> 0 AND kind IN (10, 30)
        ORDER BY credit_seq DESC LIMIT $2
    ) newest
) p ON p.amounts IS NOT NULL
