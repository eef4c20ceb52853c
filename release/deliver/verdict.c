#include "release/deliver/verdict.h"

#include "release/deliver/ipp.h"

enum row { HELD, CANCEL, WATCH, DELIVERED, UNCERTAIN, COUNT };

/* doc/release-protocol.md, "Recovery". */
static const enum row table[][5] = {
	/*                        NONE       HELD    LIVE    DONE       DEAD */
	[HF_ATTEMPT_CLAIMED]   = { HELD,      CANCEL, CANCEL, HELD,      HELD },
	[HF_ATTEMPT_CREATED]   = { UNCERTAIN, CANCEL, CANCEL, COUNT,     COUNT },
	[HF_ATTEMPT_RELEASING] = { UNCERTAIN, CANCEL, WATCH,  DELIVERED, COUNT },
	[HF_ATTEMPT_SENT]      = { UNCERTAIN, WATCH,  WATCH,  DELIVERED, COUNT },
};

/*
 * "Impressions reported and 0 → held, else uncertain", with two doubts that
 * can only make it more careful: a counter known to lie proves nothing, and a
 * job that claims to be completed with 0 pages is believed only of a printer
 * known to count.  A count from before a reboot is none.
 */
static enum hf_todo
by_count(const struct hf_sight *s)
{
	if (s->impressions != 0 || s->rebooted ||
	    s->counter == HF_COUNTER_LIES)
		return HF_TODO_UNCERTAIN;
	if (s->see == HF_SEE_DONE && s->counter != HF_COUNTER_WORKS)
		return HF_TODO_UNCERTAIN;
	return HF_TODO_HELD;
}

enum hf_todo
hf_verdict(enum hf_attempt_state state, const struct hf_sight *s)
{
	if (s->rebooted && (state == HF_ATTEMPT_RELEASING ||
	    state == HF_ATTEMPT_SENT))
		return HF_TODO_UNCERTAIN;
	switch (table[state][s->see]) {
	case HELD:
		return HF_TODO_HELD;
	case CANCEL:
		return HF_TODO_CANCEL;
	case WATCH:
		return HF_TODO_WATCH;
	case DELIVERED:
		return HF_TODO_DELIVERED;
	case COUNT:
		return by_count(s);
	case UNCERTAIN:
		break;
	}
	return HF_TODO_UNCERTAIN;
}

enum hf_see
hf_see_of(int job_state)
{
	switch (job_state) {
	case HF_JOB_HELD:
		return HF_SEE_HELD;
	case HF_JOB_PENDING:
	case HF_JOB_PROCESSING:
	case HF_JOB_STOPPED:
		return HF_SEE_LIVE;
	case HF_JOB_COMPLETED:
		return HF_SEE_DONE;
	case HF_JOB_CANCELED:
	case HF_JOB_ABORTED:
		return HF_SEE_DEAD;
	default:
		return HF_SEE_NONE;
	}
}
