-- name: ledger
SELECT value FROM platform WHERE name = 'ledger';
