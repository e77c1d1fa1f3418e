-- What must hold in every ledger. Each statement gives one row: the figure that it is about, how much
-- is wrong, and where first. Kinds and states by number: payments/states.py. Postings are kinds 4, 5,
-- 10, 11, 16, 19, 21, 30, 31; the records that a leg opens with are 11, 20, and 16 where the money
-- goes to a system account (places below 4096, of which external ones end in 1).

-- name: sums_to_zero
-- Over all accounts of a currency, as each one's newest record says.
WITH numbers AS (
    SELECT number, currency FROM accounts
    UNION ALL
    SELECT (l.partition::bigint << 40) | (c.currency * 4 + kind), c.currency
    FROM leases l
    CROSS JOIN (SELECT DISTINCT currency FROM accounts) c
    CROSS JOIN generate_series(1, 3) AS kind
), totals AS (
    SELECT n.currency, coalesce(sum(b.posted), 0) AS total
    FROM numbers n
    LEFT JOIN LATERAL (
        (SELECT j.seq, j.debit_posted AS posted
         FROM journal j WHERE j.debit = n.number AND j.debit <> 0 ORDER BY j.seq DESC LIMIT 1)
        UNION ALL
        (SELECT j.credit_seq, j.credit_posted
         FROM journal j WHERE j.credit = n.number AND j.credit <> 0
         ORDER BY j.credit_seq DESC LIMIT 1)
        ORDER BY seq DESC LIMIT 1
    ) b ON true
    GROUP BY n.currency
), named AS (
    SELECT coalesce(c.code, t.currency::text) || ' ' || t.total AS text, t.total
    FROM totals t LEFT JOIN currencies c ON c.number = t.currency
)
SELECT coalesce(string_agg(text, ', ' ORDER BY text), 'no accounts') AS figure,
       count(*) FILTER (WHERE total <> 0) AS wrong,
       string_agg(text, ', ' ORDER BY text) FILTER (WHERE total <> 0) AS first
FROM named;

-- name: records_are_double_entry
-- A posting moves a positive amount from one account to another; no other record names a credit,
-- but for accounts'. An account belongs to the partition whose sequence the record carries for it.
SELECT count(*) || ' records' AS figure, count(*) FILTER (WHERE wrong) AS wrong,
       min(partition || ':' || seq) FILTER (WHERE wrong) AS first
FROM (
    SELECT partition, seq, CASE
        WHEN kind IN (4, 5, 10, 11, 16, 19, 21, 30, 31)
            THEN debit = 0 OR credit = 0 OR debit = credit OR amount <= 0
        WHEN kind IN (1, 2, 3) THEN debit <> 0 OR credit = 0 OR amount <> 0
        WHEN kind IN (13, 14, 15, 17) THEN debit = 0 OR credit <> 0 OR amount <= 0
        WHEN kind IN (12, 18, 20, 22, 32) THEN debit <> 0 OR credit <> 0 OR amount <= 0
        ELSE true
    END
    OR debit <> 0 AND debit >> 40 <> partition
    OR credit <> 0 AND credit >> 40 <> credit_partition
    OR partition = credit_partition AND seq <> credit_seq
    -- Only deposits and withdrawals touch external accounts, only the others transit.
    OR (kind = 4) <> (debit & 1099511627775 < 4096 AND debit & 3 = 1)
    OR (kind = 5) <> (credit & 1099511627775 < 4096 AND credit & 3 = 1)
        AS wrong
    FROM journal
) j;

-- name: balances_follow
-- Each balance is that of the account's record before, and what this record changes.
WITH sides AS (
    SELECT debit AS account, seq AS own, partition, seq, debit_posted AS posted, debit_held AS held,
        CASE WHEN kind IN (4, 5, 10, 11, 16, 19, 21, 30, 31) THEN -amount ELSE 0 END AS posted_change,
        CASE WHEN kind IN (14, 15) THEN amount WHEN kind IN (16, 17) THEN -amount ELSE 0 END
            AS held_change
    FROM journal WHERE debit <> 0
    UNION ALL
    SELECT credit, credit_seq, partition, seq, credit_posted, credit_held,
        CASE WHEN kind > 3 THEN amount ELSE 0 END, 0
    FROM journal WHERE credit <> 0
), chained AS (
    SELECT *, posted <> lag(posted, 1, 0::bigint) OVER w + posted_change::numeric
           OR held <> lag(held, 1, 0::bigint) OVER w + held_change::numeric AS wrong
    FROM sides WINDOW w AS (PARTITION BY account ORDER BY own)
)
SELECT count(*) || ' balances' AS figure, count(*) FILTER (WHERE wrong) AS wrong,
       min(partition || ':' || seq) FILTER (WHERE wrong) AS first
FROM chained;

-- name: sequences_are_whole
-- 1, 2, 3, ... in each partition, its own records and those that another's record carries for it,
-- up to where its lease says; times never run back.
WITH places AS (
    SELECT partition, seq, at, true AS own FROM journal
    UNION ALL
    SELECT credit_partition, credit_seq, at, false FROM journal WHERE credit_partition <> partition
), followed AS (
    SELECT partition, seq, seq <> lag(seq, 1, 0::bigint) OVER w + 1
           OR own AND at < max(at) FILTER (WHERE own) OVER w AS wrong
    FROM places WINDOW w AS (PARTITION BY partition ORDER BY seq)
), partitions AS (
    SELECT partition, count(*) AS records, max(seq) AS newest, count(*) FILTER (WHERE wrong) AS wrong,
           min(seq) FILTER (WHERE wrong) AS first
    FROM followed GROUP BY partition
)
SELECT coalesce(sum(p.records), 0) || ' places in ' || count(*) || ' partitions' AS figure,
       coalesce(sum(p.wrong), 0)::bigint
           + count(*) FILTER (WHERE l.last_seq IS DISTINCT FROM coalesce(p.newest, 0)) AS wrong,
       coalesce(min(p.partition || ':' || p.first),
                min('partition ' || coalesce(p.partition, l.partition) || ' ends at '
                    || coalesce(p.newest, 0) || ', its lease at ' || coalesce(l.last_seq::text, 'none'))
                    FILTER (WHERE l.last_seq IS DISTINCT FROM coalesce(p.newest, 0))) AS first
FROM leases l FULL JOIN partitions p ON p.partition = l.partition;

-- name: keys_are_used_once
-- Every payment, deposit and withdrawal has a key; no key of a tenant was used twice, and each
-- stands with the fingerprint of what it was used for.
WITH uses AS (
    SELECT tenant, key, count(*) AS times, bool_or(fingerprint = 0) AS bare
    FROM journal WHERE key IS NOT NULL GROUP BY tenant, key
), missing AS (
    SELECT count(*) AS records, min(partition || ':' || seq) AS first
    FROM journal WHERE key IS NULL AND kind IN (4, 5, 10, 11, 13, 14, 15)
)
SELECT count(u.key) || ' keys' AS figure,
       count(*) FILTER (WHERE u.times > 1 OR u.bare) + m.records AS wrong,
       coalesce('key ' || min(u.key) FILTER (WHERE u.times > 1 OR u.bare), m.first) AS first
FROM missing m LEFT JOIN uses u ON true GROUP BY m.records, m.first;

-- name: nobody_overspends
-- After each debit, hold or refund of a tenant's account: posted - held >= -credit line of then. A
-- capture spends what was held before, even if the line was lowered since.
WITH lines AS (
    SELECT credit AS account, credit_seq AS since,
           lead(credit_seq, 1, 9223372036854775807) OVER (PARTITION BY credit ORDER BY credit_seq)
               AS until,
           (convert_from(details, 'UTF8')::json ->> 'credit_line')::bigint AS credit_line
    FROM journal WHERE kind IN (1, 2, 3)
), judged AS (
    SELECT j.partition, j.seq, j.debit_held < 0 OR j.kind NOT IN (16, 17)
        AND j.debit_posted::numeric - j.debit_held < -coalesce(l.credit_line, 0) AS wrong
    FROM journal j
    LEFT JOIN lines l ON l.account = j.debit AND j.debit_posted < j.debit_held
        AND j.seq >= l.since AND j.seq < l.until
    WHERE j.kind IN (5, 10, 11, 14, 15, 16, 17, 31) AND j.debit & 1099511627775 >= 4096
)
SELECT count(*) || ' debits and holds' AS figure, count(*) FILTER (WHERE wrong) AS wrong,
       min(partition || ':' || seq) FILTER (WHERE wrong) AS first
FROM judged;

-- name: legs_arrive_once
-- A leg is opened once at home; its counterpart carries it out or refuses it, once, with the same
-- amount; then home records the end, once, that fits.
WITH records AS (
    SELECT payment, leg, kind, amount, currency, tenant, creditor,
           kind = 30 AND credit <> creditor OR kind = 31 AND debit <> creditor AS astray
    FROM journal
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
           bool_or(astray) OR min(amount) <> max(amount) OR min(currency) <> max(currency)
               OR min(tenant) <> max(tenant) OR min(creditor) <> max(creditor) AS differ
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
    SELECT coalesce(cu.code, c.currency::text) AS code, c.transit, c.legs
    FROM compared c LEFT JOIN currencies cu ON cu.number = c.currency
)
SELECT coalesce(string_agg(code || ' ' || transit, ', ' ORDER BY code)
                    FILTER (WHERE transit <> 0 OR legs <> 0), 'nothing') || ' under way' AS figure,
       count(*) FILTER (WHERE transit <> legs) AS wrong,
       min(code || ': transit accounts ' || transit || ', open legs ' || legs)
           FILTER (WHERE transit <> legs) AS first
FROM named;

-- name: states_follow
-- Each record of a payment moves it as the table of states allows, at the home its id names.
WITH steps AS (
    SELECT partition, seq, payment, kind, state,
           coalesce(lag(state) OVER (PARTITION BY payment ORDER BY seq), 0) AS source
    FROM journal
    WHERE payment <> '00000000-0000-0000-0000-000000000000' AND kind < 30
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
-- What was authorised = captured + released + still held; refunds never exceed what was captured.
WITH payments AS (
    SELECT payment,
           (array_agg(state ORDER BY seq DESC))[1] AS state,
           bool_or(kind IN (14, 15)) AS held_first,
           sum(amount) FILTER (WHERE kind IN (10, 11, 13, 14, 15)) AS authorised,
           coalesce(sum(amount) FILTER (WHERE kind IN (16, 17)), 0) AS taken,
           coalesce(sum(amount) FILTER (WHERE kind IN (10, 11, 16)), 0)
               - coalesce(sum(amount) FILTER (WHERE kind = 19), 0) AS captured,
           coalesce(sum(amount) FILTER (WHERE kind = 20), 0)
               - coalesce(sum(amount) FILTER (WHERE kind = 22), 0) AS reserved,
           coalesce(sum(amount) FILTER (WHERE kind = 21), 0) AS refunded
    FROM journal
    WHERE payment <> '00000000-0000-0000-0000-000000000000' AND kind < 30
    GROUP BY payment
), judged AS (
    SELECT payment,
        authorised IS NULL
        OR NOT held_first AND taken <> 0
        OR held_first AND (
            taken > authorised
            OR (taken < authorised) <> (state IN (1, 2, 3)))
        OR reserved > captured OR refunded > reserved
        OR (state = 7) <> (refunded > 0 AND refunded = captured)
        OR (state = 6) <> (refunded > 0 AND refunded < captured) AS wrong
    FROM payments
)
SELECT count(*) || ' payments' AS figure, count(*) FILTER (WHERE wrong) AS wrong,
       min(payment::text) FILTER (WHERE wrong) AS first
FROM judged;

-- name: holds_are_the_journals
-- The table of open holds has each hold that is open, with what is left of it, and no other.
WITH holding AS (
    SELECT payment,
           (array_agg(partition ORDER BY seq))[1] AS partition,
           (array_agg(debit ORDER BY seq))[1] AS debtor,
           sum(CASE WHEN kind IN (14, 15) THEN amount WHEN kind IN (16, 17) THEN -amount ELSE 0 END)
               AS amount,
           (array_agg(state ORDER BY seq DESC))[1] = 1 AS review,
           (array_agg(expires_at ORDER BY seq DESC) FILTER (WHERE expires_at IS NOT NULL))[1]
               AS expires_at
    FROM journal WHERE kind IN (14, 15, 16, 17, 18) GROUP BY payment
), compared AS (
    SELECT coalesce(j.payment, h.payment) AS payment, coalesce(h.amount, 0) AS amount,
           (j.partition, j.debtor, j.amount, j.review, j.expires_at)
               IS DISTINCT FROM (h.partition, h.debtor, h.amount, h.review, h.expires_at) AS wrong
    FROM (SELECT * FROM holding WHERE amount <> 0) j FULL JOIN holds h ON h.payment = j.payment
)
SELECT count(*) || ' open holds' AS figure, count(*) FILTER (WHERE wrong) AS wrong,
       min(payment::text) FILTER (WHERE wrong) AS first
FROM compared;

-- name: accounts_are_the_journals
-- The directory says of each account what its newest change says; it was opened once, and every
-- record that names it has its tenant and currency.
WITH changes AS (
    SELECT credit AS number, tenant, currency, convert_from(details, 'UTF8')::json AS settings,
           row_number() OVER w AS age,
           count(*) OVER whole AS changes,
           count(*) FILTER (WHERE kind = 1) OVER whole = 1
               AND first_value(kind) OVER w = 1 AS opened_once,
           first_value(at) OVER w AS opened_at
    FROM journal WHERE kind IN (1, 2, 3)
    WINDOW w AS (PARTITION BY credit ORDER BY credit_seq), whole AS (PARTITION BY credit)
), told AS (
    SELECT * FROM changes WHERE age = changes
), compared AS (
    SELECT coalesce(a.number, t.number) AS number, coalesce(t.opened_once, false) AND (
        a.tenant, a.id, a.currency, s.name, a.credit_line, a.payment_max, a.daily_amount_max,
        a.daily_count_max, a.opened_at
    ) IS NOT DISTINCT FROM (
        t.tenant, t.settings ->> 'id', t.currency, t.settings ->> 'state',
        (t.settings ->> 'credit_line')::bigint, (t.settings ->> 'payment_max')::bigint,
        (t.settings ->> 'daily_amount_max')::bigint, (t.settings ->> 'daily_count_max')::bigint,
        t.opened_at
    ) AS agrees
    FROM accounts a
    LEFT JOIN names s ON s.subject = 'account_state' AND s.number = a.state
    FULL JOIN told t ON t.number = a.number
), strangers AS (
    SELECT min(j.partition || ':' || j.seq) AS first, count(*) AS records
    FROM journal j
    CROSS JOIN LATERAL (VALUES (j.debit), (j.credit), (j.creditor)) AS n (number)
    LEFT JOIN accounts a ON a.number = n.number
    WHERE n.number & 1099511627775 >= 4096
      AND (a.tenant, a.currency) IS DISTINCT FROM (j.tenant, j.currency)
)
SELECT count(c.number) || ' accounts' AS figure,
       count(*) FILTER (WHERE NOT c.agrees) + s.records AS wrong,
       coalesce(min(coalesce(a.id, c.number::text)) FILTER (WHERE NOT c.agrees), s.first) AS first
FROM strangers s
LEFT JOIN compared c ON true
LEFT JOIN accounts a ON a.number = c.number
GROUP BY s.records, s.first;

-- name: declines_move_nothing
-- A declined payment has one record, which names its debtor with the balance as it was.
WITH declined AS (
    SELECT payment FROM journal WHERE kind = 13
)
SELECT (SELECT count(*) FROM declined) || ' declined payments' AS figure,
       count(*) AS wrong, min(j.partition || ':' || j.seq) AS first
FROM journal j JOIN declined d ON d.payment = j.payment
WHERE j.payment <> '00000000-0000-0000-0000-000000000000'
  AND (j.kind <> 13 OR j.credit <> 0 OR j.state <> 8 OR j.reason = 0);

-- The rest is no check of its own: accounts_are_at_home asks it.

-- name: accounts
SELECT number, tenant, id FROM accounts ORDER BY number;

-- name: partitions
SELECT value FROM platform WHERE name = 'partitions';
