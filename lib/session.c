#include "lib/session.h"

#include <sodium.h>

#include "lib/err.h"

/* BLAKE2b keyed with the token: each purpose has a text of its own. */
static void
derive(const uint8_t token[static HF_SESSION_LEN], const char *purpose,
    size_t len, uint8_t *out, size_t n)
{
	HF_ASSERT(crypto_generichash(out, n, (const uint8_t *)purpose, len,
	    token, HF_SESSION_LEN) == 0);
}

void
hf_session_hash(const uint8_t token[static HF_SESSION_LEN],
    uint8_t out[static HF_SESSION_LEN])
{
	static const char purpose[] = "holdfast web session 1";

	derive(token, purpose, sizeof purpose, out, HF_SESSION_LEN);
}

void
hf_session_csrf(const uint8_t token[static HF_SESSION_LEN],
    uint8_t out[static HF_CSRF_LEN])
{
	static const char purpose[] = "holdfast web csrf 1";

	derive(token, purpose, sizeof purpose, out, HF_CSRF_LEN);
}
