#include "release/deliver/proto.h"

#include <ctype.h>
#include <string.h>

static int
get_id(struct hf_view *in, struct hf_id *id, struct hf_err *e)
{
	return hf_get_bytes(in, id->b, sizeof id->b, e);
}

static int
get_bool(struct hf_view *in, bool *out, struct hf_err *e)
{
	uint8_t u;

	if (hf_get_u8(in, &u, e) == -1)
		return -1;
	if (u > 1)
		return hf_fail(e, HF_EINPUT, "neither 0 nor 1");
	*out = u == 1;
	return 0;
}

bool
hf_token_is(const char *s)
{
	size_t n = strlen(s), i;

	for (i = 0; i < n; i++)
		if (!isalnum((unsigned char)s[i]) && s[i] != '-')
			return false;
	return n >= 8;
}

int
hf_printer_row_get(struct hf_view in, struct hf_printer_row *out,
    struct hf_err *e)
{
	struct hf_printer_row r;

	memset(&r, 0, sizeof r);
	if (get_id(&in, &r.id, e) == -1 ||
	    hf_get_str(&in, r.name, sizeof r.name, e) == -1 ||
	    hf_get_str(&in, r.uri, sizeof r.uri, e) == -1 ||
	    hf_get_str(&in, r.pin, sizeof r.pin, e) == -1 ||
	    hf_get_str(&in, r.uuid, sizeof r.uuid, e) == -1 ||
	    get_bool(&in, &r.plain_allowed, e) == -1 ||
	    hf_get_end(&in, e) == -1)
		return hf_wrap(e, "PRINTER");
	*out = r;
	return 0;
}

/* u8 name length, name, u8 value length, value: doc/sealed-format.md. */
static int
get_short(struct hf_view *in, char *out, size_t size, struct hf_err *e)
{
	struct hf_view v;
	uint8_t n;

	if (hf_get_u8(in, &n, e) == -1 || hf_get_view(in, n, &v, e) == -1)
		return -1;
	if (n >= size || !hf_is_text(v))
		return hf_fail(e, HF_EINPUT, "an option that is not text");
	memcpy(out, v.p, n);
	out[n] = '\0';
	return 0;
}

static int
get_options(struct hf_view in, struct hf_order *o, struct hf_err *e)
{
	struct hf_option *p;

	while (in.n > 0) {
		if (o->n_options == HF_OPTIONS_MAX)
			return hf_fail(e, HF_EINPUT, "too many options");
		p = &o->options[o->n_options];
		if (get_short(&in, p->name, sizeof p->name, e) == -1 ||
		    get_short(&in, p->value, sizeof p->value, e) == -1)
			return -1;
		if (!hf_option_is_allowed(p->name))
			return hf_fail(e, HF_EINPUT, "unknown option");
		o->n_options++;
	}
	return 0;
}

static int
get_ticket(struct hf_view *in, struct hf_order *o, struct hf_err *e)
{
	struct hf_view options;
	uint8_t sides, color;

	if (hf_get_str(in, o->format, sizeof o->format, e) == -1 ||
	    hf_get_u16(in, &o->copies, e) == -1 ||
	    hf_get_u8(in, &sides, e) == -1 ||
	    hf_get_u8(in, &color, e) == -1 ||
	    hf_get_str(in, o->media, sizeof o->media, e) == -1 ||
	    hf_get_var(in, UINT16_MAX, &options, e) == -1 ||
	    get_options(options, o, e) == -1)
		return -1;
	if (o->copies < 1 || o->copies > 999 || sides > HF_SIDES_SHORT ||
	    color > HF_COLOR_COLOR)
		return hf_fail(e, HF_EINPUT, "copies, sides or color mode");
	o->sides = (enum hf_sides)sides;
	o->color = (enum hf_color)color;
	return 0;
}

int
hf_order_get(struct hf_view in, struct hf_order *out, struct hf_err *e)
{
	struct hf_order o;

	memset(&o, 0, sizeof o);
	if (hf_get_u64(&in, &o.attempt, e) == -1 ||
	    hf_get_u64(&in, &o.fence, e) == -1 ||
	    get_id(&in, &o.job, e) == -1 ||
	    hf_get_str(&in, o.token, sizeof o.token, e) == -1 ||
	    get_ticket(&in, &o, e) == -1 ||
	    hf_get_bytes(&in, o.sealed_key, sizeof o.sealed_key, e) == -1 ||
	    hf_get_end(&in, e) == -1)
		return hf_wrap(e, "DELIVER");
	if (!hf_token_is(o.token))
		return hf_fail(e, HF_EINPUT, "DELIVER: not a token");
	*out = o;
	return 0;
}

int
hf_claim_get(struct hf_view in, struct hf_claim *out, struct hf_err *e)
{
	struct hf_claim c;
	uint32_t job_id;
	uint8_t state;

	memset(&c, 0, sizeof c);
	if (hf_get_u64(&in, &c.attempt, e) == -1 ||
	    hf_get_u64(&in, &c.fence, e) == -1 ||
	    hf_get_u8(&in, &state, e) == -1 ||
	    hf_get_str(&in, c.token, sizeof c.token, e) == -1 ||
	    hf_get_u32(&in, &job_id, e) == -1 ||
	    hf_get_str(&in, c.job_uuid, sizeof c.job_uuid, e) == -1 ||
	    hf_get_u32(&in, &c.up_time, e) == -1 ||
	    hf_get_end(&in, e) == -1)
		return hf_wrap(e, "RECOVER");
	if (state > HF_ATTEMPT_SENT || job_id > INT32_MAX ||
	    !hf_token_is(c.token))
		return hf_fail(e, HF_EINPUT, "RECOVER: out of bounds");
	c.state = (enum hf_attempt_state)state;
	c.job_id = (int32_t)job_id;
	*out = c;
	return 0;
}

int
hf_advanced_get(struct hf_view in, struct hf_advanced *out, struct hf_err *e)
{
	struct hf_advanced a;

	if (hf_get_u64(&in, &a.attempt, e) == -1 ||
	    get_bool(&in, &a.ok, e) == -1 || hf_get_end(&in, e) == -1)
		return hf_wrap(e, "ADVANCED");
	*out = a;
	return 0;
}

/*
 * A sentence, as much of it as fits, without a character cut in two.  (Its
 * parts were text when they came; only cutting can have made them less.)
 */
static int
put_text(struct hf_buf *b, const char *s, struct hf_err *e)
{
	size_t n = strlen(s), i;

	if (n > HF_TEXT_MAX - 1)
		n = HF_TEXT_MAX - 1;
	for (i = 0; i < 3 && n > 0 && !hf_is_text(hf_view_of(s, n)); i++)
		n--;
	return hf_put_var(b, s, n, e);
}

int
hf_hello_put(struct hf_buf *b, uint32_t seq,
    const uint8_t pk[static HF_PUBLIC_KEY_LEN], struct hf_err *e)
{
	if (hf_msg_begin(b, HF_MSG_HELLO, seq, e) == -1)
		return -1;
	return hf_put_bytes(b, pk, HF_PUBLIC_KEY_LEN, e);
}

int
hf_state_put(struct hf_buf *b, uint32_t seq, bool ready, bool held_commit,
    const char *text, struct hf_view json, struct hf_err *e)
{
	if (hf_msg_begin(b, HF_MSG_STATE, seq, e) == -1 ||
	    hf_put_u8(b, ready, e) == -1 ||
	    hf_put_u8(b, held_commit, e) == -1 ||
	    put_text(b, text, e) == -1)
		return -1;
	return hf_put_big(b, json.p, json.n, e);
}

int
hf_advance_put(struct hf_buf *b, uint32_t seq, const struct hf_advance *a,
    struct hf_err *e)
{
	if (hf_msg_begin(b, HF_MSG_ADVANCE, seq, e) == -1 ||
	    hf_put_u64(b, a->attempt, e) == -1 ||
	    hf_put_u64(b, a->fence, e) == -1 ||
	    hf_put_u8(b, (uint8_t)a->to, e) == -1 ||
	    hf_put_u32(b, (uint32_t)a->job_id, e) == -1 ||
	    hf_put_str(b, a->job_uuid, e) == -1)
		return -1;
	return hf_put_u32(b, a->up_time, e);
}

int
hf_progress_put(struct hf_buf *b, uint32_t seq, const struct hf_progress *p,
    struct hf_err *e)
{
	if (hf_msg_begin(b, HF_MSG_PROGRESS, seq, e) == -1 ||
	    hf_put_u64(b, p->attempt, e) == -1 ||
	    hf_put_u64(b, p->beat, e) == -1 ||
	    hf_put_u64(b, p->bytes, e) == -1 ||
	    hf_put_u32(b, (uint32_t)p->impressions, e) == -1)
		return -1;
	return put_text(b, p->text, e);
}

int
hf_finish_put(struct hf_buf *b, uint32_t seq, const struct hf_finish *f,
    struct hf_err *e)
{
	if (hf_msg_begin(b, HF_MSG_FINISH, seq, e) == -1 ||
	    hf_put_u64(b, f->attempt, e) == -1 ||
	    hf_put_u64(b, f->fence, e) == -1 ||
	    hf_put_u8(b, (uint8_t)f->outcome, e) == -1 ||
	    hf_put_u32(b, (uint32_t)f->impressions, e) == -1)
		return -1;
	return put_text(b, f->text, e);
}
