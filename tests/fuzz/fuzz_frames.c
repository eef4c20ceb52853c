/* link: cups-backend/source.c cups-backend/ticket.c cups-backend/options.c cups-backend/media.c lib/frame.c lib/keyword.c lib/buf.c lib/err.c */
/*
 * What a filter, or who has taken one over, sends to the backend.  The first
 * byte chooses framed or not.  Documents come in order, and only whole ones
 * come to an end.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cups-backend/source.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

#define NEED(x) do { if (!(x)) abort(); } while (0)

static void
documents(struct hf_source *s, size_t n)
{
	struct hf_view v;
	struct hf_err e;
	uint64_t total = 0;
	unsigned number = 0;

	while (hf_source_next(s, &e) == 1) {
		NEED(s->number == ++number);
		NEED(strlen(s->format) >= 3 &&
		    strchr(s->format, '/') != NULL);
		do {
			if (hf_source_read(s, &v, &e) == -1)
				return;
			NEED(v.n == 0 || (v.p >= s->buf &&
			    v.p + v.n <= s->buf + sizeof s->buf));
			total += v.n;
		} while (v.n > 0);
		NEED(total <= n && s->taken == total);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static int fd = -1;
	struct hf_source *s;

	if (n == 0)
		return 0;
	if (fd == -1)
		fd = memfd_create("fuzz", 0);
	if (fd == -1 || ftruncate(fd, 0) == -1 ||
	    pwrite(fd, p + 1, n - 1, 0) != (ssize_t)(n - 1) ||
	    lseek(fd, 0, SEEK_SET) == -1)
		return 0;
	s = calloc(1, sizeof *s);
	if (s == NULL)
		return 0;
	hf_source_init(s, fd, (p[0] & 1) == 0,
	    (p[0] & 2) != 0 ? "application/pdf" : NULL);
	documents(s, n);
	hf_source_clear(s);
	free(s);
	return 0;
}
