/* link: -lcups */
#include "lib/ippscan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>
#include <cups/cups.h>

struct memory {
	uint8_t bytes[HF_IPP_SCAN_MAX * 2];
	size_t n;
};

static ssize_t
collect(void *arg, ipp_uchar_t *p, size_t n)
{
	struct memory *m = arg;

	assert_true(n <= sizeof m->bytes - m->n);
	memcpy(m->bytes + m->n, p, n);
	m->n += n;
	return (ssize_t)n;
}

static struct memory m;

/* What libcups itself writes. */
static void
write_ipp(ipp_t *ipp)
{
	m.n = 0;
	assert_int_equal(ippWriteIO(&m, collect, 1, NULL, ipp), IPP_STATE_DATA);
	ippDelete(ipp);
}

static void
begin(void)
{
	static const uint8_t head[] = { 2, 0, 0, 0, 0, 0, 0, 1, 0x01 };

	memcpy(m.bytes, head, sizeof head);
	m.n = sizeof head;
}

static void
put(uint8_t tag, size_t name, size_t value)
{
	assert_true(m.n + 5 + name + value <= sizeof m.bytes);
	m.bytes[m.n++] = tag;
	m.bytes[m.n++] = (uint8_t)(name >> 8);
	m.bytes[m.n++] = (uint8_t)name;
	memset(m.bytes + m.n, 'n', name);
	m.n += name;
	m.bytes[m.n++] = (uint8_t)(value >> 8);
	m.bytes[m.n++] = (uint8_t)value;
	memset(m.bytes + m.n, 'v', value);
	m.n += value;
}

static void
stop(void)
{
	m.bytes[m.n++] = 0x03;
}

static int
scan(size_t *end)
{
	struct hf_err e;

	*end = 0;
	return hf_ipp_scan(hf_view_of(m.bytes, m.n), end, &e);
}

static ipp_t *
nested(unsigned depth)
{
	ipp_t *inner = ippNew(), *outer;

	ippAddInteger(inner, IPP_TAG_ZERO, IPP_TAG_INTEGER, "x", 1);
	while (--depth > 0) {
		outer = ippNew();
		ippAddCollection(outer, IPP_TAG_ZERO, "c", inner);
		ippDelete(inner);
		inner = outer;
	}
	return inner;
}

static void
what_libcups_writes_ends_where_it_ends(void **state)
{
	ipp_t *ipp = ippNewRequest(IPP_OP_GET_PRINTER_ATTRIBUTES), *c;
	size_t end;

	(void)state;
	c = nested(HF_IPP_DEPTH_MAX);
	ippAddCollection(ipp, IPP_TAG_JOB, "media-col", c);
	ippDelete(c);
	write_ipp(ipp);
	assert_int_equal(scan(&end), 1);
	assert_int_equal(end, m.n);
	memset(m.bytes + m.n, 0x34, 1000);	/* document data is not looked at */
	m.n += 1000;
	assert_int_equal(scan(&end), 1);
	assert_int_equal(end, m.n - 1000);
}

static void
a_message_cut_anywhere_needs_more(void **state)
{
	ipp_t *ipp = ippNewRequest(IPP_OP_GET_PRINTER_ATTRIBUTES);
	size_t whole, end;

	(void)state;
	ippAddString(ipp, IPP_TAG_OPERATION, IPP_TAG_URI, "printer-uri", NULL,
	    "ipp://localhost/ipp/print");
	write_ipp(ipp);
	whole = m.n;
	for (m.n = 0; m.n < whole; m.n++)
		assert_int_equal(scan(&end), 0);
	assert_int_equal(scan(&end), 1);
}

static void
nesting_beyond_the_limit_is_refused(void **state)
{
	unsigned i;
	size_t end;

	(void)state;
	begin();
	for (i = 0; i < HF_IPP_DEPTH_MAX; i++)
		put(0x34, 1, 0);
	assert_int_equal(scan(&end), 0);
	put(0x34, 1, 0);
	assert_int_equal(scan(&end), -1);
}

static void
many_collections_beside_each_other_are_fine(void **state)
{
	unsigned i;
	size_t end;

	(void)state;
	begin();
	for (i = 0; i < 1000; i++) {
		put(0x34, 1, 0);
		put(0x37, 0, 0);
	}
	stop();
	assert_int_equal(scan(&end), 1);
	assert_int_equal(end, m.n);
}

static void
an_end_without_a_beginning_is_refused(void **state)
{
	size_t end;

	(void)state;
	begin();
	put(0x37, 0, 0);
	assert_int_equal(scan(&end), -1);
}

static void
a_group_that_begins_inside_a_collection_is_refused(void **state)
{
	size_t end;

	(void)state;
	begin();
	put(0x34, 1, 0);
	stop();
	assert_int_equal(scan(&end), -1);
}

static void
a_name_or_value_beyond_its_limit_is_refused(void **state)
{
	size_t end;

	(void)state;
	begin();
	put(0x44, HF_IPP_NAME_MAX, HF_IPP_VALUE_MAX);
	stop();
	assert_int_equal(scan(&end), 1);
	begin();
	put(0x44, HF_IPP_NAME_MAX + 1, 1);
	stop();
	assert_int_equal(scan(&end), -1);
	begin();
	put(0x44, 1, HF_IPP_VALUE_MAX + 1);
	stop();
	assert_int_equal(scan(&end), -1);
}

static void
attributes_without_end_are_refused(void **state)
{
	size_t end;

	(void)state;
	begin();
	while (m.n + 300 < HF_IPP_SCAN_MAX)
		put(0x44, 10, 200);
	assert_int_equal(scan(&end), 0);
	while (m.n < HF_IPP_SCAN_MAX + 10)
		put(0x44, 10, 200);
	assert_int_equal(scan(&end), -1);
	stop();
	assert_int_equal(scan(&end), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_libcups_writes_ends_where_it_ends),
		cmocka_unit_test(a_message_cut_anywhere_needs_more),
		cmocka_unit_test(nesting_beyond_the_limit_is_refused),
		cmocka_unit_test(many_collections_beside_each_other_are_fine),
		cmocka_unit_test(an_end_without_a_beginning_is_refused),
		cmocka_unit_test(
		    a_group_that_begins_inside_a_collection_is_refused),
		cmocka_unit_test(a_name_or_value_beyond_its_limit_is_refused),
		cmocka_unit_test(attributes_without_end_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
