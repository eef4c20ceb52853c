#include "lib/frame.h"

#include <string.h>

#define POLY 0xedb88320u	/* reflected, as ISO-HDLC has it */

/*
 * table[k][b]: what byte b contributes when k more bytes follow it.  Computed
 * at the first use and never changed after that.
 */
static uint32_t table[8][256];
static bool made;

static void
make_table(void)
{
	uint32_t c;
	int b, k;

	for (b = 0; b < 256; b++) {
		c = (uint32_t)b;
		for (k = 0; k < 8; k++)
			c = (c & 1) != 0 ? c >> 1 ^ POLY : c >> 1;
		table[0][b] = c;
	}
	for (b = 0; b < 256; b++)
		for (k = 1; k < 8; k++)
			table[k][b] = table[k - 1][b] >> 8 ^
			    table[0][table[k - 1][b] & 255];
	made = true;
}

static uint32_t
little32(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
	    (uint32_t)p[3] << 24;
}

uint32_t
hf_crc32(uint32_t crc, const void *bytes, size_t n)
{
	const uint8_t *p = bytes;
	uint32_t c = ~crc, a, b;

	if (!made)
		make_table();
	for (; n >= 8; n -= 8, p += 8) {
		a = c ^ little32(p);
		b = little32(p + 4);
		c = table[7][a & 255] ^ table[6][a >> 8 & 255] ^
		    table[5][a >> 16 & 255] ^ table[4][a >> 24] ^
		    table[3][b & 255] ^ table[2][b >> 8 & 255] ^
		    table[1][b >> 16 & 255] ^ table[0][b >> 24];
	}
	for (; n > 0; n--, p++)
		c = c >> 8 ^ table[0][(c ^ *p) & 255];
	return ~c;
}

static bool
starts(const uint8_t *p, size_t n, const char *with, size_t len)
{
	return n >= len && memcmp(p, with, len) == 0;
}

static const struct {
	const char *magic;
	size_t n;
	const char *type;
} kinds[] = {
	{ "%PDF-", 5, "application/pdf" },
	{ "%!", 2, "application/postscript" },
	{ "\x1b%-12345X", 9, "application/octet-stream" },	/* PJL */
	{ "RaS2", 4, "image/pwg-raster" },
	{ "UNIRAST", 8, "image/urf" },	/* the NUL belongs to it */
	{ "\xff\xd8\xff", 3, "image/jpeg" },
};

const char *
hf_sniff(const uint8_t *p, size_t n)
{
	size_t i;

	for (i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		if (starts(p, n, kinds[i].magic, kinds[i].n))
			return kinds[i].type;
	if (n > HF_SNIFF_LEN)
		n = HF_SNIFF_LEN;
	if (n > 0 && memmem(p, n, "%PDF-", 5) != NULL)
		return "application/pdf";
	return NULL;
}

void
hf_pdf_feed(struct hf_pdf_tail *t, const void *bytes, size_t n)
{
	const uint8_t *p = bytes;
	size_t keep;

	if (n >= HF_PDF_TAIL) {
		memcpy(t->last, p + (n - HF_PDF_TAIL), HF_PDF_TAIL);
		t->n = HF_PDF_TAIL;
		return;
	}
	keep = HF_PDF_TAIL - n;		/* of what we have */
	if (t->n > keep) {
		memmove(t->last, t->last + (t->n - keep), keep);
		t->n = keep;
	}
	if (n > 0)
		memcpy(t->last + t->n, p, n);
	t->n += n;
}

bool
hf_pdf_has_end(const struct hf_pdf_tail *t)
{
	static const char *const more[] = { " obj", "stream", "xref" };
	const uint8_t *p = t->last, *next;
	size_t n = t->n, i;
	bool found = false;

	while ((next = memmem(p, n, "%%EOF", 5)) != NULL) {
		n -= (size_t)(next - p) + 5;
		p = next + 5;
		found = true;
	}
	/* An update or the body of a linearized file goes on after the mark. */
	for (i = 0; found && i < sizeof more / sizeof more[0]; i++)
		if (memmem(p, n, more[i], strlen(more[i])) != NULL)
			return false;
	return found;
}
