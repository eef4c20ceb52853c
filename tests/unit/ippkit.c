#include "tests/unit/ippkit.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>

#include <cmocka.h>

#include "release/deliver/ipp.h"

static struct hf_buf b;

void
kit_begin(uint16_t status, uint32_t id)
{
	hf_buf_clear(&b);
	hf_buf_init(&b, 1 << 20);
	assert_int_equal(hf_ipp_put_head(&b, status, id, NULL), 0);
}

void
kit_group(uint8_t tag)
{
	assert_int_equal(hf_ipp_put_group(&b, tag, NULL), 0);
}

void
kit_str(uint8_t tag, const char *name, const char *value)
{
	assert_int_equal(hf_ipp_put_str(&b, tag, name, value, NULL), 0);
}

void
kit_int(uint8_t tag, const char *name, int32_t value)
{
	assert_int_equal(hf_ipp_put_int(&b, tag, name, value, NULL), 0);
}

void
kit_bool(const char *name, bool value)
{
	assert_int_equal(hf_ipp_put_bool(&b, name, value, NULL), 0);
}

void
kit_range(const char *name, int32_t low, int32_t high)
{
	assert_int_equal(hf_ipp_put_range(&b, name, low, high, NULL), 0);
}

void
kit_bytes(const void *p, size_t n)
{
	assert_int_equal(hf_put_bytes(&b, p, n, NULL), 0);
}

struct hf_view
kit_end(void)
{
	kit_group(HF_IPP_END);
	return hf_buf_view(&b);
}

struct hf_view
kit_view(void)
{
	return hf_buf_view(&b);
}
