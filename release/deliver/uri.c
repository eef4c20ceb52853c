#include "release/deliver/uri.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool
host_is(const char *p, size_t n, bool brackets)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (brackets ? !isxdigit((unsigned char)p[i]) && p[i] != ':' &&
		        p[i] != '.' && p[i] != '%'
		             : !isalnum((unsigned char)p[i]) && p[i] != '-' &&
		        p[i] != '.' && p[i] != '_')
			return false;
	return n > 0;
}

static bool
path_is(const char *p)
{
	for (; *p != '\0'; p++)
		if (!isgraph((unsigned char)*p) ||
		    strchr("\"<>\\^`{|}?#", *p) != NULL)
			return false;
	return true;
}

static bool
port_is(const char *p, size_t n)
{
	char text[6];
	size_t i;
	long v;

	if (n == 0 || n >= sizeof text)
		return false;
	for (i = 0; i < n; i++)
		if (!isdigit((unsigned char)p[i]))
			return false;
	memcpy(text, p, n);
	text[n] = '\0';
	v = strtol(text, NULL, 10);
	return v >= 1 && v <= 65535;
}

int
hf_uri_parse(const char *s, struct hf_uri *out, struct hf_err *e)
{
	const char *auth, *host, *host_end, *end, *port = NULL;
	struct hf_uri u;

	memset(&u, 0, sizeof u);
	if (strncmp(s, "ipps://", 7) == 0)
		u.tls = true;
	else if (strncmp(s, "ipp://", 6) != 0)
		goto fail;
	auth = s + (u.tls ? 7 : 6);
	end = auth + strcspn(auth, "/");
	host = auth;
	if (*host == '[') {
		host_end = memchr(host, ']', (size_t)(end - host));
		if (host_end == NULL)
			goto fail;
		host++;
		auth = host_end + 1;
	} else {
		host_end = host + strcspn(host, ":/");
		auth = host_end;
	}
	if (!host_is(host, (size_t)(host_end - host), auth != host_end) ||
	    (size_t)(host_end - host) >= sizeof u.host)
		goto fail;
	if (auth != end) {
		port = auth + 1;
		if (*auth != ':' || !port_is(port, (size_t)(end - port)))
			goto fail;
	}
	if (strlen(end) >= sizeof u.path || !path_is(end))
		goto fail;
	memcpy(u.host, host, (size_t)(host_end - host));
	snprintf(u.port, sizeof u.port, "%.*s", port != NULL ?
	    (int)(end - port) : 3, port != NULL ? port : "631");
	snprintf(u.path, sizeof u.path, "%s", *end != '\0' ? end : "/");
	snprintf(u.authority, sizeof u.authority,
	    strchr(u.host, ':') != NULL ? "[%s]:%s" : "%s:%s", u.host, u.port);
	*out = u;
	return 0;
fail:
	return hf_fail(e, HF_ECONFIG, "\"%.100s\" is not a printer's address",
	    s);
}
