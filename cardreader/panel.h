#ifndef HF_PANEL_H
#define HF_PANEL_H

#include "cardreader/answer.h"
#include "lib/buf.h"

/*
 * What the person at the printer is told.  One line an event on standard
 * output, four columns with a tab between them (doc/reader.md):
 *
 *	TIME	READER	WORD	TEXT
 *
 * TIME is RFC 3339 in UTC with milliseconds, READER the PC/SC name or "-" for
 * the whole station, WORD one of the table below, TEXT a sentence.
 */
enum hf_word {
	HF_WORD_NONE,
	/* answers of the release service to a tap */
	HF_WORD_RELEASED,
	HF_WORD_RELEASING,
	HF_WORD_NO_JOBS,
	HF_WORD_UNKNOWN_CARD,
	HF_WORD_ENROLLED,
	HF_WORD_REFUSED,
	HF_WORD_PRINTER,
	HF_WORD_UNAVAILABLE,
	/* the way there */
	HF_WORD_READY,
	HF_WORD_WAITING,
	HF_WORD_SERVER_AWAY,
	HF_WORD_SERVER_KEY,
	HF_WORD_SERVER_ERROR,
	HF_WORD_READER_REVOKED,
	HF_WORD_NOT_BOUND,
	HF_WORD_BUSY,
	/* cards and readers */
	HF_WORD_CARD_MUTE,
	HF_WORD_CARD_GONE,
	HF_WORD_CARD_UNREADABLE,
	HF_WORD_CARD_UNSUITED,
	HF_WORD_CARD_LYING,
	HF_WORD_READER_ADDED,
	HF_WORD_READER_REMOVED,
	HF_WORD_READER_BUSY,
	HF_WORD_PCSCD_AWAY,
	HF_WORD_PCSCD_BACK,
	HF_WORD_END
};

#define HF_PANEL_TEXT 400

/* "released", "no-jobs" …; NULL where there is none. */
const char *hf_word_name(unsigned word);

/*
 * The line for one answer, without column separators: fills text and returns
 * its word.  Pure.
 */
enum hf_word hf_panel_tap(const struct hf_answer_tap *a,
    char text[static HF_PANEL_TEXT]);

/*
 * Build the whole line, NUL-terminated, newline included.  What is not text
 * in `reader` or `text` (a reader's name comes from the device) is written
 * as '?'.  Pure.
 */
#define HF_PANEL_LINE (40 + 160 + 40 + HF_PANEL_TEXT)
void hf_panel_line(char out[static HF_PANEL_LINE], int64_t now_ms,
    const char *reader, enum hf_word word, const char *text);

/* Write the line to standard output in one piece; `reader` NULL is "-". */
void hf_panel_say(const char *reader, enum hf_word word, const char *fmt, ...)
    HF_PRINTF(3, 4);

#endif
