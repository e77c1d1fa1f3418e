-- name: uses
-- What keys were used for. Kinds that come first in a payment say that the key made it.
SELECT j.key, j.fingerprint, j.kind IN :kinds(first) AS made, j.partition, j.seq,
       j.at, j.payment, j.state, j.reason, j.risk_score, j.risk_flags, j.risk_model
FROM unnest($2::text[]) AS w (key)
JOIN journal j ON j.tenant = $1 AND j.key = w.key;

-- name: latest
-- State of payments after their newest records, and the last reason for which one was declined,
-- ended or returned (a refund's belongs to the refund).
SELECT payment, (array_agg(state ORDER BY seq DESC))[1] AS state,
       coalesce((array_agg(reason ORDER BY seq DESC) FILTER (WHERE kind IN :kinds(explains)))[1], 0)
           AS reason
FROM journal
WHERE payment = ANY($2::uuid[]) AND payment <> '00000000-0000-0000-0000-000000000000'
  AND tenant = $1 AND kind BETWEEN :family(payment)
GROUP BY payment;
