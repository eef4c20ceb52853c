#include "server/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/buf.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "server/conn.h"
#include "server/limit.h"
#include "server/server.h"

#define BACKLOG 1024
#define ACCEPTS_A_TURN 16
#define NO_DESCRIPTOR_MS 100	/* pause after EMFILE */
#define SAY_EVERY_MS 10000

int
hf_listen_parse(const char *text, struct sockaddr_storage *out, socklen_t *n,
    struct hf_err *e)
{
	const char *colon = strrchr(text, ':');
	struct sockaddr_in6 six = { .sin6_family = AF_INET6 };
	struct sockaddr_in four = { .sin_family = AF_INET };
	char host[INET6_ADDRSTRLEN + 2];
	unsigned long port;
	size_t k;

	memset(out, 0, sizeof *out);
	if (colon == NULL || (k = (size_t)(colon - text)) >= sizeof host)
		goto fail;
	memcpy(host, text, k);
	host[k] = '\0';
	if (colon[1] == '\0' ||
	    strspn(colon + 1, "0123456789") != strlen(colon + 1))
		goto fail;
	port = strtoul(colon + 1, NULL, 10);
	if (port > 65535)
		goto fail;
	if (k >= 2 && host[0] == '[' && host[k - 1] == ']') {
		host[k - 1] = '\0';
		if (inet_pton(AF_INET6, host + 1, &six.sin6_addr) != 1)
			goto fail;
		six.sin6_port = htons((uint16_t)port);
		memcpy(out, &six, sizeof six);
		*n = sizeof six;
		return 0;
	}
	if (inet_pton(AF_INET, host, &four.sin_addr) != 1)
		goto fail;
	four.sin_port = htons((uint16_t)port);
	memcpy(out, &four, sizeof four);
	*n = sizeof four;
	return 0;
fail:
	return hf_fail(e, HF_ECONFIG,
	    "listen: \"%s\" is not ADDRESS:PORT with a numeric address", text);
}

int
hf_listen_open(const char *text, int *out, struct hf_err *e)
{
	struct sockaddr_storage a;
	const int on = 1;
	socklen_t n;
	int fd;

	if (hf_listen_parse(text, &a, &n, e) == -1)
		return -1;
	fd = socket(a.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
	    0);
	if (fd == -1)
		return hf_fail_sys(e, "socket");
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == -1 ||
	    (a.ss_family == AF_INET6 && setsockopt(fd, IPPROTO_IPV6,
	    IPV6_V6ONLY, &on, sizeof on) == -1) ||
	    bind(fd, (struct sockaddr *)&a, n) == -1 ||
	    listen(fd, BACKLOG) == -1) {
		hf_fail_sys(e, "listen on %s", text);
		e->code = HF_ECONFIG;
		close(fd);
		return -1;
	}
	*out = fd;
	return 0;
}

void
hf_listen_text(int fd, char out[static 64])
{
	char host[INET6_ADDRSTRLEN] = "?";
	struct sockaddr_storage a;
	struct sockaddr_in6 six;
	struct sockaddr_in four;
	socklen_t n = sizeof a;

	memset(&a, 0, sizeof a);
	if (getsockname(fd, (struct sockaddr *)&a, &n) == -1)
		a.ss_family = AF_UNSPEC;
	if (a.ss_family == AF_INET6) {
		memcpy(&six, &a, sizeof six);
		inet_ntop(AF_INET6, &six.sin6_addr, host, sizeof host);
		snprintf(out, 64, "[%s]:%u", host, ntohs(six.sin6_port));
	} else {
		memcpy(&four, &a, sizeof four);
		inet_ntop(AF_INET, &four.sin_addr, host, sizeof host);
		snprintf(out, 64, "%s:%u", host, ntohs(four.sin_port));
	}
}

/* Not one line a connection: who floods us must not flood the log. */
static void
say_refused(struct hf_loop *l, enum hf_limit_answer why)
{
	int64_t now = hf_now_ms();

	l->refused++;
	if (l->refused_said_ms != 0 &&
	    now - l->refused_said_ms < SAY_EVERY_MS)
		return;
	hf_log(HF_WARN, "connections refused: %s count=%llu",
	    why == HF_LIMIT_TOTAL ? "max_connections reached" :
	    "max_connections_per_address reached",
	    (unsigned long long)l->refused);
	l->refused = 0;
	l->refused_said_ms = now;
}

static void
pause_accepting(struct hf_loop *l)
{
	const struct timeval tv = { 0, NO_DESCRIPTOR_MS * 1000 };
	size_t i;

	for (i = 0; i < l->server->n_listen; i++)
		event_del(&l->ev_accept[i]);
	evtimer_add(&l->ev_accept_again, &tv);
}

static void
on_accept_again(evutil_socket_t fd, short what, void *arg)
{
	struct hf_loop *l = arg;
	size_t i;

	(void)fd;
	(void)what;
	for (i = 0; i < l->server->n_listen; i++)
		event_add(&l->ev_accept[i], NULL);
}

static void
on_accept(evutil_socket_t fd, short what, void *arg)
{
	enum hf_limit_answer answer;
	struct sockaddr_storage a;
	struct hf_loop *l = arg;
	struct hf_err e;
	socklen_t n;
	int i, k;

	(void)what;
	for (i = 0; i < ACCEPTS_A_TURN; i++) {
		n = sizeof a;
		memset(&a, 0, sizeof a);
		k = accept4(fd, (struct sockaddr *)&a, &n,
		    SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (k == -1 && (errno == EMFILE || errno == ENFILE ||
		    errno == ENOBUFS || errno == ENOMEM)) {
			hf_fail_sys(&e, "accept");
			hf_log_err(HF_WARN, &e, "connection not accepted");
			pause_accepting(l);
			return;
		}
		if (k == -1)
			return;	/* the other loop was first, or it is gone */
		answer = hf_limit_enter(l->server->limit,
		    (struct sockaddr *)&a);
		if (answer != HF_LIMIT_OK) {
			say_refused(l, answer);
			close(k);
			continue;
		}
		if (hf_conn_new(l, k, &a, &e) == -1)
			hf_log_err(HF_WARN, &e, "connection not accepted");
	}
}

int
hf_listen_attach(struct hf_loop *l, struct hf_err *e)
{
	size_t i;

	l->ev_accept = calloc(l->server->n_listen, sizeof *l->ev_accept);
	if (l->ev_accept == NULL)
		return hf_fail(e, HF_ENOMEM, "out of memory");
	evtimer_assign(&l->ev_accept_again, l->base, on_accept_again, l);
	for (i = 0; i < l->server->n_listen; i++) {
		event_assign(&l->ev_accept[i], l->base,
		    l->server->listen_fd[i], EV_READ | EV_PERSIST, on_accept,
		    l);
		event_add(&l->ev_accept[i], NULL);
	}
	return 0;
}

void
hf_listen_detach(struct hf_loop *l)
{
	size_t i;

	if (l->ev_accept == NULL)
		return;
	event_del(&l->ev_accept_again);
	for (i = 0; i < l->server->n_listen; i++)
		event_del(&l->ev_accept[i]);
	free(l->ev_accept);
	l->ev_accept = NULL;
}
