#include "release/deliver/conn_in.h"

#define TURN_BYTES (1024 * 1024) /* sent before other events get their turn */
#define READ_BYTES 16384

static const struct {
	int status;
	enum hf_code code;
	const char *text;
} refusals[] = {
	{ 301, HF_ECONFIG, "wants to send us elsewhere" },
	{ 302, HF_ECONFIG, "wants to send us elsewhere" },
	{ 303, HF_ECONFIG, "wants to send us elsewhere" },
	{ 307, HF_ECONFIG, "wants to send us elsewhere" },
	{ 308, HF_ECONFIG, "wants to send us elsewhere" },
	{ 401, HF_ECONFIG, "wants a login" },
	{ 403, HF_ECONFIG, "does not let us in" },
	{ 404, HF_ECONFIG, "does not know this address" },
	{ 426, HF_ECONFIG, "wants TLS" },
	{ 503, HF_EAGAIN, "is too busy to answer" },
};

static void
refused(struct hf_conn *c)
{
	size_t i;

	for (i = 0; i < sizeof refusals / sizeof refusals[0]; i++)
		if (refusals[i].status == c->answer.status) {
			hf_fail(&c->err, refusals[i].code,
			    "printer %s %s (HTTP %d)", c->peer->name,
			    refusals[i].text, c->answer.status);
			return;
		}
	hf_fail(&c->err, HF_EPEER, "printer %s answers with HTTP %d",
	    c->peer->name, c->answer.status);
}

enum hf_next
hf_conn_broke_off(struct hf_conn *c)
{
	hf_fail(&c->err, HF_EPEER, "printer %s broke the connection off",
	    c->peer->name);
	return HF_BROKEN;
}

/* The answer is complete: keep the connection where both sides may. */
static enum hf_next
complete(struct hf_conn *c, size_t left_over)
{
	bool early = c->x->sent != HF_SENT_ALL;

	if (c->answer.status != 200) {
		refused(c);
		return HF_BROKEN;
	}
	if (!c->answer.ipp) {
		hf_fail(&c->err, HF_EPEER, "printer %s does not answer in IPP",
		    c->peer->name);
		return HF_BROKEN;
	}
	if (early || c->last || c->answer.close || left_over > 0)
		hf_conn_close(c);
	else
		c->phase = HF_IDLE;
	hf_conn_finish(c, 0);
	return HF_WAIT;
}

/* Read what is there: the answer, or a part of it. */
enum hf_next
hf_conn_do_reading(struct hf_conn *c)
{
	uint8_t bytes[READ_BYTES];
	struct hf_view in;
	ssize_t n;
	int rc;

	while ((n = hf_wire_take(&c->wire, bytes, sizeof bytes)) > 0) {
		c->heard = true;
		in = hf_view_of(bytes, (size_t)n);
		rc = hf_answer_feed(&c->answer, &in, &c->err);
		if (rc == -1) {
			hf_wrap(&c->err, "printer %s gives a bad answer",
			    c->peer->name);
			return HF_BROKEN;
		}
		if (rc == 1)
			return complete(c, in.n);
	}
	if (n == 0)
		return HF_WAIT;
	if (n == HF_WIRE_END && hf_answer_end(&c->answer, NULL) == 0)
		return complete(c, 1);
	return hf_conn_broke_off(c);
}

/* Point *p at the next bytes of the request. 1: there are; 0: all sent. */
static int
next_bytes(struct hf_conn *c, struct hf_view *p)
{
	if (c->out_at < c->out.n) {
		*p = hf_view_of(c->out.p + c->out_at, c->out.n - c->out_at);
		return 1;
	}
	if (c->chunk.n == 0 && c->x->doc != NULL &&
	    hf_unsealer_next(c->x->doc, &c->chunk, &c->err) == -1)
		return -1;
	*p = c->chunk;
	return c->chunk.n > 0;
}

static void
count_sent(struct hf_conn *c, size_t n)
{
	if (c->out_at < c->out.n) {
		c->out_at += n;
		c->x->sent = HF_SENT_SOME;
		return;
	}
	c->chunk.p += n;
	c->chunk.n -= n;
	c->x->doc_sent += n;
}

/* Sending failed: perhaps the printer has said why before it closed. */
static enum hf_next
last_words(struct hf_conn *c)
{
	enum hf_next next = hf_conn_do_reading(c);

	if (next != HF_WAIT || c->x == NULL || c->phase != HF_SENDING)
		return next;
	return hf_conn_broke_off(c);
}

enum hf_next
hf_conn_do_sending(struct hf_conn *c)
{
	size_t turn = 0;
	struct hf_view p;
	enum hf_next next;
	ssize_t n;
	int rc;

	/* A printer may refuse before it has read everything. */
	if (c->x->sent == HF_SENT_SOME) {
		next = hf_conn_do_reading(c);
		if (next != HF_WAIT || c->x == NULL || c->phase != HF_SENDING)
			return next;
	}
	while ((rc = next_bytes(c, &p)) == 1) {
		c->wire.want_read = true;
		if (turn >= TURN_BYTES) {
			c->wire.want_write = true;
			return HF_WAIT;
		}
		n = hf_wire_put(&c->wire, p.p, p.n);
		if (n == 0)
			return HF_WAIT;
		if (n < 0)
			return last_words(c);
		turn += (size_t)n;
		count_sent(c, (size_t)n);
	}
	if (rc == -1)
		return HF_BROKEN;
	if (hf_wire_flush(&c->wire) == -1)
		return last_words(c);
	if (hf_wire_has_unsent(&c->wire))
		return HF_WAIT;
	c->x->sent = HF_SENT_ALL;
	c->phase = HF_READING;
	return HF_GO;
}

/*
 * Nothing may come while nothing is asked; TLS tickets are taken silently.  A
 * kept connection that the printer has closed is found here, before a request
 * is given to it.
 */
enum hf_next
hf_conn_do_idle(struct hf_conn *c)
{
	uint8_t byte;

	if (hf_wire_take(&c->wire, &byte, 1) != 0)
		hf_conn_close(c);
	if (c->x == NULL)
		return HF_WAIT;
	return c->phase == HF_IDLE ? hf_conn_begin(c) : HF_GO;
}

