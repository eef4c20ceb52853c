#include "release/queue/hasher.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct question {
	uint32_t seq;
	hf_hasher_fn *fn;
	void *arg;
};

/* One process: it answers in order, so its questions are a ring. */
struct one {
	struct hf_hashers *owner;
	struct hf_chan *chan;
	struct question ring[HF_HASHER_WAITING];
	size_t first, n;
};

struct hf_hashers {
	struct one one[HF_HASHERS_N];
	uint32_t seq;
	struct hf_buf out;
	void (*lost)(void *arg, const struct hf_err *why);
	void *arg;
};

static int
on_message(void *arg, struct hf_msg *m, struct hf_err *e)
{
	struct one *o = arg;
	struct question q = o->ring[o->first];
	uint8_t fits;

	if (o->n == 0 || q.seq != m->seq ||
	    m->type != (HF_MSG_VERIFY | HF_MSG_REPLY))
		return hf_fail(e, HF_EPEER, "an answer nobody asked for");
	if (hf_get_u8(&m->body, &fits, e) == -1 ||
	    hf_get_end(&m->body, e) == -1)
		return -1;
	o->first = (o->first + 1) % HF_HASHER_WAITING;
	o->n--;
	q.fn(q.arg, fits == 1);
	return 0;
}

static void
on_closed(void *arg, const struct hf_err *why)
{
	struct one *o = arg;
	struct hf_err gone;

	hf_fail(&gone, HF_EPEER, "a hasher is gone");
	o->owner->lost(o->owner->arg, why != NULL ? why : &gone);
}

struct hf_hashers *
hf_hashers_new(struct hf_loop *loop, const int fds[static HF_HASHERS_N],
    void (*lost)(void *arg, const struct hf_err *why), void *arg,
    struct hf_err *e)
{
	static const struct hf_chan_ops ops = { on_message, on_closed };
	struct hf_hashers *h = calloc(1, sizeof *h);
	int i;

	if (h == NULL) {
		hf_fail(e, HF_ENOMEM, "out of memory");
		return NULL;
	}
	h->lost = lost;
	h->arg = arg;
	hf_buf_init(&h->out, HF_MSG_MAX);
	for (i = 0; i < HF_HASHERS_N; i++) {
		h->one[i].owner = h;
		h->one[i].chan = hf_chan_new(loop, fds[i], false, &ops,
		    &h->one[i], e);
		if (h->one[i].chan == NULL) {
			hf_hashers_free(h);
			return NULL;
		}
	}
	return h;
}

void
hf_hashers_free(struct hf_hashers *h)
{
	int i;

	if (h == NULL)
		return;
	for (i = 0; i < HF_HASHERS_N; i++)
		hf_chan_free(h->one[i].chan);
	hf_buf_clear(&h->out);
	free(h);
}

int
hf_hashers_verify(struct hf_hashers *h, const char *hash,
    struct hf_view secret, hf_hasher_fn *fn, void *arg, struct hf_err *e)
{
	struct one *o = &h->one[0];
	struct question *q;
	int i, rc;

	for (i = 1; i < HF_HASHERS_N; i++)
		if (h->one[i].n < o->n)
			o = &h->one[i];
	if (o->n == HF_HASHER_WAITING)
		return hf_fail(e, HF_EAGAIN,
		    "too many people are logging in at this moment");
	rc = hf_msg_begin(&h->out, HF_MSG_VERIFY, ++h->seq, e) == -1 ||
		hf_put_str(&h->out, hash, e) == -1 ||
		hf_put_var(&h->out, secret.p, secret.n, e) == -1 ||
		hf_chan_send(o->chan, &h->out, -1, e) == -1
	    ? -1
	    : 0;
	hf_buf_clear(&h->out);	/* wiped */
	if (rc == -1)
		return -1;
	q = &o->ring[(o->first + o->n) % HF_HASHER_WAITING];
	q->seq = h->seq;
	q->fn = fn;
	q->arg = arg;
	o->n++;
	return 0;
}
