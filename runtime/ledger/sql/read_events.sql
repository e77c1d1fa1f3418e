-- name: tenant_names
SELECT number, name FROM tenants WHERE number = ANY($1::integer[]);

-- name: events
-- Of each partition ($1) what comes after a sequence ($2), up to another ($3), along the index.
SELECT j.*
FROM unnest($1::smallint[], $2::bigint[], $3::bigint[]) AS w (partition, after, through)
CROSS JOIN LATERAL (
    SELECT * FROM journal
    WHERE partition = w.partition AND seq > w.after AND seq <= w.through
      AND ($4::integer IS NULL OR tenant = $4) AND kind = ANY($5::smallint[])
    ORDER BY seq
) j;

-- name: times
SELECT j.partition, j.at FROM unnest($1::smallint[], $2::bigint[]) AS w (partition, seq)
JOIN journal j ON j.partition = w.partition AND j.seq = w.seq;
