#ifndef HF_BATCH_H
#define HF_BATCH_H

#include <stddef.h>

#include "lib/id.h"
#include "lib/spool.h"

/*
 * The sealed documents of one job, none of which has a name in the spool
 * before all of them are whole: doc/intake.md, "All or none".
 */
#define HF_BATCH_MAX 256	/* documents in one job */

struct hf_batch {
	const struct hf_spool *spool;	/* borrowed */
	size_t n;
	int ready;		/* an unnamed file made ahead, or -1 */
	struct {
		int fd;
		struct hf_id id;
	} doc[HF_BATCH_MAX];
};

void hf_batch_init(struct hf_batch *b, const struct hf_spool *spool);
/*
 * Make the next file ahead of its document, to learn that the spool cannot be
 * written while nothing is lost by it.
 */
int hf_batch_ready(struct hf_batch *b, struct hf_err *e) HF_MUST_USE;
/* A new unnamed file and its id; *fd is borrowed. HF_EINPUT beyond the max. */
int hf_batch_add(struct hf_batch *b, int *fd, struct hf_id *id,
    struct hf_err *e) HF_MUST_USE;
/*
 * Make all of them durable, then give all of them their names, in order.  On
 * failure some may have appeared: the job must be run again, and adoption
 * recognises them.
 */
int hf_batch_commit(struct hf_batch *b, struct hf_err *e) HF_MUST_USE;
/* Close all; what has no name is gone. */
void hf_batch_clear(struct hf_batch *b);

#endif
