/* link: server/limit.c */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "server/limit.h"

static const struct sockaddr *
address(const char *text)
{
	static struct sockaddr_storage a;
	struct sockaddr_in6 six = { .sin6_family = AF_INET6 };
	struct sockaddr_in four = { .sin_family = AF_INET };

	memset(&a, 0, sizeof a);
	if (inet_pton(AF_INET, text, &four.sin_addr) == 1) {
		memcpy(&a, &four, sizeof four);
	} else {
		assert_int_equal(inet_pton(AF_INET6, text, &six.sin6_addr),
		    1);
		memcpy(&a, &six, sizeof six);
	}
	return (const struct sockaddr *)&a;
}

static void
an_address_gets_its_share_and_no_more(void **state)
{
	struct hf_limit *l = hf_limit_new(10, 2, NULL);

	(void)state;
	assert_int_equal(hf_limit_enter(l, address("10.0.0.1")), HF_LIMIT_OK);
	assert_int_equal(hf_limit_enter(l, address("10.0.0.1")), HF_LIMIT_OK);
	assert_int_equal(hf_limit_enter(l, address("10.0.0.1")),
	    HF_LIMIT_ADDRESS);
	assert_int_equal(hf_limit_enter(l, address("10.0.0.2")), HF_LIMIT_OK);
	assert_int_equal(hf_limit_count(l), 3);
	hf_limit_leave(l, address("10.0.0.1"));
	assert_int_equal(hf_limit_enter(l, address("10.0.0.1")), HF_LIMIT_OK);
	hf_limit_free(l);
}

static void
addresses_of_one_client_count_as_one(void **state)
{
	static const char *const same[][2] = {
		{ "2001:db8:1:2::1", "2001:db8:1:2:ffff::9" },
		{ "::ffff:10.1.2.3", "10.1.2.3" },
	};
	static const char *const different[][2] = {
		{ "2001:db8:1:2::1", "2001:db8:1:3::1" },
		{ "::ffff:10.1.2.3", "::ffff:10.1.2.4" },
		{ "10.1.2.3", "11.1.2.3" },
	};
	struct hf_limit *l;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof same / sizeof same[0]; i++) {
		l = hf_limit_new(10, 1, NULL);
		assert_int_equal(hf_limit_enter(l, address(same[i][0])),
		    HF_LIMIT_OK);
		assert_int_equal(hf_limit_enter(l, address(same[i][1])),
		    HF_LIMIT_ADDRESS);
		hf_limit_free(l);
	}
	for (i = 0; i < sizeof different / sizeof different[0]; i++) {
		l = hf_limit_new(10, 1, NULL);
		assert_int_equal(hf_limit_enter(l, address(different[i][0])),
		    HF_LIMIT_OK);
		assert_int_equal(hf_limit_enter(l, address(different[i][1])),
		    HF_LIMIT_OK);
		hf_limit_free(l);
	}
}

static void
the_total_holds_whoever_comes(void **state)
{
	struct hf_limit *l = hf_limit_new(100, 2, NULL);
	char text[32];
	int i;

	(void)state;
	for (i = 0; i < 100; i++) {
		snprintf(text, sizeof text, "10.0.%d.1", i);
		assert_int_equal(hf_limit_enter(l, address(text)),
		    HF_LIMIT_OK);
	}
	assert_int_equal(hf_limit_enter(l, address("10.9.9.9")),
	    HF_LIMIT_TOTAL);
	assert_int_equal(hf_limit_enter(l, address("10.0.1.1")),
	    HF_LIMIT_TOTAL);
	hf_limit_leave(l, address("10.0.50.1"));
	assert_int_equal(hf_limit_enter(l, address("10.9.9.9")), HF_LIMIT_OK);
	hf_limit_free(l);
}

/* Against a plain array of counts, many times. */
static void
it_counts_like_an_array_does(void **state)
{
	enum { N = 40, PER = 3, TOTAL = 60 };
	struct hf_limit *l = hf_limit_new(TOTAL, PER, NULL);
	unsigned seed = 1, count[N] = { 0 }, sum = 0, k;
	enum hf_limit_answer want;
	char text[32];
	int i;

	(void)state;
	for (i = 0; i < 50000; i++) {
		seed = seed * 1103515245u + 12345u;
		k = (seed >> 16) % N;
		snprintf(text, sizeof text, "192.168.1.%u", k);
		if ((seed >> 8) % 2 == 0 && count[k] > 0) {
			hf_limit_leave(l, address(text));
			count[k]--;
			sum--;
			continue;
		}
		want = sum == TOTAL ? HF_LIMIT_TOTAL :
		    count[k] == PER ? HF_LIMIT_ADDRESS : HF_LIMIT_OK;
		assert_int_equal(hf_limit_enter(l, address(text)), want);
		if (want == HF_LIMIT_OK) {
			count[k]++;
			sum++;
		}
		assert_int_equal(hf_limit_count(l), sum);
	}
	hf_limit_free(l);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_address_gets_its_share_and_no_more),
		cmocka_unit_test(addresses_of_one_client_count_as_one),
		cmocka_unit_test(the_total_holds_whoever_comes),
		cmocka_unit_test(it_counts_like_an_array_does),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
