#include <stdio.h>
#include <string.h>

#include "cardreader/station_own.h"
#include "lib/clock.h"
#include "lib/log.h"

void
hf_station_set_health(struct hf_station *s, enum hf_word word,
    const char *text)
{
	if (s->health.word == word && strcmp(s->health.text, text) == 0)
		return;
	s->health.word = word;
	(void)hf_str_copy(s->health.text, sizeof s->health.text, text);
	hf_station_say(s, "", 0, word, text);
}

bool
hf_station_is_ready(struct hf_station *s, uint64_t now)
{
	return s->up && !s->revoked && s->have_list && s->have_printers &&
	    hf_stock_count(&s->stock, now) > 0;
}

void
hf_station_heard(struct hf_station *s, uint64_t now)
{
	s->heard_ms = now;
	if (!s->up)
		hf_log(HF_INFO, "server %s answers", s->conf->server);
	s->up = true;
}

void
hf_station_bad_answer(struct hf_station *s, const struct hf_err *e)
{
	hf_log_err(HF_WARN, e, "answer of %s not used", s->conf->server);
	hf_station_set_health(s, HF_WORD_SERVER_ERROR, e->text);
}

void
hf_station_failed(struct hf_station *s, const struct hf_err *why)
{
	enum hf_word word = why->code == HF_ETAMPER ? HF_WORD_SERVER_KEY
						    : HF_WORD_SERVER_AWAY;

	if (why->code == HF_EINPUT) {	/* it is there, and talks too much */
		hf_station_heard(s, (uint64_t)hf_now_ms());
		hf_station_bad_answer(s, why);
		return;
	}
	if (s->up || s->health.word != word)
		hf_log_err(HF_WARN, why, "server %s does not answer",
		    s->conf->server);
	s->up = false;
	if (word == HF_WORD_SERVER_KEY)
		hf_station_set_health(s, word, "the server is not the one "
		    "that this reader was enrolled with");
	else
		hf_station_set_health(s, word,
		    "the server is away; tap again in a moment");
}

void
hf_station_revoked(struct hf_station *s, const char *text)
{
	char line[HF_PANEL_TEXT];

	snprintf(line, sizeof line, "this reader is not accepted: %.200s",
	    text);
	s->revoked = true;
	hf_stock_clear(&s->stock);
	hf_station_set_health(s, HF_WORD_READER_REVOKED, line);
}

/* The kept connection died: look at once, before somebody taps. */
void
hf_station_lost(void *arg)
{
	struct hf_station *s = arg;

	s->heard_ms = 0;
	hf_chore_hurry(&s->probe);
	hf_station_step(s);
}

void
hf_station_tell_ready(struct hf_station *s)
{
	char text[HF_PANEL_TEXT];

	if (!hf_station_is_ready(s, hf_now_ms()))
		return;
	if (s->printers.n == 1)
		snprintf(text, sizeof text, "ready for %s",
		    s->printers.p[0].name);
	else
		snprintf(text, sizeof text, "ready for %zu printers",
		    s->printers.n);
	hf_station_set_health(s, HF_WORD_READY, text);
}
