"""The benchmark's questions to the hub's database, all in one place: how a row's state is kept is the hub's business."""

from __future__ import annotations

WAITING = "SELECT count(*) FROM outbox WHERE state = 'waiting' AND kind = 'notice'"
SENT_AFTER_MS = (
    "SELECT coalesce(string_agg(round((1000 * percentile)::numeric, 1)::text, ' '), '') FROM unnest((SELECT"
    " percentile_cont(ARRAY[0.5, 0.95, 0.99]) WITHIN GROUP (ORDER BY extract(epoch FROM sent_at - accepted_at))"
    " FROM outbox WHERE kind = 'notice' AND sent_at IS NOT NULL AND accepted_at >= '{since}'"
    " AND NOT system = ANY (string_to_array('{without}', ' ')))) AS percentile"
)
TIMES = (
    "SELECT system, message, extract(epoch FROM accepted_at), extract(epoch FROM sent_at) FROM outbox"
    " WHERE kind = 'notice' AND accepted_at >= '{since}'"
)
"""When each notice was accepted and acknowledged."""
NOW = "SELECT clock_timestamp()"
WAL_BYTES = "SELECT trunc(pg_current_wal_lsn() - '0/0'::pg_lsn)"
PAUSE = "INSERT INTO paused (system) VALUES ('centre'), ('kommun') ON CONFLICT DO NOTHING"
RESUME = "DELETE FROM paused"
MESSAGES = "SELECT count(*) FROM message"
NOTICES = "SELECT count(*) FROM outbox WHERE kind = 'notice'"
SIZE_MB = "SELECT pg_database_size(current_database()) / 1048576"
GALLRADE = "SELECT count(*) FROM cases WHERE gallrad_at IS NOT NULL"
TABLES = (
    "SELECT string_agg(format('%s: live %s, dead %s, updated %s (hot %s), vacuumed %s, MB %s', relname, n_live_tup, n_dead_tup, n_tup_upd,"
    " n_tup_hot_upd, autovacuum_count, pg_total_relation_size(relid) / 1048576), E'\\n' ORDER BY pg_total_relation_size(relid) DESC)"
    " FROM pg_stat_user_tables WHERE n_live_tup + n_dead_tup > 1000"
)
