#ifndef HF_FRAME_H
#define HF_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What the framing filter (hfframe) and the backend agree on: doc/intake.md,
 * "The framed stream".  Constants, the checksum, and the two looks at a
 * document's bytes that both take.  No allocation, no system calls.
 */
#define HF_FRAME_TYPE "application/vnd.holdfast"	/* FINAL_CONTENT_TYPE */
#define HF_FRAME_MAGIC "HFFRAME1"
#define HF_FRAME_MAGIC_LEN 8
#define HF_FRAME_TYPE_MAX 127	/* bytes of a media type */
#define HF_FRAME_CHUNK 65536	/* most bytes in one chunk */
#define HF_FRAME_END_LEN 13	/* state 1, total 8, checksum 4 */

enum hf_frame_state {
	HF_FRAME_WHOLE,
	HF_FRAME_EMPTY,		/* not one byte arrived */
	HF_FRAME_CUT,		/* a PDF without its end */
	HF_FRAME_FOREIGN,	/* nothing that we can name */
	HF_FRAME_UNREAD		/* reading failed in the middle */
};

/*
 * CRC-32 (ISO-HDLC, as in gzip).  It finds accidents, not attackers: both ends
 * are ours and the pipe between them is cupsd's.  Start with 0.
 */
uint32_t hf_crc32(uint32_t crc, const void *p, size_t n);

/*
 * Media type of a document that starts with these bytes, or NULL. 1024 bytes
 * suffice: some programs write a few lines in front of a PDF's header.
 */
const char *hf_sniff(const uint8_t *p, size_t n);
#define HF_SNIFF_LEN 1024

/*
 * Is a PDF whole?  Its end-of-file mark must stand in the last 4 KiB
 * (ISO 32000-1, 7.5.5: on the last line; programs append a little), and no
 * object may begin after it.  Feed all bytes in order; start with {0}.
 */
#define HF_PDF_TAIL 4096
struct hf_pdf_tail {
	uint8_t last[HF_PDF_TAIL];
	size_t n;	/* in use */
};
void hf_pdf_feed(struct hf_pdf_tail *t, const void *p, size_t n);
bool hf_pdf_has_end(const struct hf_pdf_tail *t);

#endif
