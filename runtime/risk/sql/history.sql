-- What risk reads back of the journal: an account's windows (runtime/risk/windows.py) after the payments
-- in a page of its records, the newest before a sequence, as they stood at the latest of them. `seen`:
-- all records of the page. The weight of what is longest past would underflow: it is as good as 0.

-- name: debtors
SELECT w.number, p.seen, p.oldest, p.since, p.last, p.c1, p.c7, p.c30, p.a1, p.a7, p.a30
FROM unnest($1::bigint[], $2::bigint[]) AS w (number, before)
CROSS JOIN LATERAL (
    SELECT max(seen) AS seen, max(oldest) AS oldest, min(us) AS since, max(us) AS last,
           sum(exp(greatest((us - latest) / 86400e6, -700))) AS c1,
           sum(exp(greatest((us - latest) / 604800e6, -700))) AS c7,
           sum(exp(greatest((us - latest) / 2592000e6, -700))) AS c30,
           sum(amount * exp(greatest((us - latest) / 86400e6, -700))) AS a1,
           sum(amount * exp(greatest((us - latest) / 604800e6, -700))) AS a7,
           sum(amount * exp(greatest((us - latest) / 2592000e6, -700))) AS a30
    FROM (
        SELECT us, amount, count(*) OVER w AS seen, min(seq) OVER w AS oldest,
               max(us) OVER w AS latest
        FROM (
            SELECT seq AS seq, amount::double precision AS amount,
                   CASE WHEN kind IN (10, 11, 14, 15)
                        THEN (extract(epoch FROM occurred_at) * 1000000)::bigint END AS us
            FROM journal
            WHERE debit = w.number AND debit <> 0 AND seq < w.before
            ORDER BY seq DESC LIMIT $3
        ) newest
        WINDOW w AS ()
    ) dated
) p
WHERE p.seen > 0

-- name: creditors
SELECT w.number, p.seen, p.oldest, p.since, p.last, p.c1, p.c7, p.c30, p.a1, p.a7, p.a30
FROM unnest($1::bigint[], $2::bigint[]) AS w (number, before)
CROSS JOIN LATERAL (
    SELECT max(seen) AS seen, max(oldest) AS oldest, min(us) AS since, max(us) AS last,
           sum(exp(greatest((us - latest) / 86400e6, -700))) AS c1,
           sum(exp(greatest((us - latest) / 604800e6, -700))) AS c7,
           sum(exp(greatest((us - latest) / 2592000e6, -700))) AS c30,
           sum(amount * exp(greatest((us - latest) / 86400e6, -700))) AS a1,
           sum(amount * exp(greatest((us - latest) / 604800e6, -700))) AS a7,
           sum(amount * exp(greatest((us - latest) / 2592000e6, -700))) AS a30
    FROM (
        SELECT us, amount, count(*) OVER w AS seen, min(seq) OVER w AS oldest,
               max(us) OVER w AS latest
        FROM (
            SELECT credit_seq AS seq, amount::double precision AS amount,
                   CASE WHEN kind IN (10, 30)
                        THEN (extract(epoch FROM occurred_at) * 1000000)::bigint END AS us
            FROM journal
            WHERE credit = w.number AND credit <> 0 AND credit_seq < w.before
            ORDER BY credit_seq DESC LIMIT $3
        ) newest
        WINDOW w AS ()
    ) dated
) p
WHERE p.seen > 0
