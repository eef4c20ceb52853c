#include <string.h>
#include <time.h>

#include "cardreader/pcsc.h"
#include "cardreader/slot.h"
#include "cardreader/wire.h"

#define PCSCD_BUDGET_MS 5000	/* pcscd itself must answer within this */
#define WAIT_MS 4000		/* then it is asked whether it still lives */
#define AWAY_PAUSE_MS 250	/* between looks for a pcscd that is away */

static int
idle(int sock, struct hf_err *e)
{
	struct hf_wire w = { .type = HF_WIRE_IDLE };

	return hf_wire_send(sock, &w, e);
}

/* Until idle: who is not done by then hangs in pcscd and is ended. */
static int
busy(int sock, uint32_t wait_ms, struct hf_err *e)
{
	struct hf_wire w = { .type = HF_WIRE_BUSY,
		.budget_ms = wait_ms + PCSCD_BUDGET_MS };

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

	if (busy(sock, 0, e) == -1)
		return -1;
	got = hf_pcsc_list(ctx, w.readers, &w.n_readers, why);
	if (idle(sock, e) == -1)
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
	bool gone;

	for (;;) {
		if (look(sock, ctx, &known, &why, e) == -1)
			return -1;
		if (why.code != HF_OK)
			return 0;
		if (busy(sock, WAIT_MS, e) == -1)
			return -1;
		gone = hf_pcsc_wait_readers(ctx, known, WAIT_MS, &why) == -1;
		if (idle(sock, e) == -1)
			return -1;
		if (gone)
			return 0;
	}
}

static int
open_context(int sock, SCARDCONTEXT *ctx, bool *up, struct hf_err *e)
{
	struct hf_err why;

	if (busy(sock, 0, e) == -1)
		return -1;
	*up = hf_pcsc_open(ctx, &why) == 0;
	return idle(sock, e);
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
