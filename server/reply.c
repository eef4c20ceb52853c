#include "server/reply.h"

#include <stdio.h>
#include <string.h>

static const struct {
	int status;
	const char *reason;
} reasons[] = {
	{ 200, "OK" },
	{ 204, "No Content" },
	{ 304, "Not Modified" },
	{ 400, "Bad Request" },
	{ 401, "Unauthorized" },
	{ 403, "Forbidden" },
	{ 404, "Not Found" },
	{ 405, "Method Not Allowed" },
	{ 408, "Request Timeout" },
	{ 409, "Conflict" },
	{ 411, "Length Required" },
	{ 413, "Content Too Large" },
	{ 414, "URI Too Long" },
	{ 415, "Unsupported Media Type" },
	{ 417, "Expectation Failed" },
	{ 429, "Too Many Requests" },
	{ 431, "Request Header Fields Too Large" },
	{ 500, "Internal Server Error" },
	{ 501, "Not Implemented" },
	{ 502, "Bad Gateway" },
	{ 503, "Service Unavailable" },
	{ 505, "HTTP Version Not Supported" },
};

/*
 * Errors on their way out.  The text of those that are about us (a path, an
 * errno) stays in our log; the client reads that something is wrong here.
 */
static const struct {
	enum hf_code code;
	int status;
	bool is_public;
	int retry_after_s;
} edges[] = {
	{ HF_EINPUT, 400, true, 0 },
	{ HF_EDENIED, 403, true, 0 },
	{ HF_ENOTFOUND, 404, true, 0 },
	{ HF_ECONFLICT, 409, true, 0 },
	{ HF_EAGAIN, 503, true, 1 },
	{ HF_EFULL, 503, true, 10 },
	{ HF_ETAMPER, 403, true, 0 },
	{ HF_ECONFIG, 500, false, 0 },
	{ HF_ENOMEM, 503, false, 1 },
	{ HF_ESYS, 500, false, 0 },
	{ HF_EPEER, 502, false, 0 },
	{ HF_ELOGIN, 401, true, 0 },
	{ HF_ELIMIT, 429, true, 60 },
};
#define N_EDGES (sizeof edges / sizeof edges[0])

void
hf_reply_init(struct hf_reply *r)
{
	memset(r, 0, sizeof *r);
	hf_buf_init(&r->body, HF_REPLY_MAX);
}

void
hf_reply_clear(struct hf_reply *r)
{
	hf_buf_clear(&r->body);
}

const char *
hf_reply_reason(int status)
{
	size_t i;

	for (i = 0; i < sizeof reasons / sizeof reasons[0]; i++)
		if (reasons[i].status == status)
			return reasons[i].reason;
	return "Error";
}

static int
append(const char *p, size_t n, void *arg)
{
	struct hf_buf *b = arg;

	return hf_put_bytes(b, p, n, NULL);
}

int
hf_reply_json(struct hf_reply *r, int status, json_t *body, struct hf_err *e)
{
	int rc;

	if (body == NULL)
		return hf_fail(e, HF_ENOMEM, "out of memory");
	hf_buf_clear(&r->body);
	rc = json_dump_callback(body, append, &r->body, JSON_COMPACT);
	json_decref(body);
	if (rc == -1)
		return hf_fail(e, HF_ENOMEM, "out of memory");
	r->status = status;
	r->type = "application/json";
	return 0;
}

void
hf_reply_problem(struct hf_reply *r, int status, enum hf_code code,
    const char *detail)
{
	json_t *body = json_pack("{s:s, s:i, s:s, s:s}", "title",
	    hf_reply_reason(status), "status", status, "detail", detail,
	    "code", hf_code_name(code));

	hf_buf_clear(&r->body);
	if (hf_reply_json(r, status, body, NULL) == -1)
		hf_buf_clear(&r->body);
	r->status = status;
	r->type = "application/problem+json";
}

void
hf_reply_err(struct hf_reply *r, const struct hf_err *why)
{
	size_t i;

	for (i = 0; i < N_EDGES; i++)
		if (edges[i].code == why->code)
			break;
	if (i == N_EDGES) {
		hf_reply_problem(r, 500, HF_ESYS,
		    "this went wrong on the server; its log says why");
		return;
	}
	hf_reply_problem(r, edges[i].status, why->code, edges[i].is_public ?
	    why->text : "this went wrong on the server; its log says why");
	r->retry_after_s = edges[i].retry_after_s;
}

bool
hf_reply_is_public(enum hf_code code)
{
	size_t i;

	for (i = 0; i < N_EDGES; i++)
		if (edges[i].code == code)
			return edges[i].is_public;
	return false;
}

/* "Sun, 06 Nov 1994 08:49:37 GMT", RFC 9110 section 5.6.7, in any locale. */
static void
http_date(char out[static 32], time_t now)
{
	static const char days[] = "SunMonTueWedThuFriSat";
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	struct tm tm;

	gmtime_r(&now, &tm);
	snprintf(out, 32, "%.3s, %02d %.3s %04d %02d:%02d:%02d GMT",
	    days + 3 * tm.tm_wday, tm.tm_mday, months + 3 * tm.tm_mon,
	    (tm.tm_year + 1900) % 10000, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

static int
put_text(struct hf_buf *b, const char *s, struct hf_err *e)
{
	return hf_put_bytes(b, s, strlen(s), e);
}

/* The fields that not every answer has. */
static int
put_some(const struct hf_reply *r, bool close, int idle_s, struct hf_buf *out,
    struct hf_err *e)
{
	char line[128];

	if (r->type != NULL) {
		snprintf(line, sizeof line, "Content-Type: %s\r\n", r->type);
		if (put_text(out, line, e) == -1)
			return -1;
	}
	if (r->allow[0] != '\0') {
		snprintf(line, sizeof line, "Allow: %s\r\n", r->allow);
		if (put_text(out, line, e) == -1)
			return -1;
	}
	/* RFC 9110 section 11.6.1: a challenge, of no scheme that browsers
	 * would ask a password for. */
	if (r->status == 401 && put_text(out,
	    "WWW-Authenticate: Session realm=\"holdfast\"\r\n", e) == -1)
		return -1;
	if (r->etag != NULL) {
		snprintf(line, sizeof line, "ETag: %s\r\n", r->etag);
		if (put_text(out, line, e) == -1)
			return -1;
	}
	if (r->cookie[0] != '\0' &&
	    (put_text(out, "Set-Cookie: ", e) == -1 ||
	    put_text(out, r->cookie, e) == -1 ||
	    put_text(out, "\r\n", e) == -1))
		return -1;
	if (r->retry_after_s > 0) {
		snprintf(line, sizeof line, "Retry-After: %d\r\n",
		    r->retry_after_s);
		if (put_text(out, line, e) == -1)
			return -1;
	}
	if (close)
		return put_text(out, "Connection: close\r\n", e);
	snprintf(line, sizeof line, "Keep-Alive: timeout=%d\r\n", idle_s);
	return put_text(out, line, e);
}

int
hf_reply_put(const struct hf_reply *r, bool head_only, bool close, int idle_s,
    time_t now, struct hf_buf *out, struct hf_err *e)
{
	char start[320], date[32], length[40] = "";

	http_date(date, now);
	/* RFC 9110 section 8.6: not with 204; 304 would speak of the 200. */
	if (r->status != 204 && r->status != 304)
		snprintf(length, sizeof length, "Content-Length: %zu\r\n",
		    r->body.n);
	snprintf(start, sizeof start, "HTTP/1.1 %d %s\r\nDate: %s\r\n%s",
	    r->status, hf_reply_reason(r->status), date, length);
	if (put_text(out, start, e) == -1 ||
	    put_text(out, r->fields != NULL ? r->fields :
	    "Cache-Control: no-store\r\n", e) == -1 ||
	    put_text(out, "X-Content-Type-Options: nosniff\r\n", e) == -1 ||
	    put_some(r, close, idle_s, out, e) == -1 ||
	    put_text(out, "\r\n", e) == -1)
		return -1;
	if (head_only)
		return 0;
	return hf_put_bytes(out, r->body.p, r->body.n, e);
}
