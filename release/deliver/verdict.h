#ifndef HF_VERDICT_H
#define HF_VERDICT_H

#include <stdbool.h>

#include "lib/msg.h"

/*
 * What an attempt's state and what the printer says of our job lead to: the
 * recovery table of doc/release-protocol.md as a pure function.  It is used
 * after a crash and for a live attempt alike, so that there is one way to end.
 */

enum hf_see {		/* what the printer says of our job */
	HF_SEE_NONE,	/* asked, and it has no such job */
	HF_SEE_HELD,	/* pending-held */
	HF_SEE_LIVE,	/* pending, processing, processing-stopped */
	HF_SEE_DONE,	/* completed */
	HF_SEE_DEAD	/* canceled, aborted */
};

/*
 * Whether "0 impressions" from this printer proves anything.  One that has
 * completed a job of ours with a count counts; one that has completed a job
 * with 0 does not.
 */
enum hf_counter { HF_COUNTER_UNKNOWN, HF_COUNTER_WORKS, HF_COUNTER_LIES };

struct hf_sight {
	enum hf_see see;
	int impressions;	/* "job-impressions-completed", -1 not reported */
	enum hf_counter counter;
	bool rebooted;		/* its up-time went down since the job was made */
};

enum hf_todo {
	HF_TODO_WATCH,
	HF_TODO_CANCEL,		/* and wait for a terminal state */
	HF_TODO_HELD,		/* FINISH held */
	HF_TODO_UNCERTAIN,
	HF_TODO_DELIVERED
};

/*
 * `state` is what the queue has committed, or HF_ATTEMPT_CLAIMED where a live
 * attempt knows that not one byte of the document has left.
 */
enum hf_todo hf_verdict(enum hf_attempt_state state,
    const struct hf_sight *sight);
enum hf_see hf_see_of(int job_state);	/* "job-state"; NONE if unknown */

#endif
