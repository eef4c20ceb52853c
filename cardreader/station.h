#ifndef HF_STATION_H
#define HF_STATION_H

#include "cardreader/conf.h"
#include "lib/err.h"

/*
 * The process that holds the reader's signing key and the network: seals,
 * signs and posts what the slot processes read (`sock` comes from the
 * supervisor), keeps nonces ahead, and tells the results back.  Returns 0
 * when the supervisor is gone, -1 (HF_ECONFIG, HF_EDENIED …) where it cannot
 * begin.
 */
int hf_station_run(int sock, const struct hf_reader_conf *conf,
    struct hf_err *e) HF_MUST_USE;

#endif
