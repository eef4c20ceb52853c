#include "cups-backend/store.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "cups-backend/batch.h"
#include "cups-backend/supervise.h"
#include "cups-backend/ticket.h"

#define MIB (UINT64_C(1024) * 1024)
#define LOOK_EVERY (16 * MIB)	/* bytes between two looks at the space */

/* Failures of the spool pass by; those of memory and of ours do not. */
static int
spool_failed(struct hf_err *e)
{
	switch (e->code) {
	case HF_EFULL:
	case HF_ENOMEM:
	case HF_EINPUT:
		break;
	default:
		e->code = HF_EAGAIN;
	}
	return hf_wrap(e, "the store cannot be written");
}

/* Length of the sealed file, roughly upwards. */
static uint64_t
sealed_length(uint64_t plain)
{
	return plain + plain / HF_CHUNK * 17 + HF_HEADER_MAX + HF_TRAILER_LEN;
}

static int
check_space(const struct hf_store *st, uint64_t need, struct hf_err *e)
{
	uint64_t left, total;

	if (hf_spool_space(st->spool, &left, &total, e) == -1)
		return spool_failed(e);
	if (need > 0 && need + st->reserve > total)
		return hf_fail(e, HF_EINPUT,
		    "the document is larger than the store");
	if (left < need || left - need < st->reserve)
		return hf_fail(e, HF_EFULL, "the store is full: %" PRIu64
		    " MB are free, and %" PRIu64 " MB are kept in reserve",
		    left / MIB, st->reserve / MIB);
	return 0;
}

int
hf_store_too_big(const struct hf_store *st, struct hf_err *e)
{
	return hf_fail(e, HF_EINPUT,
	    "the document is larger than %" PRIu64 " MB",
	    st->max_document / MIB);
}

int
hf_store_probe(const struct hf_store *st, uint64_t plain, struct hf_err *e)
{
	return check_space(st, plain > 0 ? sealed_length(plain) : 0, e);
}

static int
copy(const struct hf_store *st, struct hf_source *s, struct hf_sealer *sealer,
    struct hf_err *e)
{
	uint64_t looked = 0;
	struct hf_view v;

	for (;;) {
		if (hf_source_read(s, &v, e) == -1)
			return -1;
		if (v.n == 0)
			break;
		if (hf_sealer_plain(sealer) + v.n > st->max_document)
			return hf_store_too_big(st, e);
		if (hf_sealer_plain(sealer) - looked >= LOOK_EVERY) {
			looked = hf_sealer_plain(sealer);
			if (check_space(st, 0, e) == -1)
				return -1;
		}
		if (hf_sealer_write(sealer, v.p, v.n, e) == -1)
			return spool_failed(e);
	}
	return hf_sealer_finish(sealer, e) == -1 ? spool_failed(e) : 0;
}

static int
seal_document(const struct hf_store *st, struct hf_source *s,
    const char *title, struct hf_envelope *env, struct hf_batch *b,
    struct hf_err *e)
{
	struct hf_sealer *sealer;
	int fd, rc;

	if (hf_batch_add(b, &fd, &env->job, e) == -1)
		return e->code == HF_EINPUT ? -1 : spool_failed(e);
	hf_ticket_number(env, title, s->number);
	(void)hf_str_copy(env->format, sizeof env->format, s->format);
	sealer = hf_sealer_new(fd, st->release_pk, st->host, env, e);
	if (sealer == NULL)
		return e->code == HF_EINPUT ? -1 : spool_failed(e);
	rc = copy(st, s, sealer, e);
	hf_sealer_free(sealer);
	return rc;
}

int
hf_store_job(const struct hf_store *st, struct hf_source *s,
    const struct hf_envelope *env, size_t *n, struct hf_err *e)
{
	struct hf_envelope doc = *env;
	struct hf_batch b;
	int rc;

	hf_batch_init(&b, st->spool);
	if (hf_batch_ready(&b, e) == -1)
		return spool_failed(e);
	while ((rc = hf_source_next(s, e)) == 1)
		if (seal_document(st, s, env->title, &doc, &b, e) == -1) {
			rc = -1;
			break;
		}
	if (rc == 0) {
		hf_supervise_hold_begin();
		rc = hf_batch_commit(&b, e);
		if (rc == -1) {
			spool_failed(e);
			hf_supervise_hold_end();
		}
	}
	if (rc == 0)
		*n = b.n;
	hf_batch_clear(&b);
	hf_envelope_clear(&doc);
	return rc;
}
