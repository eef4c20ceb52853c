#ifndef HF_CLOCKWATCH_H
#define HF_CLOCKWATCH_H

#include "release/queue/store.h"

/*
 * Jobs end by the database's clock.  It is compared with CLOCK_BOOTTIME,
 * which nobody can set: where it stepped by more than five minutes nothing
 * ends by it any more, until it is back or an administrator accepts it
 * (holdfast clock accept).  A start finds a clock that has gone back by the
 * newest event, and nothing else: who sets the clock forward while the
 * service is down is believed.
 */
#define HF_CLOCK_STEP_MS (5 * 60 * 1000)

struct hf_clock_track {
	bool started;
	int64_t last_ms;	/* clock minus boottime, at the last look */
	int64_t stepped_ms;	/* since it was good */
};
/* Steps add up, drift does not. Pure. */
void hf_clock_track(struct hf_clock_track *t, int64_t offset_ms);
bool hf_clock_is_off(const struct hf_clock_track *t);

struct hf_clockwatch {
	struct hf_clock_track track;
	bool suspended;		/* as the database says */
	bool ours;		/* … because of this track */
};
/* Every few seconds, before anything expires. */
void hf_clockwatch_look(struct hf_clockwatch *c, struct hf_store *s);

#endif
