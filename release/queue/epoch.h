#ifndef HF_EPOCH_H
#define HF_EPOCH_H

#include "lib/keylist.h"
#include "release/queue/keyask.h"
#include "release/queue/store.h"

/*
 * The epochs of the release keys: the next one is made half an epoch ahead,
 * the keystore written before the list that names its new key.  What intake
 * and readers are given is only ever what is safely in the keystore.
 */
struct hf_epochs;

struct hf_epoch_info {
	uint8_t key_id[HF_KEYID_LEN];
	uint64_t not_before;
	uint64_t not_after;
};

/* keys: the folder with keystore and keylist; borrowed. */
struct hf_epochs *hf_epochs_new(struct hf_loop *loop, int keys,
    struct hf_keyask *key, struct hf_store *store, long hours,
    struct hf_err *e) HF_MUST_USE;
void hf_epochs_free(struct hf_epochs *ep);
/* Ask role key what it holds; then look after it. */
int hf_epochs_start(struct hf_epochs *ep, struct hf_err *e) HF_MUST_USE;
/* The list as written; empty until role key has told it. */
struct hf_view hf_epochs_list(const struct hf_epochs *ep);
uint64_t hf_epochs_serial(const struct hf_epochs *ep);
size_t hf_epochs_each(const struct hf_epochs *ep,
    const struct hf_epoch_info **out);
/*
 * One more epoch, as soon as possible; fn(arg, err) when it is written.
 * HF_EAGAIN while another is being made.
 */
int hf_epochs_rotate(struct hf_epochs *ep,
    void (*fn)(void *arg, const struct hf_err *err), void *arg,
    struct hf_err *e) HF_MUST_USE;

#endif
