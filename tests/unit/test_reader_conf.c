/* link: cardreader/conf.c -lconfuse */
#include "cardreader/conf.h"

#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct hf_err err;

static void
fill(struct hf_reader_conf *c)
{
	uint8_t spki[32];

	memset(c, 0, sizeof *c);
	randombytes_buf(spki, sizeof spki);
	strcpy(c->server, "https://print.example:8443");
	hf_pin_text(spki, c->server_pin);
	randombytes_buf(c->site_pk, sizeof c->site_pk);
	hf_id_new(&c->reader);
	strcpy(c->state, "/var/lib/holdfast/reader");
	strcpy(c->user, "hf-reader");
	strcpy(c->default_printer, "p3");
}

static char *
text_of(const struct hf_reader_conf *c)
{
	struct hf_buf b;
	char *s;

	hf_buf_init(&b, 65536);
	assert_int_equal(hf_reader_conf_put(&b, c, &err), 0);
	s = strndup((const char *)b.p, b.n);
	hf_buf_clear(&b);
	return s;
}

static void
what_is_written_is_read_back(void **state)
{
	struct hf_reader_conf c, d;
	char *text;

	(void)state;
	fill(&c);
	c.n_slots = 2;
	strcpy(c.slots[0].name, "ACS ACR122U PICC Interface [CCID] 00 00");
	strcpy(c.slots[0].printer, "Drucker \"S\xc3\xbc" "d\" \\ ${HOME} 'x'");
	strcpy(c.slots[1].name, "ACS*");
	strcpy(c.slots[1].printer, "p1 # not a comment");
	text = text_of(&c);
	assert_int_equal(hf_reader_conf_parse(text, &d, &err), 0);
	assert_memory_equal(&c, &d, sizeof c);
	free(text);
}

static void
a_pin_is_43_digits_and_an_equals_sign(void **state)
{
	const uint8_t zero[32] = { 0 };
	char pin[HF_PIN_LEN];

	(void)state;
	hf_pin_text(zero, pin);
	assert_string_equal(pin,
	    "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
}

static void
bad_values_are_refused(void **state)
{
	static const char *const servers[] = { "http://a", "https://",
		"https://a/b", "https://a?b", "https://u@a", "a" };
	struct hf_reader_conf c, d;
	char *text;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof servers / sizeof servers[0]; i++) {
		fill(&c);
		strcpy(c.server, servers[i]);
		text = text_of(&c);
		assert_int_equal(hf_reader_conf_parse(text, &d, &err), -1);
		assert_int_equal(err.code, HF_ECONFIG);
		free(text);
	}
	fill(&c);
	c.server_pin[12] = '!';
	text = text_of(&c);
	assert_int_equal(hf_reader_conf_parse(text, &d, &err), -1);
	free(text);
	fill(&c);
	strcpy(c.state, "var");
	text = text_of(&c);
	assert_int_equal(hf_reader_conf_parse(text, &d, &err), -1);
	free(text);
}

static void
which_printer_a_reader_has(void **state)
{
	static const struct {
		const char *deflt;
		const char *bound;	/* a letter each */
		const char *slot;
		int want;
	} t[] = {
		{ "", "a", "other", 0 },	/* the only one */
		{ "", "ab", "other", -1 },	/* which? */
		{ "", "", "other", -1 },
		{ "b", "ab", "other", 1 },
		{ "c", "ab", "other", -1 },	/* not bound */
		{ "b", "ab", "left", 0 },	/* its section */
		{ "b", "ab", "USB 7", 2 - 1 },	/* its pattern */
		{ "a", "ac", "USB 7", -1 },	/* section, but not bound */
		{ "", "a", "left", 0 },
		{ "a", "ab", "USB", 0 },	/* shorter than the pattern */
		{ "a", "ab", "lef", 0 },	/* no prefix without a star */
	};
	struct hf_printers p;
	struct hf_reader_conf c;
	size_t i, k;

	(void)state;
	fill(&c);
	c.n_slots = 3;
	strcpy(c.slots[0].name, "left");
	strcpy(c.slots[0].printer, "a");
	strcpy(c.slots[1].name, "USB *");
	strcpy(c.slots[1].printer, "b");
	strcpy(c.slots[2].name, "USB 7");	/* never: the first that fits */
	strcpy(c.slots[2].printer, "a");
	for (i = 0; i < sizeof t / sizeof t[0]; i++) {
		strcpy(c.default_printer, t[i].deflt);
		memset(&p, 0, sizeof p);
		for (k = 0; k < strlen(t[i].bound); k++) {
			p.p[k].name[0] = t[i].bound[k];
			p.n++;
		}
		assert_int_equal(hf_reader_conf_printer(&c, &p, t[i].slot,
		    &err), t[i].want);
		if (t[i].want == -1)
			assert_int_equal(err.code, HF_ECONFIG);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read_back),
		cmocka_unit_test(a_pin_is_43_digits_and_an_equals_sign),
		cmocka_unit_test(bad_values_are_refused),
		cmocka_unit_test(which_printer_a_reader_has),
	};

	if (sodium_init() == -1)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
