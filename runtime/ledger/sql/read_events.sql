-- name: edge
-- The record that stands so many after a sequence; none: there are fewer.
SELECT seq FROM journal
WHERE partition = $1 AND seq > $2 AND seq <= $3
ORDER BY seq OFFSET $4 LIMIT 1;

-- name: events
SELECT * FROM journal
WHERE partition = $1 AND seq > $2 AND seq <= $3 AND kind IN :kinds(event)
  AND ($4::integer IS NULL OR tenant = $4)
  AND ($5::smallint[] IS NULL OR kind = ANY($5))
ORDER BY seq;

-- name: tenant_names
SELECT number, name FROM tenants WHERE number = ANY($1::integer[]);
