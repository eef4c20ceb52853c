/* link: server/server.c server/loop.c server/conn.c server/serve.c server/exchange.c server/gate.c server/live.c server/pool.c server/listen.c server/limit.c server/tls.c server/http.c server/target.c server/chunk.c server/route.c server/reply.c server/ask.c server/worker.c -levent_core -lssl -lcrypto -ljansson -lpq -lpthread */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "server/listen.h"

static void
only_a_numeric_address_with_a_port_is_taken(void **state)
{
	static const struct {
		const char *text;
		int family;	/* 0: refused */
		uint16_t port;
	} cases[] = {
		{ "127.0.0.1:8443", AF_INET, 8443 },
		{ "0.0.0.0:0", AF_INET, 0 },
		{ "[::]:65535", AF_INET6, 65535 },
		{ "[2001:db8::7]:443", AF_INET6, 443 },
		{ "", 0, 0 },
		{ ":", 0, 0 },
		{ ":8443", 0, 0 },
		{ "127.0.0.1", 0, 0 },
		{ "127.0.0.1:", 0, 0 },
		{ "127.0.0.1:65536", 0, 0 },
		{ "127.0.0.1:99999999999999999999", 0, 0 },
		{ "127.0.0.1:-1", 0, 0 },
		{ "127.0.0.1:+1", 0, 0 },
		{ "127.0.0.1: 1", 0, 0 },
		{ "127.0.0.1:http", 0, 0 },
		{ "127.0.0.1.5:1", 0, 0 },
		{ "127.1:1", 0, 0 },
		{ "localhost:1", 0, 0 },
		{ "*:1", 0, 0 },
		{ "::1:8443", 0, 0 },
		{ "[::1:8443", 0, 0 },
		{ "[]:1", 0, 0 },
		{ "[127.0.0.1]:1", 0, 0 },
		{ "[fe80::1%lo]:1", 0, 0 },
		{ "1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:1", 0, 0 },
	};
	struct sockaddr_storage a;
	struct sockaddr_in four;
	struct sockaddr_in6 six;
	struct hf_err e;
	socklen_t n;
	size_t i;
	int rc;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		rc = hf_listen_parse(cases[i].text, &a, &n, &e);
		if (rc != (cases[i].family == 0 ? -1 : 0))
			fail_msg("\"%s\": %d", cases[i].text, rc);
		if (rc == -1) {
			assert_int_equal(e.code, HF_ECONFIG);
			continue;
		}
		assert_int_equal(a.ss_family, cases[i].family);
		if (a.ss_family == AF_INET) {
			memcpy(&four, &a, sizeof four);
			assert_int_equal(n, sizeof four);
			assert_int_equal(ntohs(four.sin_port), cases[i].port);
		} else {
			memcpy(&six, &a, sizeof six);
			assert_int_equal(n, sizeof six);
			assert_int_equal(ntohs(six.sin6_port), cases[i].port);
		}
	}
}

static void
the_text_of_a_socket_is_what_it_listens_on(void **state)
{
	char text[64], again[64];
	struct hf_err e;
	int fd, second;

	(void)state;
	assert_int_equal(hf_listen_open("127.0.0.1:0", &fd, &e), 0);
	hf_listen_text(fd, text);
	assert_int_equal(strncmp(text, "127.0.0.1:", 10), 0);
	assert_string_not_equal(text, "127.0.0.1:0");
	/* and it is taken now */
	assert_int_equal(hf_listen_open(text, &second, &e), -1);
	assert_int_equal(e.code, HF_ECONFIG);
	assert_non_null(strstr(e.text, text));
	close(fd);
	assert_int_equal(hf_listen_open("[::1]:0", &fd, &e), 0);
	hf_listen_text(fd, again);
	assert_int_equal(strncmp(again, "[::1]:", 6), 0);
	close(fd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_a_numeric_address_with_a_port_is_taken),
		cmocka_unit_test(the_text_of_a_socket_is_what_it_listens_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
