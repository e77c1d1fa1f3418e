-- A key is found by the SHA-256 of the whole of it.

-- name: by_hash
SELECT k.id, k.tenant, t.name, k.role, k.expires_at, k.revoked_at IS NOT NULL AS revoked,
       coalesce(k.expires_at <= now(), false) AS expired
FROM api_keys k LEFT JOIN tenants t ON t.number = k.tenant
WHERE k.hash = $1;

-- name: insert
INSERT INTO api_keys (id, tenant, role, hash, label, expires_at)
VALUES ($1, $2, $3, $4, $5, $6)
RETURNING *;

-- name: of_tenant
SELECT * FROM api_keys WHERE tenant IS NOT DISTINCT FROM $1 ORDER BY id DESC;

-- name: rotate
-- The lock makes a second rotation wait and then find the key ended, when there is no grace. RFC 3339
-- has no year after 9999.
WITH predecessor AS (
    SELECT * FROM api_keys
    WHERE id = $1 AND tenant IS NOT DISTINCT FROM $2 AND revoked_at IS NULL
      AND (expires_at IS NULL OR expires_at > now())
    FOR UPDATE
), ended AS (
    UPDATE api_keys k SET expires_at = least(k.expires_at, now() + $3::interval)
    FROM predecessor p WHERE k.id = p.id
)
INSERT INTO api_keys (id, tenant, role, hash, label, expires_at)
SELECT $4, tenant, role, $5, label, CASE WHEN expires_at IS NOT NULL THEN
           least(now() + (expires_at - created_at), '9999-12-31T23:59:59.999999Z') END
FROM predecessor
RETURNING *;

-- name: revoke
UPDATE api_keys SET revoked_at = coalesce(revoked_at, now())
WHERE id = $1 AND tenant IS NOT DISTINCT FROM $2
RETURNING id;
