#ifndef HF_RECOVER_H
#define HF_RECOVER_H

#include "release/queue/attempt.h"

/*
 * Attempts that nobody looks after: after a start, after the end of a deliver
 * process, after the database was away.  Each gets a new fence, and its
 * printer's process finds out what became of it (doc/release-protocol.md,
 * Recovery).
 */
struct hf_recover;

struct hf_recover *hf_recover_new(struct hf_loop *loop,
    struct hf_store *store, struct hf_printers *printers,
    struct hf_attempts *attempts, struct hf_err *e) HF_MUST_USE;
void hf_recover_free(struct hf_recover *r);
/* Now. */
void hf_recover_scan(struct hf_recover *r);
/*
 * Ask after uncertain jobs: those whose printer could not be asked when it
 * mattered, and those that their owner wants printed again, whose printer is
 * told to cancel its job first.
 */
void hf_recover_doubts(struct hf_recover *r);

#endif
