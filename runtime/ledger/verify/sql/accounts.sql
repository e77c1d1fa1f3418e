-- What must hold of accounts and of what was set for them.

-- name: accounts_are_the_journals
-- The directory says of each account what its newest change says; it was opened once, and every
-- record that names it has its tenant and currency.
WITH changes AS (
    SELECT credit AS number, tenant, currency, convert_from(details, 'UTF8')::json AS settings,
           row_number() OVER w AS age,
           count(*) OVER whole AS changes,
           count(*) FILTER (WHERE kind = :kind(account_opened)) OVER whole = 1
               AND first_value(kind) OVER w = :kind(account_opened) AS opened_once,
           first_value(at) OVER w AS opened_at
    FROM journal WHERE kind IN :kinds(settings)
    WINDOW w AS (PARTITION BY credit ORDER BY credit_seq), whole AS (PARTITION BY credit)
), told AS (
    SELECT * FROM changes WHERE age = changes
), compared AS (
    SELECT coalesce(a.number, t.number) AS number, coalesce(t.opened_once, false) AND (
        a.tenant, a.id, r.name, nullif(a.rail, ''), account_party(a.number), a.currency, s.name, a.credit_line, a.payment_max, a.daily_amount_max,
        a.daily_count_max, a.opened_at
    ) IS NOT DISTINCT FROM (
        t.tenant, t.settings ->> 'id', t.settings ->> 'role', t.settings ->> 'rail',
        CASE WHEN t.settings ->> 'id' IS NULL THEN :number(party_role) ELSE :number(party_tenant) END,
        t.currency, t.settings ->> 'state',
        (t.settings ->> 'credit_line')::bigint, (t.settings ->> 'payment_max')::bigint,
        (t.settings ->> 'daily_amount_max')::bigint, (t.settings ->> 'daily_count_max')::bigint,
        t.opened_at
    ) AS agrees
    FROM accounts a
    LEFT JOIN names s ON s.subject = 'account_state' AND s.number = a.state
    LEFT JOIN names r ON r.subject = 'role' AND r.number = a.role
    FULL JOIN told t ON t.number = a.number
), named AS (
    SELECT debit AS number, tenant, currency, count(*) AS records, min(seq) AS seq
    FROM journal GROUP BY debit, tenant, currency
    UNION ALL
    SELECT credit, tenant, currency, count(*), min(credit_seq)
    FROM journal GROUP BY credit, tenant, currency
    UNION ALL
    SELECT creditor, tenant, currency, count(*), NULL
    FROM journal GROUP BY creditor, tenant, currency
), strangers AS (
    SELECT coalesce(sum(n.records), 0)::bigint AS records,
           min(coalesce(account_partition(n.number) || ':' || n.seq, 'for creditor ' || n.number)) AS first
    FROM named n
    LEFT JOIN accounts a ON a.number = n.number
    WHERE NOT is_system_account(n.number)
      AND (a.tenant, a.currency) IS DISTINCT FROM (n.tenant, n.currency)
)
SELECT count(c.number) || ' accounts' AS figure,
       count(*) FILTER (WHERE NOT c.agrees) + s.records AS wrong,
       coalesce(min(coalesce(a.id, c.number::text)) FILTER (WHERE NOT c.agrees), s.first) AS first
FROM strangers s
LEFT JOIN compared c ON true
LEFT JOIN accounts a ON a.number = c.number
GROUP BY s.records, s.first;

-- name: settings_are_obeyed
-- While an account is frozen or closed it is not debited and nothing is held for it but for captures
-- of earlier holds; no payment is larger than the limit of then; once closed, nothing more happens
-- to it, and it was closed with nothing in it.
WITH settings AS (
    SELECT credit AS account, credit_seq AS since, kind, credit_posted, credit_held, partition,
           lead(credit_seq, 1, 9223372036854775807) OVER (PARTITION BY credit ORDER BY credit_seq)
               AS until,
           convert_from(details, 'UTF8')::json AS told
    FROM journal WHERE kind IN :kinds(settings)
), bounds AS (
    SELECT account, since, until, kind = :kind(account_closed) AS closed, told ->> 'state' <> 'open' AS stopped,
           (told ->> 'payment_max')::bigint AS payment_max
    FROM settings WHERE told ->> 'state' <> 'open' OR (told ->> 'payment_max')::bigint > 0
), judged AS (
    SELECT account_partition(account) || ':' || since AS since,
           kind = :kind(account_closed) AND (credit_posted <> 0 OR credit_held <> 0)
           OR (kind = :kind(account_closed)) <> (told ->> 'state' = 'closed') AS wrong
    FROM settings
    UNION ALL
    SELECT j.partition || ':' || j.seq,
           b.closed
           OR b.stopped AND j.kind IN :kinds(asks_of_tenant)
           OR b.payment_max > 0 AND j.amount > b.payment_max AND j.kind IN :kinds(authorises)
    FROM bounds b JOIN journal j ON j.debit = b.account AND j.seq > b.since AND j.seq < b.until
        AND j.debit <> 0
    UNION ALL
    SELECT j.partition || ':' || j.seq, true
    FROM bounds b JOIN journal j ON j.credit = b.account AND j.credit_seq > b.since
        AND j.credit <> 0
    WHERE b.closed
)
SELECT count(*) || ' settings and what they bound' AS figure, count(*) FILTER (WHERE wrong) AS wrong,
       min(since) FILTER (WHERE wrong) AS first
FROM judged;
