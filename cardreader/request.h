#ifndef HF_REQUEST_H
#define HF_REQUEST_H

#include <curl/curl.h>

#include "cardreader/https.h"

/* One libcurl transfer, set up the only way we use it (https.h). */
struct hf_request {
	CURL *curl;
	struct curl_slist *headers;
	struct hf_buf body;	/* what is sent */
	struct hf_buf answer;
	char why[CURL_ERROR_SIZE];
	hf_https_done *done;
	void *arg;
};

struct hf_request *hf_request_new(const struct hf_https_server *server,
    const struct hf_https_call *call, struct hf_err *e) HF_MUST_USE;
void hf_request_free(struct hf_request *r);	/* wipes both buffers */
/* Turn libcurl's result into *e or *status. */
int hf_request_result(const struct hf_request *r, CURLcode rv, int *status,
    struct hf_err *e) HF_MUST_USE;
#endif
