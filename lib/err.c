#include "lib/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	enum hf_code code;
	const char *name;
} names[] = {
	{ HF_OK, "ok" },
	{ HF_EINPUT, "input" },
	{ HF_EDENIED, "denied" },
	{ HF_ENOTFOUND, "not-found" },
	{ HF_ECONFLICT, "conflict" },
	{ HF_EAGAIN, "again" },
	{ HF_EFULL, "full" },
	{ HF_ETAMPER, "tampered" },
	{ HF_ECONFIG, "configuration" },
	{ HF_ENOMEM, "memory" },
	{ HF_ESYS, "system" },
	{ HF_EPEER, "peer" },
	{ HF_ELOGIN, "login" },
	{ HF_ELIMIT, "limit" },
};

static enum hf_code
code_of_errno(int n)
{
	switch (n) {
	case ENOMEM:
		return HF_ENOMEM;
	case ENOSPC:
	case EDQUOT:
	case EFBIG:
		return HF_EFULL;
	case ENOENT:
		return HF_ENOTFOUND;
	case EEXIST:
		return HF_ECONFLICT;
	case EACCES:
	case EPERM:
		return HF_EDENIED;
	case EPIPE:
	case ECONNRESET:
	case ECONNREFUSED:
		return HF_EPEER;
	default:
		return HF_ESYS;
	}
}

int
hf_fail(struct hf_err *e, enum hf_code code, const char *fmt, ...)
{
	va_list ap;

	if (e == NULL)
		return -1;
	e->code = code;
	e->sys = 0;
	va_start(ap, fmt);
	vsnprintf(e->text, sizeof e->text, fmt, ap);
	va_end(ap);
	return -1;
}

int
hf_fail_sys(struct hf_err *e, const char *fmt, ...)
{
	int sys = errno;
	va_list ap;
	size_t n;

	if (e == NULL)
		return -1;
	e->code = code_of_errno(sys);
	e->sys = sys;
	va_start(ap, fmt);
	vsnprintf(e->text, sizeof e->text, fmt, ap);
	va_end(ap);
	n = strlen(e->text);
	snprintf(e->text + n, sizeof e->text - n, ": %s", strerror(sys));
	errno = sys;
	return -1;
}

int
hf_wrap(struct hf_err *e, const char *fmt, ...)
{
	char was[sizeof e->text];
	va_list ap;
	size_t n;

	if (e == NULL)
		return -1;
	memcpy(was, e->text, sizeof was);
	va_start(ap, fmt);
	vsnprintf(e->text, sizeof e->text, fmt, ap);
	va_end(ap);
	n = strlen(e->text);
	snprintf(e->text + n, sizeof e->text - n, ": %s", was);
	return -1;
}

const char *
hf_code_name(enum hf_code code)
{
	size_t i;

	for (i = 0; i < sizeof names / sizeof names[0]; i++)
		if (names[i].code == code)
			return names[i].name;
	return "unknown";
}

void
hf_assert_failed(const char *what, const char *file, int line)
{
	fprintf(stderr, "holdfast: bug: %s (%s:%d)\n", what, file, line);
	abort();
}
