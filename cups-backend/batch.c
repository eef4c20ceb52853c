#include "cups-backend/batch.h"

#include <unistd.h>

void
hf_batch_init(struct hf_batch *b, const struct hf_spool *spool)
{
	b->spool = spool;
	b->n = 0;
	b->ready = -1;
}

int
hf_batch_ready(struct hf_batch *b, struct hf_err *e)
{
	if (b->ready != -1)
		return 0;
	return hf_spool_create(b->spool, &b->ready, e);
}

int
hf_batch_add(struct hf_batch *b, int *fd, struct hf_id *id, struct hf_err *e)
{
	if (b->n == HF_BATCH_MAX)
		return hf_fail(e, HF_EINPUT,
		    "more than %d documents in one job", HF_BATCH_MAX);
	if (hf_batch_ready(b, e) == -1)
		return -1;
	b->doc[b->n].fd = b->ready;
	b->ready = -1;
	hf_id_new(&b->doc[b->n].id);
	*fd = b->doc[b->n].fd;
	*id = b->doc[b->n].id;
	b->n++;
	return 0;
}

int
hf_batch_commit(struct hf_batch *b, struct hf_err *e)
{
	size_t i;

	/*
	 * What can fail (no space, a bad disk) is to fail before the first of
	 * several has its name.  hf_spool_commit repeats the fsync, which has
	 * nothing left to do then.
	 */
	for (i = 0; b->n > 1 && i < b->n; i++)
		if (fsync(b->doc[i].fd) == -1)
			return hf_fail_sys(e, "fsync");
	for (i = 0; i < b->n; i++)
		if (hf_spool_commit(b->spool, b->doc[i].fd, &b->doc[i].id,
			e) == -1)
			return -1;
	return 0;
}

void
hf_batch_clear(struct hf_batch *b)
{
	if (b->ready != -1)
		close(b->ready);
	b->ready = -1;
	while (b->n > 0)
		close(b->doc[--b->n].fd);
}
