/* The reader's enrolment token: declared in lib/tap.h, doc/key-list.md. */
#include "lib/tap.h"

#include <sodium.h>
#include <string.h>

#define PREFIX "HFR1."
#define PREFIX_LEN (sizeof PREFIX - 1)
#define VARIANT sodium_base64_VARIANT_URLSAFE_NO_PADDING
#define FIXED (16 + 32 + 32)
#define URL_MAX 255
#define SCHEME "https://"
#define ALPHABET \
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

/* A scheme, something behind it, and no blanks or controls. */
static bool
is_url(const char *s)
{
	size_t i, scheme = sizeof SCHEME - 1;

	if (strncmp(s, SCHEME, scheme) != 0 || s[scheme] == '\0')
		return false;
	for (i = 0; s[i] != '\0'; i++)
		if (s[i] <= 0x20 || s[i] >= 0x7f || i >= URL_MAX)
			return false;
	return true;
}

int
hf_token_format(const struct hf_token *t, char out[static HF_TOKEN_TEXT],
    struct hf_err *e)
{
	struct hf_buf b;
	int rc = -1;

	hf_buf_init(&b, FIXED + URL_MAX);
	if (!is_url(t->url)) {
		hf_fail(e, HF_EINPUT, "a token needs an https URL of at most "
		    "%d bytes", URL_MAX);
		goto out;
	}
	if (hf_put_bytes(&b, t->secret, sizeof t->secret, e) == -1 ||
	    hf_put_bytes(&b, t->spki, sizeof t->spki, e) == -1 ||
	    hf_put_bytes(&b, t->site_pk, sizeof t->site_pk, e) == -1 ||
	    hf_put_bytes(&b, t->url, strlen(t->url), e) == -1)
		goto out;
	memcpy(out, PREFIX, PREFIX_LEN);
	sodium_bin2base64(out + PREFIX_LEN, HF_TOKEN_TEXT - PREFIX_LEN, b.p,
	    b.n, VARIANT);
	rc = 0;
out:
	hf_buf_clear(&b);
	return rc;
}

static int
get_fields(struct hf_view in, struct hf_token *t, struct hf_err *e)
{
	if (hf_get_bytes(&in, t->secret, sizeof t->secret, e) == -1 ||
	    hf_get_bytes(&in, t->spki, sizeof t->spki, e) == -1 ||
	    hf_get_bytes(&in, t->site_pk, sizeof t->site_pk, e) == -1)
		return -1;
	memset(t->url, 0, sizeof t->url);
	if (hf_get_bytes(&in, t->url, in.n, e) == -1)
		return -1;
	return 0;
}

int
hf_token_parse(const char *text, struct hf_token *out, struct hf_err *e)
{
	uint8_t bytes[FIXED + URL_MAX];
	struct hf_token t;
	size_t n = 0;
	int rc = -1;

	if (strncmp(text, PREFIX, PREFIX_LEN) != 0) {
		hf_fail(e, HF_EINPUT, "a token begins with " PREFIX);
		goto out;
	}
	text += PREFIX_LEN;
	/* libsodium 1.0.18 takes bytes above 0x7f for some of the alphabet. */
	if (text[strspn(text, ALPHABET)] != '\0' ||
	    sodium_base642bin(bytes, sizeof bytes, text, strlen(text), NULL,
		&n, NULL, VARIANT) != 0 ||
	    get_fields(hf_view_of(bytes, n), &t, e) == -1 ||
	    strlen(t.url) != n - FIXED || !is_url(t.url)) {
		hf_fail(e, HF_EINPUT, "the token is damaged");
		goto out;
	}
	*out = t;
	rc = 0;
out:
	sodium_memzero(bytes, sizeof bytes);
	sodium_memzero(&t, sizeof t);
	return rc;
}

void
hf_token_hash(const uint8_t secret[static 16], uint8_t out[static 32])
{
	crypto_generichash(out, 32, secret, 16, NULL, 0);
}
