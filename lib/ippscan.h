#ifndef HF_IPPSCAN_H
#define HF_IPPSCAN_H

#include "lib/buf.h"

/*
 * Where the attributes of an IPP message end (RFC 8010, section 3), found
 * before a parser sees them.  libcups' ippReadIO recurses once per nested
 * collection without a limit and reads names and values of any length from
 * the network; it is given only what this has walked through.
 */

#define HF_IPP_HEADER 8			/* version, operation or status, request-id */
#define HF_IPP_SCAN_MAX (64 * 1024)	/* header and attributes */
#define HF_IPP_NAME_MAX 255
#define HF_IPP_VALUE_MAX 32767
#define HF_IPP_DEPTH_MAX 8		/* collections inside collections */

/*
 * 1: `in` holds a whole message head, and what follows in[*end] is document
 * data.  0: more bytes are needed.  -1 (HF_EINPUT): not IPP, or over a limit;
 * more bytes will not help.  Pure.
 */
int hf_ipp_scan(struct hf_view in, size_t *end, struct hf_err *e) HF_MUST_USE;

#endif
