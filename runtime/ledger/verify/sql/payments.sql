-- What must hold of each payment as a whole.

-- name: parties_are_the_payments
-- Every record of a payment has the tenant, currency and creditor of its first one, and debits and
-- credits that one's debtor and creditor as its kind says, in the partition of the one whose entry
-- or event it is, and never more than was asked for. A declined payment has one record.
WITH firsts AS (
    SELECT partition, seq, payment, debit, credit, creditor, amount, currency, tenant, leg, kind
    FROM journal WHERE kind IN :kinds(first)
), judged AS (
    SELECT partition, seq, debit = creditor OR is_system_account(creditor)
        OR kind IN :kinds(to_creditor) AND credit <> creditor
        OR kind IN :kinds(opens_leg) AND account_partition(creditor) = partition AS wrong
    FROM firsts
    UNION ALL
    SELECT j.partition, j.seq, f.payment IS NULL OR f.kind = :kind(declined)
        OR j.tenant <> f.tenant OR j.currency <> f.currency OR j.creditor <> f.creditor
        OR j.amount > f.amount
        OR j.partition <> account_partition(CASE WHEN j.kind BETWEEN :family(counterpart) THEN f.creditor ELSE f.debit END)
        OR j.kind IN :kinds(from_debtor) AND j.debit <> f.debit
        OR j.kind IN :kinds(from_creditor) AND j.debit <> f.creditor
        OR j.kind IN :kinds(to_debtor) AND j.credit <> f.debit
        OR j.kind IN :kinds(to_creditor) AND j.credit <> f.creditor
            AND NOT (j.kind IN :kinds(into_transit) AND is_system_account(j.credit))
        OR j.kind IN :kinds(frees) AND f.kind NOT IN :kinds(holds)
        OR j.kind = :kind(captured) AND j.leg = 0 AND j.amount <> f.amount
        OR j.kind = :kind(accepted)
            AND (f.kind <> :kind(held_for_review) OR f.leg <> -1 OR j.amount <> f.amount)
    FROM journal j LEFT JOIN firsts f ON f.payment = j.payment
    WHERE j.kind IN :kinds(later)
)
SELECT count(*) || ' records of payments' AS figure, count(*) FILTER (WHERE wrong) AS wrong,
       min(partition || ':' || seq) FILTER (WHERE wrong) AS first
FROM judged;

-- name: states_follow
-- Each record of a payment moves it as the table of states allows, at the home its id names.
WITH steps AS (
    SELECT partition, seq, payment, kind, state,
           coalesce(lag(state) OVER (PARTITION BY payment ORDER BY seq), 0) AS source
    FROM journal
    WHERE payment <> '00000000-0000-0000-0000-000000000000' AND kind BETWEEN :family(payment)
), judged AS (
    SELECT s.partition, s.seq, m.kind IS NULL
        OR s.partition <> (get_byte(uuid_send(s.payment), 14) << 8
                           | get_byte(uuid_send(s.payment), 15)) AS wrong
    FROM steps s
    LEFT JOIN unnest($1::smallint[], $2::smallint[], $3::smallint[]) AS m (source, kind, target)
        ON m.source = s.source AND m.kind = s.kind AND m.target = s.state
)
SELECT count(*) || ' moves' AS figure, count(*) FILTER (WHERE wrong) AS wrong,
       min(partition || ':' || seq) FILTER (WHERE wrong) AS first
FROM judged;

-- name: amounts_add_up
-- What was authorised = captured + released + still held; refunds never exceed what was captured. The
-- state is that of the newest record: packed behind its sequence, so that nothing need be sorted.
WITH payments AS (
    SELECT payment,
           max(seq * 256 + state) & 255 AS state,
           bool_or(kind IN :kinds(holds)) AS held_first,
           sum(amount) FILTER (WHERE kind IN :kinds(first)) AS authorised,
           coalesce(sum(amount) FILTER (WHERE kind IN :kinds(frees)), 0) AS taken,
           coalesce(sum(amount) FILTER (WHERE kind IN :kinds(captures)), 0)
               - coalesce(sum(amount) FILTER (WHERE kind IN :kinds(uncaptures)), 0) AS captured,
           coalesce(sum(amount) FILTER (WHERE kind IN :kinds(opens_refund_leg)), 0)
               - coalesce(sum(amount) FILTER (WHERE kind IN :kinds(fails_refund_leg)), 0) AS reserved,
           coalesce(sum(amount) FILTER (WHERE kind IN :kinds(refunds)), 0) AS refunded
    FROM journal
    WHERE payment <> '00000000-0000-0000-0000-000000000000' AND kind BETWEEN :family(payment)
    GROUP BY payment
), judged AS (
    SELECT payment,
        authorised IS NULL
        OR NOT held_first AND taken <> 0
        OR held_first AND (
            taken > authorised
            OR (taken < authorised) <> (state IN :states(holds)))
        OR reserved > captured OR refunded > reserved
        OR (state = :state(refunded)) <> (refunded > 0 AND refunded = captured)
        OR (state = :state(partially_refunded)) <> (refunded > 0 AND refunded < captured) AS wrong
    FROM payments
)
SELECT count(*) || ' payments' AS figure, count(*) FILTER (WHERE wrong) AS wrong,
       min(payment::text) FILTER (WHERE wrong) AS first
FROM judged;

-- name: holds_are_the_journals
-- The table of open holds has each hold that is open, with what is left of it, and no other. What a
-- review was asked to last, if accepted, is at most 90 days.
WITH holding AS (
    SELECT payment,
           (array_agg(partition ORDER BY seq))[1] AS partition,
           (array_agg(debit ORDER BY seq))[1] AS debtor,
           sum(CASE WHEN kind IN :kinds(holds) THEN amount WHEN kind IN :kinds(frees) THEN -amount ELSE 0 END)
               AS amount,
           (array_agg(state ORDER BY seq DESC))[1] = :state(in_review) AS review,
           (array_agg(expires_at ORDER BY seq DESC) FILTER (WHERE expires_at IS NOT NULL))[1]
               AS expires_at
    FROM journal WHERE kind IN :kinds(concerns_hold) GROUP BY payment
), compared AS (
    SELECT coalesce(j.payment, h.payment) AS payment, coalesce(h.amount, 0) AS amount,
           (j.partition, j.debtor, j.amount, j.review, j.expires_at)
               IS DISTINCT FROM (h.partition, h.debtor, h.amount, h.review, h.expires_at)
               OR h.expires_in_s NOT BETWEEN 0 AND 7776000 AS wrong
    FROM (SELECT * FROM holding WHERE amount <> 0) j FULL JOIN holds h ON h.payment = j.payment
)
SELECT count(*) || ' open holds' AS figure, count(*) FILTER (WHERE wrong) AS wrong,
       min(payment::text) FILTER (WHERE wrong) AS first
FROM compared;

-- name: holds_end_in_time
-- Holds and reviews that were to end more than a minute ago want a look.
SELECT count(*) || ' open holds' AS figure, 0 AS wrong, NULL AS first,
       count(*) FILTER (WHERE expires_at < clock_timestamp() - interval '1 minute') AS late,
       min(payment::text) FILTER (WHERE expires_at < clock_timestamp() - interval '1 minute')
           || ' was to end more than a minute ago' AS latest
FROM holds;
