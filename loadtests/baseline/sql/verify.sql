-- Each statement counts what must not be there.

-- name: settled_payments_have_two_balanced_entries
SELECT count(*) FROM (
    SELECT FROM payments p LEFT JOIN entries e ON e.payment = p.id
    WHERE p.status = 5
    GROUP BY p.id
    HAVING count(e.payment) <> 2
        OR count(*) FILTER (WHERE e.account = p.debtor AND e.amount = -p.amount) <> 1
        OR count(*) FILTER (WHERE e.account = p.creditor AND e.amount = p.amount) <> 1
) AS wrong;

-- name: entries_belong_to_settled_payments
SELECT count(*) FROM entries e LEFT JOIN payments p ON p.id = e.payment
WHERE p.status IS DISTINCT FROM 5;

-- name: payments_are_settled_or_declined_for_a_reason
SELECT count(*) FROM payments WHERE (status, reason > 0) NOT IN ((5, false), (8, true));

-- name: payments_are_between_accounts_of_their_tenant_and_currency
SELECT count(*) FROM payments p
LEFT JOIN accounts d ON d.number = p.debtor LEFT JOIN accounts c ON c.number = p.creditor
WHERE (p.tenant, p.currency, p.tenant, p.currency)
    IS DISTINCT FROM (d.tenant, d.currency, c.tenant, c.currency) OR d.number = c.number;

-- name: balances_are_the_sums_of_their_entries
SELECT count(*) FROM (SELECT account, sum(amount) AS amount FROM entries GROUP BY account) e
FULL JOIN accounts a ON a.number = e.account
WHERE a.posted IS DISTINCT FROM coalesce(e.amount, 0);

-- name: money_is_neither_made_nor_lost
SELECT count(*) FROM (
    SELECT FROM accounts GROUP BY tenant, currency HAVING sum(posted) <> 0
) AS wrong;

-- name: nobody_is_overdrawn
SELECT count(*) FROM accounts WHERE posted < -credit_line;

-- name: keys_are_used_once
SELECT count(*) FROM (SELECT FROM payments GROUP BY tenant, key HAVING count(*) > 1) AS wrong;

-- name: each_payment_is_told_once
SELECT count(*) FROM payments p
FULL JOIN (SELECT payment, count(*) AS times, min(status) AS status FROM outbox GROUP BY payment) o
    ON o.payment = p.id
WHERE (o.times, o.status) IS DISTINCT FROM (1, p.status);
