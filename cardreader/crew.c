/*
 * SECURITY.  The supervisor holds no key and opens no network connection.
 * Hostile bytes: messages of the slot processes (bounded, fuzzed: wire.c);
 * one that is malformed ends that process.  Card numbers pass through it in
 * those messages and are wiped with them.  Children are forked, not exec'd:
 * what they inherit is the configuration and one socket.
 */
#include "cardreader/crew.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include "cardreader/crew_own.h"
#include "cardreader/slot.h"
#include "cardreader/station.h"
#include "lib/log.h"
#include "lib/sandbox.h"

#define EXIT_CANNOT 2		/* of the station: only an administrator can */

/* The children, each in its new process. */

static int
run_station(const struct hf_child *c, int sock)
{
	const struct hf_crew *k = c->arg;
	struct hf_err e;

	if (hf_station_run(sock, k->conf, &e) == 0)
		return 0;
	hf_log_err(HF_ERROR, &e, "station");
	return EXIT_CANNOT;
}

static int
run_scout(const struct hf_child *c, int sock)
{
	struct hf_err e = { .code = HF_OK };

	(void)c;
	if (hf_sandbox_apply(HF_SANDBOX_CARD, &e) == 0)
		(void)hf_scout_run(sock, &e);
	hf_log_err(HF_WARN, &e, "scout ended");
	return 1;
}

static int
run_slot(const struct hf_child *c, int sock)
{
	struct hf_err e = { .code = HF_OK };

	if (hf_sandbox_apply(HF_SANDBOX_CARD, &e) == 0)
		(void)hf_slot_run(sock, c->name, c->hangs, &e);
	hf_log_err(HF_INFO, &e, "slot %s ended", c->name);
	return 1;
}

/* Their messages. */

static void
from_station(struct hf_child *c, struct hf_wire *w)
{
	(void)c;
	if (w->type == HF_WIRE_FEEDBACK)
		hf_panel_say(w->name[0] != '\0' ? w->name : NULL, w->word,
		    "%s", w->text);
}

/* Only the supervisor says which reader a touch came from. */
static void
pass_touch(struct hf_crew *k, const struct hf_child *slot, struct hf_wire *w)
{
	struct hf_err e;

	w->slot = slot->slot;
	memcpy(w->name, slot->name, sizeof w->name);
	if (k->station.sock == -1)
		hf_fail(&e, HF_EAGAIN, "the station is being started");
	else if (hf_wire_send(k->station.sock, w, &e) == 0)
		return;
	hf_log_err(HF_WARN, &e, "tap at %s dropped", slot->name);
	hf_panel_say(slot->name, HF_WORD_BUSY, "not now; tap again");
}

static bool
is_slots_word(enum hf_word word)
{
	return word >= HF_WORD_CARD_MUTE && word <= HF_WORD_READER_BUSY;
}

static void
from_slot(struct hf_child *c, struct hf_wire *w)
{
	switch (w->type) {
	case HF_WIRE_BUSY:
		hf_child_busy(c, w->budget_ms);
		return;
	case HF_WIRE_IDLE:
		hf_child_idle(c);
		return;
	case HF_WIRE_TOUCH:
		pass_touch(c->arg, c, w);
		return;
	case HF_WIRE_FEEDBACK:
		if (is_slots_word(w->word)) {
			hf_panel_say(c->name, w->word, "%s", w->text);
			return;
		}
		break;
	case HF_WIRE_READERS:
		break;
	}
	hf_log(HF_WARN, "slot %s: message type %d refused", c->name, w->type);
	kill(c->pid, SIGKILL);
}

static void
slot_hung(struct hf_child *c)
{
	if (c->hangs == 1)	/* said once a card */
		hf_panel_say(c->name, HF_WORD_CARD_MUTE,
	    "the card does not answer; take it away and try again");
}

static void
from_scout(struct hf_child *c, struct hf_wire *w)
{
	switch (w->type) {
	case HF_WIRE_BUSY:
		hf_child_busy(c, w->budget_ms);
		return;
	case HF_WIRE_IDLE:
		hf_child_idle(c);
		return;
	case HF_WIRE_READERS:
		hf_crew_readers(c->arg, w);
		return;
	default:
		hf_log(HF_WARN, "scout: message type %d refused", w->type);
		kill(c->pid, SIGKILL);
	}
}

static void
scout_hung(struct hf_child *c)
{
	hf_crew_pcscd(c->arg, false);
}

static void
station_hung(struct hf_child *c)
{
	(void)c;	/* sends no BUSY */
}

/* Beginning and end. */

static struct hf_child *
child_of(struct hf_crew *k, pid_t pid)
{
	size_t i;

	if (k->station.pid == pid)
		return &k->station;
	if (k->scout.pid == pid)
		return &k->scout;
	for (i = 0; i < HF_SLOTS_MAX; i++)
		if (k->slots[i].pid == pid)
			return &k->slots[i];
	return NULL;
}

static void
on_child(evutil_socket_t fd, short what, void *arg)
{
	struct hf_crew *k = arg;
	struct hf_child *c;
	int wstatus;
	pid_t pid;

	(void)fd;
	(void)what;
	while ((pid = waitpid(-1, &wstatus, WNOHANG)) > 0) {
		c = child_of(k, pid);
		if (c == NULL)
			continue;
		if (c == &k->station && WIFEXITED(wstatus) &&
		    WEXITSTATUS(wstatus) == EXIT_CANNOT) {
			k->cannot = true;
			event_base_loopbreak(k->base);
		}
		hf_child_ended(c, wstatus);
	}
}

static void
on_stop(evutil_socket_t fd, short what, void *arg)
{
	struct hf_crew *k = arg;

	(void)fd;
	(void)what;
	hf_log(HF_INFO, "ending");
	event_base_loopbreak(k->base);
}

static int
init_children(struct hf_crew *k, struct hf_err *e)
{
	static const struct hf_child slot = { .kind = HF_CHILD_SLOT,
		.run = run_slot, .message = from_slot, .hung = slot_hung };
	size_t i;

	k->station = (struct hf_child){ .kind = HF_CHILD_STATION,
		.run = run_station, .message = from_station,
		.hung = station_hung, .wanted = true, .arg = k };
	k->scout = (struct hf_child){ .kind = HF_CHILD_SCOUT,
		.run = run_scout, .message = from_scout, .hung = scout_hung,
		.wanted = true, .arg = k };
	if (hf_child_init(&k->station, k->base, e) == -1 ||
	    hf_child_init(&k->scout, k->base, e) == -1)
		return -1;
	for (i = 0; i < HF_SLOTS_MAX; i++) {
		k->slots[i] = slot;
		k->slots[i].arg = k;
		k->slots[i].slot = (uint16_t)i;
		if (hf_child_init(&k->slots[i], k->base, e) == -1)
			return -1;
	}
	return 0;
}

static int
init_signals(struct hf_crew *k, struct hf_err *e)
{
	static const struct {
		int sig;
		event_callback_fn fn;
	} signals[] = { { SIGCHLD, on_child }, { SIGTERM, on_stop },
		{ SIGINT, on_stop } };
	size_t i;

	for (i = 0; i < 3; i++) {
		k->sig[i] = evsignal_new(k->base, signals[i].sig,
		    signals[i].fn, k);
		if (k->sig[i] == NULL || event_add(k->sig[i], NULL) == -1)
			return hf_fail(e, HF_ENOMEM, "out of memory");
	}
	return 0;
}

static void
clear(struct hf_crew *k)
{
	size_t i;

	for (i = 0; i < 3; i++)
		if (k->sig[i] != NULL)
			event_free(k->sig[i]);
	hf_child_end(&k->station);
	hf_child_end(&k->scout);
	for (i = 0; i < HF_SLOTS_MAX; i++)
		hf_child_end(&k->slots[i]);
	while (waitpid(-1, NULL, 0) > 0)
		;
	hf_child_clear(&k->station);
	hf_child_clear(&k->scout);
	for (i = 0; i < HF_SLOTS_MAX; i++)
		hf_child_clear(&k->slots[i]);
	event_base_free(k->base);
}

int
hf_crew_run(const struct hf_reader_conf *conf, struct hf_err *e)
{
	struct hf_crew k = { .conf = conf };
	int rc = -1;

	signal(SIGPIPE, SIG_IGN);
	k.base = event_base_new();
	if (k.base == NULL)
		return hf_fail(e, HF_ENOMEM, "out of memory");
	if (init_children(&k, e) == -1 || init_signals(&k, e) == -1)
		goto out;
	hf_child_begin(&k.station);
	hf_child_begin(&k.scout);
	event_base_dispatch(k.base);
	if (k.cannot)
		hf_fail(e, HF_ECONFIG, "the station cannot begin");
	else
		rc = 0;
out:
	clear(&k);
	return rc;
}
