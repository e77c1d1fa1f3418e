-- What the catalogue says of the ledger's schema: tables, their columns, constraints, indexes,
-- triggers and rules, views and functions, a line each, as the server itself writes them.

-- name: describe
WITH relations AS (
    SELECT oid, relname, relkind, relpersistence, relrowsecurity FROM pg_class
    WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p', 'f', 'v', 'm')
), lines AS (
    SELECT relname, 'table ' || relname || ' kind ' || relkind::text || ' persistence ' || relpersistence::text
           || CASE WHEN relrowsecurity THEN ' row security' ELSE '' END AS line
    FROM relations WHERE relkind <> 'v'
    UNION ALL
    SELECT r.relname, 'column ' || r.relname || ' ' || a.attname || ' '
           || format_type(a.atttypid, a.atttypmod)
           || CASE WHEN a.attnotnull THEN ' not null' ELSE '' END
           || coalesce(' default ' || pg_get_expr(d.adbin, d.adrelid), '')
           || CASE a.attidentity WHEN '' THEN '' ELSE ' identity ' || a.attidentity::text END
    FROM relations r
    JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
    LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    WHERE r.relkind <> 'v'
    UNION ALL
    SELECT r.relname, 'constraint ' || r.relname || ' ' || k.conname || ' '
           || pg_get_constraintdef(k.oid)
    FROM relations r JOIN pg_constraint k ON k.conrelid = r.oid
    WHERE k.contype <> 'n'
    UNION ALL
    SELECT r.relname, 'index ' || r.relname || ' ' || c.relname || ' ' || pg_get_indexdef(i.indexrelid)
           || CASE WHEN i.indisvalid AND i.indisready AND i.indislive THEN '' ELSE ' (invalid)' END
    FROM relations r
    JOIN pg_index i ON i.indrelid = r.oid
    JOIN pg_class c ON c.oid = i.indexrelid
    UNION ALL
    SELECT r.relname, 'trigger ' || r.relname || ' ' || t.tgname || ' ' || pg_get_triggerdef(t.oid)
           || ' enabled ' || t.tgenabled::text
    FROM relations r JOIN pg_trigger t ON t.tgrelid = r.oid AND NOT t.tgisinternal
    UNION ALL
    SELECT r.relname, 'rule ' || r.relname || ' ' || w.rulename || ' ' || pg_get_ruledef(w.oid)
    FROM relations r JOIN pg_rewrite w ON w.ev_class = r.oid AND w.rulename <> '_RETURN'
    UNION ALL
    SELECT relname, 'view ' || relname || ' ' || pg_get_viewdef(oid) FROM relations WHERE relkind = 'v'
    UNION ALL
    SELECT proname, 'function ' || proname || ' ' || pg_get_functiondef(oid)
    FROM pg_proc WHERE pronamespace = current_schema()::regnamespace AND prokind = 'f'
)
SELECT relname AS name,
       regexp_replace(replace(line, current_schema() || '.', ''), '\s+', ' ', 'g') AS line
FROM lines ORDER BY line COLLATE "C";
