#include <string.h>
#include <time.h>

#include "cardreader/pcsc.h"
#include "cardreader/slot.h"
#include "cardreader/wire.h"

#define PCSCD_BUDGET_MS 5000	/* pcscd itself must answer within this */
#define AWAY_PAUSE_MS 250	/* between looks for a pcscd that is away */

static int
mark(int sock, enum hf_wire_type type, struct hf_err *e)
{
	struct hf_wire w = { .type = type, .budget_ms = PCSCD_BUDGET_MS };

	return hf_wire_send(sock, &w, e);
}

static int
report_away(int sock, struct hf_err *e)
{
	struct hf_wire w = { .type = HF_WIRE_READERS };

	return hf_wire_send(sock, &w, e);
}

/* One look: *known becomes the number of readers, or why is filled. */
static int
look(int sock, SCARDCONTEXT ctx, size_t *known, struct hf_err *why,
    struct hf_err *e)
{
	struct hf_wire w = { .type = HF_WIRE_READERS, .up = true };
	int got;

	if (mark(sock, HF_WIRE_BUSY, e) == -1)
		return -1;
	got = hf_pcsc_list(ctx, w.readers, &w.n_readers, why);
	if (mark(sock, HF_WIRE_IDLE, e) == -1)
		return -1;
	if (got == -1)
		return 0;
	*known = w.n_readers;
	return hf_wire_send(sock, &w, e);
}

/* Until pcscd goes away (0) or the supervisor does (-1). */
static int
watch(int sock, SCARDCONTEXT ctx, struct hf_err *e)
{
	struct hf_err why = { .code = HF_OK };
	size_t known = 0;

	for (;;) {
		if (look(sock, ctx, &known, &why, e) == -1)
			return -1;
		if (why.code != HF_OK ||
		    hf_pcsc_wait_readers(ctx, known, &why) == -1)
			return 0;
	}
}

static int
open_context(int sock, SCARDCONTEXT *ctx, bool *up, struct hf_err *e)
{
	struct hf_err why;

	if (mark(sock, HF_WIRE_BUSY, e) == -1)
		return -1;
	*up = hf_pcsc_open(ctx, &why) == 0;
	return mark(sock, HF_WIRE_IDLE, e);
}

int
hf_scout_run(int sock, struct hf_err *e)
{
	const struct timespec pause = { .tv_nsec = AWAY_PAUSE_MS * 1000000L };
	SCARDCONTEXT ctx;
	bool up;
	int rc;

	for (;;) {
		if (open_context(sock, &ctx, &up, e) == -1)
			return -1;
		if (up) {
			rc = watch(sock, ctx, e);
			hf_pcsc_close(ctx);
			if (rc == -1)
				return -1;
		}
		if (report_away(sock, e) == -1)
			return -1;
		nanosleep(&pause, NULL);
	}
}
