-- What must hold of single records, and of each partition's one after the other.

-- name: records_are_double_entry
-- A posting moves a positive amount from one account to another of the kinds that go with it ($1
-- kind, $2 whether it has an amount; $3, $4 kind and what may be debited, $5, $6 credited:
-- verify/shapes.py). An account belongs to the partition whose sequence the record carries for it,
-- a system account has the record's currency.
WITH shapes AS (
    SELECT * FROM unnest($1::smallint[], $2::boolean[]) AS s (kind, moves)
), judged AS (
    SELECT j.partition, j.seq, s.kind IS NULL
        OR (j.kind, account_party(j.debit)) NOT IN (SELECT * FROM unnest($3::smallint[], $4::smallint[]))
        OR (j.kind, account_party(j.credit)) NOT IN (SELECT * FROM unnest($5::smallint[], $6::smallint[]))
        OR CASE WHEN s.moves THEN j.amount <= 0 ELSE j.amount <> 0 END
        OR j.debit = j.credit AND j.debit <> 0
        OR j.debit <> 0 AND account_partition(j.debit) <> j.partition
        OR CASE WHEN j.credit = 0 THEN j.partition <> j.credit_partition
                ELSE account_partition(j.credit) <> j.credit_partition END
        OR j.partition = j.credit_partition AND j.seq <> j.credit_seq
        OR j.debit <> 0 AND is_system_account(j.debit)
            AND system_account_currency(j.debit) <> j.currency
        OR j.credit <> 0 AND is_system_account(j.credit)
            AND system_account_currency(j.credit) <> j.currency AS wrong
    FROM journal j LEFT JOIN shapes s ON s.kind = j.kind
)
SELECT count(*) || ' records' AS figure, count(*) FILTER (WHERE wrong) AS wrong,
       min(partition || ':' || seq) FILTER (WHERE wrong) AS first
FROM judged;

-- name: fields_fit_their_kind
-- What a record of a kind has besides its parties: number of its leg ($2 to $3), key ($4: 0 never,
-- 1 perhaps, 2 always), expiry ($5), risk ($6); $7: all flags that there are; $8, $9: kind and reasons.
WITH shapes AS (
    SELECT * FROM unnest($1::smallint[], $2::smallint[], $3::smallint[], $4::integer[],
                         $5::boolean[], $6::boolean[])
        AS s (kind, leg_min, leg_max, key, expires, scored)
), judged AS (
    SELECT j.partition, j.seq,
        j.leg NOT BETWEEN s.leg_min AND s.leg_max
        OR (j.kind, j.reason) NOT IN (SELECT * FROM unnest($8::smallint[], $9::smallint[]))
        OR j.kind = :kind(released)
            AND (j.reason = :reason(review_rejected)) <> (j.state = :state(declined))
        OR j.kind = :kind(released) AND j.reason = :reason(review_expired)
            AND j.state <> :state(expired)
        OR CASE s.key WHEN 0 THEN j.key IS NOT NULL WHEN 2 THEN j.key IS NULL
                      ELSE j.kind = :kind(captured) AND j.leg > 0 AND j.key IS NULL END
        OR (j.key IS NULL) <> (j.fingerprint = 0)
        OR s.expires <> (j.expires_at IS NOT NULL) OR j.expires_at <= j.at
        OR CASE WHEN s.scored THEN j.risk_score NOT BETWEEN -1 AND 1000
                                   OR j.risk_flags & ~$7::integer <> 0 OR j.risk_model < 0
                ELSE j.risk_score <> -1 OR j.risk_flags <> 0 OR j.risk_model <> 0 END
        OR (j.kind IN :kinds(account)) <> (j.payment = '00000000-0000-0000-0000-000000000000')
        OR (j.kind IN :kinds(account)) <> (j.creditor = 0)
        OR (j.kind IN :kinds(payment)) = (j.state = 0) AS wrong
    FROM journal j JOIN shapes s ON s.kind = j.kind
)
SELECT count(*) || ' records' AS figure, count(*) FILTER (WHERE wrong) AS wrong,
       min(partition || ':' || seq) FILTER (WHERE wrong) AS first
FROM judged;

-- name: times_fit
-- A payment's id is a UUIDv7 of the millisecond of its first record. What isn't told otherwise
-- occurred when it was recorded, and at most a day (and a minute, for two clocks) after. What the
-- database's clock has not come to yet wants a look. (Half a microsecond is added so that a whole
-- millisecond isn't rounded down.)
WITH judged AS (
    SELECT partition, seq, at, CASE
        WHEN kind IN :kinds(first) THEN
            substr(uuid_send(payment), 1, 6)
                <> substr(int8send(floor(date_part('epoch', at) * 1000 + 0.0005)::bigint), 3, 6)
            OR get_byte(uuid_send(payment), 6) >> 4 <> 7 OR get_byte(uuid_send(payment), 8) >> 6 <> 2
            OR occurred_at > at + interval '1 day 1 minute'
        WHEN kind IN :kinds(counterpart) THEN false
        ELSE occurred_at <> at
    END AS wrong
    FROM journal
)
SELECT count(*) || ' times, the last ' || coalesce(max(at)::text, 'never') AS figure,
       count(*) FILTER (WHERE wrong) AS wrong,
       min(partition || ':' || seq) FILTER (WHERE wrong) AS first,
       count(*) FILTER (WHERE at > clock_timestamp() + interval '1 minute') AS late,
       min(partition || ':' || seq) FILTER (WHERE at > clock_timestamp() + interval '1 minute')
           || ' is of a time to come' AS latest
FROM judged;

-- name: texts_are_sealed
-- What a client sent along is sealed (runtime/keys/sealed_text.py), under a key that stands, or once
-- stood, among those of subjects. $1: kinds whose details are an account's settings, which are plain.
WITH texts AS (
    SELECT partition, seq, details,
           ('x' || encode(substr(details, 2, 8), 'hex'))::bit(64)::bigint AS subject,
           ('x' || encode(substr(details, 10, 2), 'hex'))::bit(16)::integer AS generation
    FROM journal WHERE details IS NOT NULL AND kind <> ALL ($1::smallint[])
), judged AS (
    SELECT t.partition, t.seq, k.wrapped IS NULL AS forgotten,
           k.subject IS NULL OR length(t.details) < 39 OR substr(t.details, 1, 1) <> '\x01' AS wrong
    FROM texts t
    LEFT JOIN subject_keys k ON k.subject = t.subject AND k.generation = t.generation
)
SELECT count(*) || ' texts, ' || count(*) FILTER (WHERE forgotten AND NOT wrong) || ' forgotten'
           AS figure,
       count(*) FILTER (WHERE wrong) AS wrong,
       min(partition || ':' || seq) FILTER (WHERE wrong) AS first
FROM judged;

-- name: sequences_are_whole
-- 1, 2, 3, ... in each partition, its own records and those that another's record carries for it;
-- times never run back.
WITH sequences AS (
    SELECT partition, seq, at FROM journal
    UNION ALL
    SELECT credit_partition, credit_seq, at FROM journal WHERE credit_partition <> partition
), followed AS (
    SELECT partition, seq, seq <> lag(seq, 1, 0::bigint) OVER w + 1 OR at < lag(at) OVER w AS wrong
    FROM sequences WINDOW w AS (PARTITION BY partition ORDER BY seq)
)
SELECT count(*) || ' sequences in ' || count(DISTINCT partition) || ' partitions' AS figure,
       count(*) FILTER (WHERE wrong) AS wrong,
       min(partition || ':' || seq) FILTER (WHERE wrong) AS first
FROM followed;

-- name: keys_are_used_once
-- No key of a tenant was used twice: those whose hash comes more than once are compared in full.
WITH twice AS (
    SELECT tenant, hashtextextended(key, 0) AS hashed FROM journal WHERE key IS NOT NULL
    GROUP BY tenant, hashtextextended(key, 0) HAVING count(*) > 1
), uses AS (
    SELECT j.tenant, j.key FROM journal j
    JOIN twice t ON t.tenant = j.tenant AND t.hashed = hashtextextended(j.key, 0)
    WHERE j.key IS NOT NULL GROUP BY j.tenant, j.key HAVING count(*) > 1
)
SELECT (SELECT count(key) FROM journal) || ' keys' AS figure,
       count(*) AS wrong, 'key ' || min(key) AS first
FROM uses;
