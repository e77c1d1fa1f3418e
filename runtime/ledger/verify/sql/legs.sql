-- What moves between partitions, and what became of it.

-- name: legs_arrive_once
-- A leg is opened once at home; its counterpart carries it out or refuses it, once, with the same
-- amount, and keeps when it occurred; then home records the end, once, that fits, with its reason.
WITH records AS (
    SELECT payment, leg, kind, amount, reason, occurred_at FROM journal
    WHERE kind IN (11, 12, 19, 20, 21, 22, 30, 31, 32)
       OR kind = 16 AND credit & 1099511627775 < 4096
), legs AS (
    SELECT payment, leg,
           count(*) FILTER (WHERE kind IN (11, 16)) AS opened,
           count(*) FILTER (WHERE kind = 30) AS credited,
           count(*) FILTER (WHERE kind = 12) AS completed,
           count(*) FILTER (WHERE kind = 19) AS returned,
           count(*) FILTER (WHERE kind = 20) AS requested,
           count(*) FILTER (WHERE kind = 31) AS debited,
           count(*) FILTER (WHERE kind = 21) AS refunded,
           count(*) FILTER (WHERE kind = 22) AS declined,
           count(*) FILTER (WHERE kind = 32) AS refused,
           min(amount) <> max(amount)
               OR min(reason) FILTER (WHERE kind IN (19, 22, 32))
                   <> max(reason) FILTER (WHERE kind IN (19, 22, 32))
               OR min(occurred_at) FILTER (WHERE kind IN (11, 16, 20, 30, 31, 32))
                   <> max(occurred_at) FILTER (WHERE kind IN (11, 16, 20, 30, 31, 32)) AS differ
    FROM records GROUP BY payment, leg
), judged AS (
    SELECT payment, leg, differ
        OR opened + requested <> 1
        OR credited + debited + refused > 1
        OR opened = 1 AND (debited + refunded + declined > 0
                           OR completed > credited OR returned > refused)
        OR requested = 1 AND (credited + completed + returned > 0
                              OR refunded > debited OR declined > refused) AS wrong
    FROM legs
)
SELECT count(*) || ' legs' AS figure, count(*) FILTER (WHERE wrong) AS wrong,
       min(payment || ':' || leg) FILTER (WHERE wrong) AS first
FROM judged;

-- name: legs_are_numbered
-- Captures and refunds of a payment are its legs 1, 2, 3, ... in their order. Leg 0 is what moves
-- without a capture: at once, or when a review is accepted. What a final capture leaves is released
-- right after it, under its number.
WITH firsts AS (
    SELECT payment, leg, kind FROM journal WHERE kind IN (10, 11, 13, 14, 15)
), moves AS (
    SELECT j.partition, j.seq, j.payment, j.kind, j.leg, f.kind = 15 AND f.leg = 0 AS at_once,
           count(*) FILTER (WHERE j.kind = 20 OR j.kind = 16 AND j.leg > 0) OVER w AS number,
           lag(j.kind) OVER w AS kind_before, lag(j.leg) OVER w AS leg_before
    FROM journal j JOIN firsts f ON f.payment = j.payment
    WHERE j.kind IN (16, 17, 18, 20)
    WINDOW w AS (PARTITION BY j.payment ORDER BY j.seq)
), judged AS (
    SELECT partition, seq, CASE
        WHEN kind = 18 THEN at_once
        WHEN kind = 17 THEN leg <> 0 AND (kind_before, leg_before) IS DISTINCT FROM (16, leg)
        WHEN kind = 16 AND at_once THEN leg <> 0
        ELSE leg <> number
    END AS wrong
    FROM moves
)
SELECT count(*) || ' captures, releases and refunds' AS figure,
       count(*) FILTER (WHERE wrong) AS wrong,
       min(partition || ':' || seq) FILTER (WHERE wrong) AS first
FROM judged;

-- name: transit_is_what_is_under_way
-- The transit accounts' balances are the legs whose money left and neither arrived nor came back.
WITH legs AS (
    SELECT payment, leg, currency,
           sum(CASE WHEN kind IN (11, 16, 31) THEN amount ELSE -amount END) AS under_way
    FROM journal
    WHERE kind IN (11, 19, 21, 30, 31) OR kind = 16 AND credit & 1099511627775 < 4096
    GROUP BY payment, leg, currency
), open_legs AS (
    SELECT currency, sum(under_way) AS amount FROM legs WHERE under_way <> 0 GROUP BY currency
), balances AS (
    SELECT c.currency, sum(b.posted) AS amount
    FROM leases l
    CROSS JOIN (SELECT DISTINCT currency FROM accounts) c
    CROSS JOIN generate_series(2, 3) AS kind
    CROSS JOIN LATERAL (SELECT (l.partition::bigint << 40) | (c.currency * 4 + kind) AS number) n
    CROSS JOIN LATERAL (
        (SELECT j.seq, j.debit_posted AS posted
         FROM journal j WHERE j.debit = n.number AND j.debit <> 0 ORDER BY j.seq DESC LIMIT 1)
        UNION ALL
        (SELECT j.credit_seq, j.credit_posted
         FROM journal j WHERE j.credit = n.number AND j.credit <> 0
         ORDER BY j.credit_seq DESC LIMIT 1)
        ORDER BY seq DESC LIMIT 1
    ) b
    GROUP BY c.currency
), compared AS (
    SELECT coalesce(b.currency, o.currency) AS currency, coalesce(b.amount, 0) AS transit,
           coalesce(o.amount, 0) AS legs
    FROM balances b FULL JOIN open_legs o ON o.currency = b.currency
), named AS (
    SELECT coalesce(cu.code, c.currency::text) AS code, c.transit, c.legs,
           mod(c.transit - c.legs, 18446744073709551616) <> 0 AS wrong
    FROM compared c LEFT JOIN currencies cu ON cu.number = c.currency
)
SELECT coalesce(string_agg(code || ' ' || legs, ', ' ORDER BY code) FILTER (WHERE legs <> 0),
                'nothing') || ' under way' AS figure,
       count(*) FILTER (WHERE wrong) AS wrong,
       min(code || ': transit accounts ' || transit || ', open legs ' || legs)
           FILTER (WHERE wrong) AS first
FROM named;

-- name: legs_end_in_time
-- Legs whose end home has not recorded; after a minute that wants a look.
WITH open_legs AS (
    SELECT o.partition, o.seq, o.at < clock_timestamp() - interval '1 minute' AS late
    FROM journal o
    LEFT JOIN journal e ON e.payment = o.payment AND e.leg = o.leg AND e.kind IN (12, 19, 21, 22)
    WHERE (o.kind IN (11, 20) OR o.kind = 16 AND o.credit & 1099511627775 < 4096)
      AND e.payment IS NULL
)
SELECT count(*) || ' open legs' AS figure, 0 AS wrong, NULL AS first,
       count(*) FILTER (WHERE late) AS late,
       min(partition || ':' || seq) FILTER (WHERE late) || ' is open for more than a minute'
           AS latest
FROM open_legs;

-- name: parked_legs_are_open
-- A parked leg is one that a record opened and no other has ended. While it is parked, nobody works
-- on it: that wants a look, at what it failed of.
WITH judged AS (
    SELECT p.partition, p.seq, p.error, NOT EXISTS (
        SELECT FROM journal o
        WHERE o.partition = p.partition AND o.seq = p.seq AND o.payment = p.payment AND o.leg = p.leg
          AND (o.kind IN (11, 20) OR o.kind = 16 AND o.credit & 1099511627775 < 4096)
    ) OR EXISTS (
        SELECT FROM journal e
        WHERE e.payment = p.payment AND e.leg = p.leg AND e.kind IN (12, 19, 21, 22)
          AND e.payment <> '00000000-0000-0000-0000-000000000000'
    ) AS wrong
    FROM parked_legs p
)
SELECT count(*) || ' parked legs' AS figure, count(*) FILTER (WHERE wrong) AS wrong,
       min(partition || ':' || seq) FILTER (WHERE wrong) AS first,
       count(*) AS late,
       (array_agg(partition || ':' || seq || ': ' || error ORDER BY partition, seq))[1] AS latest
FROM judged;
