-- name: save
INSERT INTO batches (id, tenant, keys, fingerprints, refusals) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (id) DO NOTHING
RETURNING id;

-- name: by_id
SELECT id, created_at, keys, fingerprints, refusals::text FROM batches WHERE tenant = $1 AND id = $2;
