#include "cardreader/https.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cardreader/request.h"

#define CONNECTIONS_MAX 8

/*
 * libcurl tells which descriptors it waits for; connections that it keeps but
 * does not use are watched by us, so that a server that closes is noticed.
 */
struct watched {
	int fd;			/* -1: free */
	struct event *ev;
};

struct hf_https {
	struct event_base *base;
	struct hf_https_server server;
	CURLM *multi;
	struct event *timer;
	struct watched open[CONNECTIONS_MAX * 2];
	void (*lost)(void *arg);
	void *arg;
};
#define N_OPEN (CONNECTIONS_MAX * 2)

static struct watched *
find(struct hf_https *h, int fd)
{
	size_t i;

	for (i = 0; i < N_OPEN; i++)
		if (h->open[i].fd == fd)
			return &h->open[i];
	return NULL;
}

/* Transfers that are over: tell whoever asked. */
static void
reap(struct hf_https *h)
{
	struct hf_err why = { .code = HF_OK };
	struct hf_https_answer a;
	struct hf_request *r;
	CURLMsg *m;
	int left, rc;

	while ((m = curl_multi_info_read(h->multi, &left)) != NULL) {
		if (m->msg != CURLMSG_DONE)
			continue;
		r = NULL;
		curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &r);
		rc = hf_request_result(r, m->data.result, &a.status, &why);
		a.body = hf_buf_view(&r->answer);
		curl_multi_remove_handle(h->multi, r->curl);
		r->done(r->arg, rc == 0 ? &a : NULL, &why);
		hf_request_free(r);
	}
}

static void
on_socket(evutil_socket_t fd, short what, void *arg)
{
	struct hf_https *h = arg;
	int mask = 0, running;

	if (what & EV_READ)
		mask |= CURL_CSELECT_IN;
	if (what & EV_WRITE)
		mask |= CURL_CSELECT_OUT;
	curl_multi_socket_action(h->multi, fd, mask, &running);
	reap(h);
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct hf_https *h = arg;
	int running;

	(void)fd;
	(void)what;
	curl_multi_socket_action(h->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	reap(h);
}

static void
on_idle(evutil_socket_t fd, short what, void *arg)
{
	struct hf_https *h = arg;

	(void)fd;
	(void)what;
	h->lost(h->arg);
}

static struct event *
watch(struct hf_https *h, int fd, short what, event_callback_fn fn)
{
	struct event *ev = event_new(h->base, fd, what, fn, h);

	if (ev != NULL && event_add(ev, NULL) == 0)
		return ev;
	if (ev != NULL)
		event_free(ev);
	return NULL;	/* libcurl's own timer ends the transfer then */
}

static void
unwatch(struct event *ev)
{
	if (ev != NULL)
		event_free(ev);
}

/* CURLMOPT_SOCKETFUNCTION: what libcurl wants to wait for. */
static int
want(CURL *easy, curl_socket_t fd, int what, void *arg, void *mine)
{
	struct hf_https *h = arg;
	struct watched *w = find(h, fd);
	struct event *ev = NULL;

	(void)easy;
	unwatch(w != NULL ? w->ev : mine);
	if (what == CURL_POLL_REMOVE) {
		if (w != NULL)
			w->ev = watch(h, fd, EV_READ, on_idle);
		return 0;
	}
	ev = watch(h, fd, (short)(EV_PERSIST |
	    ((what & CURL_POLL_IN) ? EV_READ : 0) |
	    ((what & CURL_POLL_OUT) ? EV_WRITE : 0)), on_socket);
	if (w != NULL)
		w->ev = ev;
	else	/* a pipe of the name resolver: not ours to keep */
		curl_multi_assign(h->multi, fd, ev);
	return 0;
}

static int
set_timer(CURLM *multi, long ms, void *arg)
{
	struct hf_https *h = arg;
	struct timeval tv = { ms / 1000, ms % 1000 * 1000 };

	(void)multi;
	if (ms < 0)
		evtimer_del(h->timer);
	else
		evtimer_add(h->timer, &tv);
	return 0;
}

static curl_socket_t
open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *a)
{
	struct hf_https *h = arg;
	struct watched *w = find(h, -1);
	int fd;

	(void)purpose;
	if (w == NULL)
		return CURL_SOCKET_BAD;
	fd = socket(a->family, a->socktype | SOCK_CLOEXEC, a->protocol);
	if (fd == -1)
		return CURL_SOCKET_BAD;
	w->fd = fd;
	return fd;
}

static int
close_socket(void *arg, curl_socket_t fd)
{
	struct hf_https *h = arg;
	struct watched *w = find(h, fd);

	if (w != NULL) {
		unwatch(w->ev);
		w->ev = NULL;
		w->fd = -1;
	}
	return close(fd);
}

struct hf_https *
hf_https_new(struct event_base *base, const struct hf_https_server *server,
    void (*lost)(void *arg), void *arg, struct hf_err *e)
{
	struct hf_https *h = calloc(1, sizeof *h);
	size_t i;

	if (h == NULL)
		goto fail;
	for (i = 0; i < N_OPEN; i++)
		h->open[i].fd = -1;
	h->base = base;
	h->server = *server;
	h->lost = lost;
	h->arg = arg;
	h->timer = evtimer_new(base, on_timer, h);
	h->multi = curl_multi_init();
	if (h->timer == NULL || h->multi == NULL)
		goto fail;
	curl_multi_setopt(h->multi, CURLMOPT_SOCKETFUNCTION, want);
	curl_multi_setopt(h->multi, CURLMOPT_SOCKETDATA, h);
	curl_multi_setopt(h->multi, CURLMOPT_TIMERFUNCTION, set_timer);
	curl_multi_setopt(h->multi, CURLMOPT_TIMERDATA, h);
	curl_multi_setopt(h->multi, CURLMOPT_MAXCONNECTS, 2L);
	curl_multi_setopt(h->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS,
	    (long)CONNECTIONS_MAX);
	return h;
fail:
	hf_https_free(h);
	hf_fail(e, HF_ENOMEM, "out of memory");
	return NULL;
}

void
hf_https_free(struct hf_https *h)
{
	size_t i;

	if (h == NULL)
		return;
	if (h->multi != NULL)
		curl_multi_cleanup(h->multi);
	for (i = 0; i < N_OPEN; i++)
		unwatch(h->open[i].ev);
	if (h->timer != NULL)
		event_free(h->timer);
	free(h);
}

int
hf_https_start(struct hf_https *h, const struct hf_https_call *call,
    hf_https_done *done, void *arg, struct hf_err *e)
{
	struct hf_request *r = hf_request_new(&h->server, call, e);

	if (r == NULL)
		return -1;
	r->done = done;
	r->arg = arg;
	curl_easy_setopt(r->curl, CURLOPT_OPENSOCKETFUNCTION, open_socket);
	curl_easy_setopt(r->curl, CURLOPT_OPENSOCKETDATA, h);
	curl_easy_setopt(r->curl, CURLOPT_CLOSESOCKETFUNCTION, close_socket);
	curl_easy_setopt(r->curl, CURLOPT_CLOSESOCKETDATA, h);
	if (curl_multi_add_handle(h->multi, r->curl) != CURLM_OK) {
		hf_request_free(r);
		return hf_fail(e, HF_ENOMEM, "cannot start a request");
	}
	return 0;
}
