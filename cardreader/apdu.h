#ifndef HF_APDU_H
#define HF_APDU_H

#include <stdint.h>

#include "lib/buf.h"

/* Commands to a card and its answers: ISO/IEC 7816-4, PC/SC part 3. */

#define HF_APDU_COMMAND_MAX 261	 /* short command with Lc, data and Le */
#define HF_APDU_ANSWER_MAX 65538 /* extended answer and SW1 SW2 */

#define HF_SW_OK 0x9000
#define HF_SW_END_REACHED 0x6282 /* fewer bytes than Le; the bytes are good */

/*
 * Decode the answer of a card to one command (ISO/IEC 7816-4, response APDU).
 * `in` is the raw answer, at most 65538 bytes, the last two being SW1 SW2.
 * On success *data borrows from `in` (it may be empty) and *sw is SW1<<8|SW2;
 * any status word is a success here.  Fails with HF_EINPUT if shorter than
 * two bytes (pcscd reports a card pulled in mid-command as success with no
 * byte at all).  Does not block or allocate.
 */
int hf_apdu_decode(struct hf_view in, struct hf_view *data, uint16_t *sw,
    struct hf_err *e) HF_MUST_USE;

/*
 * How a command reaches the card.  `send` sends one command APDU and appends
 * the raw answer to `answer` (reset by the caller); -1 where the card or the
 * reader is gone (HF_EPEER) or answers what cannot be an answer (HF_EINPUT).
 */
struct hf_card_link {
	int (*send)(void *arg, struct hf_view command, struct hf_buf *answer,
	    struct hf_err *e);
	void *arg;
};

/*
 * One command with what ISO/IEC 7816-4 asks of the sender: 61xx is followed
 * by GET RESPONSE, 6Cxx by the same command with that Le, both at most a few
 * times, and never more than data->max bytes in all (HF_EINPUT beyond: a card
 * may answer 61xx for ever).  `command` is a short APDU that ends in Le.  The
 * data is appended to `data`, *sw is the last status word.
 */
int hf_apdu_ask(const struct hf_card_link *link, struct hf_view command,
    struct hf_buf *data, uint16_t *sw, struct hf_err *e) HF_MUST_USE;

/* A sentence for the status words a person can do something about. */
const char *hf_apdu_sw_text(uint16_t sw);

#endif
