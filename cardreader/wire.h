#ifndef HF_WIRE_H
#define HF_WIRE_H

#include <stdbool.h>
#include <stdint.h>

#include "cardreader/panel.h"
#include "lib/buf.h"
#include "lib/tap.h"

/*
 * Messages between the processes of holdfast-reader, on SOCK_SEQPACKET pairs
 * made before the fork: one message a packet.
 *
 *	type 1 | slot 2 | name str | body
 *
 * The supervisor alone decides slot and name; what a slot process writes
 * there is not looked at.
 */
enum hf_wire_type {
	HF_WIRE_READERS = 1, /* scout:  up 1 | count 1 | names str… */
	HF_WIRE_BUSY,	     /* slot, scout: budget 4 (ms) until IDLE, or die */
	HF_WIRE_IDLE,	     /* slot, scout */
	HF_WIRE_TOUCH,	     /* slot → station: seen 8 (ms) | credential var */
	HF_WIRE_FEEDBACK     /* slot, station: word 1 | text str */
};

#define HF_SLOTS_MAX 16		/* readers: as many as pcscd knows */
#define HF_SLOT_NAME 128	/* PC/SC reader name with NUL (MAX_READERNAME) */
#define HF_WIRE_MAX 8192

struct hf_wire {
	enum hf_wire_type type;
	uint16_t slot;
	char name[HF_SLOT_NAME];	/* "" for the station itself */
	bool up;			/* READERS: pcscd answers */
	size_t n_readers;
	char readers[HF_SLOTS_MAX][HF_SLOT_NAME];
	uint32_t budget_ms;
	uint64_t seen_ms;		/* CLOCK_MONOTONIC, card noticed */
	struct hf_credential credential; /* reader and nonce still zero */
	enum hf_word word;
	char text[HF_PANEL_TEXT];
};

int hf_wire_put(struct hf_buf *b, const struct hf_wire *w, struct hf_err *e)
    HF_MUST_USE;
/* Decode exactly; HF_EINPUT. *out is wiped on failure. */
int hf_wire_get(struct hf_view in, struct hf_wire *out, struct hf_err *e)
    HF_MUST_USE;
/*
 * One packet.  Send: HF_EAGAIN where the other side does not read
 * (non-blocking), HF_EPEER where it is gone.  Receive returns 1, 0 at end of
 * file, -1 (HF_EAGAIN: nothing there).
 */
int hf_wire_send(int sock, const struct hf_wire *w, struct hf_err *e)
    HF_MUST_USE;
int hf_wire_recv(int sock, struct hf_wire *out, struct hf_err *e) HF_MUST_USE;
void hf_wire_clear(struct hf_wire *w);	/* wipes */

#endif
