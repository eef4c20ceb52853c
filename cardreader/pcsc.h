#ifndef HF_PCSC_H
#define HF_PCSC_H

#include <stdbool.h>
#include <winscard.h>

#include "cardreader/card.h"
#include "cardreader/wire.h"

/*
 * The few calls of PC/SC that we use, each with one way to fail.  Codes:
 *	HF_EAGAIN	pcscd or this reader is away: begin again
 *	HF_EPEER	the card is gone
 *	HF_ECONFLICT	another program holds the reader
 *	HF_EINPUT	the card is there and does not speak
 * All of them may block as long as pcscd and the driver like: the supervisor
 * watches.
 */
int hf_pcsc_open(SCARDCONTEXT *out, struct hf_err *e) HF_MUST_USE;
void hf_pcsc_close(SCARDCONTEXT ctx);
/* Names of the readers, at most HF_SLOTS_MAX; the rest is not looked at. */
int hf_pcsc_list(SCARDCONTEXT ctx, char names[][HF_SLOT_NAME], size_t *n,
    struct hf_err *e) HF_MUST_USE;
/* Wait until readers come or go (`known` are there now), or timeout_ms. */
int hf_pcsc_wait_readers(SCARDCONTEXT ctx, size_t known, DWORD timeout_ms,
    struct hf_err *e) HF_MUST_USE;

struct hf_pcsc_state {
	DWORD raw;		/* as pcscd gave it: counter << 16 | flags */
	bool present;
	bool mute;		/* present and dead */
	unsigned counter;	/* grows with every card in and out */
};
/*
 * Wait until the reader's state differs from *st (raw 0: do not wait), and
 * store the new one there; or until timeout_ms, *st as it was.
 */
int hf_pcsc_wait_card(SCARDCONTEXT ctx, const char *reader, DWORD timeout_ms,
    struct hf_pcsc_state *st, struct hf_err *e) HF_MUST_USE;

/* Power up the card; link and atr of *card are ready to use. */
struct hf_pcsc_card {
	SCARDHANDLE handle;
	DWORD protocol;
	uint8_t atr[HF_ATR_MAX];
	struct hf_card card;	/* borrows the above */
};
int hf_pcsc_connect(SCARDCONTEXT ctx, const char *reader,
    struct hf_pcsc_card *out, struct hf_err *e) HF_MUST_USE;
void hf_pcsc_disconnect(struct hf_pcsc_card *c);

#endif
