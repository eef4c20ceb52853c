#include "release/queue/keyask.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "lib/clock.h"

#define SILENT_MS 30000
#define SLOW_MS 5000

struct question {
	TAILQ_ENTRY(question) link;
	uint32_t seq;
	uint8_t type;
	int64_t asked_ms;
	hf_keyask_fn *fn;	/* NULL: forgotten */
	void *arg;
};

struct hf_keyask {
	struct hf_chan *chan;
	struct event *watch;
	TAILQ_HEAD(, question) open;
	uint32_t seq;
	struct hf_buf out;
	void (*lost)(void *arg, const struct hf_err *why);
	void *arg;
};

static int
on_message(void *arg, struct hf_msg *m, struct hf_err *e)
{
	struct hf_keyask *k = arg;
	struct question *q = TAILQ_FIRST(&k->open);
	struct hf_err why;
	bool failed;

	if (q == NULL || q->seq != m->seq ||
	    (m->type != HF_MSG_ERROR && m->type != (q->type | HF_MSG_REPLY)))
		return hf_fail(e, HF_EPEER, "an answer nobody asked for");
	TAILQ_REMOVE(&k->open, q, link);
	failed = m->type == HF_MSG_ERROR;
	if (failed)
		(void)hf_msg_to_err(m, &why);
	if (q->fn != NULL)
		q->fn(q->arg, m->body, failed ? &why : NULL);
	free(q);
	return 0;
}

static void
on_closed(void *arg, const struct hf_err *why)
{
	struct hf_keyask *k = arg;
	struct hf_err gone;

	hf_fail(&gone, HF_EPEER, "role key is gone");
	k->lost(k->arg, why != NULL ? why : &gone);
}

static void
on_watch(evutil_socket_t fd, short what, void *arg)
{
	struct hf_keyask *k = arg;
	struct question *q = TAILQ_FIRST(&k->open);
	struct hf_err e;

	(void)fd;
	(void)what;
	if (q != NULL && hf_now_ms() - q->asked_ms > SILENT_MS) {
		hf_fail(&e, HF_EPEER, "role key does not answer");
		k->lost(k->arg, &e);
	}
}

struct hf_keyask *
hf_keyask_new(struct hf_loop *loop, int fd,
    void (*lost)(void *arg, const struct hf_err *why), void *arg,
    struct hf_err *e)
{
	static const struct hf_chan_ops ops = { on_message, on_closed };
	const struct timeval every = { .tv_sec = 1 };
	struct hf_keyask *k = calloc(1, sizeof *k);

	if (k == NULL) {
		hf_fail(e, HF_ENOMEM, "out of memory");
		return NULL;
	}
	TAILQ_INIT(&k->open);
	hf_buf_init(&k->out, HF_MSG_MAX);
	k->lost = lost;
	k->arg = arg;
	k->chan = hf_chan_new(loop, fd, false, &ops, k, e);
	k->watch = event_new(loop->base, -1, EV_PERSIST, on_watch, k);
	if (k->chan == NULL || k->watch == NULL ||
	    event_add(k->watch, &every) == -1) {
		if (k->chan != NULL)
			hf_fail(e, HF_ENOMEM, "out of memory");
		hf_keyask_free(k);
		return NULL;
	}
	return k;
}

void
hf_keyask_free(struct hf_keyask *k)
{
	struct question *q;

	if (k == NULL)
		return;
	while ((q = TAILQ_FIRST(&k->open)) != NULL) {
		TAILQ_REMOVE(&k->open, q, link);
		free(q);
	}
	if (k->watch != NULL)
		event_free(k->watch);
	hf_chan_free(k->chan);
	hf_buf_clear(&k->out);
	free(k);
}

static int
begin(struct hf_keyask *k, uint8_t type, struct hf_err *e)
{
	return hf_msg_begin(&k->out, type, ++k->seq, e);
}

static int
ask(struct hf_keyask *k, uint8_t type, hf_keyask_fn *fn, void *arg,
    struct hf_err *e)
{
	struct question *q = calloc(1, sizeof *q);

	if (q == NULL)
		return hf_fail(e, HF_ENOMEM, "out of memory");
	if (hf_chan_send(k->chan, &k->out, -1, e) == -1) {
		free(q);
		return hf_wrap(e, "role key");
	}
	q->seq = k->seq;
	q->type = type;
	q->asked_ms = hf_now_ms();
	q->fn = fn;
	q->arg = arg;
	TAILQ_INSERT_TAIL(&k->open, q, link);
	return 0;
}

int
hf_keyask_open(struct hf_keyask *k, struct hf_view header, hf_keyask_fn *fn,
    void *arg, struct hf_err *e)
{
	if (begin(k, HF_MSG_OPEN, e) == -1 ||
	    hf_put_bytes(&k->out, header.p, header.n, e) == -1)
		return -1;
	return ask(k, HF_MSG_OPEN, fn, arg, e);
}

int
hf_keyask_unwrap(struct hf_keyask *k, const uint8_t pk[static 32],
    struct hf_view header, hf_keyask_fn *fn, void *arg, struct hf_err *e)
{
	if (begin(k, HF_MSG_UNWRAP, e) == -1 ||
	    hf_put_bytes(&k->out, pk, 32, e) == -1 ||
	    hf_put_bytes(&k->out, header.p, header.n, e) == -1)
		return -1;
	return ask(k, HF_MSG_UNWRAP, fn, arg, e);
}

int
hf_keyask_credential(struct hf_keyask *k, const struct hf_tap *tap,
    hf_keyask_fn *fn, void *arg, struct hf_err *e)
{
	if (begin(k, HF_MSG_CREDENTIAL, e) == -1 ||
	    hf_put_bytes(&k->out, tap->reader.b, HF_ID_LEN, e) == -1 ||
	    hf_put_bytes(&k->out, tap->nonce, HF_NONCE_LEN, e) == -1 ||
	    hf_put_bytes(&k->out, tap->tap_key_id, HF_KEYID_LEN, e) == -1 ||
	    hf_put_bytes(&k->out, tap->box.p, tap->box.n, e) == -1)
		return -1;
	return ask(k, HF_MSG_CREDENTIAL, fn, arg, e);
}

int
hf_keyask_keys(struct hf_keyask *k, hf_keyask_fn *fn, void *arg,
    struct hf_err *e)
{
	if (begin(k, HF_MSG_KEYS, e) == -1)
		return -1;
	return ask(k, HF_MSG_KEYS, fn, arg, e);
}

int
hf_keyask_rotate(struct hf_keyask *k, uint64_t not_before, uint64_t not_after,
    hf_keyask_fn *fn, void *arg, struct hf_err *e)
{
	if (begin(k, HF_MSG_ROTATE, e) == -1 ||
	    hf_put_u64(&k->out, not_before, e) == -1 ||
	    hf_put_u64(&k->out, not_after, e) == -1)
		return -1;
	return ask(k, HF_MSG_ROTATE, fn, arg, e);
}

int
hf_keyask_checkpoint(struct hf_keyask *k, struct hf_view old,
    const struct hf_checkpoint *next, const struct hf_proof *proof,
    hf_keyask_fn *fn, void *arg, struct hf_err *e)
{
	if (begin(k, HF_MSG_CHECKPOINT, e) == -1 ||
	    hf_put_var(&k->out, old.p, old.n, e) == -1 ||
	    hf_put_u64(&k->out, next->size, e) == -1 ||
	    hf_put_bytes(&k->out, next->root, sizeof next->root, e) == -1 ||
	    hf_put_u8(&k->out, (uint8_t)proof->n, e) == -1 ||
	    hf_put_bytes(&k->out, proof->hash, proof->n * HF_MERKLE_LEN, e) ==
		-1)
		return -1;
	return ask(k, HF_MSG_CHECKPOINT, fn, arg, e);
}

void
hf_keyask_forget(struct hf_keyask *k, const void *arg)
{
	struct question *q;

	TAILQ_FOREACH(q, &k->open, link)
		if (q->arg == arg)
			q->fn = NULL;
}

bool
hf_keyask_is_well(const struct hf_keyask *k)
{
	const struct question *q = TAILQ_FIRST(&k->open);

	return q == NULL || hf_now_ms() - q->asked_ms <= SLOW_MS;
}
