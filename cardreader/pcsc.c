#include "cardreader/pcsc.h"

#include <pcsclite.h>
#include <string.h>

#define PNP "\\\\?PnP?\\Notification"

static const struct {
	LONG rv;
	enum hf_code code;
	const char *text;
} answers[] = {
	{ SCARD_E_NO_SERVICE, HF_EAGAIN, "pcscd is not running" },
	{ SCARD_E_SERVICE_STOPPED, HF_EAGAIN, "pcscd has ended" },
	/* What 1.9.9 says first when its daemon went away. */
	{ SCARD_F_COMM_ERROR, HF_EAGAIN, "pcscd has ended" },
	{ SCARD_W_SECURITY_VIOLATION, HF_EAGAIN, "pcscd refuses us" },
	{ SCARD_E_INVALID_HANDLE, HF_EAGAIN, "pcscd has forgotten us" },
	{ SCARD_E_NO_MEMORY, HF_ENOMEM, "out of memory" },
	{ SCARD_E_UNKNOWN_READER, HF_EAGAIN, "the reader is gone" },
	{ SCARD_E_READER_UNAVAILABLE, HF_EAGAIN, "the reader is gone" },
	{ SCARD_E_NO_SMARTCARD, HF_EPEER, "the card was taken away too soon" },
	{ SCARD_W_REMOVED_CARD, HF_EPEER, "the card was taken away too soon" },
	{ SCARD_W_RESET_CARD, HF_EPEER, "the card was exchanged" },
	{ SCARD_E_SHARING_VIOLATION, HF_ECONFLICT,
	    "another program uses this reader" },
	{ SCARD_W_UNRESPONSIVE_CARD, HF_EINPUT, "the card does not answer" },
	{ SCARD_W_UNPOWERED_CARD, HF_EINPUT, "the card has no power" },
	{ SCARD_W_UNSUPPORTED_CARD, HF_EINPUT,
	    "the reader cannot talk to this card" },
	{ SCARD_E_PROTO_MISMATCH, HF_EINPUT,
	    "the reader cannot talk to this card" },
	{ SCARD_E_INSUFFICIENT_BUFFER, HF_EINPUT,
	    "the card's answer is too long" },
	{ SCARD_E_NOT_TRANSACTED, HF_EINPUT,
	    "the reader lost the card in mid-command" },
	{ SCARD_E_COMM_DATA_LOST, HF_EINPUT,
	    "the reader lost the card in mid-command" },
};

static int
fail(struct hf_err *e, LONG rv, const char *what)
{
	size_t i;

	for (i = 0; i < sizeof answers / sizeof answers[0]; i++)
		if (answers[i].rv == rv)
			return hf_fail(e, answers[i].code, "%s",
			    answers[i].text);
	return hf_fail(e, HF_EINPUT, "%s: %s", what, pcsc_stringify_error(rv));
}

int
hf_pcsc_open(SCARDCONTEXT *out, struct hf_err *e)
{
	LONG rv = SCardEstablishContext(SCARD_SCOPE_SYSTEM, NULL, NULL, out);

	if (rv != SCARD_S_SUCCESS) {
		fail(e, rv, "SCardEstablishContext");
		if (e->code == HF_EINPUT)
			e->code = HF_EAGAIN; /* no card can have a part in it */
		return -1;
	}
	return 0;
}

void
hf_pcsc_close(SCARDCONTEXT ctx)
{
	(void)SCardReleaseContext(ctx);
}

int
hf_pcsc_list(SCARDCONTEXT ctx, char names[][HF_SLOT_NAME], size_t *n,
    struct hf_err *e)
{
	char all[HF_SLOTS_MAX * HF_SLOT_NAME + 1];
	DWORD size = sizeof all;
	LONG rv = SCardListReaders(ctx, NULL, all, &size);
	const char *p, *end;

	*n = 0;
	if (rv == SCARD_E_NO_READERS_AVAILABLE)
		return 0;
	if (rv != SCARD_S_SUCCESS)
		return fail(e, rv, "SCardListReaders");
	end = all + size;
	for (p = all; p < end && *p != '\0' && *n < HF_SLOTS_MAX;
	    p += strlen(p) + 1) {
		if (memchr(p, '\0', (size_t)(end - p)) == NULL)
			break;
		if (hf_str_copy(names[*n], HF_SLOT_NAME, p))
			(*n)++;
	}
	return 0;
}

int
hf_pcsc_wait_readers(SCARDCONTEXT ctx, size_t known, DWORD timeout_ms,
    struct hf_err *e)
{
	SCARD_READERSTATE st;
	LONG rv;

	memset(&st, 0, sizeof st);
	st.szReader = PNP;
	st.dwCurrentState = (DWORD)known << 16;
	rv = SCardGetStatusChange(ctx, timeout_ms, &st, 1);
	if (rv != SCARD_S_SUCCESS && rv != SCARD_E_TIMEOUT)
		return fail(e, rv, "SCardGetStatusChange");
	return 0;
}

int
hf_pcsc_wait_card(SCARDCONTEXT ctx, const char *reader, DWORD timeout_ms,
    struct hf_pcsc_state *st, struct hf_err *e)
{
	SCARD_READERSTATE rs;
	LONG rv;

	memset(&rs, 0, sizeof rs);
	rs.szReader = reader;
	rs.dwCurrentState = st->raw;
	rv = SCardGetStatusChange(ctx, timeout_ms, &rs, 1);
	if (rv == SCARD_E_TIMEOUT)
		return 0;
	if (rv != SCARD_S_SUCCESS)
		return fail(e, rv, "SCardGetStatusChange");
	if (rs.dwEventState & (SCARD_STATE_UNKNOWN | SCARD_STATE_UNAVAILABLE |
	    SCARD_STATE_IGNORE))
		return hf_fail(e, HF_EAGAIN, "the reader is gone");
	st->raw = rs.dwEventState & ~(DWORD)SCARD_STATE_CHANGED;
	st->present = (rs.dwEventState & SCARD_STATE_PRESENT) != 0;
	st->mute = (rs.dwEventState & SCARD_STATE_MUTE) != 0;
	st->counter = (unsigned)(rs.dwEventState >> 16 & 0xffff);
	return 0;
}

static int
transmit(void *arg, struct hf_view command, struct hf_buf *answer,
    struct hf_err *e)
{
	const struct hf_pcsc_card *c = arg;
	const SCARD_IO_REQUEST *pci = c->protocol == SCARD_PROTOCOL_T0
	    ? SCARD_PCI_T0 : SCARD_PCI_T1;
	uint8_t in[MAX_BUFFER_SIZE_EXTENDED];
	DWORD n = sizeof in;
	LONG rv;
	int rc = -1;

	rv = SCardTransmit(c->handle, pci, command.p, command.n, NULL, in, &n);
	if (rv != SCARD_S_SUCCESS) {
		fail(e, rv, "SCardTransmit");
		goto out;
	}
	if (n > sizeof in) {
		hf_fail(e, HF_EINPUT, "the card's answer is too long");
		goto out;
	}
	/* A card pulled in mid-command is "success" with no byte at all. */
	if (n == 0) {
		hf_fail(e, HF_EPEER, "the card was taken away too soon");
		goto out;
	}
	rc = hf_put_bytes(answer, in, n, e);
out:
	explicit_bzero(in, n <= sizeof in ? n : sizeof in);
	return rc;
}

static int
get_atr(struct hf_pcsc_card *c, struct hf_err *e)
{
	DWORD n = sizeof c->atr;
	LONG rv;

	rv = SCardStatus(c->handle, NULL, NULL, NULL, NULL, c->atr, &n);
	if (rv != SCARD_S_SUCCESS)
		return fail(e, rv, "SCardStatus");
	if (n > sizeof c->atr)
		return hf_fail(e, HF_EINPUT, "an ATR of %lu bytes",
		    (unsigned long)n);
	return hf_atr_parse(hf_view_of(c->atr, n), &c->card.atr, e);
}

int
hf_pcsc_connect(SCARDCONTEXT ctx, const char *reader, struct hf_pcsc_card *out,
    struct hf_err *e)
{
	LONG rv;

	memset(out, 0, sizeof *out);
	rv = SCardConnect(ctx, reader, SCARD_SHARE_SHARED,
	    SCARD_PROTOCOL_T0 | SCARD_PROTOCOL_T1, &out->handle,
	    &out->protocol);
	if (rv != SCARD_S_SUCCESS)
		return fail(e, rv, "SCardConnect");
	if (get_atr(out, e) == -1) {
		hf_pcsc_disconnect(out);
		return -1;
	}
	out->card.link.send = transmit;
	out->card.link.arg = out;
	return 0;
}

void
hf_pcsc_disconnect(struct hf_pcsc_card *c)
{
	(void)SCardDisconnect(c->handle, SCARD_LEAVE_CARD);
}
