#include "release/queue/clockwatch.h"

#include <time.h>

#include "lib/log.h"

#define DRIFT_MS 5000		/* between two looks: no step */

static const struct hf_stmt state = { "clock_state",
	"SELECT now_ms, suspended, newest_ms FROM clock_state()", 0 };
static const struct hf_stmt suspend = { "clock_suspend",
	"SELECT clock_suspend($1::bigint)", 1 };
static const struct hf_stmt resume = { "clock_resume",
	"SELECT clock_resume($1::text)", 1 };

void
hf_clock_track(struct hf_clock_track *t, int64_t offset_ms)
{
	int64_t moved = t->started ? offset_ms - t->last_ms : 0;

	t->started = true;
	t->last_ms = offset_ms;
	if (moved > DRIFT_MS || moved < -DRIFT_MS)
		t->stepped_ms += moved;
}

bool
hf_clock_is_off(const struct hf_clock_track *t)
{
	return t->stepped_ms > HF_CLOCK_STEP_MS ||
	    t->stepped_ms < -HF_CLOCK_STEP_MS;
}

static int64_t
boottime_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_BOOTTIME, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

struct look {
	int64_t now_ms;
	int64_t newest_ms;	/* event; 0: there is none */
	bool suspended;
};

static int
ask(struct hf_store *s, struct look *out, struct hf_err *e)
{
	PGresult *r;
	int rc;

	out->newest_ms = 0;
	if (hf_store_run(s, &state, NULL, &r, e) == -1)
		return -1;
	rc = hf_db_int(r, 0, 0, &out->now_ms, e);
	if (rc == 0 && !PQgetisnull(r, 0, 2))
		rc = hf_db_int(r, 0, 2, &out->newest_ms, e);
	out->suspended = hf_db_bool(r, 0, 1);
	PQclear(r);
	return rc;
}

static int
set(struct hf_clockwatch *c, struct hf_store *s, bool off, struct hf_err *e)
{
	char seconds[HF_INT_TEXT];
	const char *params[] = { off ? seconds : "the clock is back" };
	PGresult *r;

	hf_int_text(seconds, c->track.stepped_ms / 1000);
	if (hf_store_run(s, off ? &suspend : &resume, params, &r, e) == -1)
		return -1;
	PQclear(r);
	c->suspended = c->ours = off;
	if (off)
		hf_log(HF_ERROR, "the clock stepped seconds=%s: nothing "
		    "expires until it is back or accepted", seconds);
	else
		hf_log(HF_WARN, "the clock is back: jobs expire again");
	return 0;
}

static int
compare(struct hf_clockwatch *c, struct hf_store *s, struct hf_err *e)
{
	bool first = !c->track.started;
	struct look l;

	if (ask(s, &l, e) == -1)
		return -1;
	hf_clock_track(&c->track, l.now_ms - boottime_ms());
	if (first && l.newest_ms - l.now_ms > HF_CLOCK_STEP_MS)
		c->track.stepped_ms = l.now_ms - l.newest_ms;
	/* The administrator has looked at it and found it good. */
	if (c->ours && !l.suspended) {
		c->track.stepped_ms = 0;
		c->ours = false;
	}
	c->suspended = l.suspended;
	if (hf_clock_is_off(&c->track) && !l.suspended)
		return set(c, s, true, e);
	if (!hf_clock_is_off(&c->track) && l.suspended && c->ours)
		return set(c, s, false, e);
	return 0;
}

void
hf_clockwatch_look(struct hf_clockwatch *c, struct hf_store *s)
{
	struct hf_err e;

	if (hf_store_is_up(s) && compare(c, s, &e) == -1 &&
	    e.code != HF_EAGAIN)
		hf_log_err(HF_ERROR, &e, "clock not compared");
}
