#include "admin/https.h"

#include <curl/curl.h>
#include <stdio.h>
#include <string.h>

static size_t
take(char *p, size_t one, size_t n, void *arg)
{
	struct hf_buf *b = arg;

	/* Anything but n ends the transfer. */
	return hf_put_bytes(b, p, one * n, NULL) == -1 ? 0 : one * n;
}

/* The certificate that the handshake showed, from CURLINFO_CERTINFO. */
static int
note_certificate(CURL *c, struct hf_https *x, struct hf_err *e)
{
	struct curl_certinfo *info = NULL;
	const struct curl_slist *s;
	const char *pem = NULL;
	uint8_t spki[32];
	X509 *cert;
	int rc = -1;

	if (curl_easy_getinfo(c, CURLINFO_CERTINFO, &info) != CURLE_OK ||
	    info == NULL || info->num_of_certs < 1)
		return hf_fail(e, HF_EPEER, "it showed no certificate");
	for (s = info->certinfo[0]; s != NULL; s = s->next)
		if (strncmp(s->data, "Cert:", 5) == 0)
			pem = s->data + 5;
	if (pem == NULL)
		return hf_fail(e, HF_EPEER, "it showed no certificate");
	cert = hf_pem_parse(hf_view_str(pem), e);
	if (cert == NULL)
		return -1;
	if (hf_cert_spki(cert, spki, e) == 0 &&
	    hf_cert_end(cert, &x->cert_end, e) == 0) {
		hf_pin_format(spki, x->seen);
		rc = 0;
	}
	X509_free(cert);
	return rc;
}

static int
judge(CURLcode k, const char *words, struct hf_err *e)
{
	switch (k) {
	case CURLE_OK:
		return 0;
	case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
		return hf_fail(e, HF_EDENIED,
		    "it shows another key than the pinned one");
	case CURLE_WRITE_ERROR:
		return hf_fail(e, HF_EPEER, "it answered with too much");
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_CONNECT:
	case CURLE_OPERATION_TIMEDOUT:
		return hf_fail(e, HF_EAGAIN, "not reachable: %s",
		    words[0] != '\0' ? words : curl_easy_strerror(k));
	default:
		return hf_fail(e, HF_EPEER, "%s",
		    words[0] != '\0' ? words : curl_easy_strerror(k));
	}
}

static int
set_up(CURL *c, struct hf_https *x, struct curl_slist *headers, char *words)
{
	int bad = 0;

#define SET(option, value) bad |= curl_easy_setopt(c, option, value) != CURLE_OK
	SET(CURLOPT_URL, x->url);
	SET(CURLOPT_ERRORBUFFER, words);
	SET(CURLOPT_PROTOCOLS_STR, "http,https");
	SET(CURLOPT_NOPROXY, "*");
	SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	SET(CURLOPT_FOLLOWLOCATION, 0L);
	SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	SET(CURLOPT_NOSIGNAL, 1L);
	SET(CURLOPT_TIMEOUT, x->timeout_s);
	SET(CURLOPT_CONNECTTIMEOUT, x->timeout_s);
	SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	/* The key is what counts: pinned, or about to be looked at. */
	SET(CURLOPT_SSL_VERIFYPEER, 0L);
	SET(CURLOPT_SSL_VERIFYHOST, 0L);
	SET(CURLOPT_CERTINFO, 1L);
	if (x->pin != NULL)
		SET(CURLOPT_PINNEDPUBLICKEY, x->pin);
	SET(CURLOPT_WRITEFUNCTION, take);
	SET(CURLOPT_WRITEDATA, &x->body);
	SET(CURLOPT_HTTPHEADER, headers);
	if (x->post_type != NULL) {
		SET(CURLOPT_POST, 1L);
		SET(CURLOPT_POSTFIELDSIZE, (long)x->post.n);
		SET(CURLOPT_POSTFIELDS, (const char *)x->post.p);
	}
#undef SET
	return bad;
}

int
hf_https(struct hf_https *x, struct hf_err *e)
{
	char words[CURL_ERROR_SIZE] = "", type[128];
	struct curl_slist *headers = NULL, *more;
	CURL *c = NULL;
	int rc = -1;

	x->status = 0;
	x->seen[0] = '\0';
	x->cert_end = 0;
	snprintf(type, sizeof type, "Content-Type: %s",
	    x->post_type != NULL ? x->post_type : "");
	headers = curl_slist_append(NULL, x->post_type != NULL ? type
							       : "Accept: */*");
	more = headers != NULL ? curl_slist_append(headers, "Expect:") : NULL;
	c = curl_easy_init();
	if (more == NULL || c == NULL || set_up(c, x, headers, words) != 0) {
		hf_fail(e, HF_ENOMEM, "libcurl does not start");
		goto out;
	}
	if (judge(curl_easy_perform(c), words, e) == -1)
		goto out;
	(void)curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &x->status);
	if (strncmp(x->url, "https:", 6) == 0 &&
	    note_certificate(c, x, e) == -1)
		goto out;
	rc = 0;
out:
	curl_slist_free_all(headers);
	curl_easy_cleanup(c);
	return rc;
}
