-- What must hold of money in every ledger. Each statement of these files gives one row: the figure
-- that it is about, how much is wrong, and where first; some say as well what wants a look (`late`,
-- `latest`) without being wrong. Balances of system accounts are kept modulo 2^64
-- (18446744073709551616): what they are comes from the amounts, summed as numeric.

-- name: sums_to_zero
-- Over all accounts of a currency: tenants' as each one's newest record says, the platform's as what
-- moved through them, with which their newest record agrees.
WITH moved AS (
    SELECT account, sum(amount) AS posted
    FROM (
        SELECT debit AS account, -amount AS amount FROM journal
        WHERE debit <> 0 AND is_system_account(debit)
        UNION ALL
        SELECT credit, amount FROM journal
        WHERE credit <> 0 AND is_system_account(credit)
    ) sides
    GROUP BY account
), numbers AS (
    SELECT number, currency, NULL::numeric AS moved FROM accounts
    UNION ALL
    SELECT account, system_account_currency(account), posted FROM moved
), balances AS (
    SELECT n.number, n.currency, coalesce(n.moved, b.posted, 0) AS posted,
           n.moved IS NOT NULL AND mod(n.moved - b.posted, 18446744073709551616) <> 0 AS differs
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
), totals AS (
    SELECT currency, sum(posted) AS total, count(*) FILTER (WHERE differs) AS differ,
           min(number) FILTER (WHERE differs) AS first
    FROM balances GROUP BY currency
), named AS (
    SELECT coalesce(c.code, t.currency::text) || ' ' || t.total AS text, t.total, t.differ,
           coalesce(system_account_name(t.first, c.code), t.first::text) AS first
    FROM totals t LEFT JOIN currencies c ON c.number = t.currency
)
SELECT coalesce(string_agg(text, ', ' ORDER BY text), 'no accounts') AS figure,
       count(*) FILTER (WHERE total <> 0) + coalesce(sum(differ), 0)::bigint AS wrong,
       coalesce(string_agg(text, ', ' ORDER BY text) FILTER (WHERE total <> 0),
                'the balance of ' || min(first)) AS first
FROM named;

-- name: balances_follow
-- Each balance is that of the account's record before, and what this record changes. Tenants' as
-- 64-bit numbers (one that leaves them can't be read), system accounts' modulo 2^64. `held` comes
-- with the hold's change taken off it.
WITH sides AS (
    SELECT debit AS account, seq AS own, debit_posted AS posted, debit_held AS held,
        CASE WHEN kind IN :kinds(debits) THEN -amount ELSE 0 END AS change,
        CASE WHEN kind IN :kinds(holds) THEN amount WHEN kind IN :kinds(frees) THEN -amount ELSE 0 END
            AS held_change
    FROM journal WHERE debit <> 0
    UNION ALL
    SELECT credit, credit_seq, credit_posted, credit_held,
        CASE WHEN kind IN :kinds(credits) THEN amount ELSE 0 END, 0
    FROM journal WHERE credit <> 0
), chained AS (
    SELECT account, own, held - held_change <> lag(held, 1, 0::bigint) OVER w OR CASE
        WHEN NOT is_system_account(account)
            THEN posted - change <> lag(posted, 1, 0::bigint) OVER w
        ELSE mod(posted::numeric - change - lag(posted, 1, 0::bigint) OVER w,
                 18446744073709551616) <> 0
    END AS wrong
    FROM sides WINDOW w AS (PARTITION BY account ORDER BY own)
)
SELECT count(*) || ' balances' AS figure, count(*) FILTER (WHERE wrong) AS wrong,
       min(account_partition(account) || ':' || own) FILTER (WHERE wrong) AS first
FROM chained;

-- name: nobody_overspends
-- After each debit, hold or refund of a tenant's account: posted - held >= -credit line of then. A
-- capture spends what was held before, even if the line was lowered since.
WITH lines AS (
    SELECT credit AS account, credit_seq AS since,
           lead(credit_seq, 1, 9223372036854775807) OVER (PARTITION BY credit ORDER BY credit_seq)
               AS until,
           (convert_from(details, 'UTF8')::json ->> 'credit_line')::bigint AS credit_line
    FROM journal WHERE kind IN :kinds(settings)
), judged AS (
    SELECT j.partition, j.seq, j.debit_held < 0 OR j.kind NOT IN :kinds(frees)
        AND j.debit_posted::numeric - j.debit_held < -coalesce(l.credit_line, 0) AS wrong
    FROM journal j
    LEFT JOIN lines l ON l.account = j.debit AND j.debit_posted < j.debit_held
        AND j.seq >= l.since AND j.seq < l.until
    WHERE j.kind IN :kinds(changes_tenants_debit) AND NOT is_system_account(j.debit)
)
SELECT count(*) || ' debits and holds' AS figure, count(*) FILTER (WHERE wrong) AS wrong,
       min(partition || ':' || seq) FILTER (WHERE wrong) AS first
FROM judged;

-- name: amounts_are_within_bounds
-- $1: the largest amount, $2: the largest balance of a tenant's account (runtime/money.py). Nothing
-- is held for system accounts, and where a record names no account, it has no balance.
WITH judged AS (
    SELECT partition, seq, amount, amount < 0 OR amount > $1::bigint
        OR CASE
            WHEN debit = 0 THEN debit_posted <> 0 OR debit_held <> 0
            WHEN is_system_account(debit) THEN debit_held <> 0
            ELSE debit_posted NOT BETWEEN -$2::bigint AND $2::bigint
                OR debit_held NOT BETWEEN 0 AND $2::bigint
        END
        OR CASE
            WHEN credit = 0 THEN credit_posted <> 0 OR credit_held <> 0
            WHEN is_system_account(credit) THEN credit_held <> 0
            ELSE credit_posted NOT BETWEEN -$2::bigint AND $2::bigint
                OR credit_held NOT BETWEEN 0 AND $2::bigint
        END AS wrong
    FROM journal
), settings AS (
    SELECT count(*) AS wrong, min(id) AS first FROM accounts
    WHERE credit_line NOT BETWEEN 0 AND $2::bigint OR payment_max NOT BETWEEN 0 AND $2::bigint
       OR daily_amount_max NOT BETWEEN 0 AND $2::bigint OR daily_count_max < 0
)
SELECT count(*) || ' amounts, largest ' || coalesce(max(j.amount), 0) AS figure,
       count(*) FILTER (WHERE j.wrong) + min(s.wrong) AS wrong,
       coalesce(min(j.partition || ':' || j.seq) FILTER (WHERE j.wrong), min(s.first)) AS first
FROM settings s LEFT JOIN judged j ON true;
