-- name: tenant_names
SELECT number, name FROM tenants WHERE number = ANY($1::integer[]);
