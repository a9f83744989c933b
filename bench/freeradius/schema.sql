-- What FreeRADIUS needs beside the tables that callgate keeps the same facts in.

-- PINs as RADIUS carries them. callgate keeps keyed digests only; the peer is spared computing one.
CREATE TABLE peer_pins (
    pin text PRIMARY KEY,
    inmate_id text NOT NULL
);

-- The log: one row a decision, without the facts, the findings and the answer that callgate keeps.
CREATE TABLE peer_decisions (
    switch_id text NOT NULL,
    call_id text NOT NULL,
    decided_at timestamptz NOT NULL,
    facility_id text,
    station_id text NOT NULL,
    inmate_id text,
    number text,
    decision text NOT NULL,
    reason text,
    call_class text,
    max_duration_seconds integer NOT NULL,
    -- Until then the call holds its PIN; by the same clock as `now` in the query.
    frees_at bigint,
    PRIMARY KEY (switch_id, call_id)
);
CREATE INDEX ix_peer_decisions_inmate_id ON peer_decisions (inmate_id, frees_at);

-- One query decides, on the tables that callgate decides on: telephone, place, PIN, person, number, blocks with shields and
-- exceptions, shut-offs, list, one-time calls, restrictions, a call that runs already, hours, tariff.
--
-- It stands in a function so that PostgreSQL plans it once for each connection: sent as text, FreeRADIUS having no prepared
-- statements, it was planned for each call, which took several times as long as the query itself.
--
-- What it leaves out, to its own good: the count of wrong PINs, quotas, a repeat's stored answer, the caps on rates, and the
-- lock by which two telephones cannot both have one PIN's call.
--
-- clock_shift_ms: added to the clock, as the other side's clock is set.
CREATE FUNCTION peer_decide(
    the_station text, the_pin text, dialled text, payment_type text, clock_shift_ms bigint
) RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE answer text;
BEGIN
    WITH asked AS MATERIALIZED (
        SELECT CASE WHEN dialled LIKE '+%' THEN dialled ELSE '+1' || dialled END AS number,
               floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint + clock_shift_ms AS now
    ),
    place AS MATERIALIZED (
        SELECT a.number, a.now, s.facility_id, s.unit, s.media, s.enabled, m.inmate_id, m.status,
               m.facility_id AS held_at, m.unit AS held_in, e.kind AS entry, c.kind AS common,
               CASE WHEN c.kind = 'hotline' THEN 'hotline'
                    WHEN c.kind = 'privileged' OR e.kind IN ('attorney', 'consulate') THEN 'privileged'
                    ELSE 'social' END AS class,
               to_timestamp(a.now / 1000.0) AT TIME ZONE f.time_zone AS local,
               coalesce(s.hours_open, f.hours_open, '06:00')::time AS opens,
               coalesce(s.hours_close, f.hours_close, '23:00')::time AS closes
        FROM asked a
        LEFT JOIN stations s ON s.station_id = the_station
        LEFT JOIN facilities f ON f.facility_id = s.facility_id
        LEFT JOIN peer_pins p ON p.pin = the_pin
        LEFT JOIN inmates m ON m.inmate_id = p.inmate_id
        LEFT JOIN common_numbers c ON c.number = a.number AND c.state = 'in_force'
            AND (c.facility_id IS NULL OR c.facility_id = s.facility_id)
        LEFT JOIN list_entries e ON e.inmate_id = m.inmate_id AND e.number = a.number AND e.state = 'active'
    ),
    judged AS MATERIALIZED (
        SELECT x.*,
            CASE WHEN x.class = 'hotline' THEN 900
                 ELSE LEAST(900, floor(extract(epoch FROM x.closes - x.local::time))::int) END AS seconds,
            CASE
            WHEN x.facility_id IS NULL OR NOT x.enabled THEN 'station_not_accepted'
            WHEN x.class <> 'hotline' AND (x.inmate_id IS NULL OR x.status <> 'active' OR x.held_at <> x.facility_id)
                THEN 'pin_not_accepted'
            WHEN x.number !~ '^[+]1[2-9][0-9]{2}[2-9][0-9]{6}$'
                OR (x.common IS NULL AND x.number ~ '^[+]1(900|8(00|33|44|55|66|77|88))') THEN 'number_not_valid'
            WHEN x.class <> 'hotline' AND EXISTS (
                SELECT 1 FROM shutoffs z WHERE z.ended_at IS NULL AND z.starts_at <= x.now AND z.ends_at > x.now
                AND (z.scope = 'system'
                     OR (z.facility_id = x.facility_id AND (z.scope = 'facility' OR z.unit = x.unit)))
            ) THEN 'calls_unavailable'
            WHEN EXISTS (
                SELECT 1 FROM blocks b LEFT JOIN inmates o ON o.inmate_id = b.inmate_id
                WHERE b.number = x.number AND b.lifted_at IS NULL AND (b.until IS NULL OR b.until > x.now)
                AND (b.scope = 'system' OR (x.class <> 'hotline' AND (
                    b.inmate_id = x.inmate_id
                    OR (b.scope = 'facility' AND b.facility_id = x.facility_id)
                    OR (b.scope = 'unit' AND b.facility_id = x.held_at AND b.unit = x.held_in)
                    OR (b.kind IN ('victim', 'court_order', 'protected_person') AND o.status = 'active'
                        AND o.facility_id = x.facility_id
                        AND NOT EXISTS (
                            SELECT 1 FROM block_exceptions y WHERE y.block_id = b.block_id
                            AND y.inmate_id = x.inmate_id AND (y.until IS NULL OR y.until > x.now))))))
            ) THEN 'number_not_available'
            WHEN x.common IS NULL AND x.entry IS NULL AND NOT EXISTS (
                SELECT 1 FROM one_time_calls w WHERE w.inmate_id = x.inmate_id AND w.number = x.number
                AND w.state = 'granted' AND w.expires_at > x.now
            ) THEN 'number_not_available'
            WHEN x.class <> 'hotline' AND EXISTS (
                SELECT 1 FROM restrictions r WHERE r.inmate_id = x.inmate_id AND r.ended_at IS NULL
                AND r.starts_at <= x.now AND r.ends_at > x.now AND (x.class = 'social' OR r.bars_privileged)
            ) THEN 'calls_restricted'
            WHEN x.class <> 'hotline' AND EXISTS (
                SELECT 1 FROM peer_decisions l WHERE l.inmate_id = x.inmate_id AND l.frees_at > x.now
            ) THEN 'call_in_progress'
            WHEN x.class = 'social' AND x.local::time < x.opens THEN 'outside_calling_hours'
            WHEN x.class <> 'hotline' AND NOT EXISTS (
                SELECT 1 FROM tariffs t WHERE t.facility_id = x.facility_id
                AND t.payment_types::jsonb ? payment_type AND t.media::jsonb ? x.media
                AND t.effective_from <= x.local::date::text
                AND (t.effective_until IS NULL OR t.effective_until > x.local::date::text)
            ) THEN 'rate_unavailable'
            END AS refused
        FROM place x
    )
    SELECT CASE WHEN j.refused IS NOT NULL THEN 'deny|' || j.refused || '|0|'
                WHEN j.seconds < 1 THEN 'deny|outside_calling_hours|0|'
                ELSE 'allow||' || j.seconds || '|' END
        || j.class || '|' || CASE WHEN j.class = 'hotline' THEN '' ELSE coalesce(j.inmate_id, '') END
        || '|' || coalesce(j.facility_id, '') || '|' || j.number
    INTO answer FROM judged j;
    RETURN answer;
END $$;
