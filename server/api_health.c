#include "server/api_health.h"

static int
health(struct hf_reply *re, bool ok, bool release, struct hf_err *e)
{
	return hf_reply_json(re, ok ? 200 : 503, json_pack("{s:s, s:b}",
	    "status", ok ? "ok" : "degraded", "release", (int)release), e);
}

int
hf_api_health_ask(const struct hf_req *rq, struct hf_buf *body,
    struct hf_err *e)
{
	(void)rq;
	(void)body;
	(void)e;
	return 0;
}

/* ready u8, database u8, key u8 */
int
hf_api_health_answer(const struct hf_req *rq, struct hf_view body,
    struct hf_reply *re, struct hf_err *e)
{
	uint8_t ready, database, key;

	(void)rq;
	if (hf_get_u8(&body, &ready, e) == -1 ||
	    hf_get_u8(&body, &database, e) == -1 ||
	    hf_get_u8(&body, &key, e) == -1 || hf_get_end(&body, e) == -1)
		return -1;
	return health(re, ready != 0 && database != 0 && key != 0, ready != 0,
	    e);
}

int
hf_api_health_no_answer(const struct hf_req *rq, const struct hf_err *why,
    struct hf_reply *re, struct hf_err *e)
{
	(void)rq;
	(void)why;
	return health(re, false, false, e);
}

int
hf_api_version(const struct hf_req *rq, struct hf_reply *re, struct hf_err *e)
{
	(void)rq;
	return hf_reply_json(re, 200, json_pack("{s:s}", "version",
	    HF_VERSION), e);
}
