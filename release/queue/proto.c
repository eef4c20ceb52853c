#include "release/queue/proto.h"

#include <string.h>

#define NONCES_AT_ONCE 4

static int
get_bool(struct hf_view *v, bool *out, struct hf_err *e)
{
	uint8_t x;

	if (hf_get_u8(v, &x, e) == -1)
		return -1;
	if (x > 1)
		return hf_fail(e, HF_EINPUT, "a flag of %u", x);
	*out = x == 1;
	return 0;
}

/*
 * Words for a person.  A printer's words come from the printer: what is not
 * text in them is made harmless here, once, instead of being refused.
 */
static int
get_words(struct hf_view *v, char out[static HF_WORDS], struct hf_err *e)
{
	size_t i;

	if (hf_get_str(v, out, HF_WORDS, e) == -1)
		return -1;
	if (hf_is_text(hf_view_str(out)))
		return 0;
	for (i = 0; out[i] != '\0'; i++)
		if (out[i] < 0x20 || out[i] >= 0x7f)
			out[i] = '?';
	return 0;
}

static int
get_impressions(struct hf_view *v, int32_t *out, struct hf_err *e)
{
	uint32_t x;

	if (hf_get_u32(v, &x, e) == -1)
		return -1;
	if (x > INT32_MAX && x != UINT32_MAX)
		return hf_fail(e, HF_EINPUT, "a negative number of pages");
	*out = x == UINT32_MAX ? -1 : (int32_t)x;
	return 0;
}

/* Text of a reader about itself. */
static int
get_text(struct hf_view *v, char *out, size_t size, struct hf_err *e)
{
	if (hf_get_str(v, out, size, e) == -1)
		return -1;
	if (!hf_is_text(hf_view_str(out)))
		return hf_fail(e, HF_EINPUT, "not text");
	return 0;
}

int
hf_nonce_get(struct hf_view v, struct hf_m_nonce *out, struct hf_err *e)
{
	struct hf_m_nonce m;

	if (hf_get_bytes(&v, m.reader.b, sizeof m.reader.b, e) == -1 ||
	    hf_get_u64(&v, &m.time_ms, e) == -1 ||
	    hf_get_u8(&v, &m.count, e) == -1 ||
	    hf_get_bytes(&v, m.signature, sizeof m.signature, e) == -1 ||
	    hf_get_end(&v, e) == -1)
		return -1;
	if (m.count < 1 || m.count > NONCES_AT_ONCE)
		return hf_fail(e, HF_EINPUT, "%u nonces at once", m.count);
	*out = m;
	return 0;
}

int
hf_enrol_get(struct hf_view v, struct hf_m_enrol *out, struct hf_err *e)
{
	struct hf_m_enrol m;

	if (hf_get_bytes(&v, m.secret, sizeof m.secret, e) == -1 ||
	    hf_get_bytes(&v, m.public_key, sizeof m.public_key, e) == -1 ||
	    get_text(&v, m.hardware, sizeof m.hardware, e) == -1 ||
	    get_text(&v, m.version, sizeof m.version, e) == -1 ||
	    hf_get_end(&v, e) == -1)
		return -1;
	*out = m;
	return 0;
}

int
hf_state_get(struct hf_view v, struct hf_m_state *out, struct hf_err *e)
{
	struct hf_m_state m;

	if (get_bool(&v, &m.ready, e) == -1 ||
	    get_bool(&v, &m.held_commit, e) == -1 ||
	    get_words(&v, m.words, e) == -1 ||
	    hf_get_big(&v, HF_STATE_JSON_MAX, &m.json, e) == -1 ||
	    hf_get_end(&v, e) == -1)
		return -1;
	*out = m;
	return 0;
}

int
hf_advance_get(struct hf_view v, struct hf_m_advance *out, struct hf_err *e)
{
	struct hf_m_advance m;
	uint8_t to;

	if (hf_get_u64(&v, &m.attempt, e) == -1 ||
	    hf_get_u64(&v, &m.fence, e) == -1 ||
	    hf_get_u8(&v, &to, e) == -1 ||
	    hf_get_u32(&v, &m.job_id, e) == -1 ||
	    get_text(&v, m.job_uuid, sizeof m.job_uuid, e) == -1 ||
	    hf_get_u32(&v, &m.up_time, e) == -1 || hf_get_end(&v, e) == -1)
		return -1;
	if (to < HF_ATTEMPT_CREATED || to > HF_ATTEMPT_SENT)
		return hf_fail(e, HF_EINPUT, "no such state as %u", to);
	/* IPP integers are signed 32 bits, ids from 1 (RFC 8011, 5.1.4). */
	if (m.job_id > INT32_MAX || m.up_time > INT32_MAX)
		return hf_fail(e, HF_EINPUT, "not an IPP integer");
	m.to = (enum hf_attempt_state)to;
	*out = m;
	return 0;
}

int
hf_progress_get(struct hf_view v, struct hf_m_progress *out, struct hf_err *e)
{
	struct hf_m_progress m;

	if (hf_get_u64(&v, &m.attempt, e) == -1 ||
	    hf_get_u64(&v, &m.beat, e) == -1 ||
	    hf_get_u64(&v, &m.bytes, e) == -1 ||
	    get_impressions(&v, &m.impressions, e) == -1 ||
	    get_words(&v, m.words, e) == -1 || hf_get_end(&v, e) == -1)
		return -1;
	*out = m;
	return 0;
}

int
hf_finish_get(struct hf_view v, struct hf_m_finish *out, struct hf_err *e)
{
	struct hf_m_finish m;
	uint8_t outcome;

	if (hf_get_u64(&v, &m.attempt, e) == -1 ||
	    hf_get_u64(&v, &m.fence, e) == -1 ||
	    hf_get_u8(&v, &outcome, e) == -1 ||
	    get_impressions(&v, &m.impressions, e) == -1 ||
	    get_words(&v, m.words, e) == -1 || hf_get_end(&v, e) == -1)
		return -1;
	if (outcome < HF_OUT_DELIVERED || outcome > HF_OUT_UNREACHABLE)
		return hf_fail(e, HF_EINPUT, "no such outcome as %u", outcome);
	m.outcome = (enum hf_outcome)outcome;
	*out = m;
	return 0;
}

int
hf_unwrapped_get(struct hf_view v, struct hf_m_unwrapped *out,
    struct hf_err *e)
{
	struct hf_m_unwrapped m;

	if (hf_get_var(&v, HF_BOX_MAX, &m.envelope, e) == -1 ||
	    hf_get_bytes(&v, m.wrapped, sizeof m.wrapped, e) == -1 ||
	    hf_get_end(&v, e) == -1)
		return -1;
	*out = m;
	return 0;
}

int
hf_badge_get(struct hf_view v, struct hf_m_badge *out, struct hf_err *e)
{
	struct hf_m_badge m;

	if (hf_get_u8(&v, &m.kind, e) == -1 ||
	    hf_get_bytes(&v, m.hash, sizeof m.hash, e) == -1 ||
	    get_bool(&v, &m.has_pin, e) == -1 ||
	    get_bool(&v, &m.has_proof, e) == -1 || hf_get_end(&v, e) == -1)
		return -1;
	*out = m;
	return 0;
}

/* As in the envelope: repeated u8 length, name, u8 length, value. */
static int
put_options(struct hf_buf *b, const struct hf_envelope *env, struct hf_err *e)
{
	uint8_t text[HF_OPTIONS_MAX * sizeof(struct hf_option) + 2];
	const struct hf_option *o;
	size_t i, n = 0, k;

	HF_ASSERT(env->n_options <= HF_OPTIONS_MAX);
	for (i = 0; i < env->n_options; i++) {
		o = &env->options[i];
		k = strlen(o->name);
		text[n++] = (uint8_t)k;
		memcpy(text + n, o->name, k);
		n += k;
		k = strlen(o->value);
		text[n++] = (uint8_t)k;
		memcpy(text + n, o->value, k);
		n += k;
	}
	return hf_put_var(b, text, n, e);
}

int
hf_deliver_put(struct hf_buf *b, const struct hf_m_deliver *d,
    struct hf_err *e)
{
	if (hf_msg_begin(b, HF_MSG_DELIVER, 0, e) == -1 ||
	    hf_put_u64(b, d->attempt, e) == -1 ||
	    hf_put_u64(b, d->fence, e) == -1 ||
	    hf_put_bytes(b, d->job.b, sizeof d->job.b, e) == -1 ||
	    hf_put_str(b, d->token, e) == -1 ||
	    hf_put_str(b, d->format, e) == -1 ||
	    hf_put_u16(b, d->env->copies, e) == -1 ||
	    hf_put_u8(b, (uint8_t)d->env->sides, e) == -1 ||
	    hf_put_u8(b, (uint8_t)d->env->color, e) == -1 ||
	    hf_put_str(b, d->env->media, e) == -1 ||
	    put_options(b, d->env, e) == -1)
		return -1;
	return hf_put_bytes(b, d->wrapped, HF_WRAPPED_LEN, e);
}

int
hf_recover_put(struct hf_buf *b, const struct hf_m_recover *r,
    struct hf_err *e)
{
	if (hf_msg_begin(b, HF_MSG_RECOVER, 0, e) == -1 ||
	    hf_put_u64(b, r->attempt, e) == -1 ||
	    hf_put_u64(b, r->fence, e) == -1 ||
	    hf_put_u8(b, (uint8_t)r->state, e) == -1 ||
	    hf_put_str(b, r->token, e) == -1 ||
	    hf_put_u32(b, r->job_id, e) == -1 ||
	    hf_put_str(b, r->job_uuid, e) == -1)
		return -1;
	return hf_put_u32(b, r->up_time, e);
}

int
hf_advanced_put(struct hf_buf *b, uint64_t attempt, bool ok, struct hf_err *e)
{
	if (hf_msg_begin(b, HF_MSG_ADVANCED, 0, e) == -1 ||
	    hf_put_u64(b, attempt, e) == -1)
		return -1;
	return hf_put_u8(b, ok, e);
}

int
hf_tapped_put(struct hf_buf *b, uint32_t seq, const struct hf_m_tapped *t,
    struct hf_err *e)
{
	static const uint8_t none[HF_NONCE_LEN];

	if (hf_msg_begin(b, HF_MSG_TAP | HF_MSG_REPLY, seq, e) == -1 ||
	    hf_put_u8(b, (uint8_t)t->result, e) == -1 ||
	    hf_put_u16(b, (uint16_t)t->jobs, e) == -1 ||
	    hf_put_str(b, t->printer, e) == -1 ||
	    hf_put_str(b, t->person, e) == -1 ||
	    hf_put_str(b, t->words, e) == -1 ||
	    hf_put_u8(b, t->nonce != NULL, e) == -1)
		return -1;
	return hf_put_bytes(b, t->nonce != NULL ? t->nonce : none,
	    HF_NONCE_LEN, e);
}
