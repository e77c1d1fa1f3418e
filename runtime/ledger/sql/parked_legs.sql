-- name: park
INSERT INTO parked_legs (partition, seq, payment, leg, failures, error)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (partition, seq) DO UPDATE SET failures = excluded.failures, error = excluded.error;

-- name: parked
SELECT partition, seq FROM parked_legs WHERE partition = ANY($1::smallint[]);

-- name: everyone
SELECT p.partition, p.seq, p.payment, p.leg, t.name AS tenant, j.amount, c.code AS currency,
       p.failures, p.error, p.parked_at
FROM parked_legs p
JOIN journal j ON j.partition = p.partition AND j.seq = p.seq
JOIN tenants t ON t.number = j.tenant
LEFT JOIN currencies c ON c.number = j.currency
ORDER BY p.parked_at, p.partition, p.seq;

-- name: release
DELETE FROM parked_legs WHERE $1::smallint IS NULL OR (partition = $1 AND seq = $2)
RETURNING partition, seq;
