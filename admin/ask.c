#include "admin/ask.h"

#include <stdlib.h>
#include <unistd.h>

#define SEQ 1
#define HEALTH_MS 5000

/* The body of the answer is in buf, which holds HF_MSG_MAX. */
static int
ask(const char *path, enum hf_msg_type type, struct hf_view body,
    int timeout_ms, uint8_t *buf, struct hf_msg *answer, struct hf_err *e)
{
	struct hf_buf b;
	int sock = -1, rc = -1;

	hf_buf_init(&b, HF_MSG_MAX);
	if (hf_msg_begin(&b, (uint8_t)type, SEQ, e) == -1 ||
	    hf_put_bytes(&b, body.p, body.n, e) == -1)
		goto out;
	if (hf_msg_connect(path, &sock, e) == -1) {
		if (e->code != HF_EDENIED && e->code != HF_ECONFIG)
			e->code = HF_EAGAIN;
		hf_wrap(e, "the release service is not running");
		goto out;
	}
	if (hf_msg_ask(sock, &b, timeout_ms, buf, answer, e) == -1) {
		if (e->code == HF_EPEER)
			e->code = HF_EAGAIN;
		hf_wrap(e, "the release service");
		goto out;
	}
	rc = 0;
out:
	hf_buf_clear(&b);
	if (sock != -1)
		close(sock);
	return rc;
}

int
hf_ask_json(const char *path, enum hf_msg_type type, struct hf_view body,
    int timeout_ms, json_t **out, struct hf_err *e)
{
	uint8_t *buf = malloc(HF_MSG_MAX);
	struct hf_msg answer;
	json_error_t why;
	json_t *j;
	int rc = -1;

	if (buf == NULL) {
		hf_fail(e, HF_ENOMEM, "out of memory");
		goto out;
	}
	if (ask(path, type, body, timeout_ms, buf, &answer, e) == -1)
		goto out;
	j = json_loadb((const char *)answer.body.p, answer.body.n,
	    JSON_REJECT_DUPLICATES, &why);
	if (j == NULL) {
		hf_fail(e, HF_EPEER, "the release service answered with what "
		    "is not JSON: %s", why.text);
		goto out;
	}
	*out = j;
	rc = 0;
out:
	free(buf);
	return rc;
}

int
hf_ask_health(const char *path, struct hf_health *out, struct hf_err *e)
{
	uint8_t *buf = malloc(HF_MSG_MAX), ready, database, key;
	struct hf_msg answer;
	struct hf_view v;
	int rc = -1;

	if (buf == NULL) {
		hf_fail(e, HF_ENOMEM, "out of memory");
		goto out;
	}
	if (ask(path, HF_MSG_HEALTH, hf_view_of(NULL, 0), HEALTH_MS, buf,
		&answer, e) == -1)
		goto out;
	v = answer.body;
	if (hf_get_u8(&v, &ready, e) == -1 ||
	    hf_get_u8(&v, &database, e) == -1 ||
	    hf_get_u8(&v, &key, e) == -1 || hf_get_end(&v, e) == -1)
		goto out;
	out->ready = ready != 0;
	out->database = database != 0;
	out->key = key != 0;
	rc = 0;
out:
	free(buf);
	return rc;
}
