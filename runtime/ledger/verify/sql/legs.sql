-- What moves between partitions, and what became of it.

-- name: legs_arrive_once
-- A leg is opened once at home; its counterpart carries it out or refuses it, once, with the same
-- amount, and keeps when it occurred; then home records the end, once, that fits, with its reason.
WITH records AS (
    SELECT payment, leg, kind, amount, reason, occurred_at FROM journal
    WHERE kind IN :kinds(of_a_leg) AND (kind NOT IN :kinds(opens_leg) OR is_system_account(credit))
), legs AS (
    SELECT payment, leg,
           count(*) FILTER (WHERE kind IN :kinds(opens_payment_leg)) AS opened,
           count(*) FILTER (WHERE kind IN :kinds(posts_payment_leg)) AS credited,
           count(*) FILTER (WHERE kind IN :kinds(completes_payment_leg)) AS completed,
           count(*) FILTER (WHERE kind IN :kinds(fails_payment_leg)) AS returned,
           count(*) FILTER (WHERE kind IN :kinds(opens_refund_leg)) AS requested,
           count(*) FILTER (WHERE kind IN :kinds(posts_refund_leg)) AS debited,
           count(*) FILTER (WHERE kind IN :kinds(completes_refund_leg)) AS refunded,
           count(*) FILTER (WHERE kind IN :kinds(fails_refund_leg)) AS declined,
           count(*) FILTER (WHERE kind IN :kinds(refuses_leg)) AS refused,
           min(amount) <> max(amount)
               OR min(reason) FILTER (WHERE kind IN :kinds(turns_down_leg))
                   <> max(reason) FILTER (WHERE kind IN :kinds(turns_down_leg))
               OR min(occurred_at) FILTER (WHERE kind NOT IN :kinds(ends_leg))
                   <> max(occurred_at) FILTER (WHERE kind NOT IN :kinds(ends_leg)) AS differ
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
-- right before it, under its number.
WITH firsts AS (
    SELECT payment, leg, kind FROM journal WHERE kind IN :kinds(first)
), moves AS (
    SELECT j.partition, j.seq, j.payment, j.kind, j.leg, f.kind = :kind(held_for_review) AND f.leg = 0 AS at_once,
           count(*) FILTER (WHERE j.kind IN :kinds(opens_leg) AND j.leg > 0) OVER w AS number,
           lead(j.kind) OVER w AS kind_after, lead(j.leg) OVER w AS leg_after
    FROM journal j JOIN firsts f ON f.payment = j.payment
    WHERE j.kind IN (:kind(captured), :kind(released), :kind(accepted), :kind(refund_requested))
    WINDOW w AS (PARTITION BY j.payment ORDER BY j.seq)
), judged AS (
    SELECT partition, seq, CASE
        WHEN kind = :kind(accepted) THEN at_once
        WHEN kind = :kind(released)
            THEN leg <> 0 AND (kind_after, leg_after) IS DISTINCT FROM (:kind(captured), leg)
        WHEN kind = :kind(captured) AND at_once THEN leg <> 0
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
           sum(CASE WHEN kind IN :kinds(into_transit) THEN amount ELSE -amount END) AS under_way
    FROM journal
    WHERE kind IN :kinds(from_transit) OR kind IN :kinds(into_transit) AND is_system_account(credit)
    GROUP BY payment, leg, currency
), open_legs AS (
    SELECT currency, sum(under_way) AS amount FROM legs WHERE under_way <> 0 GROUP BY currency
), balances AS (
    SELECT c.currency, sum(b.posted) AS amount
    FROM leases l
    CROSS JOIN (SELECT DISTINCT currency FROM accounts) c
    CROSS JOIN unnest($1::smallint[]) AS kind
    CROSS JOIN LATERAL (SELECT system_account(l.partition, c.currency, kind) AS number) n
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
    LEFT JOIN journal e ON e.payment = o.payment AND e.leg = o.leg AND e.kind IN :kinds(ends_leg)
    WHERE o.kind IN :kinds(opens_leg) AND is_system_account(o.credit)
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
          AND o.kind IN :kinds(opens_leg) AND is_system_account(o.credit)
    ) OR EXISTS (
        SELECT FROM journal e
        WHERE e.payment = p.payment AND e.leg = p.leg AND e.kind IN :kinds(ends_leg)
          AND e.payment <> '00000000-0000-0000-0000-000000000000'
    ) AS wrong
    FROM parked_legs p
)
SELECT count(*) || ' parked legs' AS figure, count(*) FILTER (WHERE wrong) AS wrong,
       min(partition || ':' || seq) FILTER (WHERE wrong) AS first,
       count(*) AS late,
       (array_agg(partition || ':' || seq || ': ' || error ORDER BY partition, seq))[1] AS latest
FROM judged;
