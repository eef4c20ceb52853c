#include "cardreader/panel.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const char *const names[HF_WORD_END] = {
	[HF_WORD_RELEASED] = "released",
	[HF_WORD_RELEASING] = "releasing",
	[HF_WORD_NO_JOBS] = "no-jobs",
	[HF_WORD_UNKNOWN_CARD] = "unknown-card",
	[HF_WORD_ENROLLED] = "enrolled",
	[HF_WORD_REFUSED] = "refused",
	[HF_WORD_PRINTER] = "printer",
	[HF_WORD_UNAVAILABLE] = "unavailable",
	[HF_WORD_READY] = "ready",
	[HF_WORD_WAITING] = "waiting",
	[HF_WORD_SERVER_AWAY] = "server-away",
	[HF_WORD_SERVER_KEY] = "server-key",
	[HF_WORD_SERVER_ERROR] = "server-error",
	[HF_WORD_READER_REVOKED] = "reader-revoked",
	[HF_WORD_NOT_BOUND] = "not-bound",
	[HF_WORD_BUSY] = "busy",
	[HF_WORD_CARD_MUTE] = "card-mute",
	[HF_WORD_CARD_GONE] = "card-gone",
	[HF_WORD_CARD_UNREADABLE] = "card-unreadable",
	[HF_WORD_CARD_UNSUITED] = "card-unsuited",
	[HF_WORD_CARD_LYING] = "card-lying",
	[HF_WORD_READER_ADDED] = "reader-added",
	[HF_WORD_READER_REMOVED] = "reader-removed",
	[HF_WORD_READER_BUSY] = "reader-busy",
	[HF_WORD_PCSCD_AWAY] = "pcscd-away",
	[HF_WORD_PCSCD_BACK] = "pcscd-back",
};

/* What we say where the service sent no message of its own. */
static const struct {
	enum hf_tap_result result;
	enum hf_word word;
	bool own_words;		/* the service's message goes first */
	const char *text;
} answers[] = {
	{ HF_TAP_RELEASED, HF_WORD_RELEASED, false, "released" },
	{ HF_TAP_RELEASING, HF_WORD_RELEASING, false, "releasing" },
	{ HF_TAP_NO_JOBS, HF_WORD_NO_JOBS, true, "no jobs" },
	{ HF_TAP_UNKNOWN_CARD, HF_WORD_UNKNOWN_CARD, true, "unknown card" },
	{ HF_TAP_ENROLLED, HF_WORD_ENROLLED, true, "this card is enrolled" },
	{ HF_TAP_REFUSED, HF_WORD_REFUSED, true, "refused" },
	{ HF_TAP_PRINTER, HF_WORD_PRINTER, true,
	    "the printer cannot print now" },
	{ HF_TAP_NONCE_UNKNOWN, HF_WORD_UNAVAILABLE, false,
	    "the print service did not accept the tap; tap again" },
	{ HF_TAP_UNAVAILABLE, HF_WORD_UNAVAILABLE, true,
	    "the print service is not ready; tap again in a moment" },
};

const char *
hf_word_name(unsigned word)
{
	return word < HF_WORD_END ? names[word] : NULL;
}

enum hf_word
hf_panel_tap(const struct hf_answer_tap *a, char text[static HF_PANEL_TEXT])
{
	size_t i;

	for (i = 0; i < sizeof answers / sizeof answers[0]; i++)
		if (answers[i].result == a->result)
			break;
	HF_ASSERT(i < sizeof answers / sizeof answers[0]);
	if (a->result == HF_TAP_RELEASED || a->result == HF_TAP_RELEASING)
		snprintf(text, HF_PANEL_TEXT, "%s %u job%s to %s",
		    answers[i].text, a->jobs, a->jobs == 1 ? "" : "s",
		    a->printer);
	else if (answers[i].own_words && a->message[0] != '\0')
		snprintf(text, HF_PANEL_TEXT, "%s", a->message);
	else
		snprintf(text, HF_PANEL_TEXT, "%s", answers[i].text);
	return answers[i].word;
}

/* Copy text; anything else byte by byte with '?' for what is not ASCII. */
static void
clean(char *out, size_t size, const char *s)
{
	size_t i;

	(void)hf_str_copy(out, size, s);
	if (hf_is_text(hf_view_str(out)))
		return;
	for (i = 0; out[i] != '\0'; i++)
		if (out[i] < 0x20 || out[i] > 0x7e)
			out[i] = '?';
}

void
hf_panel_line(char out[static HF_PANEL_LINE], int64_t now_ms,
    const char *reader, enum hf_word word, const char *text)
{
	char when[32], who[160], what[HF_PANEL_TEXT];
	time_t s = (time_t)(now_ms / 1000);
	struct tm tm;

	gmtime_r(&s, &tm);
	strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%S", &tm);
	clean(who, sizeof who, reader != NULL ? reader : "-");
	clean(what, sizeof what, text);
	snprintf(out, HF_PANEL_LINE, "%s.%03dZ\t%s\t%s\t%s\n", when,
	    (int)(now_ms % 1000), who, hf_word_name(word), what);
}

void
hf_panel_say(const char *reader, enum hf_word word, const char *fmt, ...)
{
	char text[HF_PANEL_TEXT], line[HF_PANEL_LINE];
	struct timespec now;
	ssize_t done;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	clock_gettime(CLOCK_REALTIME, &now);
	hf_panel_line(line, now.tv_sec * 1000 + now.tv_nsec / 1000000, reader,
	    word, text);
	done = write(STDOUT_FILENO, line, strlen(line));
	(void)done;	/* nobody is looking: a tap works all the same */
}
