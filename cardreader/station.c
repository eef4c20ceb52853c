/*
 * SECURITY.  Holds the reader's Ed25519 key (locked memory, never in another
 * process of this program) and the one HTTPS connection.  Hostile bytes: the
 * server's answers (JSON, key list), messages of the slot processes.  It may
 * connect, and write the key list into its state folder.  The system call
 * filter is HF_SANDBOX_READER.  Taken over it can sign taps for the printers
 * that this reader is bound to and sees the card numbers that pass; it opens
 * no document.  Card numbers lie in locked memory and are wiped when the
 * touch is answered.
 */
#include "cardreader/station.h"

#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <string.h>
#include <unistd.h>

#include "cardreader/station_own.h"
#include "lib/clock.h"
#include "lib/log.h"

void
hf_station_say(struct hf_station *s, const char *name, uint16_t slot,
    enum hf_word word, const char *text)
{
	struct hf_wire w = { .type = HF_WIRE_FEEDBACK, .slot = slot,
		.word = word };
	struct hf_err e;

	(void)hf_str_copy(w.name, sizeof w.name, name);
	(void)hf_str_copy(w.text, sizeof w.text, text);
	if (hf_wire_send(s->sock, &w, &e) == -1)
		hf_log_err(HF_WARN, &e, "a line for the panel was lost");
}

static void
schedule(struct hf_station *s, uint64_t now)
{
	uint64_t next = hf_station_chores_next(s, now), t;
	struct timeval tv;
	size_t i;

	for (i = 0; i < HF_TOUCHES_MAX; i++) {
		t = hf_touch_next(&s->touches[i], now);
		if (t < next)
			next = t;
	}
	next = next > now ? next - now : 1;
	tv.tv_sec = (time_t)(next / 1000);
	tv.tv_usec = (suseconds_t)(next % 1000 * 1000);
	evtimer_add(s->tick, &tv);
}

/* Do everything that is due, and come back for the next. */
void
hf_station_step(struct hf_station *s)
{
	uint64_t now = (uint64_t)hf_now_ms();
	size_t i;

	for (i = 0; i < HF_TOUCHES_MAX; i++)
		if (s->touches[i].used)
			hf_touch_step(&s->touches[i], now);
	hf_station_chores(s, now);
	schedule(s, now);
}

static void
on_tick(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	hf_station_step(arg);
}

static void
on_message(evutil_socket_t fd, short what, void *arg)
{
	struct hf_station *s = arg;
	struct hf_wire w;
	struct hf_err e;

	(void)fd;
	(void)what;
	switch (hf_wire_recv(s->sock, &w, &e)) {
	case 1:
		break;
	case 0:
		event_base_loopbreak(s->base);
		return;
	default:
		if (e.code != HF_EAGAIN)
			hf_log_err(HF_WARN, &e, "message dropped");
		return;
	}
	if (w.type == HF_WIRE_TOUCH)
		hf_touch_begin(s, &w);
	hf_wire_clear(&w);
	hf_station_step(s);
}

static int
open_state(struct hf_station *s, struct hf_err *e)
{
	s->state_fd = open(s->conf->state,
	    O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->state_fd == -1)
		return hf_fail_sys(e, "state folder %s", s->conf->state);
	s->identity = hf_identity_new(e);
	if (s->identity == NULL)
		return -1;
	if (hf_identity_load(s->state_fd, s->identity, e) == -1)
		return hf_wrap(e, "%s", s->conf->state);
	return 0;
}

static int
make_touches(struct hf_station *s, struct hf_err *e)
{
	size_t i;

	s->touches = sodium_allocarray(HF_TOUCHES_MAX, sizeof *s->touches);
	if (s->touches == NULL)
		return hf_fail(e, HF_ENOMEM, "no locked memory for touches");
	sodium_memzero(s->touches, HF_TOUCHES_MAX * sizeof *s->touches);
	for (i = 0; i < HF_TOUCHES_MAX; i++)
		s->touches[i].station = s;
	return 0;
}

static int
make_loop(struct hf_station *s, struct hf_err *e)
{
	struct hf_https_server server = { s->conf->server,
		s->conf->server_pin };

	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return hf_fail(e, HF_ESYS, "libcurl cannot begin");
	s->base = event_base_new();
	if (s->base == NULL)
		return hf_fail(e, HF_ENOMEM, "out of memory");
	s->https = hf_https_new(s->base, &server, hf_station_lost, s, e);
	if (s->https == NULL)
		return -1;
	s->tick = evtimer_new(s->base, on_tick, s);
	s->in = event_new(s->base, s->sock, EV_READ | EV_PERSIST, on_message,
	    s);
	if (s->tick == NULL || s->in == NULL ||
	    event_add(s->in, NULL) == -1)
		return hf_fail(e, HF_ENOMEM, "out of memory");
	return 0;
}

static void
clear(struct hf_station *s)
{
	hf_https_free(s->https);
	if (s->tick != NULL)
		event_free(s->tick);
	if (s->in != NULL)
		event_free(s->in);
	if (s->base != NULL)
		event_base_free(s->base);
	sodium_free(s->touches);
	hf_identity_free(s->identity);
	if (s->state_fd != -1)
		close(s->state_fd);
	sodium_memzero(s, sizeof *s);
}

int
hf_station_run(int sock, const struct hf_reader_conf *conf, struct hf_err *e)
{
	struct hf_station s = { .conf = conf, .sock = sock, .state_fd = -1 };
	int rc = -1;

	if (open_state(&s, e) == -1 || make_touches(&s, e) == -1 ||
	    make_loop(&s, e) == -1)
		goto out;
	hf_station_load_list(&s);
	hf_station_step(&s);
	event_base_dispatch(s.base);
	rc = 0;
out:
	clear(&s);
	return rc;
}
