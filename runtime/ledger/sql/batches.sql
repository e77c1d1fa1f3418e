-- name: save
INSERT INTO batches (id, tenant, keys, refusals) VALUES ($1, $2, $3, $4)
ON CONFLICT (id) DO NOTHING
RETURNING id;

-- name: by_id
SELECT id, created_at, keys, refusals::text FROM batches WHERE tenant = $1 AND id = $2;
