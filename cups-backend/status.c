#include "cups-backend/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/buf.h"

#define PREFIX "com.holdfast."

/*
 * Keyword and printer-alert (PWG 5100.9, section 5.3.1; codes of RFC 3805,
 * PrtAlertCodeTC).
 */
static const struct {
	const char *reason;
	const char *alert;
} troubles[] = {
	[HF_TROUBLE_SPOOL_FULL] = { PREFIX "spool-full-error",
	    "code=subunitMemoryExhausted;severity=critical" },
	[HF_TROUBLE_SPOOL_AWAY] = { PREFIX "spool-unwritable-error",
	    "code=subunitUnrecoverableStorageError;severity=critical" },
	[HF_TROUBLE_KEYS_AWAY] = { PREFIX "key-list-missing-error",
	    "code=other;severity=critical" },
	[HF_TROUBLE_KEYS_REFUSED] = { PREFIX "key-list-refused-error",
	    "code=other;severity=critical" },
	[HF_TROUBLE_CONFIG] = { PREFIX "configuration-error",
	    "code=other;severity=critical" },
};

static void
line(const char *kind, const char *text)
{
	char out[1024];
	ssize_t done;
	int n, i;

	n = snprintf(out, sizeof out - 1, "%s: %s", kind, text);
	if (n < 0)
		return;
	if ((size_t)n > sizeof out - 2)
		n = sizeof out - 2;
	for (i = 0; i < n; i++)
		if ((unsigned char)out[i] < 0x20 || out[i] == 0x7f)
			out[i] = '?';
	out[n++] = '\n';
	done = write(STDERR_FILENO, out, (size_t)n);
	(void)done;	/* cupsd is gone; the exit status is all that is left */
}

#define SAY(name, kind)                              \
	void name(const char *fmt, ...)              \
	{                                            \
		char text[900];                      \
		va_list ap;                          \
                                                     \
		va_start(ap, fmt);                   \
		vsnprintf(text, sizeof text, fmt, ap); \
		va_end(ap);                          \
		line(kind, text);                    \
	}

SAY(hf_status_error, "ERROR")
SAY(hf_status_info, "INFO")
SAY(hf_status_debug, "DEBUG")

/* A value in quotes, as cupsd parses ATTR: lines. */
static void
quote(char *out, size_t size, const char *s)
{
	size_t n = 0;

	for (; *s != '\0' && n + 3 < size; s++) {
		if (*s == '"' || *s == '\\' || *s == '\'')
			out[n++] = '\\';
		out[n++] = *s;
	}
	out[n] = '\0';
}

void
hf_status_trouble(enum hf_trouble t, const char *sentence)
{
	char text[900], quoted[600];

	snprintf(text, sizeof text, "+%s", troubles[t].reason);
	line("STATE", text);
	quote(quoted, sizeof quoted, sentence);
	snprintf(text, sizeof text,
	    "printer-alert=\"%s\" printer-alert-description=\"%s\"",
	    troubles[t].alert, quoted);
	line("ATTR", text);
	line("INFO", sentence);
}

void
hf_status_clear(void)
{
	char text[512] = "-";
	size_t i, n = 1;

	for (i = 0; i < sizeof troubles / sizeof troubles[0]; i++)
		n += (size_t)snprintf(text + n, sizeof text - n, "%s%s",
		    i == 0 ? "" : ",", troubles[i].reason);
	line("STATE", text);
	line("ATTR", "printer-alert=\"\" printer-alert-description=\"\"");
}

bool
hf_status_is_trouble(const char *reasons)
{
	return strstr(reasons, PREFIX) != NULL;
}
