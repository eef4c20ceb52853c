#include "cardreader/post.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "lib/tap.h"

static int
dump(struct hf_buf *out, json_t *j, struct hf_err *e)
{
	char *text = j != NULL ? json_dumps(j, JSON_COMPACT) : NULL;
	int rc = -1;

	if (text == NULL) {
		hf_fail(e, HF_ENOMEM, "out of memory");
	} else {
		rc = hf_put_bytes(out, text, strlen(text), e);
		explicit_bzero(text, strlen(text));
	}
	free(text);
	json_decref(j);
	return rc;
}

int
hf_post_nonce(struct hf_buf *out, const struct hf_id *reader,
    const uint8_t sk[static 64], uint64_t time_ms, uint8_t count,
    struct hf_err *e)
{
	char id[HF_ID_TEXT], hex[2 * HF_SIG_LEN + 1];
	uint8_t sig[HF_SIG_LEN];

	if (hf_reader_sign(sig, reader, time_ms, hf_view_of(&count, 1), sk,
	    e) == -1)
		return -1;
	hf_id_text(reader, id);
	hf_hex(hex, sig, sizeof sig);
	return dump(out, json_pack("{s:s, s:I, s:s, s:i}", "reader", id,
	    "time", (json_int_t)time_ms, "signature", hex, "count",
	    (int)count), e);
}

int
hf_post_enrol(struct hf_buf *out, const char *token,
    const uint8_t pk[static 32], const char *hardware, struct hf_err *e)
{
	char hex[2 * 32 + 1];

	hf_hex(hex, pk, 32);
	return dump(out, json_pack("{s:s, s:s, s:s, s:s}", "token", token,
	    "public_key", hex, "hardware", hardware, "version", HF_VERSION),
	    e);
}
