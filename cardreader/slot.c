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
#define TRIES_MAX 3
#define AGAIN_MS 500		/* longer than pcscd's own look (400 ms) */

struct slot {
	int sock;
	const char *reader;
	SCARDCONTEXT ctx;
	unsigned done;		/* counter of the card already dealt with */
	unsigned tries_left;	/* for the card there, should it be there yet */
	bool told;		/* that it could not be read */
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

/*
 * A card lost in mid-command may be back before pcscd looks again, which then
 * never sees it go: so it is tried again while pcscd says that it is there.
 */
static int
failed(struct slot *s, const struct hf_err *why, struct hf_err *e)
{
	bool told = s->told;

	if (why->code == HF_EAGAIN) {
		*e = *why;
		return -1;
	}
	if (why->code != HF_EPEER)
		s->tries_left = 0;
	s->told = true;
	return told ? 0 : say_failure(s, why, e);
}

static int
touch(struct slot *s, struct hf_err *e)
{
	struct hf_wire w = { .type = HF_WIRE_TOUCH };
	struct hf_err why = { .code = HF_OK };
	int rc = -1, got;

	s->tries_left--;
	w.seen_ms = (uint64_t)hf_now_ms();
	if (mark(s, HF_WIRE_BUSY, e) == -1)
		return -1;
	got = read_card(s, &w.credential, &why);
	if (mark(s, HF_WIRE_IDLE, e) == -1)
		goto out;
	if (got == 0) {
		s->tries_left = 0;
		rc = hf_wire_send(s->sock, &w, e);
	} else {
		rc = failed(s, &why, e);
	}
out:
	hf_wire_clear(&w);
	return rc;
}

/* What a look at the reader leads to. */
static int
looked(struct slot *s, const struct hf_pcsc_state *st, struct hf_err *e)
{
	if (!st->present) {
		s->tries_left = 0;
		return 0;
	}
	/* The same counter: the same card, whatever flag of it changed. */
	if (st->counter != s->done) {
		s->done = st->counter;
		s->tries_left = TRIES_MAX;
		s->told = false;
	}
	if (s->tries_left == 0)
		return 0;
	if (!st->mute)
		return touch(s, e);
	s->tries_left = 0;
	return say(s, HF_WORD_CARD_MUTE, "the card does not answer",
	    "try again", e);
}

/* The first look: a card that is there already. */
static int
begin(struct slot *s, const struct hf_pcsc_state *st, unsigned hangs,
    struct hf_err *e)
{
	if (!st->present)
		return 0;
	s->done = st->counter;
	if (hangs > 0 && hangs < TRIES_MAX) {
		s->tries_left = 1;
		s->told = true;
		return looked(s, st, e);
	}
	if (hangs > 0)
		return 0;
	return say(s, HF_WORD_CARD_LYING, "a card was lying here already",
	    "take it away and tap again", e);
}

int
hf_slot_run(int sock, const char *reader, unsigned hangs, struct hf_err *e)
{
	struct slot s = { .sock = sock, .reader = reader, .done = NO_CARD };
	struct hf_pcsc_state st = { .raw = SCARD_STATE_UNAWARE };
	int rc;

	if (hf_pcsc_open(&s.ctx, e) == -1)
		return -1;
	rc = hf_pcsc_wait_card(s.ctx, reader, 0, &st, e);
	if (rc == 0)
		rc = begin(&s, &st, hangs, e);
	while (rc == 0) {
		rc = hf_pcsc_wait_card(s.ctx, reader,
		    s.tries_left > 0 ? AGAIN_MS : INFINITE, &st, e);
		if (rc == 0)
			rc = looked(&s, &st, e);
	}
	hf_pcsc_close(s.ctx);
	return -1;
}
