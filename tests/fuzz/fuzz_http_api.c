/* link: server/api_reader.c server/api_health.c server/json.c server/reply.c server/http.c server/target.c lib/buf.c lib/err.c lib/id.c lib/log.c lib/tap.c lib/token.c lib/msg.c lib/clock.c -ljansson */
/*
 * What handlers are given: the first byte chooses which, the rest is the
 * body of a request, or the release service's answer.
 */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "lib/log.h"
#include "lib/msg.h"
#include "server/api_health.h"
#include "server/api_reader.h"
#include "server/json.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static int (*const asks[])(const struct hf_req *, struct hf_buf *,
    struct hf_err *) = {
	hf_api_enrol_ask, hf_api_nonce_ask, hf_api_tap_ask,
};
static int (*const answers[])(const struct hf_req *, struct hf_view,
    struct hf_reply *, struct hf_err *) = {
	hf_api_enrol_answer, hf_api_nonce_answer, hf_api_tap_answer,
	hf_api_key_list_answer, hf_api_health_answer,
};
#define N_ASKS (sizeof asks / sizeof asks[0])
#define N_ANSWERS (sizeof answers / sizeof answers[0])

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	hf_log_init("fuzz", HF_ERROR);
	hf_json_init();
	return sodium_init() == -1;
}

static void
try_ask(size_t which, const uint8_t *p, size_t n)
{
	static struct hf_req rq;
	struct hf_buf out;
	struct hf_err e = { .code = HF_OK };

	hf_buf_init(&rq.body, HF_JSON_BODY_MAX);
	hf_buf_init(&out, HF_MSG_MAX - HF_MSG_HEADER);
	if (hf_put_bytes(&rq.body, p, n, &e) == 0 &&
	    asks[which](&rq, &out, &e) == -1 && e.code != HF_EINPUT)
		abort();
	hf_buf_clear(&rq.body);
	hf_buf_clear(&out);
}

static void
try_answer(size_t which, const uint8_t *p, size_t n)
{
	static struct hf_req rq;
	struct hf_err e = { .code = HF_OK };
	struct hf_reply re;
	json_t *o;

	hf_reply_init(&re);
	if (answers[which](&rq, hf_view_of(p, n), &re, &e) == -1) {
		if (e.code != HF_EINPUT)
			abort();
	} else if (strcmp(re.type, "application/json") == 0) {
		o = json_loadb((char *)re.body.p, re.body.n,
		    JSON_REJECT_DUPLICATES, NULL);
		if (o == NULL)
			abort();
		json_decref(o);
	}
	hf_reply_clear(&re);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	size_t which;

	if (n == 0)
		return 0;
	which = p[0] % (N_ASKS + N_ANSWERS);
	if (which < N_ASKS)
		try_ask(which, p + 1, n - 1);
	else
		try_answer(which - N_ASKS, p + 1, n - 1);
	return 0;
}
