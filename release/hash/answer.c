#include "release/hash/answer.h"

#include <sodium.h>
#include <stdio.h>

#define MEMORY_MAX_KIB (256 * 1024)
#define ROUNDS_MAX 16

/* "$argon2id$v=19$m=65536,t=2,p=1$…" within what we are ready to spend. */
static bool
is_affordable(const char *hash)
{
	unsigned m, t;
	int end = 0;

	if (sscanf(hash, "$argon2id$v=19$m=%8u,t=%4u,p=1$%n", &m, &t, &end) !=
	    2 || end == 0)
		return false;
	return m <= MEMORY_MAX_KIB && t <= ROUNDS_MAX;
}

int
hf_hash_answer(struct hf_view in, struct hf_buf *out, struct hf_err *e)
{
	char hash[crypto_pwhash_STRBYTES];
	struct hf_view secret;
	struct hf_msg m;
	bool fits;

	if (hf_msg_decode(in, &m, e) == -1)
		return -1;
	if (m.type != HF_MSG_VERIFY)
		return hf_fail(e, HF_EINPUT, "message 0x%02x", m.type);
	sodium_memzero(hash, sizeof hash);
	if (hf_get_str(&m.body, hash, sizeof hash, e) == -1 ||
	    hf_get_var(&m.body, HF_SECRET_MAX, &secret, e) == -1 ||
	    hf_get_end(&m.body, e) == -1)
		return -1;
	fits = is_affordable(hash) && crypto_pwhash_str_verify(hash,
	    (const char *)secret.p, secret.n) == 0;
	sodium_memzero(hash, sizeof hash);
	if (hf_msg_begin(out, HF_MSG_VERIFY | HF_MSG_REPLY, m.seq, e) == -1)
		return -1;
	return hf_put_u8(out, fits, e);
}
