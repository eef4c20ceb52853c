#include "server/news.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/db.h"
#include "lib/log.h"
#include "server/live.h"
#include "server/server.h"

#define TIMEOUT_MS 5000
#define AGAIN_MS 1000
#define TOGETHER_MS 500		/* changes that come together are told once */

static const char *const kinds[] = { "job", "printer", "reader" };
#define N_KINDS (sizeof kinds / sizeof kinds[0])

struct hf_news {
	struct hf_server *server;
	struct hf_db *db;
	pthread_t thread;
	int end;		/* eventfd */
	unsigned changed;	/* bits of kinds, not yet told */
	int64_t told_ms;
};

/* One event for the streams of one loop. */
struct item {
	struct hf_note note;	/* first: the note is the item */
	struct hf_loop *loop;
	bool up;
	const char *event;
	char data[64];
};

static void
on_item(struct hf_note *note)
{
	struct item *i = (struct item *)note;

	i->loop->news = i->up;
	hf_live_say(i->loop, i->event, i->data);
	free(i);
}

static void
tell(struct hf_news *n, bool up, const char *event, const char *data)
{
	struct item *i;
	int k;

	for (k = 0; k < HF_LOOPS; k++) {
		i = calloc(1, sizeof *i);
		if (i == NULL)
			return;
		i->note.fn = on_item;
		i->loop = &n->server->loops[k];
		i->up = up;
		i->event = event;
		(void)hf_str_copy(i->data, sizeof i->data, data);
		hf_loop_post(i->loop, &i->note);
	}
}

static void
on_notify(void *arg, const char *channel, const char *payload)
{
	struct hf_news *n = arg;
	size_t i, len = strcspn(payload, " ");

	(void)channel;
	for (i = 0; i < N_KINDS; i++)
		if (strlen(kinds[i]) == len &&
		    memcmp(kinds[i], payload, len) == 0)
			n->changed |= 1u << i;
}

static void
tell_changes(struct hf_news *n)
{
	char data[64] = "{\"kinds\":[";
	size_t i, at = strlen(data);
	bool first = true;

	for (i = 0; i < N_KINDS; i++)
		if ((n->changed & 1u << i) != 0) {
			at += (size_t)snprintf(data + at, sizeof data - at,
			    "%s\"%s\"", first ? "" : ",", kinds[i]);
			first = false;
		}
	snprintf(data + at, sizeof data - at, "]}");
	tell(n, true, "change", data);
	n->changed = 0;
	n->told_ms = hf_now_ms();
}

/* False: it is time to end. */
static bool
wait_some(struct hf_news *n, int ms)
{
	struct pollfd p[2] = { { .fd = n->end, .events = POLLIN },
		{ .fd = hf_db_socket(n->db), .events = POLLIN } };

	(void)poll(p, p[1].fd == -1 ? 1 : 2, ms);
	return (p[0].revents & POLLIN) == 0;
}

static int
until_due(const struct hf_news *n)
{
	int64_t left = n->told_ms + TOGETHER_MS - hf_now_ms();

	if (n->changed == 0)
		return -1;
	return left > 0 ? (int)left : 0;
}

static void *
run(void *arg)
{
	struct hf_news *n = arg;
	bool up = false, said = false;
	struct hf_err e;

	while (wait_some(n, up ? until_due(n) : said ? AGAIN_MS : 0)) {
		if (!up) {
			up = hf_db_do(n->db, "LISTEN hf", &e) == 0;
			if (up)
				tell(n, true, "hello", "{}");
			else if (!said)
				hf_log_err(HF_WARN, &e, "news not heard");
			said = true;
			continue;
		}
		if (hf_db_notifies(n->db, on_notify, n, &e) == -1) {
			hf_log_err(HF_WARN, &e, "news not heard");
			up = false;
			tell(n, false, "lost", "{}");
		} else if (n->changed != 0 && until_due(n) == 0) {
			tell_changes(n);
		}
	}
	return NULL;
}

struct hf_news *
hf_news_new(struct hf_server *s, const char *conninfo, struct hf_err *e)
{
	struct hf_news *n = calloc(1, sizeof *n);
	int k;

	if (n == NULL) {
		hf_fail(e, HF_ENOMEM, "out of memory");
		return NULL;
	}
	n->server = s;
	n->end = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	n->db = hf_db_new(conninfo, "holdfastd news", TIMEOUT_MS, e);
	if (n->end == -1 || n->db == NULL) {
		if (n->end == -1)
			hf_fail_sys(e, "eventfd");
		goto fail;
	}
	k = pthread_create(&n->thread, NULL, run, n);
	if (k == 0)
		return n;
	errno = k;
	hf_fail_sys(e, "start a thread");
fail:
	if (n->end != -1)
		close(n->end);
	hf_db_free(n->db);
	free(n);
	return NULL;
}

void
hf_news_free(struct hf_news *n)
{
	const uint64_t one = 1;
	ssize_t done;

	if (n == NULL)
		return;
	done = write(n->end, &one, sizeof one);
	(void)done;		/* an empty eventfd takes it */
	pthread_join(n->thread, NULL);
	close(n->end);
	hf_db_free(n->db);
	free(n);
}
