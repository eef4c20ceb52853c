/* link: cardreader/answer.c cardreader/panel.c lib/buf.c lib/err.c lib/id.c lib/msg.c lib/clock.c -ljansson */
/*
 * The server's JSON, and the line of the panel that it becomes: always one
 * line of four columns.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cardreader/answer.h"
#include "cardreader/panel.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void
check(const struct hf_answer_tap *a)
{
	char text[HF_PANEL_TEXT], line[HF_PANEL_LINE];
	size_t i, tabs = 0;
	enum hf_word word;

	word = hf_panel_tap(a, text);
	hf_panel_line(line, 0, a->printer, word, text);
	for (i = 0; line[i] != '\0'; i++) {
		if (line[i] == '\t')
			tabs++;
		else if ((uint8_t)line[i] < 0x20 && line[i + 1] != '\0')
			abort();
	}
	if (tabs != 3 || line[i - 1] != '\n')
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct hf_view v = hf_view_of(p, n);
	static struct hf_answer_enrol enrol;
	static struct hf_answer_nonce nonce;
	struct hf_answer_tap tap;
	struct hf_problem problem;
	char text[HF_MESSAGE_LEN];

	if (hf_answer_tap_get(v, &tap, NULL) == 0)
		check(&tap);
	if (hf_answer_nonce_get(v, &nonce, NULL) == 0 &&
	    (nonce.n > HF_NONCES_MAX || nonce.printers.n > HF_PRINTERS_MAX))
		abort();
	(void)hf_answer_enrol_get(v, &enrol, NULL);
	hf_problem_get(v, &problem);
	hf_problem_text(&problem, 500, text);
	if (!hf_is_text(hf_view_str(text)))
		abort();
	return 0;
}
