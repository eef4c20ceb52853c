/* link: cups-backend/options.c cups-backend/ticket.c cups-backend/media.c lib/envelope.c lib/keyword.c lib/frame.c lib/buf.c lib/err.c lib/id.c */
/*
 * argv[5] of the backend as a client chose it, and the user, title and copies
 * in front of it (up to the first three newlines).  An envelope that comes out
 * must be one that can be encoded and decoded, and an option that is taken
 * apart must lie within the input.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cups-backend/options.h"
#include "cups-backend/ticket.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

#define NEED(x) do { if (!(x)) abort(); } while (0)

static void
each(const uint8_t *p, size_t n)
{
	struct hf_view in = hf_view_of(p, n);
	struct hf_cups_option o;
	struct hf_err e;
	size_t before;
	int more;

	do {
		before = in.n;
		more = hf_cups_option_next(&in, &o, &e);
		NEED(in.n <= before);
		NEED(more != 1 || in.n < before);
		if (more == 1) {
			NEED(o.name.n > 0 && o.name.p >= p &&
			    o.name.p + o.name.n <= p + n);
			NEED(o.n <= HF_CUPS_VALUE_MAX && o.value[o.n] == '\0');
			NEED(!o.is_collection || o.n == 0);
		}
	} while (more == 1);
	NEED(more == -1 || in.n == 0);
}

static char *
line(char **rest)
{
	char *s = *rest, *end = strchr(s, '\n');

	if (end == NULL)
		end = s + strlen(s);
	*rest = *end == '\0' ? end : end + 1;
	*end = '\0';
	return s;
}

static void
fill(char *s)
{
	const char *dropped[HF_TICKET_DROPPED_MAX];
	static struct hf_envelope env, back;
	struct hf_ticket_in in = { .job = "7", .queue = "q", .host = "h",
		.now = 1000, .retention_s = 3600 };
	struct hf_buf b;
	struct hf_err e;
	size_t n_dropped = 0, i;

	in.user = line(&s);
	in.title = line(&s);
	in.copies = line(&s);
	in.options = s;
	if (hf_ticket_fill(&in, &env, dropped, &n_dropped, &e) == -1)
		return;
	NEED(n_dropped <= HF_TICKET_DROPPED_MAX);
	for (i = 0; i < n_dropped; i++)
		NEED(strlen(dropped[i]) > 0);
	hf_ticket_number(&env, env.title, 1);
	strcpy(env.format, "application/pdf");
	env.job.b[6] = 0x40;	/* a UUID of version 4 */
	env.job.b[8] = 0x80;
	hf_buf_init(&b, HF_ENVELOPE_MAX);
	NEED(hf_envelope_put(&b, &env, &e) == 0);
	NEED(hf_envelope_get(hf_buf_view(&b), &back, &e) == 0);
	NEED(strcmp(env.media, back.media) == 0);
	NEED(env.n_options == back.n_options);
	hf_buf_clear(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	char out[128];
	struct hf_err e;
	char *s = malloc(n + 1);

	if (s == NULL)
		return 0;
	memcpy(s, p, n);
	s[n] = '\0';
	each(p, n);
	(void)hf_ticket_format(s, p, n, out, &e);
	fill(s);
	free(s);
	return 0;
}
