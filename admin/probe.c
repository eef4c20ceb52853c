#include "admin/probe.h"

#include <cups/cups.h>
#include <stdio.h>
#include <string.h>

#include "admin/https.h"
#include "lib/ippscan.h"

static const char *const wanted[] = { "printer-name",
	"printer-make-and-model", "printer-uuid", "printer-state",
	"printer-state-reasons", "printer-is-accepting-jobs",
	"document-format-supported", "operations-supported" };

static const struct {
	const char *ipp;
	const char *http;
	const char *port;
	bool tls;
} schemes[] = {
	{ "ipps://", "https://", "631", true },	/* RFC 7472 */
	{ "ipp://", "http://", "631", false },	/* RFC 3510 */
};

/* "host:8631" and "[::1]:8631" have one, "[::1]" has not. */
static bool
has_port(const char *host, size_t n)
{
	size_t name = 0;

	if (host[0] == '[')
		while (name < n && host[name] != ']')
			name++;
	return memchr(host + name, ':', n - name) != NULL;
}

int
hf_ipp_url(const char *uri, char *out, size_t size, bool *tls,
    struct hf_err *e)
{
	const char *rest, *path;
	size_t i, n, host;
	int k;

	for (i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
		n = strlen(schemes[i].ipp);
		if (strncmp(uri, schemes[i].ipp, n) == 0)
			break;
	}
	if (i == sizeof schemes / sizeof schemes[0])
		return hf_fail(e, HF_ECONFIG, "\"%s\" is no printer's URI: it "
		    "begins with ipps:// (or ipp://)", uri);
	rest = uri + n;
	host = strcspn(rest, "/");
	path = rest[host] == '/' ? rest + host : "/";
	if (host == 0 || strcspn(uri, "@?#\\\"'<> ") != strlen(uri) ||
	    !hf_is_text(hf_view_str(uri)))
		return hf_fail(e, HF_ECONFIG, "\"%s\" is no printer's URI: "
		    "ipps://HOST[:PORT]/PATH", uri);
	k = snprintf(out, size, "%s%.*s%s%s%s", schemes[i].http, (int)host,
	    rest, has_port(rest, host) ? "" : ":",
	    has_port(rest, host) ? "" : schemes[i].port, path);
	if (k < 0 || (size_t)k >= size)
		return hf_fail(e, HF_ECONFIG, "a printer's URI is too long");
	*tls = schemes[i].tls;
	return 0;
}

static ssize_t
read_view(void *arg, ipp_uchar_t *out, size_t n)
{
	struct hf_view *v = arg;

	if (n > v->n)
		n = v->n;
	if (n > 0)
		memcpy(out, v->p, n);
	v->p += n;
	v->n -= n;
	return (ssize_t)n;
}

/* What a printer calls itself, as one line that can do a terminal no harm. */
static void
copy_text(char *out, size_t size, const char *s)
{
	size_t n;

	if (s == NULL || !hf_is_text(hf_view_str(s)))
		s = s == NULL ? "" : "(not text)";
	if (hf_str_copy(out, size, s))
		return;
	/* Cut: not in the middle of a character. */
	for (n = strlen(out); n > 0 && !hf_is_text(hf_view_of(out, n)); n--)
		out[n - 1] = '\0';
}

static const char *
string_of(ipp_t *ipp, const char *name)
{
	ipp_attribute_t *a = ippFindAttribute(ipp, name, IPP_TAG_ZERO);

	return a != NULL ? ippGetString(a, 0, NULL) : NULL;
}

static void
read_formats(ipp_t *ipp, struct hf_probe *p)
{
	ipp_attribute_t *a = ippFindAttribute(ipp,
	    "document-format-supported", IPP_TAG_MIMETYPE);
	int i, n = a != NULL ? ippGetCount(a) : 0;

	for (i = 0; i < n && p->n_formats < HF_FORMATS_MAX; i++)
		copy_text(p->formats[p->n_formats++], sizeof p->formats[0],
		    ippGetString(a, i, NULL));
}

static void
read_operations(ipp_t *ipp, struct hf_probe *p)
{
	ipp_attribute_t *a = ippFindAttribute(ipp, "operations-supported",
	    IPP_TAG_ENUM);

	if (a == NULL)
		return;
	p->can_create = ippContainsInteger(a, IPP_OP_CREATE_JOB) &&
	    ippContainsInteger(a, IPP_OP_SEND_DOCUMENT);
	p->can_hold = ippContainsInteger(a, IPP_OP_HOLD_JOB) &&
	    ippContainsInteger(a, IPP_OP_RELEASE_JOB);
}

static void
read_reasons(ipp_t *ipp, struct hf_probe *p)
{
	ipp_attribute_t *a = ippFindAttribute(ipp, "printer-state-reasons",
	    IPP_TAG_KEYWORD);
	int i, k, n = a != NULL ? ippGetCount(a) : 0;
	char one[256];
	size_t at = 0;

	for (i = 0; i < n; i++) {
		copy_text(one, sizeof one, ippGetString(a, i, NULL));
		if (strcmp(one, "none") == 0)
			continue;
		k = snprintf(p->reasons + at, sizeof p->reasons - at, "%s%s",
		    at > 0 ? ", " : "", one);
		if (k < 0 || (size_t)k >= sizeof p->reasons - at)
			break;
		at += (size_t)k;
	}
}

static void
read_attributes(ipp_t *ipp, struct hf_probe *p)
{
	ipp_attribute_t *a;

	copy_text(p->name, sizeof p->name, string_of(ipp, "printer-name"));
	copy_text(p->model, sizeof p->model,
	    string_of(ipp, "printer-make-and-model"));
	copy_text(p->uuid, sizeof p->uuid, string_of(ipp, "printer-uuid"));
	a = ippFindAttribute(ipp, "printer-state", IPP_TAG_ENUM);
	p->state = a != NULL ? ippGetInteger(a, 0) : 0;
	a = ippFindAttribute(ipp, "printer-is-accepting-jobs",
	    IPP_TAG_BOOLEAN);
	p->accepting = a == NULL || ippGetBoolean(a, 0) != 0;
	read_reasons(ipp, p);
	read_formats(ipp, p);
	read_operations(ipp, p);
}

int
hf_probe_read(struct hf_view answer, struct hf_probe *out, struct hf_err *e)
{
	struct hf_view attributes;
	ipp_t *ipp = NULL;
	ipp_status_t status;
	size_t end;
	int k, rc = -1;

	k = hf_ipp_scan(answer, &end, e);
	if (k != 1) {
		hf_fail(e, HF_EPEER, "what answered there is no IPP printer");
		goto out;
	}
	attributes = hf_view_of(answer.p, end);
	ipp = ippNew();
	if (ipp == NULL ||
	    ippReadIO(&attributes, read_view, 1, NULL, ipp) != IPP_STATE_DATA) {
		hf_fail(e, HF_EPEER, "the printer's answer cannot be read");
		goto out;
	}
	status = ippGetStatusCode(ipp);
	if (status >= IPP_STATUS_ERROR_BAD_REQUEST) {
		hf_fail(e, HF_EPEER, "the printer answered %s",
		    ippErrorString(status));
		goto out;
	}
	read_attributes(ipp, out);
	rc = 0;
out:
	ippDelete(ipp);
	return rc;
}

static ssize_t
write_buf(void *arg, ipp_uchar_t *p, size_t n)
{
	return hf_put_bytes(arg, p, n, NULL) == -1 ? -1 : (ssize_t)n;
}

static int
make_request(const char *uri, struct hf_buf *out, struct hf_err *e)
{
	ipp_t *ipp = ippNewRequest(IPP_OP_GET_PRINTER_ATTRIBUTES);
	int rc = 0;

	if (ipp == NULL)
		return hf_fail(e, HF_ENOMEM, "out of memory");
	ippSetVersion(ipp, 2, 0);
	ippAddString(ipp, IPP_TAG_OPERATION, IPP_TAG_URI, "printer-uri", NULL,
	    uri);
	ippAddString(ipp, IPP_TAG_OPERATION, IPP_TAG_NAME,
	    "requesting-user-name", NULL, "holdfast");
	ippAddStrings(ipp, IPP_TAG_OPERATION, IPP_TAG_KEYWORD,
	    "requested-attributes", sizeof wanted / sizeof wanted[0], NULL,
	    wanted);
	if (ippWriteIO(out, write_buf, 1, NULL, ipp) != IPP_STATE_DATA)
		rc = hf_fail(e, HF_ENOMEM, "out of memory");
	ippDelete(ipp);
	return rc;
}

int
hf_probe(const char *uri, const char *pin, long timeout_s,
    struct hf_probe *out, struct hf_err *e)
{
	struct hf_https x = { .pin = pin, .post_type = "application/ipp",
		.timeout_s = timeout_s };
	struct hf_buf request;
	struct hf_probe p;
	char url[1200];
	int rc = -1;

	memset(&p, 0, sizeof p);
	hf_buf_init(&request, 8192);
	hf_buf_init(&x.body, HF_IPP_SCAN_MAX);
	if (hf_ipp_url(uri, url, sizeof url, &p.tls, e) == -1 ||
	    make_request(uri, &request, e) == -1)
		goto out;
	x.url = url;
	x.post = hf_buf_view(&request);
	if (hf_https(&x, e) == -1)
		goto out;
	if (x.status == 401 || x.status == 403) {
		hf_fail(e, HF_EDENIED, "it wants a password (HTTP %ld)",
		    x.status);
		goto out;
	}
	if (x.status != 200) {
		hf_fail(e, HF_EPEER, "it answered HTTP %ld", x.status);
		goto out;
	}
	if (hf_probe_read(hf_buf_view(&x.body), &p, e) == -1)
		goto out;
	memcpy(p.pin, x.seen, sizeof p.pin);
	p.cert_end = x.cert_end;
	*out = p;
	rc = 0;
out:
	hf_buf_clear(&x.body);
	hf_buf_clear(&request);
	return rc;
}
