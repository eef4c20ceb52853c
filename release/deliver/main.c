/*
 * hf-deliver: carries documents of people who have tapped their badge to one
 * printer.
 *
 * SECURITY.  Holds the file key of one document at a time, as long as that
 * document is being checked and sent, and a key pair of its own by which the
 * key role hands such keys over.  Reads two kinds of hostile bytes: what the
 * printer answers (HTTP, TLS, IPP) and sealed documents.  It may connect to
 * hosts, read the descriptors it is given, and nothing else: it runs as
 * hf-deliver, without capabilities, under a system call filter that has
 * neither exec nor a way to create a file.  Whoever takes it over gets the
 * documents on their way to that printer, which the printer sees anyway: not
 * those of other printers, no key that opens another document, no database.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <event2/event.h>
#include <sodium.h>

#include "lib/log.h"
#include "lib/priv.h"
#include "lib/sandbox.h"
#include "release/deliver/wire.h"
#include "release/deliver/work.h"

#define QUEUE_FD 3

static int
run(uint8_t *sk, struct hf_err *e)
{
	struct hf_world *w = NULL;
	struct event_config *config = event_config_new();
	struct event_base *base = NULL;
	SSL_CTX *tls = NULL;
	uint8_t pk[crypto_box_PUBLICKEYBYTES];
	int rc = -1;

	crypto_box_keypair(pk, sk);
	/* Timers of a few milliseconds are kept exactly. */
	if (config != NULL)
		event_config_set_flag(config, EVENT_BASE_FLAG_PRECISE_TIMER);
	base = config != NULL ? event_base_new_with_config(config) : NULL;
	if (base == NULL) {
		hf_fail(e, HF_ENOMEM, "the event loop does not start");
		goto out;
	}
	tls = hf_wire_tls(e);
	if (tls == NULL || hf_sandbox_apply(HF_SANDBOX_DELIVER, e) == -1)
		goto out;
	w = hf_world_new(base, tls, QUEUE_FD, pk, sk, e);
	if (w == NULL)
		goto out;
	event_base_dispatch(base);
	rc = 0;
out:
	hf_world_free(w);
	SSL_CTX_free(tls);
	if (base != NULL)
		event_base_free(base);
	if (config != NULL)
		event_config_free(config);
	return rc;
}

static enum hf_level
level_of(int argc, char **argv)
{
	int level = HF_INFO, c;

	while ((c = getopt(argc, argv, "l:")) != -1) {
		if (c != 'l' || optarg[0] < '0' || optarg[0] > '3' ||
		    optarg[1] != '\0') {
			fputs("usage: hf-deliver [-l level] 3<>socket\n",
			    stderr);
			exit(2);
		}
		level = optarg[0] - '0';
	}
	return (enum hf_level)level;
}

int
main(int argc, char **argv)
{
	struct hf_err e;
	uint8_t *sk = NULL;
	int rc = -1;

	hf_log_init("hf-deliver", level_of(argc, argv));
	signal(SIGPIPE, SIG_IGN);
	/* A name server that is away must not keep us from our heartbeat. */
	setenv("RES_OPTIONS", "timeout:2 attempts:1", 0);
	if (geteuid() == 0) {
		hf_fail(&e, HF_ECONFIG, "must not run as root");
		goto out;
	}
	hf_priv_close_from(QUEUE_FD + 1);
	if (hf_priv_harden(&e) == -1)
		goto out;
	if (sodium_init() == -1 ||
	    (sk = sodium_malloc(crypto_box_SECRETKEYBYTES)) == NULL) {
		hf_fail(&e, HF_ENOMEM, "libsodium does not start");
		goto out;
	}
	rc = run(sk, &e);
out:
	if (rc == -1)
		hf_log_err(HF_ERROR, &e, "ended");
	sodium_free(sk);
	return rc == -1 ? 1 : 0;
}
