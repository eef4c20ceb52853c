#ifndef HF_WORK_IN_H
#define HF_WORK_IN_H

#include "release/deliver/attempt.h"
#include "release/deliver/work.h"

/* Inside a deliver process: work.c has turns and time, inbox.c the messages. */

#define HF_PROBES_MAX 16	/* waiting for an answer */

struct hf_probe {
	struct hf_world *w;
	uint32_t seq;
	struct hf_op *op;	/* NULL: this place is free */
};

struct hf_world {
	struct hf_work work;
	struct event *beat, *changed;
	struct hf_op *look;
	uint64_t look_ms;
	struct hf_probe probes[HF_PROBES_MAX];
	bool stopping;		/* STOP: nothing new is begun */
	bool cut;		/* the queue is gone */
	uint64_t stop_ms;
	uint64_t cut_ms;
};

struct hf_attempt *hf_world_first(struct hf_work *k, enum hf_phase phase);
void hf_inbox_message(void *arg, const struct hf_msg *m);
void hf_inbox_gone(void *arg, const struct hf_err *why);

#endif
