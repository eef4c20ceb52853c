#ifndef HF_ATTEMPT_IN_H
#define HF_ATTEMPT_IN_H

#include "release/queue/attempt.h"

/*
 * Between the three files that an attempt's life is written in:
 *
 *   attempt.c   birth, end, recovery, all of them
 *   handover.c  from the claim to the deliver process
 *   report.c    what the deliver process and the database say afterwards
 */
struct hf_attempts {
	struct hf_loop *loop;
	const struct hf_spool *sp;
	struct hf_store *store;
	struct hf_keyask *key;
	struct hf_printers *printers;
	struct hf_ledger *ledger;
	const struct hf_attempt_ops *ops;
	void (*lost)(void *arg);
	void *lost_arg;
	struct hf_buf out;
};

extern const struct hf_ledger_ops hf_attempt_ledger_ops;

struct hf_attempt *hf_attempt_create(struct hf_attempts *as,
    struct hf_printer *p);
void hf_attempt_destroy(struct hf_attempt *a);
/* The sealed file, its header and the message are no longer needed. */
void hf_attempt_close_file(struct hf_attempt *a);
/* Tell who waits, once. */
void hf_attempt_accepted(struct hf_attempt *a);
void hf_attempt_failed(struct hf_attempt *a, enum hf_tap_result blame,
    const char *words);
/* Nobody looks after it: the database says what it was, a scan goes on. */
void hf_attempt_lose(struct hf_attempt *a);
/* Write its end. `a` may be gone when this returns. */
void hf_attempt_end(struct hf_attempt *a, enum hf_tap_result blame,
    enum hf_outcome outcome, int32_t impressions, const char *words);
/*
 * Call `what` for each attempt that belongs to waiter, or (NULL) each.  Any
 * of them, but no other, may be gone after its turn.
 */
void hf_attempts_each(struct hf_printer *p, const void *waiter,
    void (*what)(struct hf_attempt *a, const void *arg), const void *arg);
struct hf_attempt *hf_attempt_at(struct hf_printer *p, uint64_t id);
/* RECOVER, now or when the process is there. */
void hf_attempt_ask_after(struct hf_attempt *a);
/* Ask role key for the file key. */
void hf_attempt_unwrap(struct hf_attempt *a);
/* What was not handed over goes back to held; words is a string. */
void hf_attempt_refuse(struct hf_attempt *a, const void *words);

#endif
