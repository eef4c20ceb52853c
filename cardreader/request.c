#include "cardreader/request.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define CONNECT_MS 1200L	/* TCP and TLS together */
#define DEAD_MS 1500		/* sent bytes that nobody acknowledges */

static size_t
take(char *p, size_t size, size_t n, void *arg)
{
	struct hf_request *r = arg;
	struct hf_err e;

	if (hf_put_bytes(&r->answer, p, size * n, &e) == -1)
		return 0;	/* CURLE_WRITE_ERROR: too long */
	return size * n;
}

/*
 * A station must notice within two seconds that the network to its server is
 * cut, also while it is only waiting: the kernel looks for us.
 */
static int
set_socket(void *arg, curl_socket_t fd, curlsocktype purpose)
{
	static const struct {
		int level, name, value;
	} options[] = {
		{ SOL_SOCKET, SO_KEEPALIVE, 1 },
		{ IPPROTO_TCP, TCP_KEEPIDLE, 1 },	/* s */
		{ IPPROTO_TCP, TCP_KEEPINTVL, 1 },	/* s */
		{ IPPROTO_TCP, TCP_KEEPCNT, 1 },
		{ IPPROTO_TCP, TCP_USER_TIMEOUT, DEAD_MS },
	};
	size_t i;

	(void)arg;
	(void)purpose;
	for (i = 0; i < sizeof options / sizeof options[0]; i++)
		(void)setsockopt(fd, options[i].level, options[i].name,
		    &options[i].value, sizeof options[i].value);
	return CURL_SOCKOPT_OK;
}

static bool
set_trust(CURL *c, const struct hf_https_server *server)
{
	/*
	 * The pin decides: the certificate is self-signed as a rule, and one
	 * from an authority would prove less.  libcurl checks the pin also
	 * with both of these off, and never over a resumed session here.
	 */
	return curl_easy_setopt(c, CURLOPT_PINNEDPUBLICKEY, server->pin) ==
		CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, 0L) == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, 0L) == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_SSL_SESSIONID_CACHE, 0L) == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_CAINFO, NULL) == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_CAPATH, NULL) == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_SSLVERSION,
		(long)CURL_SSLVERSION_TLSv1_2) == CURLE_OK;
}

static bool
set_limits(CURL *c, const struct hf_https_call *call)
{
	return curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "https") ==
		CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_HTTP_VERSION,
		(long)CURL_HTTP_VERSION_1_1) == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_PROXY, "") == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS) ==
		CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, call->timeout_ms) ==
		CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_SOCKOPTFUNCTION, set_socket) ==
		CURLE_OK;
}

static bool
set_call(struct hf_request *r, const struct hf_https_server *server,
    const struct hf_https_call *call)
{
	char url[512], type[128];
	CURL *c = r->curl;
	int n;

	n = snprintf(url, sizeof url, "%s%s", server->url, call->path);
	if (n < 0 || (size_t)n >= sizeof url ||
	    curl_easy_setopt(c, CURLOPT_URL, url) != CURLE_OK ||
	    curl_easy_setopt(c, CURLOPT_ERRORBUFFER, r->why) != CURLE_OK ||
	    curl_easy_setopt(c, CURLOPT_PRIVATE, r) != CURLE_OK ||
	    curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, take) != CURLE_OK ||
	    curl_easy_setopt(c, CURLOPT_WRITEDATA, r) != CURLE_OK ||
	    curl_easy_setopt(c, CURLOPT_USERAGENT,
		"holdfast-reader/" HF_VERSION) != CURLE_OK)
		return false;
	if (call->type == NULL)
		return true;
	snprintf(type, sizeof type, "Content-Type: %s", call->type);
	r->headers = curl_slist_append(NULL, type);
	return r->headers != NULL &&
	    curl_easy_setopt(c, CURLOPT_HTTPHEADER, r->headers) == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_POST, 1L) == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE, (long)r->body.n) ==
		CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_POSTFIELDS,
		r->body.p != NULL ? (const char *)r->body.p : "") == CURLE_OK;
}

struct hf_request *
hf_request_new(const struct hf_https_server *server,
    const struct hf_https_call *call, struct hf_err *e)
{
	struct hf_request *r = calloc(1, sizeof *r);

	if (r == NULL)
		goto fail;
	hf_buf_init(&r->body, call->body.n);
	hf_buf_init(&r->answer, call->answer_max);
	if (hf_put_bytes(&r->body, call->body.p, call->body.n, e) == -1)
		goto fail;
	r->curl = curl_easy_init();
	if (r->curl == NULL || !set_trust(r->curl, server) ||
	    !set_limits(r->curl, call) || !set_call(r, server, call))
		goto fail;
	return r;
fail:
	hf_request_free(r);
	hf_fail(e, HF_ENOMEM, "cannot set up a request to %s", server->url);
	return NULL;
}

void
hf_request_free(struct hf_request *r)
{
	if (r == NULL)
		return;
	if (r->curl != NULL)
		curl_easy_cleanup(r->curl);
	curl_slist_free_all(r->headers);
	hf_buf_clear(&r->body);
	hf_buf_clear(&r->answer);
	free(r);
}

int
hf_request_result(const struct hf_request *r, CURLcode rv, int *status,
    struct hf_err *e)
{
	long code = 0;

	switch (rv) {
	case CURLE_OK:
		if (curl_easy_getinfo(r->curl, CURLINFO_RESPONSE_CODE,
		    &code) != CURLE_OK || code < 100 || code > 999)
			return hf_fail(e, HF_EAGAIN, "no HTTP status");
		*status = (int)code;
		return 0;
	case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
		return hf_fail(e, HF_ETAMPER, "the server has another key "
		    "than the one that this reader was given");
	case CURLE_WRITE_ERROR:
		return hf_fail(e, HF_EINPUT, "the server's answer is too long");
	case CURLE_OUT_OF_MEMORY:
		return hf_fail(e, HF_ENOMEM, "out of memory");
	default:
		return hf_fail(e, HF_EAGAIN, "%s",
		    r->why[0] != '\0' ? r->why : curl_easy_strerror(rv));
	}
}

int
hf_https_once(const struct hf_https_server *server,
    const struct hf_https_call *call, struct hf_buf *answer, int *status,
    struct hf_err *e)
{
	struct hf_request *r = hf_request_new(server, call, e);
	int rc = -1;

	if (r == NULL)
		return -1;
	if (hf_request_result(r, curl_easy_perform(r->curl), status, e) == 0)
		rc = hf_put_bytes(answer, r->answer.p, r->answer.n, e);
	hf_request_free(r);
	return rc;
}
