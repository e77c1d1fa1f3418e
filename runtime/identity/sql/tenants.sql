-- name: insert
INSERT INTO tenants (name) VALUES ($1) ON CONFLICT (name) DO NOTHING
RETURNING number, name, created_at;

-- name: all
SELECT number, name, created_at FROM tenants ORDER BY number;

-- name: by_name
SELECT number, name, created_at FROM tenants WHERE name = $1;
