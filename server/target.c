#include "server/target.h"

#include <string.h>
#include <strings.h>

#define TARGET_MAX 4096
#define HOST_MAX 262		/* a name of 255, ':' and a port */

static int
refuse(int status, const char **why, const char *text)
{
	*why = text;
	return status;
}

static int
hex_value(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* RFC 3986 section 3.3, pchar and '/', but for '%'. */
static bool
is_path_char(uint8_t c)
{
	if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	    (c >= 'A' && c <= 'Z'))
		return true;
	return c != '\0' && strchr("-._~!$&'()*+,;=:@/", c) != NULL;
}

static bool
is_query(struct hf_view v)
{
	size_t i;

	for (i = 0; i < v.n; i++)
		if (!is_path_char(v.p[i]) && v.p[i] != '%' && v.p[i] != '?')
			return false;
	return true;
}

/* "." and ".." would name another path than the one that was routed. */
static bool
has_dot_segment(const char *path)
{
	const char *s, *end;
	size_t n;

	for (s = path; s != NULL; s = end) {
		s++;
		end = strchr(s, '/');
		n = end != NULL ? (size_t)(end - s) : strlen(s);
		if ((n == 1 && s[0] == '.') ||
		    (n == 2 && s[0] == '.' && s[1] == '.'))
			return true;
	}
	return false;
}

/*
 * Decode %XX, once.  An encoded '/' would change which segments there are,
 * an encoded control character has no business in a path.
 */
static int
decode_path(struct hf_view in, char out[static HF_HTTP_PATH_MAX + 1],
    const char **why)
{
	size_t i, n = 0;
	int c, hi, lo;

	for (i = 0; i < in.n; i++) {
		c = in.p[i];
		if (c == '%') {
			if (in.n - i < 3)
				return refuse(400, why, "a cut %-escape");
			hi = hex_value(in.p[i + 1]);
			lo = hex_value(in.p[i + 2]);
			if (hi == -1 || lo == -1)
				return refuse(400, why, "a wrong %-escape");
			c = hi << 4 | lo;
			if (c == '/' || c == '\\' || c < 0x20 || c == 0x7f)
				return refuse(400, why,
				    "a %-escape that a path may not contain");
			i += 2;
		} else if (!is_path_char(in.p[i])) {
			return refuse(400, why,
			    "a character that a path may not contain");
		}
		if (n == HF_HTTP_PATH_MAX)
			return refuse(414, why, "the path is too long");
		out[n++] = (char)c;
	}
	out[n] = '\0';
	if (!hf_is_text(hf_view_of(out, n)))
		return refuse(400, why, "the path is not UTF-8");
	if (has_dot_segment(out))
		return refuse(400, why, "a path with . or .. in it");
	return 0;
}

bool
hf_target_is_host(struct hf_view v)
{
	size_t i;
	uint8_t c;

	if (v.n == 0 || v.n > HOST_MAX)
		return false;
	for (i = 0; i < v.n; i++) {
		c = v.p[i];
		if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
		    (c >= 'A' && c <= 'Z') || strchr("-._~:[]", c) != NULL))
			return false;
	}
	return true;
}

int
hf_target_parse(struct hf_view t, char path[static HF_HTTP_PATH_MAX + 1],
    struct hf_view *query, const char **why)
{
	struct hf_view raw;
	const uint8_t *p;
	size_t skip;

	if (t.n > TARGET_MAX)
		return refuse(414, why, "the request target is too long");
	skip = t.n >= 8 && strncasecmp((const char *)t.p, "https://", 8) == 0 ?
	    8 : t.n >= 7 && strncasecmp((const char *)t.p, "http://", 7) == 0 ?
	    7 : 0;
	if (skip != 0) {
		t = hf_view_of(t.p + skip, t.n - skip);
		p = t.n > 0 ? memchr(t.p, '/', t.n) : NULL;
		if (p == NULL || !hf_target_is_host(hf_view_of(t.p, (size_t)(p - t.p))))
			return refuse(400, why, "a malformed request target");
		t.n -= (size_t)(p - t.p);
		t.p = p;
	}
	if (hf_http_equal(t, "*")) {
		memcpy(path, "*", 2);
		return 0;
	}
	if (t.n == 0 || t.p[0] != '/')
		return refuse(400, why, "a malformed request target");
	raw = t;
	p = memchr(t.p, '?', t.n);
	if (p != NULL) {
		raw.n = (size_t)(p - t.p);
		t = hf_view_of(p + 1, t.n - raw.n - 1);
		if (!is_query(t))
			return refuse(400, why,
			    "a character that a query may not contain");
		*query = t;
	}
	return decode_path(raw, path, why);
}
