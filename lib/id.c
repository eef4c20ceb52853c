#include "lib/id.h"

#include <sodium.h>
#include <string.h>

#include "lib/buf.h"

static const int dashes[] = { 8, 13, 18, 23 };

static bool
is_dash(size_t i)
{
	size_t k;

	for (k = 0; k < sizeof dashes / sizeof dashes[0]; k++)
		if ((size_t)dashes[k] == i)
			return true;
	return false;
}

void
hf_id_new(struct hf_id *id)
{
	randombytes_buf(id->b, sizeof id->b);
	id->b[6] = (uint8_t)((id->b[6] & 0x0f) | 0x40);
	id->b[8] = (uint8_t)((id->b[8] & 0x3f) | 0x80);
}

void
hf_id_text(const struct hf_id *id, char out[static HF_ID_TEXT])
{
	char hex[2 * HF_ID_LEN + 1];
	size_t i, k = 0;

	hf_hex(hex, id->b, HF_ID_LEN);
	for (i = 0; i < HF_ID_TEXT - 1; i++)
		out[i] = is_dash(i) ? '-' : hex[k++];
	out[i] = '\0';
}

bool
hf_id_is(const char *s)
{
	size_t i;

	if (strlen(s) != HF_ID_TEXT - 1)
		return false;
	for (i = 0; i < HF_ID_TEXT - 1; i++) {
		if (is_dash(i) ? s[i] != '-'
		    : !((s[i] >= '0' && s[i] <= '9') ||
			  (s[i] >= 'a' && s[i] <= 'f')))
			return false;
	}
	return true;
}

int
hf_id_parse(struct hf_id *id, const char *s, struct hf_err *e)
{
	char hex[2 * HF_ID_LEN + 1];
	size_t i, k = 0;

	if (!hf_id_is(s))
		return hf_fail(e, HF_EINPUT, "not an id");
	for (i = 0; i < HF_ID_TEXT - 1; i++)
		if (!is_dash(i))
			hex[k++] = s[i];
	hex[k] = '\0';
	return hf_unhex(id->b, HF_ID_LEN, hex, e);
}

bool
hf_id_equal(const struct hf_id *a, const struct hf_id *b)
{
	return memcmp(a->b, b->b, HF_ID_LEN) == 0;
}
