#include "cardreader/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cardreader/chore.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/priv.h"

#define BUDGET_MAX_MS 10000
#define LIVED_MS 10000		/* who ran this long had no failure */
#define RESTART_MS 50

static const char *const kinds[] = { "station", "scout", "slot" };

static void
set_timer(struct event *ev, uint64_t ms)
{
	struct timeval tv = { (time_t)(ms / 1000),
		(suseconds_t)(ms % 1000 * 1000) };

	evtimer_add(ev, &tv);
}

/* The socket is not to be trusted any more, or its process is gone. */
static void
drop_socket(struct hf_child *c)
{
	if (c->readable != NULL)
		event_free(c->readable);
	c->readable = NULL;
	if (c->sock != -1)
		close(c->sock);
	c->sock = -1;
	if (c->watchdog != NULL)
		evtimer_del(c->watchdog);
}

static void
on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct hf_child *c = arg;
	struct hf_wire w;
	struct hf_err e;

	(void)fd;
	(void)what;
	switch (hf_wire_recv(c->sock, &w, &e)) {
	case 1:
		c->message(c, &w);
		hf_wire_clear(&w);
		return;
	case 0:
		drop_socket(c);	/* SIGCHLD follows */
		return;
	default:
		if (e.code == HF_EAGAIN)
			return;
		hf_log_err(HF_WARN, &e, "%s %s: message refused",
		    kinds[c->kind], c->name);
		drop_socket(c);
		kill(c->pid, SIGKILL);
	}
}

static void
on_watchdog(evutil_socket_t fd, short what, void *arg)
{
	struct hf_child *c = arg;

	(void)fd;
	(void)what;
	hf_log(HF_WARN, "%s %s hung and was ended", kinds[c->kind], c->name);
	c->overdue = true;
	c->hangs++;
	kill(c->pid, SIGKILL);
	c->hung(c);
}

static void
on_again(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	hf_child_begin(arg);
}

int
hf_child_init(struct hf_child *c, struct event_base *base, struct hf_err *e)
{
	c->pid = -1;
	c->sock = -1;
	c->base = base;
	c->watchdog = evtimer_new(base, on_watchdog, c);
	c->again = evtimer_new(base, on_again, c);
	if (c->watchdog == NULL || c->again == NULL)
		return hf_fail(e, HF_ENOMEM, "out of memory");
	return 0;
}

/*
 * In the new process: nothing of the supervisor's but its own socket, and
 * dead with it.  The event loop is not touched: its epoll is shared.
 */
static void
become(const struct hf_child *c, int sock, pid_t parent)
{
	static const int signals[] = { SIGCHLD, SIGTERM, SIGINT };
	sigset_t none;
	size_t i;

	for (i = 0; i < sizeof signals / sizeof signals[0]; i++)
		signal(signals[i], SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) == -1 || getppid() != parent)
		_exit(1);
	if (sock != 3 && dup3(sock, 3, O_CLOEXEC) == -1)
		_exit(1);
	hf_priv_close_from(4);
	_exit(c->run(c, 3));
}

static int
launch(struct hf_child *c, struct hf_err *e)
{
	sigset_t all, was;
	pid_t parent = getpid(), pid;
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == -1)
		return hf_fail_sys(e, "socketpair");
	/* No handler of ours may run in the new process before it is reset. */
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &was);
	pid = fork();
	if (pid == 0)
		become(c, pair[1], parent);
	sigprocmask(SIG_SETMASK, &was, NULL);
	close(pair[1]);
	if (pid == -1) {
		hf_fail_sys(e, "fork");
		close(pair[0]);
		return -1;
	}
	c->pid = pid;
	c->sock = pair[0];
	c->began_ms = hf_now_ms();
	return 0;
}

void
hf_child_begin(struct hf_child *c)
{
	struct hf_err e;

	if (!c->wanted || c->pid != -1)
		return;
	if (launch(c, &e) == -1) {
		hf_log_err(HF_ERROR, &e, "%s not started", kinds[c->kind]);
		set_timer(c->again, 1000);
		return;
	}
	c->overdue = false;
	c->readable = event_new(c->base, c->sock, EV_READ | EV_PERSIST,
	    on_readable, c);
	if (evutil_make_socket_nonblocking(c->sock) == -1 ||
	    c->readable == NULL || event_add(c->readable, NULL) == -1) {
		hf_log(HF_ERROR, "%s not watched", kinds[c->kind]);
		kill(c->pid, SIGKILL);
	}
}

void
hf_child_end(struct hf_child *c)
{
	c->wanted = false;
	if (c->again != NULL)
		evtimer_del(c->again);
	if (c->pid != -1)
		kill(c->pid, SIGKILL);
}

/*
 * One that was ended for hanging begins at once: its reader must take the
 * next card.  One that dies by itself again and again is given more time.
 */
void
hf_child_ended(struct hf_child *c, int wstatus)
{
	bool overdue = c->overdue;

	drop_socket(c);
	c->pid = -1;
	if (!c->wanted)
		return;
	if (WIFSIGNALED(wstatus) && !overdue)
		hf_log(HF_WARN, "%s %s died signal=%d", kinds[c->kind],
		    c->name, WTERMSIG(wstatus));
	if (overdue || hf_now_ms() - c->began_ms > LIVED_MS)
		c->failures = 0;
	else
		c->failures++;
	set_timer(c->again, RESTART_MS + hf_chore_backoff(c->failures));
}

void
hf_child_busy(struct hf_child *c, uint32_t budget_ms)
{
	set_timer(c->watchdog,
	    budget_ms < BUDGET_MAX_MS ? budget_ms : BUDGET_MAX_MS);
}

void
hf_child_idle(struct hf_child *c)
{
	c->hangs = 0;
	evtimer_del(c->watchdog);
}

void
hf_child_clear(struct hf_child *c)
{
	if (c->base == NULL)
		return;		/* never made */
	drop_socket(c);
	if (c->watchdog != NULL)
		event_free(c->watchdog);
	if (c->again != NULL)
		event_free(c->again);
	c->watchdog = NULL;
	c->again = NULL;
}
