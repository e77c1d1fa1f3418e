-- What risk reads back of the journal: an account's windows (runtime/risk/windows.py) after the payments
-- in a page of its records, the newest before a sequence, as they stood at the latest of them. `seen`:
-- all records of the page. The weight of what is longest past would underflow: it is as good as 0. The
-- page is read twice, which is cheaper than a window over it, and date_part gives doubles where extract
-- gives numerics, which are slow.

-- name: debtors
SELECT w.number, p.seen, p.oldest,
       (extract(epoch FROM p.since) * 1000000)::bigint AS since,
       (extract(epoch FROM l.last) * 1000000)::bigint AS last,
       p.c1, p.c7, p.c30, p.a1, p.a7, p.a30
FROM unnest($1::bigint[], $2::bigint[]) AS w (number, before)
CROSS JOIN LATERAL (
    SELECT max(paid_at) AS last, date_part('epoch', max(paid_at)) AS last_s
    FROM (
        SELECT CASE WHEN kind IN :kinds(authorises) THEN occurred_at END AS paid_at FROM journal
        WHERE debit = w.number AND debit <> 0 AND seq < w.before
        ORDER BY seq DESC LIMIT $3
    ) newest
) l
CROSS JOIN LATERAL (
    SELECT count(*) AS seen, min(seq) AS oldest, min(paid_at) AS since,
           sum(e1) AS c1, sum(e7) AS c7, sum(e30) AS c30,
           sum(amount * e1) AS a1, sum(amount * e7) AS a7, sum(amount * e30) AS a30
    FROM (
        SELECT seq, amount, paid_at,
               CASE WHEN days IS NOT NULL THEN exp(greatest(days, -700)) END AS e1,
               CASE WHEN days IS NOT NULL THEN exp(greatest(days / 7, -700)) END AS e7,
               CASE WHEN days IS NOT NULL THEN exp(greatest(days / 30, -700)) END AS e30
        FROM (
            SELECT seq AS seq, amount::float8 AS amount,
                   CASE WHEN kind IN :kinds(authorises) THEN occurred_at END AS paid_at,
                   CASE WHEN kind IN :kinds(authorises)
                        THEN (date_part('epoch', occurred_at) - l.last_s) / 86400 END AS days
            FROM journal
            WHERE debit = w.number AND debit <> 0 AND seq < w.before
            ORDER BY seq DESC LIMIT $3
        ) newest
        OFFSET 0
    ) weighed
) p
WHERE p.seen > 0

-- name: creditors
SELECT w.number, p.seen, p.oldest,
       (extract(epoch FROM p.since) * 1000000)::bigint AS since,
       (extract(epoch FROM l.last) * 1000000)::bigint AS last,
       p.c1, p.c7, p.c30, p.a1, p.a7, p.a30
FROM unnest($1::bigint[], $2::bigint[]) AS w (number, before)
CROSS JOIN LATERAL (
    SELECT max(paid_at) AS last, date_part('epoch', max(paid_at)) AS last_s
    FROM (
        SELECT CASE WHEN kind IN :kinds(to_creditor_unheld) THEN occurred_at END AS paid_at FROM journal
        WHERE credit = w.number AND credit <> 0 AND credit_seq < w.before
        ORDER BY credit_seq DESC LIMIT $3
    ) newest
) l
CROSS JOIN LATERAL (
    SELECT count(*) AS seen, min(seq) AS oldest, min(paid_at) AS since,
           sum(e1) AS c1, sum(e7) AS c7, sum(e30) AS c30,
           sum(amount * e1) AS a1, sum(amount * e7) AS a7, sum(amount * e30) AS a30
    FROM (
        SELECT seq, amount, paid_at,
               CASE WHEN days IS NOT NULL THEN exp(greatest(days, -700)) END AS e1,
               CASE WHEN days IS NOT NULL THEN exp(greatest(days / 7, -700)) END AS e7,
               CASE WHEN days IS NOT NULL THEN exp(greatest(days / 30, -700)) END AS e30
        FROM (
            SELECT credit_seq AS seq, amount::float8 AS amount,
                   CASE WHEN kind IN :kinds(to_creditor_unheld) THEN occurred_at END AS paid_at,
                   CASE WHEN kind IN :kinds(to_creditor_unheld)
                        THEN (date_part('epoch', occurred_at) - l.last_s) / 86400 END AS days
            FROM journal
            WHERE credit = w.number AND credit <> 0 AND credit_seq < w.before
            ORDER BY credit_seq DESC LIMIT $3
        ) newest
        OFFSET 0
    ) weighed
) p
WHERE p.seen > 0
