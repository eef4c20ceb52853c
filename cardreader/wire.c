#include "cardreader/wire.h"

#include <errno.h>
#include <sodium.h>
#include <string.h>
#include <sys/socket.h>

#define CREDENTIAL_MAX 4096

static int
put_readers(struct hf_buf *b, const struct hf_wire *w, struct hf_err *e)
{
	size_t i;

	if (hf_put_u8(b, w->up, e) == -1 ||
	    hf_put_u8(b, (uint8_t)w->n_readers, e) == -1)
		return -1;
	for (i = 0; i < w->n_readers; i++)
		if (hf_put_str(b, w->readers[i], e) == -1)
			return -1;
	return 0;
}

static int
get_readers(struct hf_view *v, struct hf_wire *w, struct hf_err *e)
{
	uint8_t up, n;
	size_t i;

	if (hf_get_u8(v, &up, e) == -1 || hf_get_u8(v, &n, e) == -1)
		return -1;
	if (up > 1 || n > HF_SLOTS_MAX)
		return hf_fail(e, HF_EINPUT, "%u readers", n);
	for (i = 0; i < n; i++)
		if (hf_get_str(v, w->readers[i], HF_SLOT_NAME, e) == -1)
			return -1;
	w->up = up;
	w->n_readers = n;
	return 0;
}

static int
put_touch(struct hf_buf *b, const struct hf_wire *w, struct hf_err *e)
{
	struct hf_buf c;
	int rc = -1;

	hf_buf_init(&c, CREDENTIAL_MAX);
	if (hf_put_u64(b, w->seen_ms, e) == -1 ||
	    hf_credential_put(&c, &w->credential, e) == -1 ||
	    hf_put_var(b, c.p, c.n, e) == -1)
		goto out;
	rc = 0;
out:
	hf_buf_clear(&c);
	return rc;
}

static int
get_touch(struct hf_view *v, struct hf_wire *w, struct hf_err *e)
{
	struct hf_view c;

	if (hf_get_u64(v, &w->seen_ms, e) == -1 ||
	    hf_get_var(v, CREDENTIAL_MAX, &c, e) == -1)
		return -1;
	return hf_credential_get(c, &w->credential, e);
}

static int
put_feedback(struct hf_buf *b, const struct hf_wire *w, struct hf_err *e)
{
	if (hf_put_u8(b, (uint8_t)w->word, e) == -1)
		return -1;
	return hf_put_str(b, w->text, e);
}

static int
get_feedback(struct hf_view *v, struct hf_wire *w, struct hf_err *e)
{
	uint8_t word;

	if (hf_get_u8(v, &word, e) == -1)
		return -1;
	if (hf_word_name(word) == NULL)
		return hf_fail(e, HF_EINPUT, "no such word: %u", word);
	w->word = (enum hf_word)word;
	return hf_get_str(v, w->text, sizeof w->text, e);
}

static int
put_busy(struct hf_buf *b, const struct hf_wire *w, struct hf_err *e)
{
	return hf_put_u32(b, w->budget_ms, e);
}

static int
get_busy(struct hf_view *v, struct hf_wire *w, struct hf_err *e)
{
	return hf_get_u32(v, &w->budget_ms, e);
}

static int
put_nothing(struct hf_buf *b, const struct hf_wire *w, struct hf_err *e)
{
	(void)b;
	(void)w;
	(void)e;
	return 0;
}

static int
get_nothing(struct hf_view *v, struct hf_wire *w, struct hf_err *e)
{
	(void)v;
	(void)w;
	(void)e;
	return 0;
}

static const struct {
	enum hf_wire_type type;
	int (*put)(struct hf_buf *b, const struct hf_wire *w,
	    struct hf_err *e);
	int (*get)(struct hf_view *v, struct hf_wire *w, struct hf_err *e);
} types[] = {
	{ HF_WIRE_READERS, put_readers, get_readers },
	{ HF_WIRE_BUSY, put_busy, get_busy },
	{ HF_WIRE_IDLE, put_nothing, get_nothing },
	{ HF_WIRE_TOUCH, put_touch, get_touch },
	{ HF_WIRE_FEEDBACK, put_feedback, get_feedback },
};
#define N_TYPES (sizeof types / sizeof types[0])

int
hf_wire_put(struct hf_buf *b, const struct hf_wire *w, struct hf_err *e)
{
	size_t i;

	for (i = 0; i < N_TYPES; i++)
		if (types[i].type == w->type)
			break;
	HF_ASSERT(i < N_TYPES);
	if (hf_put_u8(b, (uint8_t)w->type, e) == -1 ||
	    hf_put_u16(b, w->slot, e) == -1 || hf_put_str(b, w->name, e) == -1)
		return -1;
	return types[i].put(b, w, e);
}

int
hf_wire_get(struct hf_view in, struct hf_wire *out, struct hf_err *e)
{
	struct hf_view v = in;
	uint8_t type;
	size_t i;

	memset(out, 0, sizeof *out);
	if (hf_get_u8(&v, &type, e) == -1 ||
	    hf_get_u16(&v, &out->slot, e) == -1 ||
	    hf_get_str(&v, out->name, sizeof out->name, e) == -1)
		goto fail;
	for (i = 0; i < N_TYPES; i++)
		if (types[i].type == type)
			break;
	if (i == N_TYPES) {
		hf_fail(e, HF_EINPUT, "message of unknown type %u", type);
		goto fail;
	}
	out->type = types[i].type;
	if (types[i].get(&v, out, e) == -1 || hf_get_end(&v, e) == -1)
		goto fail;
	return 0;
fail:
	hf_wire_clear(out);
	return -1;
}

int
hf_wire_send(int sock, const struct hf_wire *w, struct hf_err *e)
{
	struct hf_buf b;
	ssize_t k;
	int rc = -1;

	hf_buf_init(&b, HF_WIRE_MAX);
	if (hf_wire_put(&b, w, e) == -1)
		goto out;
	do {
		k = send(sock, b.p, b.n, MSG_NOSIGNAL);
	} while (k == -1 && errno == EINTR);
	if (k == -1 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
		hf_fail(e, HF_EAGAIN, "the other process does not read");
		goto out;
	}
	if (k == -1) {
		hf_fail_sys(e, "send");
		goto out;
	}
	rc = 0;
out:
	hf_buf_clear(&b);
	return rc;
}

int
hf_wire_recv(int sock, struct hf_wire *out, struct hf_err *e)
{
	uint8_t packet[HF_WIRE_MAX];
	ssize_t k;
	int rc = -1;

	do {
		k = recv(sock, packet, sizeof packet, MSG_TRUNC);
	} while (k == -1 && errno == EINTR);
	if (k == 0)
		return 0;
	if (k == -1 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return hf_fail(e, HF_EAGAIN, "nothing there");
	if (k == -1)
		return hf_fail_sys(e, "receive");
	if ((size_t)k > sizeof packet)
		hf_fail(e, HF_EINPUT, "a message of %zd bytes", k);
	else if (hf_wire_get(hf_view_of(packet, (size_t)k), out, e) == 0)
		rc = 1;
	sodium_memzero(packet, sizeof packet);
	return rc;
}

void
hf_wire_clear(struct hf_wire *w)
{
	sodium_memzero(w, sizeof *w);
}
