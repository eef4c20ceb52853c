/* link: cardreader/conf.c lib/conf.c lib/buf.c lib/err.c lib/id.c -lconfuse */
/*
 * reader.conf: what is accepted can be written, and reads back the same.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cardreader/conf.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static struct hf_reader_conf c, d;
	char text[4096];
	struct hf_buf b;

	if (n >= sizeof text)
		return 0;
	memcpy(text, p, n);
	text[n] = '\0';
	if (hf_reader_conf_parse(text, &c, NULL) == -1)
		return 0;
	hf_buf_init(&b, 65536);
	if (hf_reader_conf_put(&b, &c, NULL) == -1 ||
	    hf_put_u8(&b, 0, NULL) == -1)
		abort();
	memset(&d, 0, sizeof d);
	if (hf_reader_conf_parse((const char *)b.p, &d, NULL) == -1 ||
	    memcmp(&c, &d, sizeof c) != 0)
		abort();
	hf_buf_clear(&b);
	return 0;
}
