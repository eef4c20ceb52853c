/* FSCK: what an administrator may ask about files and rows. */
#include "release/queue/queue.h"

#include <stdlib.h>
#include <string.h>

struct check {
	struct hf_pending reply;
};

static void
on_checked(void *arg, json_t *o, const struct hf_err *err)
{
	struct check *c = arg;
	char *text = o != NULL ? json_dumps(o, JSON_COMPACT) : NULL;
	struct hf_buf b;
	struct hf_err e;

	hf_buf_init(&b, HF_MSG_MAX);
	if (err == NULL && text == NULL) {
		hf_fail(&e, HF_ENOMEM, "out of memory");
		err = &e;
	}
	if (err != NULL)
		hf_pending_error(&c->reply, err);
	else if (hf_msg_begin(&b, HF_MSG_FSCK | HF_MSG_REPLY, c->reply.seq,
		     &e) == -1 ||
	    hf_put_bytes(&b, text, strlen(text), &e) == -1)
		hf_pending_error(&c->reply, &e);
	else
		hf_pending_send(&c->reply, &b);
	hf_pending_drop(&c->reply);
	hf_buf_clear(&b);
	free(text);
	json_decref(o);
	free(c);
}

int
hf_admin_fsck(void *arg, const struct hf_request *rq, struct hf_err *e)
{
	struct hf_queue *q = arg;
	struct hf_view v = rq->body;
	struct check *c;
	uint8_t repair;

	if (hf_get_u8(&v, &repair, e) == -1 || hf_get_end(&v, e) == -1)
		return -1;
	c = calloc(1, sizeof *c);
	if (c == NULL)
		return hf_fail(e, HF_ENOMEM, "out of memory");
	if (hf_fsck_start(q->fsck, repair != 0, false, on_checked, c, e) ==
	    -1) {
		free(c);
		return -1;
	}
	hf_request_later(rq, &c->reply);
	return HF_LATER;
}
