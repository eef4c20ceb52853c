#include "cardreader/apdu.h"

#include <string.h>

/* Rounds of GET RESPONSE or of a corrected Le that one command may take. */
#define ROUNDS_MAX 16

static const struct {
	uint16_t mask;
	uint16_t sw;
	const char *text;
} texts[] = {
	{ 0xffff, 0x6300, "the card gave no number" },
	{ 0xffff, 0x6a81, "the card has no number that this reader can read" },
	{ 0xffff, 0x6a82, "the card has no number that this reader can read" },
	{ 0xff00, 0x6700, "the card did not accept the length" },
	{ 0xff00, 0x6800, "the card does not know the question" },
	{ 0xff00, 0x6900, "the card does not allow the question" },
	{ 0xff00, 0x6d00, "the card does not know the question" },
	{ 0xff00, 0x6e00, "the card does not know the question" },
};

const char *
hf_apdu_sw_text(uint16_t sw)
{
	size_t i;

	for (i = 0; i < sizeof texts / sizeof texts[0]; i++)
		if ((sw & texts[i].mask) == texts[i].sw)
			return texts[i].text;
	return "the card answered with an error";
}

int
hf_apdu_decode(struct hf_view in, struct hf_view *data, uint16_t *sw,
    struct hf_err *e)
{
	if (in.n > HF_APDU_ANSWER_MAX)
		return hf_fail(e, HF_EINPUT, "the answer has %zu bytes", in.n);
	if (in.n < 2)
		return hf_fail(e, HF_EINPUT, "the answer has %zu bytes, "
		    "not even a status word", in.n);
	*sw = (uint16_t)(in.p[in.n - 2] << 8 | in.p[in.n - 1]);
	*data = hf_view_of(in.p, in.n - 2);
	return 0;
}

/* Send one command; append its data to out. */
static int
round_trip(const struct hf_card_link *link, struct hf_view command,
    struct hf_buf *out, uint16_t *sw, struct hf_err *e)
{
	struct hf_buf answer;
	struct hf_view data;
	int rc = -1;

	hf_buf_init(&answer, HF_APDU_ANSWER_MAX);
	if (link->send(link->arg, command, &answer, e) == -1)
		goto out;
	if (hf_apdu_decode(hf_buf_view(&answer), &data, sw, e) == -1)
		goto out;
	if (data.n > out->max - out->n) {
		hf_fail(e, HF_EINPUT, "the card answered more than %zu bytes",
		    out->max);
		goto out;
	}
	rc = hf_put_bytes(out, data.p, data.n, e);
out:
	hf_buf_clear(&answer);
	return rc;
}

int
hf_apdu_ask(const struct hf_card_link *link, struct hf_view command,
    struct hf_buf *data, uint16_t *sw, struct hf_err *e)
{
	uint8_t first[HF_APDU_COMMAND_MAX];
	uint8_t more[5] = { 0x00, 0xc0, 0x00, 0x00, 0x00 }; /* GET RESPONSE */
	struct hf_view next;
	int round;

	if (command.n < 5 || command.n > sizeof first)
		return hf_fail(e, HF_EINPUT, "a command of %zu bytes",
		    command.n);
	memcpy(first, command.p, command.n);
	next = hf_view_of(first, command.n);
	for (round = 0; round < ROUNDS_MAX; round++) {
		if (round_trip(link, next, data, sw, e) == -1)
			return -1;
		switch (*sw >> 8) {
		case 0x61:
			/* The class of the command without its chaining bit;
			 * for the reader's own commands (FF) it is 00. */
			more[0] = first[0] == 0xff ? 0 : first[0] & 0xef;
			more[4] = (uint8_t)*sw;
			next = hf_view_of(more, sizeof more);
			break;
		case 0x6c:
			if (next.p == first)
				first[command.n - 1] = (uint8_t)*sw;
			else
				more[4] = (uint8_t)*sw;
			break;
		default:
			return 0;
		}
	}
	return hf_fail(e, HF_EINPUT, "the card's answer has no end");
}
