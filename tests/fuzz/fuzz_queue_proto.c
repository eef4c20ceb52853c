/* link: release/queue/proto.c lib/buf.c lib/err.c lib/msg.c lib/id.c lib/clock.c */
/*
 * The bodies that role queue reads from holdfastd, deliver processes and role
 * key.  The first byte chooses the message; what is accepted must be within
 * its bounds.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "release/queue/proto.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void
must(int ok)
{
	if (!ok)
		abort();
}

static void
words(const char *s)
{
	must(strlen(s) < HF_WORDS && hf_is_text(hf_view_str(s)));
}

static void
one(uint8_t which, struct hf_view v)
{
	union {
		struct hf_m_nonce nonce;
		struct hf_m_enrol enrol;
		struct hf_m_state state;
		struct hf_m_advance advance;
		struct hf_m_progress progress;
		struct hf_m_finish finish;
		struct hf_m_unwrapped unwrapped;
		struct hf_m_badge badge;
	} m;
	struct hf_err e;

	switch (which % 8) {
	case 0:
		if (hf_nonce_get(v, &m.nonce, &e) == 0)
			must(m.nonce.count >= 1 && m.nonce.count <= 4);
		break;
	case 1:
		if (hf_enrol_get(v, &m.enrol, &e) == 0)
			must(hf_is_text(hf_view_str(m.enrol.hardware)));
		break;
	case 2:
		if (hf_state_get(v, &m.state, &e) == 0) {
			words(m.state.words);
			must(m.state.json.n <= HF_STATE_JSON_MAX);
		}
		break;
	case 3:
		if (hf_advance_get(v, &m.advance, &e) == 0)
			must(m.advance.to >= HF_ATTEMPT_CREATED &&
			    m.advance.to <= HF_ATTEMPT_SENT &&
			    m.advance.job_id <= INT32_MAX);
		break;
	case 4:
		if (hf_progress_get(v, &m.progress, &e) == 0)
			words(m.progress.words);
		break;
	case 5:
		if (hf_finish_get(v, &m.finish, &e) == 0) {
			words(m.finish.words);
			must(m.finish.impressions >= -1);
		}
		break;
	case 6:
		if (hf_unwrapped_get(v, &m.unwrapped, &e) == 0)
			must(m.unwrapped.envelope.n <= v.n);
		break;
	default:
		(void)!hf_badge_get(v, &m.badge, &e);
		break;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	if (n > 0)
		one(p[0], hf_view_of(p + 1, n - 1));
	return 0;
}
