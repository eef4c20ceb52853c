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

#include "cardreader/child.h"
#include "cardreader/slot.h"
#include "cardreader/station.h"
#include "lib/log.h"
#include "lib/sandbox.h"

#define EXIT_CANNOT 2		/* of the station: only an administrator can */

struct crew {
	const struct hf_reader_conf *conf;
	struct event_base *base;
	struct event *sig[3];
	struct hf_child station;
	struct hf_child scout;
	struct hf_child slots[HF_SLOTS_MAX];
	bool pcscd_known;	/* told whether it is there */
	bool pcscd_up;
	bool cannot;
};

/* The children, each in its new process. */

static int
run_station(const struct hf_child *c, int sock)
{
	const struct crew *k = c->arg;
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
pass_touch(struct crew *k, const struct hf_child *slot, struct hf_wire *w)
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

static struct hf_child *
find_slot(struct crew *k, const char *name)
{
	size_t i;

	for (i = 0; i < HF_SLOTS_MAX; i++)
		if (k->slots[i].wanted && strcmp(k->slots[i].name, name) == 0)
			return &k->slots[i];
	return NULL;
}

static void
add_slot(struct crew *k, const char *name)
{
	struct hf_child *c;
	size_t i;

	for (i = 0; i < HF_SLOTS_MAX; i++)
		if (!k->slots[i].wanted && k->slots[i].pid == -1)
			break;
	if (i == HF_SLOTS_MAX) {
		hf_log(HF_WARN, "reader %s not used: too many", name);
		return;
	}
	c = &k->slots[i];
	(void)hf_str_copy(c->name, sizeof c->name, name);
	c->wanted = c->listed = true;
	c->hangs = 0;
	c->failures = 0;
	hf_panel_say(name, HF_WORD_READER_ADDED, "the reader is there");
	hf_child_begin(c);
}

static void
remove_unlisted(struct crew *k)
{
	size_t i;

	for (i = 0; i < HF_SLOTS_MAX; i++) {
		if (!k->slots[i].wanted || k->slots[i].listed)
			continue;
		hf_panel_say(k->slots[i].name, HF_WORD_READER_REMOVED,
		    "the reader is gone");
		hf_child_end(&k->slots[i]);
	}
}

static void
tell_pcscd(struct crew *k, bool up)
{
	if (up && k->pcscd_known && !k->pcscd_up)
		hf_panel_say(NULL, HF_WORD_PCSCD_BACK,
		    "the card service is back");
	if (!up && (!k->pcscd_known || k->pcscd_up))
		hf_panel_say(NULL, HF_WORD_PCSCD_AWAY,
		    "the card service (pcscd) is away");
	k->pcscd_known = true;
	k->pcscd_up = up;
}

static void
use_readers(struct crew *k, const struct hf_wire *w)
{
	struct hf_child *c;
	size_t i;

	tell_pcscd(k, w->up);
	for (i = 0; i < HF_SLOTS_MAX; i++)
		k->slots[i].listed = false;
	for (i = 0; i < w->n_readers; i++) {
		c = find_slot(k, w->readers[i]);
		if (c != NULL)
			c->listed = true;
	}
	remove_unlisted(k);
	for (i = 0; i < w->n_readers; i++)
		if (find_slot(k, w->readers[i]) == NULL)
			add_slot(k, w->readers[i]);
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
		use_readers(c->arg, w);
		return;
	default:
		hf_log(HF_WARN, "scout: message type %d refused", w->type);
		kill(c->pid, SIGKILL);
	}
}

static void
scout_hung(struct hf_child *c)
{
	tell_pcscd(c->arg, false);
}

static void
station_hung(struct hf_child *c)
{
	(void)c;	/* sends no BUSY */
}

/* Beginning and end. */

static struct hf_child *
child_of(struct crew *k, pid_t pid)
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
	struct crew *k = arg;
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
	struct crew *k = arg;

	(void)fd;
	(void)what;
	hf_log(HF_INFO, "ending");
	event_base_loopbreak(k->base);
}

static int
init_children(struct crew *k, struct hf_err *e)
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
init_signals(struct crew *k, struct hf_err *e)
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
clear(struct crew *k)
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
	struct crew k = { .conf = conf };
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
