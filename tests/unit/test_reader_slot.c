/* link: cardreader/slot.c cardreader/pcsc.c cardreader/wire.c cardreader/panel.c cardreader/card.c cardreader/card_uid.c cardreader/atr.c cardreader/apdu.c */
/*
 * The process of one reader against a scripted PC/SC: this file is the
 * library.  Each step is what the next SCardGetStatusChange reports, and how
 * the card that is there then behaves.
 */
#include "cardreader/slot.h"

#include <pcsclite.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <winscard.h>

#include <cmocka.h>

#include "cardreader/card.h"
#include "cardreader/wire.h"

enum how { WELL, PULLED, ONE_BYTE, TOO_LONG, RESET, IN_USE, NO_CARD, NO_PCSCD };

struct step {
	bool there;
	unsigned counter;
	enum how how;
	bool mute;
	bool timeout;	/* SCARD_E_TIMEOUT: nothing new */
};

static const struct step *steps;
static size_t n_steps, at;
static DWORD last_timeout;
static unsigned connected, disconnected;
static struct hf_err err;

const SCARD_IO_REQUEST g_rgSCardT0Pci, g_rgSCardT1Pci, g_rgSCardRawPci;

LONG
SCardEstablishContext(DWORD scope, LPCVOID r1, LPCVOID r2, LPSCARDCONTEXT ctx)
{
	(void)scope;
	(void)r1;
	(void)r2;
	*ctx = 1;
	return SCARD_S_SUCCESS;
}

LONG
SCardReleaseContext(SCARDCONTEXT ctx)
{
	(void)ctx;
	return SCARD_S_SUCCESS;
}

LONG
SCardListReaders(SCARDCONTEXT ctx, LPCSTR groups, LPSTR readers, LPDWORD n)
{
	(void)ctx;
	(void)groups;
	(void)readers;
	(void)n;
	return SCARD_E_NO_SERVICE;
}

const char *
pcsc_stringify_error(const LONG rv)
{
	(void)rv;
	return "odd";
}

LONG
SCardGetStatusChange(SCARDCONTEXT ctx, DWORD timeout, SCARD_READERSTATE *st,
    DWORD n)
{
	const struct step *s = &steps[at];

	(void)ctx;
	assert_int_equal(n, 1);
	assert_string_equal(st->szReader, "R");
	last_timeout = timeout;
	if (at == n_steps)
		return SCARD_F_COMM_ERROR;	/* pcscd goes: the slot ends */
	at++;
	if (s->timeout) {
		assert_int_not_equal(timeout, INFINITE);
		return SCARD_E_TIMEOUT;
	}
	st->dwEventState = s->counter << 16 | SCARD_STATE_CHANGED |
	    (s->there ? SCARD_STATE_PRESENT : SCARD_STATE_EMPTY) |
	    (s->mute ? SCARD_STATE_MUTE : 0);
	return SCARD_S_SUCCESS;
}

static enum how
how(void)
{
	return steps[at - 1].how;
}

LONG
SCardConnect(SCARDCONTEXT ctx, LPCSTR reader, DWORD share, DWORD protocols,
    LPSCARDHANDLE card, LPDWORD protocol)
{
	(void)ctx;
	(void)reader;
	(void)share;
	(void)protocols;
	if (how() == IN_USE)
		return SCARD_E_SHARING_VIOLATION;
	if (how() == NO_CARD)
		return SCARD_E_NO_SMARTCARD;
	if (how() == NO_PCSCD)
		return SCARD_E_NO_SERVICE;
	connected++;
	*card = 7;
	*protocol = SCARD_PROTOCOL_T1;
	return SCARD_S_SUCCESS;
}

LONG
SCardDisconnect(SCARDHANDLE card, DWORD what)
{
	assert_int_equal(card, 7);
	assert_int_equal(what, SCARD_LEAVE_CARD);
	disconnected++;
	return SCARD_S_SUCCESS;
}

LONG
SCardStatus(SCARDHANDLE card, LPSTR name, LPDWORD n_name, LPDWORD state,
    LPDWORD protocol, LPBYTE atr, LPDWORD n)
{
	static const uint8_t mifare[] = { 0x3b, 0x8f, 0x80, 0x01, 0x80, 0x4f,
		0x0c, 0xa0, 0x00, 0x00, 0x03, 0x06, 0x03, 0x00, 0x01, 0x00,
		0x00, 0x00, 0x00, 0x6a };

	(void)card;
	(void)name;
	(void)n_name;
	(void)state;
	(void)protocol;
	assert_true(*n >= sizeof mifare);
	memcpy(atr, mifare, sizeof mifare);
	*n = sizeof mifare;
	return SCARD_S_SUCCESS;
}

LONG
SCardTransmit(SCARDHANDLE card, const SCARD_IO_REQUEST *pci, LPCBYTE in,
    DWORD n_in, SCARD_IO_REQUEST *out_pci, LPBYTE out, LPDWORD n)
{
	(void)card;
	(void)pci;
	(void)in;
	(void)n_in;
	(void)out_pci;
	switch (how()) {
	case PULLED:
		*n = 0;		/* what pcscd 1.9.9 does: success */
		return SCARD_S_SUCCESS;
	case ONE_BYTE:
		out[0] = 0x90;
		*n = 1;
		return SCARD_S_SUCCESS;
	case TOO_LONG:
		return SCARD_E_INSUFFICIENT_BUFFER;
	case RESET:
		return SCARD_W_RESET_CARD;
	default:
		memcpy(out, "\x04\xa1\xb2\xc3\x90\x00", 6);
		*n = 6;
		return SCARD_S_SUCCESS;
	}
}

/*
 * Run the script to its end and tell what the supervisor got, a letter each:
 * B(usy I(dle T(ouch, and the first letters of the word of a feedback.
 */
static const char *
run(const struct step *s, size_t n, unsigned hangs)
{
	static char got[256];
	struct hf_wire w;
	int pair[2];

	steps = s;
	n_steps = n;
	at = connected = disconnected = 0;
	got[0] = '\0';
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
	assert_int_equal(hf_slot_run(pair[0], "R", hangs, &err), -1);
	close(pair[0]);
	while (hf_wire_recv(pair[1], &w, &err) == 1) {
		if (w.type == HF_WIRE_BUSY)
			strcat(got, "B");
		else if (w.type == HF_WIRE_IDLE)
			strcat(got, "I");
		else if (w.type == HF_WIRE_FEEDBACK)
			sprintf(got + strlen(got), "(%s)",
			    hf_word_name(w.word));
		else
			strcat(got, "T");
		if (w.type == HF_WIRE_TOUCH)
			assert_int_equal(w.credential.bits, 32);
		if (w.type == HF_WIRE_BUSY)
			assert_int_equal(w.budget_ms, HF_CARD_BUDGET_MS);
	}
	close(pair[1]);
	assert_int_equal(connected, disconnected);
	return got;
}
#define RUN(script, hangs) run(script, sizeof script / sizeof script[0], hangs)

static void
a_card_laid_on_is_a_touch(void **state)
{
	static const struct step s[] = { { .counter = 0 },
		{ .there = true, .counter = 1 } };

	(void)state;
	assert_string_equal(RUN(s, 0), "BIT");
	assert_int_equal(last_timeout, INFINITE);
}

static void
a_card_left_lying_is_one_touch(void **state)
{
	/* Our own connection changes flags, not the counter. */
	static const struct step s[] = { { .counter = 0 },
		{ .there = true, .counter = 1 }, { .there = true, .counter = 1 },
		{ .there = true, .counter = 1 } };

	(void)state;
	assert_string_equal(RUN(s, 0), "BIT");
}

static void
quick_touches_show_in_the_counter(void **state)
{
	static const struct step s[] = { { .counter = 0 },
		{ .there = true, .counter = 1 }, { .there = true, .counter = 3 },
		{ .there = true, .counter = 5 }, { .there = false, .counter = 6 },
		{ .there = true, .counter = 7 } };

	(void)state;
	assert_string_equal(RUN(s, 0), "BITBITBITBIT");
}

static void
a_card_there_from_the_start_is_no_touch(void **state)
{
	static const struct step s[] = { { .there = true, .counter = 9 },
		{ .there = true, .counter = 9 }, { .counter = 10 },
		{ .there = true, .counter = 11 } };

	(void)state;
	assert_string_equal(RUN(s, 0), "(card-lying)BIT");
}

static void
after_a_hang_the_card_is_tried_again(void **state)
{
	static const struct step s[] = { { .there = true, .counter = 9 },
		{ .there = true, .counter = 9 } };

	(void)state;
	assert_string_equal(RUN(s, 1), "BIT");
	assert_string_equal(RUN(s, 2), "BIT");
	assert_string_equal(RUN(s, 3), "");
}

static void
a_card_pulled_in_mid_command_is_gone(void **state)
{
	static const struct step s[] = { { .counter = 0 },
		{ .there = true, .counter = 1, .how = PULLED },
		{ .there = false, .counter = 2 }, { .there = true, .counter = 3 } };

	(void)state;
	assert_string_equal(RUN(s, 0), "BI(card-gone)BIT");
}

static void
a_card_back_before_anybody_looks_is_read(void **state)
{
	static const struct step s[] = { { .counter = 0 },
		{ .there = true, .counter = 1, .how = PULLED },
		{ .timeout = true, .how = WELL },
		{ .there = true, .counter = 1 } };

	(void)state;
	assert_string_equal(RUN(s, 0), "BI(card-gone)BIT");
}

static void
a_card_that_stays_lost_is_given_up(void **state)
{
	static const struct step s[] = { { .counter = 0 },
		{ .there = true, .counter = 1, .how = PULLED },
		{ .timeout = true, .how = PULLED },
		{ .timeout = true, .how = RESET },
		{ .there = true, .counter = 1 } };

	(void)state;
	assert_string_equal(RUN(s, 0), "BI(card-gone)BIBI");
	assert_int_equal(last_timeout, INFINITE);
}

static void
nonsense_is_said_once(void **state)
{
	static const struct {
		struct step s[3];
		const char *want;
	} t[] = {
		{ { { .counter = 0 }, { true, 1, ONE_BYTE, false, false },
		      { true, 1, WELL, false, false } }, "BI(card-unreadable)" },
		{ { { .counter = 0 }, { true, 1, TOO_LONG, false, false },
		      { true, 1, WELL, false, false } }, "BI(card-unreadable)" },
		{ { { .counter = 0 }, { true, 1, IN_USE, false, false },
		      { true, 1, WELL, false, false } }, "BI(reader-busy)" },
		{ { { .counter = 0 }, { true, 1, WELL, true, false },
		      { true, 1, WELL, false, false } }, "(card-mute)" },
		{ { { .counter = 0 }, { true, 1, NO_CARD, false, false },
		      { false, 2, WELL, false, false } }, "BI(card-gone)" },
		{ { { .counter = 0 }, { true, 1, NO_PCSCD, false, false },
		      { true, 3, WELL, false, false } }, "BI" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof t / sizeof t[0]; i++)
		assert_string_equal(run(t[i].s, 3, 0), t[i].want);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_card_laid_on_is_a_touch),
		cmocka_unit_test(a_card_left_lying_is_one_touch),
		cmocka_unit_test(quick_touches_show_in_the_counter),
		cmocka_unit_test(a_card_there_from_the_start_is_no_touch),
		cmocka_unit_test(after_a_hang_the_card_is_tried_again),
		cmocka_unit_test(a_card_pulled_in_mid_command_is_gone),
		cmocka_unit_test(a_card_back_before_anybody_looks_is_read),
		cmocka_unit_test(a_card_that_stays_lost_is_given_up),
		cmocka_unit_test(nonsense_is_said_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
