#ifndef HF_ADOPT_H
#define HF_ADOPT_H

#include "lib/spool.h"
#include "release/queue/keyask.h"
#include "release/queue/store.h"

/*
 * Adoption: sealed files that intake made durable become rows, and move from
 * incoming/ to held/.  The row is committed first: a crash leaves a file
 * that is adopted again, never a row without a file.  What is not what it
 * says goes to quarantine/ with an event.  Works in batches of 64 rows a
 * transaction, behind everything else that the loop has to do; waits while
 * the database is away.
 */
struct hf_adopt;

struct hf_adopt_counts {
	uint64_t adopted;
	uint64_t dropped;	/* second copies, and files of finished jobs */
	uint64_t quarantined;
};

/* All arguments are borrowed; hosts is the folder keys/hosts. */
struct hf_adopt *hf_adopt_new(struct hf_loop *loop, const struct hf_spool *sp,
    int hosts, struct hf_store *store, struct hf_keyask *key,
    struct hf_err *e) HF_MUST_USE;
void hf_adopt_free(struct hf_adopt *a);
/* Look through incoming/ and take what is there. */
void hf_adopt_scan(struct hf_adopt *a);
/* One file; from held/ where its row is gone. */
void hf_adopt_push(struct hf_adopt *a, const struct hf_id *id,
    enum hf_place place);
bool hf_adopt_is_idle(const struct hf_adopt *a);
size_t hf_adopt_pending(const struct hf_adopt *a);
struct hf_adopt_counts hf_adopt_counts(const struct hf_adopt *a);

#endif
