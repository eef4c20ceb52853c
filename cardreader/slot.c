/*
 * SECURITY.  One process a reader, without the reader's signing key, without
 * network, under a system call filter that opens nothing (HF_SANDBOX_CARD).
 * Hostile bytes: what a card answers, what a reader's driver and pcscd say.
 * It may: talk to pcscd, send messages to the supervisor.  Taken over by a
 * card it can invent taps at this reader, which anybody who can copy a card
 * number can do too; it cannot sign, nor reach the server.
 */
#include "cardreader/slot.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "cardreader/pcsc.h"
#include "cardreader/wire.h"
#include "lib/clock.h"

#define NO_CARD UINT_MAX	/* no counter is that high */

struct slot {
	int sock;
	const char *reader;
	SCARDCONTEXT ctx;
	unsigned done;		/* counter of the card already dealt with */
};

static const struct {
	enum hf_code code;
	enum hf_word word;
	const char *hint;
} failures[] = {
	{ HF_EPEER, HF_WORD_CARD_GONE, "hold the card a little longer" },
	{ HF_EINPUT, HF_WORD_CARD_UNREADABLE, "try again" },
	{ HF_ENOTFOUND, HF_WORD_CARD_UNSUITED, "" },
	{ HF_ECONFLICT, HF_WORD_READER_BUSY, "try again" },
};

static int
say(const struct slot *s, enum hf_word word, const char *text,
    const char *hint, struct hf_err *e)
{
	struct hf_wire w = { .type = HF_WIRE_FEEDBACK, .word = word };

	snprintf(w.text, sizeof w.text, "%.180s%s%s", text,
	    *hint != '\0' ? "; " : "", hint);
	return hf_wire_send(s->sock, &w, e);
}

static int
say_failure(const struct slot *s, const struct hf_err *why, struct hf_err *e)
{
	size_t i;

	for (i = 0; i < sizeof failures / sizeof failures[0]; i++)
		if (failures[i].code == why->code)
			return say(s, failures[i].word, why->text,
			    failures[i].hint, e);
	return say(s, HF_WORD_CARD_UNREADABLE, why->text, "", e);
}

static int
mark(const struct slot *s, enum hf_wire_type type, struct hf_err *e)
{
	struct hf_wire w = { .type = type, .budget_ms = HF_CARD_BUDGET_MS };

	return hf_wire_send(s->sock, &w, e);
}

/* Between BUSY and IDLE we may be killed: the card may never answer. */
static int
read_card(const struct slot *s, struct hf_credential *out, struct hf_err *e)
{
	struct hf_pcsc_card card;
	int rc;

	if (hf_pcsc_connect(s->ctx, s->reader, &card, e) == -1)
		return -1;
	rc = hf_card_read(&card.card, out, e);
	hf_pcsc_disconnect(&card);
	return rc;
}

/* Everything that one card laid on the reader leads to. */
static int
touch(const struct slot *s, struct hf_err *e)
{
	struct hf_wire w = { .type = HF_WIRE_TOUCH };
	struct hf_err why = { .code = HF_OK };
	int rc = -1, got;

	w.seen_ms = hf_now_ms();
	if (mark(s, HF_WIRE_BUSY, e) == -1)
		return -1;
	got = read_card(s, &w.credential, &why);
	if (mark(s, HF_WIRE_IDLE, e) == -1)
		goto out;
	if (got == 0)
		rc = hf_wire_send(s->sock, &w, e);
	else if (why.code == HF_EAGAIN)
		*e = why;
	else
		rc = say_failure(s, &why, e);
out:
	hf_wire_clear(&w);
	return rc;
}

static int
changed(struct slot *s, const struct hf_pcsc_state *st, struct hf_err *e)
{
	/* The same counter: the same card, whatever flag of it changed. */
	if (!st->present || st->counter == s->done)
		return 0;
	s->done = st->counter;
	if (st->mute)
		return say(s, HF_WORD_CARD_MUTE, "the card does not answer",
		    "try again", e);
	return touch(s, e);
}

int
hf_slot_run(int sock, const char *reader, bool quiet, struct hf_err *e)
{
	struct slot s = { .sock = sock, .reader = reader, .done = NO_CARD };
	struct hf_pcsc_state st = { .raw = SCARD_STATE_UNAWARE };

	if (hf_pcsc_open(&s.ctx, e) == -1)
		return -1;
	if (hf_pcsc_wait_card(s.ctx, reader, &st, e) == -1)
		goto out;
	if (st.present) {
		s.done = st.counter;
		if (!quiet && say(&s, HF_WORD_CARD_LYING, "a card was lying "
		    "here already", "take it away and tap again", e) == -1)
			goto out;
	}
	while (hf_pcsc_wait_card(s.ctx, reader, &st, e) == 0 &&
	    changed(&s, &st, e) == 0)
		;
out:
	hf_pcsc_close(s.ctx);
	return -1;
}
