#ifndef HF_SWEEP_H
#define HF_SWEEP_H

#include "release/queue/adopt.h"

/*
 * Keeping held/ and the rows together: jobs past their time expire; files of
 * finished jobs go (row first, file second); files without a row are adopted
 * again.
 */
struct hf_sweep;

struct hf_sweep *hf_sweep_new(struct hf_loop *loop, const struct hf_spool *sp,
    struct hf_store *store, struct hf_adopt *adopt, struct hf_err *e)
    HF_MUST_USE;
void hf_sweep_free(struct hf_sweep *s);
/* Compare all of held/ with the rows, a piece at a time. */
void hf_sweep_start(struct hf_sweep *s);
bool hf_sweep_is_idle(const struct hf_sweep *s);
/* Jobs past their time: at most a few hundred a call. */
void hf_sweep_expire(struct hf_sweep *s);
/* The job is in this state by name: its file may go. */
void hf_sweep_job(struct hf_sweep *s, const struct hf_id *id,
    const char *state);

#endif
