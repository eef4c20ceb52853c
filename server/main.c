/*
 * holdfastd: HTTPS for badge readers and for people.
 *
 * SECURITY.  Holds the TLS key of this site and nothing else: no document,
 * no document key, no badge number, no signing key.  Reads every byte that
 * the network sends it: TLS records (OpenSSL), HTTP heads and chunks
 * (http.c, chunk.c, both fuzzed), JSON bodies (jansson); and the answers of
 * the release service.  Starts as root to bind its ports and read the key,
 * then becomes `user` without capabilities, may never gain any, leaves no
 * core, and lives under a system call filter that knows no exec and opens
 * no file for writing.  It relays what readers signed and sealed; it can
 * neither check nor forge that.  It passes passwords on and keeps none; what
 * people see it reads from views that are bound to the session of their
 * request, and what they change it asks the release service for, with that
 * session's token.  Who takes it over reads what passes (which
 * reader, which printer, when), can drop or delay it, can answer readers
 * with lies, has the TLS key, and the passwords and sessions of those who log
 * in meanwhile; he cannot release, open or change a
 * document, and cannot write to the database.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <sodium.h>

#include "lib/log.h"
#include "lib/priv.h"
#include "lib/sandbox.h"
#include "server/conf.h"
#include "server/json.h"
#include "server/limit.h"
#include "server/listen.h"
#include "server/news.h"
#include "server/pool.h"
#include "server/routes.h"
#include "server/server.h"
#include "server/tls.h"

#define PATIENCE_MS 20000	/* longer than any answer may take */
#define WORKERS 8
#define DESCRIPTORS_BESIDE 64	/* of what is no client */

static int
usage(void)
{
	fprintf(stderr, "usage: holdfastd -c holdfastd.conf [-t | -T]\n");
	return 2;
}

static int
need_descriptors(long connections, struct hf_err *e)
{
	struct rlimit r;
	rlim_t need = (rlim_t)connections + DESCRIPTORS_BESIDE;

	if (getrlimit(RLIMIT_NOFILE, &r) == -1)
		return hf_fail_sys(e, "getrlimit");
	if (r.rlim_cur >= need)
		return 0;
	r.rlim_cur = need;
	if (r.rlim_max < need)
		r.rlim_max = need;
	if (setrlimit(RLIMIT_NOFILE, &r) == -1)
		return hf_fail_sys(e,
		    "max_connections %ld needs more descriptors", connections);
	return 0;
}

/* From here on nothing but what the filter allows. */
static int
leave_root(const char *name, struct hf_err *e)
{
	struct hf_user u;

	if (geteuid() == 0) {
		if (hf_user_find(name, &u, e) == -1 ||
		    hf_priv_become(&u, NULL, 0, e) == -1)
			return -1;
	} else if (hf_priv_harden(e) == -1) {
		return -1;
	}
	return hf_sandbox_apply(HF_SANDBOX_WEB, e);
}

static void
say_certificate(struct hf_tls *tls, const char *what)
{
	struct hf_tls_info i;

	hf_tls_info(tls, &i);
	hf_log(HF_INFO, "certificate %s sha256=%s pin=%s not_after=%s", what,
	    i.sha256, i.pin, i.not_after);
}

static void
reload(struct hf_tls *tls)
{
	bool new_key = false, shorter = false;
	struct hf_err e;

	if (hf_tls_reload(tls, &new_key, &shorter, &e) == -1) {
		hf_log_err(HF_ERROR, &e, "certificate not reloaded, the old "
		    "one stays in use");
		return;
	}
	say_certificate(tls, "reloaded");
	if (new_key)
		hf_log(HF_WARN, "certificate has a new key: readers that "
		    "pinned the old one will not connect");
	if (shorter)
		hf_log(HF_WARN, "certificate ends before the one it replaced: "
		    "CUPS clients that know that one will refuse it");
}

/* The main thread waits for signals; the loops do the rest. */
static void
wait_for_the_end(struct hf_server *s, const sigset_t *set)
{
	int sig;

	for (;;) {
		if (sigwait(set, &sig) != 0)
			continue;
		if (sig == SIGHUP) {
			reload(s->tls);
			continue;
		}
		hf_log(HF_INFO, "stopping signal=%d", sig);
		return;
	}
}

static int
serve(const struct hf_web_conf *conf, struct hf_server *s, struct hf_err *e)
{
	struct hf_news *news = NULL;
	char text[64];
	sigset_t set;
	size_t i;

	/* Blocked before any thread is made, so that all inherit it. */
	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	if (need_descriptors(conf->max_connections, e) == -1)
		return -1;
	for (i = 0; i < conf->n_listen; i++, s->n_listen++)
		if (hf_listen_open(conf->listen[i], &s->listen_fd[i], e) == -1)
			return -1;
	if (leave_root(conf->user, e) == -1 ||
	    hf_server_start(s, WORKERS, e) == -1)
		return -1;
	if (conf->database != NULL) {
		news = hf_news_new(s, conf->database, e);
		if (news == NULL) {
			hf_server_stop(s, 0);
			return -1;
		}
	}
	say_certificate(s->tls, "in use");
	for (i = 0; i < s->n_listen; i++) {
		hf_listen_text(s->listen_fd[i], text);
		hf_log(HF_INFO, "listening on %s version=%s", text,
		    HF_VERSION);
	}
	wait_for_the_end(s, &set);
	hf_news_free(news);
	hf_server_stop(s, PATIENCE_MS);
	hf_log(HF_INFO, "stopped");
	return 0;
}

static int
run(const char *path, char mode, struct hf_err *e)
{
	struct hf_web_conf conf;
	struct hf_server *s;
	int rc = -1;
	size_t i;

	if (hf_web_conf_load(path, &conf, e) == -1)
		return -1;
	hf_log_init("holdfastd", conf.log_level);
	s = calloc(1, sizeof *s);	/* its loops are too big for a stack */
	if (s == NULL) {
		hf_fail(e, HF_ENOMEM, "out of memory");
		goto out;
	}
	s->routes = hf_routes;
	s->n_routes = hf_routes_n;
	s->release_socket = conf.release_socket;
	s->times = hf_times_default;
	s->pool = hf_pool_new(conf.database, WORKERS, e);
	if (s->pool == NULL)
		goto out;
	s->tls = hf_tls_new(conf.certificate, conf.certificate_key, e);
	if (s->tls == NULL)
		goto out;
	s->limit = hf_limit_new((size_t)conf.max_connections,
	    (size_t)conf.max_connections_per_address, e);
	if (s->limit == NULL)
		goto out;
	if (mode == 'T')
		hf_web_conf_print(&conf, stdout);
	rc = mode == 'r' ? serve(&conf, s, e) : 0;
out:
	if (s != NULL) {
		for (i = 0; i < s->n_listen; i++)
			close(s->listen_fd[i]);
		hf_limit_free(s->limit);
		hf_tls_free(s->tls);
		hf_pool_free(s->pool);
		free(s);
	}
	hf_web_conf_clear(&conf);
	return rc;
}

int
main(int argc, char **argv)
{
	const char *path = NULL;
	char mode = 'r';
	struct hf_err e;
	int c;

	hf_log_init("holdfastd", HF_INFO);
	while ((c = getopt(argc, argv, "c:tT")) != -1) {
		if (c == 'c')
			path = optarg;
		else if (c == 't' || c == 'T')
			mode = (char)c;
		else
			return usage();
	}
	if (path == NULL || optind != argc)
		return usage();
	if (sodium_init() == -1) {
		hf_log(HF_ERROR, "libsodium does not start");
		return 1;
	}
	hf_json_init();
	if (run(path, mode, &e) == -1) {
		hf_log(HF_ERROR, "%s", e.text);
		return 1;
	}
	return 0;
}
