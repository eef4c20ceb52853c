/*
 * hfframe: the CUPS filter in front of the Holdfast backend.
 *
 * SECURITY.  Runs as lp, like every filter.  It reads the hostile bytes of one
 * document and copies them between two descriptors; it looks into them only
 * for the first bytes of a known format and for a PDF's end mark, in
 * lib/frame.c, both bounded searches over at most 4 KiB.  It holds no secret,
 * opens nothing but the file that cupsd names, and whoever takes it over
 * can send the backend frames of his choice: the backend treats them as
 * hostile too.
 *
 * Why it exists (doc/intake.md): cupsd hands the documents of one job to the
 * backend one after the other without a boundary, and the end of a crashed
 * filter's output looks like the end of a document.  A frame says where a
 * document ends and whether it is whole.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/file.h"
#include "lib/frame.h"

static struct hf_pdf_tail tail;	/* 4 KiB, kept off the stack */
static uint8_t block[4 + HF_FRAME_CHUNK];

static void
put_be(uint8_t *p, uint64_t v, int n)
{
	while (n-- > 0) {
		p[n] = (uint8_t)v;
		v >>= 8;
	}
}

static int
put_type(const char *type, struct hf_err *e)
{
	uint8_t b[1 + HF_FRAME_TYPE_MAX];
	size_t n = strlen(type);

	b[0] = (uint8_t)n;
	memcpy(b + 1, type, n);
	return hf_write_all(STDOUT_FILENO, b, 1 + n, e);
}

static int
put_end(enum hf_frame_state state, uint64_t total, uint32_t crc,
    struct hf_err *e)
{
	uint8_t b[4 + HF_FRAME_END_LEN];

	put_be(b, 0, 4);	/* a chunk of no bytes: the last */
	b[4] = (uint8_t)state;
	put_be(b + 5, total, 8);
	put_be(b + 13, crc, 4);
	return hf_write_all(STDOUT_FILENO, b, sizeof b, e);
}

/* Copy all of `in` as chunks. *state is what a whole read makes of it. */
static int
copy(int in, enum hf_frame_state *state, struct hf_err *e)
{
	const char *type = NULL;
	uint64_t total = 0;
	uint32_t crc = 0;
	bool pdf = false, unread = false;
	size_t got;

	*state = HF_FRAME_EMPTY;
	do {
		if (hf_read_full(in, block + 4, HF_FRAME_CHUNK, &got, e) == -1) {
			unread = true;
			break;
		}
		if (total == 0 && got > 0) {
			type = hf_sniff(block + 4, got);
			pdf = type != NULL &&
			    strcmp(type, "application/pdf") == 0;
			*state = type != NULL ? HF_FRAME_WHOLE
					      : HF_FRAME_FOREIGN;
		}
		if (total == 0 && put_type(type != NULL ? type
			: "application/octet-stream", e) == -1)
			return -1;
		if (got == 0)
			break;
		if (pdf)
			hf_pdf_feed(&tail, block + 4, got);
		crc = hf_crc32(crc, block + 4, got);
		total += got;
		put_be(block, got, 4);
		if (hf_write_all(STDOUT_FILENO, block, 4 + got, e) == -1)
			return -1;
	} while (got == HF_FRAME_CHUNK);
	if (pdf && !hf_pdf_has_end(&tail))
		*state = HF_FRAME_CUT;
	if (unread) {
		*state = HF_FRAME_UNREAD;
		if (total == 0 &&
		    put_type("application/octet-stream", e) == -1)
			return -1;
	}
	return put_end(*state, total, crc, e);
}

int
main(int argc, char **argv)
{
	static const char *const why[] = {
		[HF_FRAME_EMPTY] = "the document is empty",
		[HF_FRAME_CUT] = "the PDF has no end: it was cut, or a filter "
				 "before this one crashed",
		[HF_FRAME_FOREIGN] = "the document is in no format that this "
				     "queue takes",
		[HF_FRAME_UNREAD] = "the document cannot be read"
	};
	enum hf_frame_state state;
	struct hf_err e;
	int in = STDIN_FILENO;

	if (argc != 6 && argc != 7) {
		fputs("Usage: hfframe job-id user title copies options "
		      "[file]\n", stderr);
		return 1;
	}
	/*
	 * Death by SIGPIPE is how cupsd knows that the backend refused first;
	 * an exit status of ours would hide the backend's.
	 */
	(void)signal(SIGPIPE, SIG_DFL);
	/* Everybody on this host can read the arguments of a process. */
	explicit_bzero(argv[3], strlen(argv[3]));
	explicit_bzero(argv[5], strlen(argv[5]));
	/* First of all: from here on nobody takes silence for a document. */
	if (hf_write_all(STDOUT_FILENO, HF_FRAME_MAGIC, HF_FRAME_MAGIC_LEN,
		&e) == -1)
		goto fail;
	if (argc == 7) {
		in = open(argv[6], O_RDONLY | O_CLOEXEC);
		if (in == -1) {
			fprintf(stderr, "ERROR: cannot open the document: "
			    "%s\n", strerror(errno));
			return 1;
		}
	}
	if (copy(in, &state, &e) == -1)
		goto fail;
	/* The backend refuses what is not whole, and cancels the job. */
	if (state != HF_FRAME_WHOLE)
		fprintf(stderr, "DEBUG: hfframe: %s\n", why[state]);
	return 0;
fail:
	fprintf(stderr, "ERROR: hfframe: %s\n", e.text);
	return 1;
}
