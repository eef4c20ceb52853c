#ifndef HF_CREW_OWN_H
#define HF_CREW_OWN_H

#include "cardreader/child.h"
#include "cardreader/conf.h"

/* What crew.c and crew_readers.c share. */
struct hf_crew {
	const struct hf_reader_conf *conf;
	struct event_base *base;
	struct event *sig[3];
	struct hf_child station;
	struct hf_child scout;
	struct hf_child slots[HF_SLOTS_MAX];
	bool pcscd_known;	/* told whether it is there */
	bool pcscd_up;
	bool cannot;
};

/* crew_readers.c: a slot process for each reader that there is. */
void hf_crew_readers(struct hf_crew *k, const struct hf_wire *w);
void hf_crew_pcscd(struct hf_crew *k, bool up);

#endif
