#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "admin/cmd.h"
#include "admin/table.h"
#include "lib/buf.h"
#include "lib/clock.h"
#include "lib/id.h"

#define WAIT_S 60
#define LOOK_MS 10000	/* a notification that got lost is found so late */

static volatile sig_atomic_t interrupted;

static void
note_signal(int sig)
{
	(void)sig;
	interrupted = 1;
}

static void
ignore_notification(void *arg, const char *channel, const char *payload)
{
	(void)arg;
	(void)channel;
	(void)payload;
}

/* 1: a badge was bound (its id in out); 0: not yet. */
static int
look(struct hf_run *r, const char *id, char out[static HF_ID_TEXT],
    struct hf_err *e)
{
	static const struct hf_stmt state = { "enrolment_state",
		"select done, badge from hf.enrolment_state($1)", 1 };
	const char *const params[] = { id };
	PGresult *res;
	int k;

	if (hf_run_sql(r, &state, params, "the enrolment is gone", &res, e) ==
	    -1)
		return -1;
	k = hf_db_bool(res, 0, 0);
	if (k == 1)
		(void)hf_str_copy(out, HF_ID_TEXT, hf_db_text(res, 0, 1));
	PQclear(res);
	return k;
}

/*
 * Wait for the tap.  The signals are blocked but while we wait, so that none
 * falls between looking and waiting.
 */
static int
wait_for_tap(struct hf_run *r, const char *id, long wait_s,
    char badge[static HF_ID_TEXT], struct hf_err *e)
{
	int64_t deadline = hf_now_ms() + wait_s * 1000, left;
	struct pollfd p = { .events = POLLIN };
	struct timespec ts;
	sigset_t open;
	int k;

	sigemptyset(&open);
	for (;;) {
		k = look(r, id, badge, e);
		if (k != 0)
			return k == 1 ? 0 : -1;
		left = deadline - hf_now_ms();
		if (left <= 0)
			return hf_fail(e, HF_EAGAIN, "no unknown badge was "
			    "tapped within %ld seconds", wait_s);
		if (interrupted)
			return hf_fail(e, HF_EAGAIN, "interrupted");
		if (left > LOOK_MS)
			left = LOOK_MS;
		p.fd = hf_db_socket(r->db);
		ts.tv_sec = left / 1000;
		ts.tv_nsec = left % 1000 * 1000000;
		if (ppoll(&p, 1, &ts, &open) == -1 && errno != EINTR)
			return hf_fail_sys(e, "wait for the tap");
		if (hf_db_notifies(r->db, ignore_notification, NULL, e) == -1)
			return -1;
	}
}

/* Nobody waits any more: the next stranger's badge must not be bound. */
static void
call_off(struct hf_run *r, const char *id)
{
	static const struct hf_stmt cancel = { "enrolment_cancel",
		"select hf.enrolment_cancel($1)", 1 };
	const char *const params[] = { id };
	struct hf_err e;

	if (hf_run_sql(r, &cancel, params, NULL, NULL, &e) == -1)
		fprintf(stderr, "holdfast: the enrolment could not be called "
		    "off and waits until its end: %s\n", e.text);
}

static void
catch_signals(void)
{
	struct sigaction sa = { .sa_handler = note_signal };
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGHUP, &sa, NULL);
}

static int
start(struct hf_run *r, const char *person, const char *reader, long wait_s,
    char id[static HF_ID_TEXT], struct hf_err *e)
{
	static const struct hf_stmt begin = { "enrolment_start",
		"select hf.enrolment_start($1, $2, $3, $4)", 4 };
	char seconds[24];
	const char *const params[] = { person, reader,
		hf_args_get(&r->args, "--label", ""), seconds };
	PGresult *res;

	snprintf(seconds, sizeof seconds, "%ld", wait_s);
	if (hf_db_do(r->db, "listen hf", e) == -1 ||
	    hf_run_sql(r, &begin, params, "no enrolment", &res, e) == -1)
		return -1;
	(void)hf_str_copy(id, HF_ID_TEXT, hf_db_text(res, 0, 0));
	PQclear(res);
	return 0;
}

int
hf_cmd_badge_enrol(struct hf_run *r, struct hf_err *e)
{
	const char *person = r->args.words[0];
	const char *reader = hf_args_get(&r->args, "--reader", NULL);
	char id[HF_ID_TEXT], badge[HF_ID_TEXT] = "";
	long wait_s;

	if (hf_args_int(&r->args, "--wait", WAIT_S, 1, 3600, &wait_s, e) ==
	    -1)
		return -1;
	catch_signals();
	if (start(r, person, reader, wait_s, id, e) == -1)
		return -1;
	fprintf(stderr, "Hold the new badge of %s to reader %s within %ld "
	    "seconds.\n", person, reader, wait_s);
	if (wait_for_tap(r, id, wait_s, badge, e) == -1) {
		call_off(r, id);
		return -1;
	}
	hf_done(r, json_pack("{ssss}", "badge", badge, "user", person),
	    "badge %s belongs to %s now", badge, person);
	return 0;
}

int
hf_cmd_badge_list(struct hf_run *r, struct hf_err *e)
{
	static const struct hf_stmt list = { "badges",
		"select id, person, label, kind, revoked_at is not null, "
		"extract(epoch from added_at)::bigint, "
		"extract(epoch from last_used_at)::bigint "
		"from hf.admin_badge where $1::text is null or person = $1 "
		"order by person, added_at", 1 };
	static const struct hf_col cols[] = {
		{ "BADGE", "id", HF_CELL_TEXT },
		{ "USER", "user", HF_CELL_TEXT },
		{ "LABEL", "label", HF_CELL_TEXT },
		{ NULL, "kind", HF_CELL_INT },
		{ "REVOKED", "revoked", HF_CELL_BOOL },
		{ "ADDED", "added", HF_CELL_TIME },
		{ "LAST USED", "last_used", HF_CELL_TIME },
	};
	const char *const params[] = { r->args.n_words > 0 ? r->args.words[0]
							   : NULL };
	PGresult *res;
	int rc;

	if (hf_run_sql(r, &list, params, NULL, &res, e) == -1)
		return -1;
	rc = hf_table_print(stdout, r->json, res, cols,
	    sizeof cols / sizeof cols[0], e);
	PQclear(res);
	return rc;
}

int
hf_cmd_badge_revoke(struct hf_run *r, struct hf_err *e)
{
	static const struct hf_stmt revoke = { "badge_revoke",
		"select hf.badge_revoke($1)", 1 };
	const char *id = r->args.words[0];
	const char *const params[] = { id };

	if (!hf_id_is(id))
		return hf_fail(e, HF_EINPUT, "\"%s\" is no badge id "
		    "(holdfast badge list shows them)", id);
	if (hf_run_sql(r, &revoke, params, NULL, NULL, e) == -1)
		return -1;
	hf_done(r, json_pack("{sssb}", "badge", id, "revoked", 1),
	    "badge %s revoked: the next tap with it is refused", id);
	return 0;
}
