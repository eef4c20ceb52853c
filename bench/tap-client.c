/*
 * bench/tap-client: the two ways to a first document byte, timed by the same
 * clock and seen at the same printer.
 *
 *	tap-client tap  SPOOL URL CERT KEYFILE READER PRINTER KEYLIST UIDHEX
 *	tap-client cups SPOOL SOCKET
 *
 * Reads lines from standard input.  tap: "COUNT": post a signed tap over a
 * connection that is kept, and wait for COUNT documents.  cups: "JOB-ID…":
 * Release-Job for each.  SPOOL is ippeveprinter's folder: it creates a file
 * when a document's first byte comes, and closes it after its last.  Prints
 * "FIRST LAST" in microseconds from just before the request was sent.
 */
#include <cups/cups.h>
#include <curl/curl.h>
#include <fcntl.h>
#include <jansson.h>
#include <poll.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/file.h"
#include "lib/tap.h"

#define DEADLINE_MS 60000

static void __attribute__((noreturn))
die(const char *what)
{
	fprintf(stderr, "tap-client: %s\n", what);
	exit(1);
}

struct watch {
	int fd;
	int64_t first, last;	/* microseconds, 0: not yet */
	int closed, want;
};

/* ippeveprinter also makes empty files for its command's output: not these. */
static void
note(struct watch *w, const struct inotify_event *ev)
{
	size_t n = strlen(ev->name);

	if (n > 4 && strcmp(ev->name + n - 4, ".prn") == 0)
		return;
	if ((ev->mask & IN_CREATE) != 0 && w->first == 0)
		w->first = hf_now_us();
	if ((ev->mask & IN_CLOSE_WRITE) != 0 && ++w->closed == w->want)
		w->last = hf_now_us();
}

static void
drain(struct watch *w, int timeout_ms)
{
	char buf[16384] __attribute__((aligned(8)));
	struct pollfd p = { .fd = w->fd, .events = POLLIN };
	const struct inotify_event *ev;
	ssize_t n, at;

	if (poll(&p, 1, timeout_ms) <= 0)
		return;
	n = read(w->fd, buf, sizeof buf);
	for (at = 0; at < n; at += (ssize_t)(sizeof *ev + ev->len)) {
		ev = (const struct inotify_event *)(const void *)(buf + at);
		if (ev->len > 0)
			note(w, ev);
	}
}

static void
start(struct watch *w, int want)
{
	while (w->fd >= 0) {	/* nothing old */
		struct pollfd p = { .fd = w->fd, .events = POLLIN };

		if (poll(&p, 1, 0) <= 0)
			break;
		drain(w, 0);
	}
	w->first = w->last = 0;
	w->closed = 0;
	w->want = want;
}

static void
report(struct watch *w, int64_t began)
{
	int64_t until = hf_now_ms() + DEADLINE_MS;

	while (w->last == 0 && hf_now_ms() < until)
		drain(w, 100);
	if (w->last == 0)
		die("the documents did not arrive");
	printf("%lld %lld\n", (long long)(w->first - began),
	    (long long)(w->last - began));
	fflush(stdout);
}

struct poster {
	CURL *c;
	struct hf_credential cred;
	struct hf_id printer;
	uint8_t tap_pk[32], pk[32], sk[64];
	struct hf_buf answer;
	const char *url;
};

static size_t
keep(char *p, size_t size, size_t n, void *arg)
{
	struct hf_buf *b = arg;

	return hf_put_bytes(b, p, size * n, NULL) == 0 ? size * n : 0;
}

static json_t *
post(struct poster *t, const char *path, const char *type, const void *body,
    size_t n)
{
	struct curl_slist *h = NULL;
	char url[512], head[128];
	json_t *j;

	snprintf(url, sizeof url, "%s%s", t->url, path);
	snprintf(head, sizeof head, "Content-Type: %s", type);
	h = curl_slist_append(h, head);
	h = curl_slist_append(h, "Expect:");
	hf_buf_reset(&t->answer);
	curl_easy_setopt(t->c, CURLOPT_URL, url);
	curl_easy_setopt(t->c, CURLOPT_HTTPHEADER, h);
	curl_easy_setopt(t->c, CURLOPT_POSTFIELDS, body);
	curl_easy_setopt(t->c, CURLOPT_POSTFIELDSIZE, (long)n);
	curl_easy_setopt(t->c, CURLOPT_WRITEFUNCTION, keep);
	curl_easy_setopt(t->c, CURLOPT_WRITEDATA, &t->answer);
	if (curl_easy_perform(t->c) != CURLE_OK)
		die("holdfastd did not answer");
	curl_slist_free_all(h);
	j = json_loadb((const char *)t->answer.p, t->answer.n, 0, NULL);
	if (j == NULL)
		die("no JSON in the answer");
	return j;
}

static void
take_nonce(struct poster *t, json_t *hex)
{
	if (!json_is_string(hex) ||
	    hf_unhex(t->cred.nonce, 32, json_string_value(hex), NULL) == -1)
		die("no nonce");
}

static void
first_nonce(struct poster *t)
{
	char id[HF_ID_TEXT], sig_hex[129], body[512];
	uint8_t sig[64], count = 1;
	uint64_t now = hf_wall_ms();
	json_t *j;

	if (hf_reader_sign(sig, &t->cred.reader, now, hf_view_of(&count, 1),
		t->sk, NULL) == -1)
		die("sign");
	hf_hex(sig_hex, sig, 64);
	hf_id_text(&t->cred.reader, id);
	snprintf(body, sizeof body,
	    "{\"reader\":\"%s\",\"time\":%llu,\"signature\":\"%s\",\"count\":1}",
	    id, (unsigned long long)now, sig_hex);
	j = post(t, "/v1/readers/nonce", "application/json", body,
	    strlen(body));
	take_nonce(t, json_array_get(json_object_get(j, "nonces"), 0));
	json_decref(j);
}

static void
load(struct poster *t, char **a)
{
	struct hf_buf b;
	struct hf_err e;

	hf_buf_init(&b, 65536);
	if (hf_file_read(AT_FDCWD, a[2], &b, &e) == -1 || b.n != 32)
		die("reader key");
	crypto_sign_seed_keypair(t->pk, t->sk, b.p);
	hf_buf_reset(&b);
	if (hf_id_parse(&t->cred.reader, a[3], &e) == -1 ||
	    hf_id_parse(&t->printer, a[4], &e) == -1 ||
	    hf_file_read(AT_FDCWD, a[5], &b, &e) == -1 || b.n < 96)
		die("reader, printer or key list");
	memcpy(t->tap_pk, b.p + 32, 32);
	hf_buf_clear(&b);
	t->cred.kind = HF_CARD_14443A;
	t->cred.bits = (uint16_t)(strlen(a[6]) * 4);
	if (hf_unhex(t->cred.raw, strlen(a[6]) / 2, a[6], &e) == -1)
		die("badge");
	t->url = a[0];
	hf_buf_init(&t->answer, 65536);
	t->c = curl_easy_init();
	curl_easy_setopt(t->c, CURLOPT_CAINFO, a[1]);
	curl_easy_setopt(t->c, CURLOPT_TCP_NODELAY, 1L);
	first_nonce(t);
}

/*
 * The tap's answer comes when the printer has accepted the documents, so the
 * files' times are taken from another process's point of view: ours, by
 * inotify, which queues events until the request returns.  The event's order
 * is right but its time would be late; so a child posts and we watch.
 */
static void
run_tap(struct watch *w, char **a)
{
	static struct poster t;
	int go[2], back[2];
	char line[64], c = 0;

	if (pipe(go) == -1 || pipe(back) == -1)
		die("pipe");
	if (fork() == 0) {
		struct hf_buf tap;
		int64_t began;
		json_t *j;

		close(go[1]);
		load(&t, a);
		hf_buf_init(&tap, HF_TAP_MAX);
		while (read(go[0], &c, 1) == 1) {
			hf_buf_reset(&tap);
			if (hf_tap_put(&tap, &t.cred, &t.printer, hf_wall_ms(),
				t.tap_pk, t.sk, NULL) == -1)
				die("tap");
			began = hf_now_us();
			if (write(back[1], &began, sizeof began) !=
			    sizeof began)
				_exit(1);
			j = post(&t, "/v1/taps", "application/vnd.holdfast.tap",
			    tap.p, tap.n);
			if (strncmp(json_string_value(
					json_object_get(j, "result")),
				"releas", 6) != 0)
				die(json_string_value(
				    json_object_get(j, "message")));
			take_nonce(&t, json_object_get(j, "nonce"));
			json_decref(j);
		}
		_exit(0);
	}
	while (fgets(line, sizeof line, stdin) != NULL) {
		int64_t began = 0;

		start(w, (int)strtol(line, NULL, 10));
		if (write(go[1], &c, 1) != 1 ||
		    read(back[0], &began, sizeof began) != sizeof began)
			die("the poster is gone");
		report(w, began);
	}
}

static void
release(http_t *http, int id)
{
	ipp_t *r = ippNewRequest(IPP_OP_RELEASE_JOB);
	char uri[128];

	snprintf(uri, sizeof uri, "ipp://localhost/jobs/%d", id);
	ippAddString(r, IPP_TAG_OPERATION, IPP_TAG_URI, "job-uri", NULL, uri);
	ippAddString(r, IPP_TAG_OPERATION, IPP_TAG_NAME,
	    "requesting-user-name", NULL, cupsUser());
	ippDelete(cupsDoRequest(http, r, "/jobs"));
	if (cupsLastError() > IPP_STATUS_OK_CONFLICTING)
		die(cupsLastErrorString());
}

static void
run_cups(struct watch *w, char **a)
{
	http_t *http = httpConnect2(a[0], 0, NULL, AF_UNSPEC,
	    HTTP_ENCRYPTION_IF_REQUESTED, 1, 5000, NULL);
	char line[4096], *p, *q;
	int ids[256], n, i;
	int64_t began;

	if (http == NULL)
		die("cannot reach cupsd");
	while (fgets(line, sizeof line, stdin) != NULL) {
		for (n = 0, p = line; n < 256; n++, p = q) {
			ids[n] = (int)strtol(p, &q, 10);
			if (q == p)
				break;
		}
		start(w, n);
		began = hf_now_us();
		for (i = 0; i < n; i++)
			release(http, ids[i]);
		report(w, began);
	}
}

int
main(int argc, char **argv)
{
	struct watch w = { .fd = inotify_init1(IN_CLOEXEC) };

	if (argc < 4 || sodium_init() == -1)
		die("usage: tap|cups SPOOL …");
	if (inotify_add_watch(w.fd, argv[2], IN_CREATE | IN_CLOSE_WRITE) == -1)
		die("cannot watch the printer's folder");
	if (strcmp(argv[1], "tap") == 0 && argc == 10)
		run_tap(&w, argv + 3);
	else if (strcmp(argv[1], "cups") == 0)
		run_cups(&w, argv + 3);
	else
		die("usage");
	return 0;
}
