#include "release/queue/adopt_in.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/keylist.h"

void
hf_item_spoiled(struct hf_item *it, enum hf_item_state state, const struct hf_err *why)
{
	it->state = state;
	(void)hf_str_copy(it->why, sizeof it->why, why->text);
}

/* Errors that are the file's fault; others are ours and pass. */
static bool
is_files_fault(const struct hf_err *e)
{
	return e->code == HF_EINPUT || e->code == HF_ETAMPER ||
	    e->code == HF_ENOTFOUND;
}

static void
on_opened(void *arg, struct hf_view body, const struct hf_err *err)
{
	struct hf_item *it = arg;
	struct hf_err e;

	it->owner->opening--;
	hf_adopt_schedule(it->owner);
	if (err != NULL) {
		hf_item_spoiled(it, is_files_fault(err) ? HF_ITEM_BAD : HF_ITEM_LATER,
		    err);
		return;
	}
	if (hf_envelope_get(body, &it->env, &e) == -1) {
		hf_item_spoiled(it, HF_ITEM_BAD, &e);
		return;
	}
	/* It goes no further than here. */
	explicit_bzero(it->env.title, sizeof it->env.title);
	if (!hf_id_equal(&it->env.job, &it->id)) {
		hf_fail(&e, HF_EINPUT, "its envelope names another job");
		hf_item_spoiled(it, HF_ITEM_BAD, &e);
		return;
	}
	it->state = HF_ITEM_READY;
}

/* The host's key; that of the last one is kept for the batch. */
static int
find_host(struct hf_adopt *a, const uint8_t id[static HF_KEYID_LEN],
    struct hf_err *e)
{
	if (a->has_host && memcmp(a->host_id, id, sizeof a->host_id) == 0)
		return 0;
	a->has_host = false;
	if (hf_host_pub_load(a->hosts, id, a->host_pk, e) == -1) {
		if (e->code == HF_ENOTFOUND)
			hf_fail(e, HF_ENOTFOUND, "from an unknown intake host");
		return -1;
	}
	memcpy(a->host_id, id, sizeof a->host_id);
	a->has_host = true;
	return 0;
}

/* Form and signature; the digest is made by steps. */
static int
look(struct hf_adopt *a, struct hf_item *it, struct hf_err *e)
{
	struct hf_sealed_header h;
	struct stat st;

	hf_buf_reset(&a->header);
	if (fstat(a->fd, &st) == -1)
		return hf_fail_sys(e, "stat");
	if (hf_sealed_header_read(a->fd, &a->header, &h, e) == -1)
		return -1;
	if (find_host(a, h.host_id, e) == -1)
		return -1;
	a->checker = hf_sealed_checker_new(a->fd, a->host_pk, e);
	if (a->checker == NULL)
		return -1;
	a->sealed = h.whole;
	it->plain = hf_sealed_plain_length((uint64_t)st.st_size, h.whole.n);
	memcpy(it->key_id, h.key_id, sizeof it->key_id);
	memcpy(it->host_id, h.host_id, sizeof it->host_id);
	return 0;
}

void
hf_adopt_checked(struct hf_adopt *a)
{
	hf_sealed_checker_free(a->checker);
	a->checker = NULL;
	close(a->fd);
	a->fd = -1;
	a->current = NULL;
}

static void
fault(struct hf_item *it, const struct hf_err *e)
{
	hf_item_spoiled(it, is_files_fault(e) ? HF_ITEM_BAD : HF_ITEM_LATER, e);
}

void
hf_adopt_check(struct hf_adopt *a)
{
	struct hf_item *it = a->current;
	struct hf_sealed_trailer t;
	struct hf_err e;
	int k = hf_sealed_checker_step(a->checker, &t, &e);

	if (k == 0)
		return;
	if (k == 1) {
		memcpy(it->dup_tag, t.dup_tag, sizeof it->dup_tag);
		it->state = HF_ITEM_OPENING;
		k = hf_keyask_open(a->key, a->sealed, on_opened, it, &e);
	}
	if (k == -1)
		fault(it, &e);
	else
		a->opening++;
	hf_adopt_checked(a);
}

void
hf_adopt_take(struct hf_adopt *a, const struct hf_adopt_pending *p)
{
	struct hf_item *it = &a->batch[a->in_batch];
	struct hf_err e;

	memset(it, 0, sizeof *it);
	it->owner = a;
	it->id = p->id;
	it->place = p->place;
	it->state = HF_ITEM_CHECKING;
	if (hf_spool_read(a->sp, p->place, &p->id, &a->fd, &e) == -1) {
		if (e.code == HF_ENOTFOUND)
			return;		/* seen twice, done once */
		a->in_batch++;
		fault(it, &e);
		return;
	}
	a->in_batch++;
	a->current = it;
	if (look(a, it, &e) == -1) {
		fault(it, &e);
		hf_adopt_checked(a);
	}
}
