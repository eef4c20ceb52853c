#ifndef HF_ATTEMPT_H
#define HF_ATTEMPT_H

#include "lib/spool.h"
#include "release/queue/keyask.h"
#include "release/queue/ledger.h"
#include "release/queue/printer.h"

/*
 * One attempt to print one job: from the claim to what became of it
 * (doc/release-protocol.md).  Its truth is the row; this is its shadow while
 * we look after it.
 */
enum hf_step {
	HF_A_WAIT_HELLO,	/* the printer's process is starting */
	HF_A_UNWRAPPING,	/* role key is asked for the file key */
	HF_A_WAIT_READY,	/* the printer has not said that it can print */
	HF_A_DELIVERING,	/* the process has it */
	HF_A_RECOVERING,	/* the process is finding out what became of it */
	HF_A_UNREACHABLE,	/* it could not; asked again later */
	HF_A_LOST,		/* nobody has it: hf_recover_scan gives it out */
	HF_A_ENDING		/* its end is being written */
};

/* Whoever waits at the printer. */
struct hf_attempt_ops {
	/* The printer owns the whole document, or will in a moment. */
	void (*accepted)(void *waiter);
	/*
	 * It will not be printed now; words for the person.  blame says what
	 * it is due to: HF_TAP_PRINTER, HF_TAP_REFUSED (the document) or
	 * HF_TAP_UNAVAILABLE (ourselves).
	 */
	void (*failed)(void *waiter, enum hf_tap_result blame,
	    const char *words);
};

struct hf_attempt {
	TAILQ_ENTRY(hf_attempt) link;	/* of its printer */
	struct hf_attempts *owner;
	struct hf_printer *printer;
	void *waiter;		/* or NULL */
	uint64_t id;
	uint64_t fence;
	struct hf_id job;
	char token[HF_TOKEN_ID];
	char person[256];	/* who claimed it; "" after a restart */
	enum hf_attempt_state state;
	enum hf_step step;
	bool may_go;		/* the printer said that it can print */
	bool doubt;		/* ended uncertain: asked after once more */
	bool again;		/* … and to be cancelled for its owner */
	unsigned quiet;		/* looks of ours without a heartbeat */
	int fd;			/* the sealed file, or -1 */
	struct hf_buf header;
	struct hf_buf message;	/* DELIVER, when it is ready */
	uint32_t job_id;	/* the printer's, from CREATED on */
	char job_uuid[HF_JOB_UUID];
	uint32_t up_time;
	struct hf_m_progress progress;
	int64_t unreachable_ms;	/* since then, or 0 */
	unsigned tries;
	struct event *retry;	/* of RECOVER */
	size_t writes;		/* of this attempt in the ledger */
	unsigned scan;		/* the last one that saw its row */
};

/* A row of job_claim. */
struct hf_claim {
	uint64_t attempt;
	uint64_t fence;
	struct hf_id job;
	const char *token;
	const char *person;
};

/* A row of attempt_open, under a new fence. */
struct hf_open_attempt {
	uint64_t attempt;
	uint64_t fence;
	struct hf_id job;
	const char *token;
	enum hf_attempt_state state;
	uint32_t job_id;
	const char *job_uuid;
	uint32_t up_time;
	bool doubt;
	bool again;
};

struct hf_attempts;

/* All borrowed. `printers` is set by hf_attempts_serve, as both need both. */
struct hf_attempts *hf_attempts_new(struct hf_loop *loop,
    const struct hf_spool *sp, struct hf_store *store, struct hf_keyask *key,
    const struct hf_attempt_ops *ops, struct hf_err *e) HF_MUST_USE;
void hf_attempts_free(struct hf_attempts *as);
extern const struct hf_printer_ops hf_attempt_printer_ops; /* arg: attempts */
void hf_attempts_serve(struct hf_attempts *as, struct hf_printers *printers);

/*
 * Take a claimed job to its printer.  Whatever happens is told to `waiter`,
 * also from within this call.
 */
void hf_attempt_start(struct hf_attempts *as, struct hf_printer *p,
    const struct hf_claim *c, void *waiter);
/* The printer can print: hand over this waiter's attempts as they get ready. */
void hf_attempts_go(struct hf_printer *p, const void *waiter);
/* It cannot: what was not handed over goes back to held. */
void hf_attempts_refuse(struct hf_printer *p, const void *waiter,
    const char *words);
/* The waiter has gone; its attempts go on. */
void hf_attempts_forget(struct hf_printer *p, const void *waiter);

/* Have the printer's process find out what became of it. */
void hf_attempt_recover(struct hf_attempts *as, struct hf_printer *p,
    const struct hf_open_attempt *o, unsigned scan);
struct hf_attempt *hf_attempt_find(struct hf_attempts *as, uint64_t id);
/* LOST ones that the scan did not see have been ended by somebody else. */
void hf_attempts_swept(struct hf_attempts *as, unsigned scan);
struct hf_ledger *hf_attempts_ledger(struct hf_attempts *as);
/* Called whenever attempts are LOST and want a hf_recover_scan. */
void hf_attempts_on_lost(struct hf_attempts *as, void (*fn)(void *arg),
    void *arg);
/*
 * Every few seconds: an attempt whose heartbeat stands still is lost, and a
 * process that says nothing at all is let go.  Counted in looks of ours and
 * not in time, so that a pause of ourselves stalls nobody.
 */
void hf_attempts_watch(struct hf_attempts *as);
/* Attempts whose document a process may be sending right now. */
size_t hf_attempts_sending(struct hf_attempts *as);

#endif
