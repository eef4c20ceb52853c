/*
 * The statements behind the routes that look.  Each reads a view that is
 * bound to the session of this request (schema/005_web.sql): a filter that
 * is forgotten here shows nobody what is not theirs.
 */
#include "server/api_list.h"

#define ISO(t) \
	"to_char(" t " AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"')"
#define KEY(t) "(extract(epoch FROM " t ") * 1000000)::bigint || '.' || id"
/* Newest first, after the key in $2 and $3. */
#define AFTER(t)                                                           \
	"($2::bigint IS NULL OR (" t ", id) < (timestamptz 'epoch' + "     \
	"$2::bigint * interval '1 microsecond', $3::uuid)) "
#define NEWEST(t) "ORDER BY " t " DESC, id DESC LIMIT $1::int"
/* By name. */
#define BY_NAME                                               \
	"($2::text IS NULL OR name > $2::text) "              \
	"AND $3::text IS NULL ORDER BY name LIMIT $1::int"

#define JOB                                                                \
	"json_build_object('id', id, 'owner', owner, 'queue', queue, "     \
	"'format', format, 'bytes', bytes, 'submitted', " ISO("submitted")  \
	", 'expires', " ISO("expires") ", 'copies', copies, 'sides', "     \
	"(array['', 'one-sided', 'two-sided-long-edge', "                  \
	"'two-sided-short-edge'])[sides + 1], 'color', "                   \
	"(array['', 'monochrome', 'color'])[color + 1], 'state', state, "  \
	"'state_at', " ISO("state_at") ", 'reason', reason, 'printer', "   \
	"printer, 'impressions', impressions, 'released_by', "             \
	"released_by)::text, " KEY("submitted") " "
#define BADGE                                                              \
	"json_build_object('id', id, 'person', person, 'label', label, "   \
	"'kind', kind, 'added', " ISO("added_at") ", 'last_used', "        \
	ISO("last_used_at") ", 'revoked', " ISO("revoked_at")              \
	")::text, " KEY("added_at") " "

const struct hf_list hf_list_me = { { "me",
	"SELECT json_build_object('user', name, 'display', display, 'role', "
	"role, 'held', held, 'uncertain', uncertain, 'releasing', releasing, "
	"'badges', badges)::text FROM web_me", 0 }, HF_KEY_NONE,
	{ { 0, NULL } } };

const struct hf_list hf_list_jobs = { { "jobs",
	"SELECT " JOB "FROM web_my_job WHERE state IN ('held', 'claimed', "
	"'created', 'releasing', 'sent', 'uncertain') AND " AFTER("submitted")
	NEWEST("submitted"), 3 }, HF_KEY_TIME_ID, { { 0, NULL } } };

const struct hf_list hf_list_history = { { "history",
	"SELECT " JOB "FROM web_my_job WHERE state IN ('delivered', "
	"'cancelled', 'expired', 'damaged') AND " AFTER("submitted")
	NEWEST("submitted"), 3 }, HF_KEY_TIME_ID, { { 0, NULL } } };

const struct hf_list hf_list_badges = { { "badges",
	"SELECT " BADGE "FROM web_my_badge WHERE " AFTER("added_at")
	NEWEST("added_at"), 3 }, HF_KEY_TIME_ID, { { 0, NULL } } };

const struct hf_list hf_list_status = { { "status",
	"SELECT json_build_object('held', held, 'releasing', releasing, "
	"'uncertain', uncertain, 'damaged', damaged, 'oldest_held', "
	ISO("oldest_held") ", 'next_expiry', " ISO("next_expiry")
	", 'people', people, 'badges', badges, 'printers', printers, "
	"'printers_disabled', printers_disabled, 'waivers', waivers, "
	"'plain_printers', plain_printers, 'readers', readers, "
	"'readers_silent', readers_silent, 'alarms', alarms)::text "
	"FROM web_status", 0 }, HF_KEY_NONE, { { 0, NULL } } };

const struct hf_list hf_list_all_jobs = { { "all_jobs",
	"SELECT " JOB "FROM web_all_job WHERE "
	"($4::text IS NULL OR state = $4::text) AND "
	"($5::text IS NULL OR owner = $5::text) AND "
	"($6::text IS NULL OR queue = $6::text) AND "
	"($7::text IS NULL OR printer = $7::text) AND "
	"($8::int IS NULL OR submitted <= now() - make_interval(hours => "
	"$8::int)) AND " AFTER("submitted") NEWEST("submitted"), 8 },
	HF_KEY_TIME_ID, { { HF_FILTER_TEXT, "state" },
	{ HF_FILTER_TEXT, "owner" }, { HF_FILTER_TEXT, "queue" },
	{ HF_FILTER_TEXT, "printer" },
	{ HF_FILTER_HOURS, "older_than_h" } } };

const struct hf_list hf_list_printers = { { "printers",
	"SELECT json_build_object('id', id, 'name', name, 'location', "
	"location, 'uri', uri, 'spki_pin', spki_pin, 'plain_allowed', "
	"plain_allowed, 'min_class', min_class, 'waiver', waiver, "
	"'disabled', " ISO("disabled_at") ", 'readers', readers, "
	"'held_last', " ISO("last_at") ", 'releasing', releasing)::text, name "
	"FROM web_printer WHERE " BY_NAME, 3 }, HF_KEY_NAME, { { 0, NULL } } };

/* A name may come again after a reader was revoked: the id tells them apart. */
const struct hf_list hf_list_readers = { { "readers",
	"SELECT json_build_object('id', id, 'name', name, 'hardware', "
	"hardware, 'version', version, 'printers', printers, 'added', "
	ISO("added_at") ", 'enrolled', " ISO("enrolled_at")
	", 'token_expires', " ISO("token_expires") ", 'last_seen', "
	ISO("last_seen_at") ", 'revoked', " ISO("revoked_at") ")::text, "
	KEY("added_at") " FROM web_reader WHERE " AFTER("added_at")
	NEWEST("added_at"), 3 }, HF_KEY_TIME_ID, { { 0, NULL } } };

const struct hf_list hf_list_people = { { "people",
	"SELECT json_build_object('name', name, 'display', display, 'role', "
	"role, 'added', " ISO("added_at") ", 'disabled', " ISO("disabled_at")
	", 'badges', badges, 'held', held, 'password', password)::text, name "
	"FROM web_people WHERE ($4::text IS NULL OR (name >= $4::text AND "
	"name < $4::text || chr(1114111))) AND " BY_NAME, 4 }, HF_KEY_NAME,
	{ { HF_FILTER_TEXT, "name" } } };

const struct hf_list hf_list_all_badges = { { "all_badges",
	"SELECT " BADGE "FROM web_all_badge WHERE ($4::text IS NULL OR "
	"person = $4::text) AND " AFTER("added_at") NEWEST("added_at"), 4 },
	HF_KEY_TIME_ID, { { HF_FILTER_TEXT, "person" } } };

const struct hf_list hf_list_sessions = { { "sessions",
	"SELECT json_build_object('id', id, 'person', person, 'role', role, "
	"'began', " ISO("began_at") ", 'last_seen', " ISO("last_at")
	", 'expires', " ISO("expires") ", 'address', address)::text, "
	KEY("began_at") " FROM web_all_session WHERE " AFTER("began_at")
	NEWEST("began_at"), 3 }, HF_KEY_TIME_ID, { { 0, NULL } } };

const struct hf_list hf_list_events = { { "events",
	"SELECT json_build_object('id', id, 'at', " ISO("at") ", 'kind', kind, "
	"'level', level, 'actor', actor, 'job', job, 'printer', printer, "
	"'reader', reader, 'data', data)::text, id FROM web_event WHERE "
	"($4::text IS NULL OR level = $4::text) AND "
	"($5::text IS NULL OR kind = $5::text) AND "
	"($6::text IS NULL OR actor = $6::text) AND "
	"($7::uuid IS NULL OR job = $7::uuid) AND "
	"($8::uuid IS NULL OR printer = $8::uuid) AND "
	"($2::bigint IS NULL OR id < $2::bigint) AND $3::text IS NULL "
	"ORDER BY id DESC LIMIT $1::int", 8 }, HF_KEY_NUMBER,
	{ { HF_FILTER_TEXT, "level" }, { HF_FILTER_TEXT, "kind" },
	{ HF_FILTER_TEXT, "actor" }, { HF_FILTER_ID, "job" },
	{ HF_FILTER_ID, "printer" } } };

/* Hours end with the present one; each is there, also where nothing was. */
const struct hf_list hf_list_stats = { { "stats",
	"WITH w AS (SELECT least(greatest(coalesce($1::int, 24), 1), 168) AS "
	"hours), s AS (SELECT date_trunc('hour', now()) - "
	"make_interval(hours => w.hours - 1) AS since, w.hours FROM w), "
	"h AS (SELECT s.since + make_interval(hours => i) AS at FROM s, "
	"generate_series(0, s.hours - 1) i), "
	"j AS (SELECT date_trunc('hour', submitted) AS at, count(*) AS n "
	"FROM web_all_job WHERE submitted >= (SELECT since FROM s) GROUP BY 1), "
	"a AS (SELECT date_trunc('hour', ended_at) AS at, printer, "
	"count(*) FILTER (WHERE state = 'delivered') AS released, "
	"count(*) FILTER (WHERE state IN ('uncertain', 'damaged') OR "
	"state = 'held' AND reason <> '') AS failed FROM web_attempt "
	"WHERE ended_at >= (SELECT since FROM s) GROUP BY 1, 2), "
	"b AS (SELECT count(*) FILTER (WHERE g < 1) AS h1, "
	"count(*) FILTER (WHERE g >= 1 AND g < 4) AS h4, "
	"count(*) FILTER (WHERE g >= 4 AND g < 24) AS h24, "
	"count(*) FILTER (WHERE g >= 24 AND g < 72) AS h72, "
	"count(*) FILTER (WHERE g >= 72) AS more FROM (SELECT "
	"extract(epoch FROM now() - submitted) / 3600 AS g FROM web_all_job "
	"WHERE state = 'held') x) "
	"SELECT json_build_object('since', (SELECT " ISO("since") " FROM s), "
	"'hours', (SELECT json_agg(json_build_object('at', " ISO("h.at")
	", 'submitted', coalesce(j.n, 0), 'released', coalesce((SELECT "
	"sum(a.released) FROM a WHERE a.at = h.at), 0), 'failed', "
	"coalesce((SELECT sum(a.failed) FROM a WHERE a.at = h.at), 0)) "
	"ORDER BY h.at) FROM h LEFT JOIN j ON j.at = h.at), "
	"'ages', (SELECT json_build_array("
	"json_build_object('upto_h', 1, 'jobs', h1), "
	"json_build_object('upto_h', 4, 'jobs', h4), "
	"json_build_object('upto_h', 24, 'jobs', h24), "
	"json_build_object('upto_h', 72, 'jobs', h72), "
	"json_build_object('upto_h', null, 'jobs', more)) FROM b), "
	"'printers', (SELECT coalesce(json_agg(json_build_object('name', "
	"t.printer, 'released', t.released, 'failed', t.failed)), '[]') FROM "
	"(SELECT a.printer, sum(a.released) AS released, sum(a.failed) AS "
	"failed FROM a GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 20) t))::text", 1 },
	HF_KEY_NONE, { { HF_FILTER_HOURS, "hours" } } };
