#include "release/queue/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/file.h"

#define NAME ".journal"
#define JOURNAL_MAX (64u << 20)
#define SUM_LEN 16
#define LINE_MAX_LEN (2 * HF_WORDS + 256)

/*
 * finish ATTEMPT FENCE OUTCOME IMPRESSIONS WORDS SUM
 * advance ATTEMPT FENCE STATE JOB-ID UP-TIME UUID SUM
 *
 * Numbers are decimal, texts hexadecimal with an "x" in front, SUM is BLAKE2b
 * (16 bytes) of the line before it.
 */
static void
sum_of(const void *p, size_t n, char out[static 2 * SUM_LEN + 1])
{
	uint8_t sum[SUM_LEN];

	crypto_generichash(sum, sizeof sum, p, n, NULL, 0);
	sodium_bin2hex(out, 2 * SUM_LEN + 1, sum, sizeof sum);
}

int
hf_journal_line_put(struct hf_buf *out, const struct hf_report *r,
    struct hf_err *e)
{
	const struct hf_m_finish *f = &r->finish;
	const struct hf_m_advance *a = &r->advance;
	const char *text = r->is_finish ? f->words : a->job_uuid;
	char line[LINE_MAX_LEN], hex[2 * HF_WORDS + 1];
	char sum[2 * SUM_LEN + 1];
	size_t n;

	sodium_bin2hex(hex, sizeof hex, (const uint8_t *)text, strlen(text));
	if (r->is_finish)
		snprintf(line, sizeof line,
		    "finish %" PRIu64 " %" PRIu64 " %d %" PRId32 " x%s ",
		    f->attempt, f->fence, (int)f->outcome, f->impressions,
		    hex);
	else
		snprintf(line, sizeof line,
		    "advance %" PRIu64 " %" PRIu64 " %d %" PRIu32 " %" PRIu32
		    " x%s ",
		    a->attempt, a->fence, (int)a->to, a->job_id, a->up_time,
		    hex);
	n = strlen(line);
	sum_of(line, n, sum);
	if (hf_put_bytes(out, line, n, e) == -1 ||
	    hf_put_bytes(out, sum, 2 * SUM_LEN, e) == -1)
		return -1;
	return hf_put_bytes(out, "\n", 1, e);
}

static int
get_text(const char *hex, char *out, size_t size)
{
	size_t n;

	if (sodium_hex2bin((uint8_t *)out, size - 1, hex, strlen(hex), NULL,
		&n, NULL) != 0 || memchr(out, '\0', n) != NULL)
		return -1;
	out[n] = '\0';
	return 0;
}

static int
get_finish(const char *line, struct hf_m_finish *f)
{
	char hex[2 * HF_WORDS + 1] = "";
	int outcome, end = 0;

	/* The sum has vouched for the form. */
	if (sscanf(line, "finish %" SCNu64 " %" SCNu64 " %d %" SCNd32
		" x%n%1024[0-9a-f]", &f->attempt, &f->fence, &outcome,
		&f->impressions, &end, hex) < 4 || end == 0 ||
	    outcome < HF_OUT_DELIVERED || outcome > HF_OUT_UNREACHABLE)
		return -1;
	f->outcome = (enum hf_outcome)outcome;
	return get_text(hex, f->words, sizeof f->words);
}

static int
get_advance(const char *line, struct hf_m_advance *a)
{
	char hex[2 * HF_WORDS + 1] = "";
	int to, end = 0;

	if (sscanf(line, "advance %" SCNu64 " %" SCNu64 " %d %" SCNu32
		" %" SCNu32 " x%n%1024[0-9a-f]", &a->attempt, &a->fence, &to,
		&a->job_id, &a->up_time, &end, hex) < 5 || end == 0 ||
	    to < HF_ATTEMPT_CREATED || to > HF_ATTEMPT_SENT)
		return -1;
	a->to = (enum hf_attempt_state)to;
	return get_text(hex, a->job_uuid, sizeof a->job_uuid);
}

int
hf_journal_line_get(struct hf_view line, struct hf_report *out,
    struct hf_err *e)
{
	char text[LINE_MAX_LEN], sum[2 * SUM_LEN + 1];
	size_t n;
	int rc;

	memset(out, 0, sizeof *out);
	if (line.n <= 2 * SUM_LEN || line.n >= sizeof text ||
	    memchr(line.p, '\0', line.n) != NULL)
		return hf_fail(e, HF_EINPUT, "not a line of the journal");
	n = line.n - 2 * SUM_LEN;
	sum_of(line.p, n, sum);
	if (memcmp(sum, line.p + n, 2 * SUM_LEN) != 0)
		return hf_fail(e, HF_EINPUT, "a torn line of the journal");
	memcpy(text, line.p, n);
	text[n] = '\0';
	out->is_finish = strncmp(text, "finish ", 7) == 0;
	rc = out->is_finish ? get_finish(text, &out->finish)
			    : get_advance(text, &out->advance);
	if (rc == -1)
		return hf_fail(e, HF_EINPUT, "not a line of the journal");
	return 0;
}

/* A torn line before ours must not take ours with it. */
static int
start_line(int fd, struct hf_buf *b, struct hf_err *e)
{
	struct stat st;
	size_t got;
	char last;

	if (fstat(fd, &st) == -1)
		return hf_fail_sys(e, "stat " NAME);
	if (st.st_size == 0)
		return 0;
	if (st.st_size > (off_t)(JOURNAL_MAX - LINE_MAX_LEN))
		return hf_fail(e, HF_EFULL, NAME " is full");
	if (hf_pread_full(fd, &last, 1, st.st_size - 1, &got, e) == -1)
		return -1;
	return got == 1 && last == '\n' ? 0 : hf_put_bytes(b, "\n", 1, e);
}

int
hf_journal_add(int dir, const struct hf_report *r, struct hf_err *e)
{
	struct hf_buf b;
	int fd = -1, rc = -1;

	hf_buf_init(&b, LINE_MAX_LEN + 1);
	fd = openat(dir, NAME, O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW |
	    O_CLOEXEC, 0600);
	if (fd == -1) {
		hf_fail_sys(e, "open " NAME);
		goto out;
	}
	if (start_line(fd, &b, e) == -1 ||
	    hf_journal_line_put(&b, r, e) == -1 ||
	    hf_write_all(fd, b.p, b.n, e) == -1)
		goto out;
	if (fsync(fd) == -1 || fsync(dir) == -1) {
		hf_fail_sys(e, "fsync " NAME);
		goto out;
	}
	rc = 0;
out:
	if (fd != -1)
		close(fd);
	hf_buf_clear(&b);
	return rc;
}

int
hf_journal_each(int dir,
    int (*fn)(void *arg, const struct hf_report *r, struct hf_err *e),
    void *arg, unsigned *bad, struct hf_err *e)
{
	struct hf_report r;
	struct hf_buf b;
	const uint8_t *p, *end, *nl;
	int rc = 0;

	*bad = 0;
	hf_buf_init(&b, JOURNAL_MAX);
	if (faccessat(dir, NAME, F_OK, 0) == -1 && errno == ENOENT)
		goto out;
	rc = hf_file_read(dir, NAME, &b, e);
	for (p = b.p, end = p + b.n; rc == 0 && p < end; p = nl + 1) {
		nl = memchr(p, '\n', (size_t)(end - p));
		if (nl == NULL) {
			++*bad;
			break;
		}
		if (hf_journal_line_get(hf_view_of(p, (size_t)(nl - p)), &r,
			NULL) == -1)
			++*bad;
		else
			rc = fn(arg, &r, e);
	}
out:
	hf_buf_clear(&b);
	return rc;
}

int
hf_journal_drop(int dir, struct hf_err *e)
{
	if (unlinkat(dir, NAME, 0) == -1)
		return errno == ENOENT ? 0 : hf_fail_sys(e, "remove " NAME);
	return fsync(dir) == -1 ? hf_fail_sys(e, "fsync of held") : 0;
}
