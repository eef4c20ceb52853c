/*
 * The other ends of bench/http.
 *
 *	http-load serve SOCKET            a release service that answers taps at once
 *	http-load direct SOCKET N         ask it N times without holdfastd between
 *	http-load tap PORT N CONNECTIONS  POST /v1/taps over kept connections
 *	http-load version PORT N CONN…    GET /v1/version
 *	http-load connect PORT N          a new TLS connection for each of N requests
 *	http-load idle PORT N             N idle connections until standard input ends
 *
 * Figures go to standard output: "p50 p99 per-second", in microseconds.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sodium.h>

#include "lib/clock.h"
#include "lib/msg.h"
#include "lib/tap.h"

#define CONNECTIONS_MAX 64

static void
must(int good, const char *what)
{
	if (good)
		return;
	perror(what);
	exit(1);
}

/* ---- the release service ---- */

static void
put_tapped(struct hf_buf *b, uint32_t seq)
{
	static const uint8_t nonce[32] = { 7 };

	must(hf_msg_begin(b, HF_MSG_TAP | HF_MSG_REPLY, seq, NULL) == 0 &&
	    hf_put_u8(b, HF_TAP_RELEASED, NULL) == 0 &&
	    hf_put_u16(b, 1, NULL) == 0 && hf_put_str(b, "p1", NULL) == 0 &&
	    hf_put_str(b, "Ann", NULL) == 0 &&
	    hf_put_str(b, "1 document", NULL) == 0 &&
	    hf_put_u8(b, 1, NULL) == 0 &&
	    hf_put_bytes(b, nonce, 32, NULL) == 0, "reply");
}

static int
serve(const char *path)
{
	static uint8_t buf[HF_MSG_MAX];
	struct pollfd fds[CONNECTIONS_MAX];
	nfds_t n = 1, i;
	struct hf_msg m;
	struct hf_buf b;
	int listener;

	must(hf_msg_listen(path, 0666, &listener, NULL) == 0, path);
	hf_buf_init(&b, HF_MSG_MAX);
	fds[0].fd = listener;
	fds[0].events = POLLIN;
	for (;;) {
		must(poll(fds, n, -1) > 0, "poll");
		for (i = 1; i < n; i++) {
			if (fds[i].revents == 0)
				continue;
			if (hf_msg_recv(fds[i].fd, buf, false, &m, NULL) !=
			    1) {
				close(fds[i].fd);
				fds[i--] = fds[--n];
				continue;
			}
			put_tapped(&b, m.seq);
			must(hf_msg_send(fds[i].fd, &b, -1, NULL) == 0,
			    "send");
		}
		if (fds[0].revents != 0 && n < CONNECTIONS_MAX) {
			fds[n].fd = accept(listener, NULL, NULL);
			fds[n].events = POLLIN;
			fds[n++].revents = 0;
		}
	}
}

/* ---- what is asked ---- */

static void
make_tap(struct hf_buf *out)
{
	uint8_t pk[32], sk[64], tap_pk[32], tap_sk[32];
	struct hf_credential c;
	struct hf_id printer;

	memset(&c, 0, sizeof c);
	c.kind = HF_CARD_14443A;
	c.bits = 32;
	hf_id_new(&c.reader);
	hf_id_new(&printer);
	crypto_sign_keypair(pk, sk);
	crypto_box_keypair(tap_pk, tap_sk);
	hf_buf_init(out, HF_TAP_MAX);
	must(hf_tap_put(out, &c, &printer, 1, tap_pk, sk, NULL) == 0, "tap");
}

static int
compare(const void *a, const void *b)
{
	float x, y;

	memcpy(&x, a, sizeof x);
	memcpy(&y, b, sizeof y);
	return x < y ? -1 : x > y;
}

static void
report(float *us, size_t n, double seconds)
{
	qsort(us, n, sizeof *us, compare);
	printf("%.0f %.0f %.0f\n", us[n / 2], us[n * 99 / 100],
	    (double)n / seconds);
}

static int64_t
now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int
direct(const char *path, size_t n)
{
	static uint8_t buf[HF_MSG_MAX];
	float *us = calloc(n, sizeof *us);
	struct hf_buf tap, b;
	int64_t begin, all;
	struct hf_msg m;
	size_t i;
	int sock;

	must(hf_msg_connect(path, &sock, NULL) == 0, path);
	make_tap(&tap);
	hf_buf_init(&b, HF_MSG_MAX);
	all = now_ns();
	for (i = 0; i < n; i++) {
		begin = now_ns();
		must(hf_msg_begin(&b, HF_MSG_TAP, (uint32_t)i, NULL) == 0 &&
		    hf_put_bytes(&b, tap.p, tap.n, NULL) == 0 &&
		    hf_msg_ask(sock, &b, 5000, buf, &m, NULL) == 0, "ask");
		us[i] = (float)(now_ns() - begin) / 1000;
	}
	report(us, n, (double)(now_ns() - all) / 1e9);
	return 0;
}

static SSL_CTX *tls;

static SSL *
dial(int port)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)port) };
	const int on = 1;
	SSL *ssl;
	int fd;

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	fd = socket(AF_INET, SOCK_STREAM, 0);
	must(fd != -1 && connect(fd, (struct sockaddr *)&a, sizeof a) == 0,
	    "connect");
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	ssl = SSL_new(tls);
	SSL_set_fd(ssl, fd);
	must(SSL_connect(ssl) == 1, "TLS handshake");
	return ssl;
}

static void
hang_up(SSL *ssl)
{
	int fd = SSL_get_fd(ssl);

	SSL_free(ssl);
	close(fd);
}

/* One request and its whole answer, which is 200. */
static void
ask(SSL *ssl, const struct hf_buf *request)
{
	char buf[4096], *body;
	size_t have = 0, want = sizeof buf - 1;
	int k;

	must(SSL_write(ssl, request->p, (int)request->n) > 0, "write");
	while (have < want) {
		k = SSL_read(ssl, buf + have, (int)(sizeof buf - 1 - have));
		must(k > 0, "read");
		have += (size_t)k;
		buf[have] = '\0';
		body = strstr(buf, "\r\n\r\n");
		if (body != NULL)
			want = (size_t)(body + 4 - buf) + strtoul(
			    strstr(buf, "Content-Length: ") + 16, NULL, 10);
	}
	must(strncmp(buf, "HTTP/1.1 200 ", 13) == 0, buf);
}

static void
make_request(struct hf_buf *out, const char *what)
{
	struct hf_buf tap;
	char head[256];

	hf_buf_init(out, 8192);
	if (strcmp(what, "tap") != 0) {
		snprintf(head, sizeof head, "GET /v1/version HTTP/1.1\r\n"
		    "Host: localhost\r\n\r\n");
		must(hf_put_bytes(out, head, strlen(head), NULL) == 0, "");
		return;
	}
	make_tap(&tap);
	snprintf(head, sizeof head, "POST /v1/taps HTTP/1.1\r\n"
	    "Host: localhost\r\nContent-Type: application/vnd.holdfast.tap"
	    "\r\nContent-Length: %zu\r\n\r\n", tap.n);
	must(hf_put_bytes(out, head, strlen(head), NULL) == 0 &&
	    hf_put_bytes(out, tap.p, tap.n, NULL) == 0, "request");
}

static void
one_connection(int port, const struct hf_buf *rq, float *us, size_t n)
{
	SSL *ssl = dial(port);
	int64_t begin;
	size_t i;

	for (i = 0; i < 20; i++)
		ask(ssl, rq);	/* warm */
	for (i = 0; i < n; i++) {
		begin = now_ns();
		ask(ssl, rq);
		us[i] = (float)(now_ns() - begin) / 1000;
	}
	hang_up(ssl);
}

static int
load(const char *what, int port, size_t n, size_t connections)
{
	size_t each = n / connections, i;
	struct hf_buf rq;
	int64_t begin;
	int status;
	float *us = mmap(NULL, each * connections * sizeof *us,
	    PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	must(us != MAP_FAILED, "mmap");
	make_request(&rq, what);
	begin = now_ns();
	for (i = 0; i < connections; i++)
		if (fork() == 0) {
			one_connection(port, &rq, us + i * each, each);
			_exit(0);
		}
	for (i = 0; i < connections; i++)
		must(wait(&status) != -1 && status == 0, "a client");
	report(us, each * connections, (double)(now_ns() - begin) / 1e9);
	return 0;
}

static int
connect_anew(int port, size_t n)
{
	float *us = calloc(n, sizeof *us);
	int64_t begin, all = now_ns();
	struct hf_buf rq;
	SSL *ssl;
	size_t i;

	make_request(&rq, "version");
	for (i = 0; i < n; i++) {
		begin = now_ns();
		ssl = dial(port);
		ask(ssl, &rq);
		us[i] = (float)(now_ns() - begin) / 1000;
		hang_up(ssl);
	}
	report(us, n, (double)(now_ns() - all) / 1e9);
	return 0;
}

static int
idle(int port, size_t n)
{
	struct hf_buf rq;
	size_t i;

	make_request(&rq, "version");
	for (i = 0; i < n; i++)
		ask(dial(port), &rq);
	printf("ready\n");
	fflush(stdout);
	(void)getchar();
	return 0;
}

int
main(int argc, char **argv)
{
	size_t n = argc > 3 ? strtoul(argv[3], NULL, 10) : 0;
	int port = argc > 3 ? (int)strtol(argv[2], NULL, 10) : 0;

	must(sodium_init() != -1, "sodium");
	tls = SSL_CTX_new(TLS_client_method());
	if (argc == 3 && strcmp(argv[1], "serve") == 0)
		return serve(argv[2]);
	if (argc == 4 && strcmp(argv[1], "direct") == 0)
		return direct(argv[2], n);
	if (argc == 4 && strcmp(argv[1], "connect") == 0)
		return connect_anew(port, n);
	if (argc == 4 && strcmp(argv[1], "idle") == 0)
		return idle(port, n);
	if (argc == 5)
		return load(argv[1], port, n,
		    strtoul(argv[4], NULL, 10));
	fprintf(stderr, "usage: see the source\n");
	return 2;
}
