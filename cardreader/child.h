#ifndef HF_CHILD_H
#define HF_CHILD_H

#include <event2/event.h>
#include <stdbool.h>
#include <sys/types.h>

#include "cardreader/wire.h"

/* One process of ours, its socket and its timers; begun again if it ends. */
enum hf_child_kind { HF_CHILD_STATION, HF_CHILD_SCOUT, HF_CHILD_SLOT };

struct hf_child {
	enum hf_child_kind kind;
	bool wanted;		/* begin it again when it ends */
	bool overdue;		/* killed because it hung */
	unsigned hangs;		/* in a row */
	bool listed;		/* slot: named in the list being looked at */
	uint16_t slot;
	char name[HF_SLOT_NAME];	/* slot: PC/SC name */
	pid_t pid;		/* -1: not running */
	int sock;		/* -1: none */
	unsigned failures;	/* in a row */
	uint64_t began_ms;
	struct event_base *base;
	struct event *readable;
	struct event *watchdog;
	struct event *again;
	/* Called in the new process; its result is the exit code. */
	int (*run)(const struct hf_child *c, int sock);
	void (*message)(struct hf_child *c, struct hf_wire *w);
	void (*hung)(struct hf_child *c);
	void *arg;
};

/* Make its timers.  The caller sets kind, run, message, hung, arg before. */
int hf_child_init(struct hf_child *c, struct event_base *base,
    struct hf_err *e) HF_MUST_USE;
/* Begin it now, or after a pause where that does not succeed. */
void hf_child_begin(struct hf_child *c);
/* It is wanted no more. */
void hf_child_end(struct hf_child *c);
/* waitpid said that it ended: begin it again after a pause, if wanted. */
void hf_child_ended(struct hf_child *c, int wstatus);
/* BUSY and IDLE. */
void hf_child_busy(struct hf_child *c, uint32_t budget_ms);
void hf_child_idle(struct hf_child *c);
void hf_child_clear(struct hf_child *c);

#endif
