#include "lib/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const char *const words[] = { "error", "warn", "info", "debug" };

/* Set once before any loop starts. */
static const char *program = "holdfast";
static enum hf_level most = HF_INFO;

void
hf_log_init(const char *name, enum hf_level level)
{
	program = name;
	most = level;
}

/* One write(2) a line, so that lines of several processes do not mix. */
static void
emit(enum hf_level level, const char *text)
{
	char line[1400], when[32];
	struct timespec now;
	struct tm tm;
	ssize_t done;
	int n, i;

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &tm);
	strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%S", &tm);
	n = snprintf(line, sizeof line - 1, "%s.%03ldZ %s[%ld] %s: %s", when,
	    now.tv_nsec / 1000000, program, (long)getpid(), words[level],
	    text);
	if (n < 0)
		return;
	if ((size_t)n > sizeof line - 2)
		n = sizeof line - 2;
	for (i = 0; i < n; i++)
		if ((unsigned char)line[i] < 0x20 || line[i] == 0x7f)
			line[i] = '?';
	line[n++] = '\n';
	done = write(STDERR_FILENO, line, (size_t)n);
	(void)done;	/* there is nowhere to say that the log is gone */
}

void
hf_log(enum hf_level level, const char *fmt, ...)
{
	char text[1200];
	va_list ap;

	if (level > most)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	emit(level, text);
}

void
hf_log_err(enum hf_level level, const struct hf_err *e, const char *fmt, ...)
{
	char text[1200];
	va_list ap;
	size_t n;

	if (level > most)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	n = strlen(text);
	snprintf(text + n, sizeof text - n, ": %s code=%s", e->text,
	    hf_code_name(e->code));
	emit(level, text);
}
