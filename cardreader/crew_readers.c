#include <string.h>

#include "cardreader/crew_own.h"
#include "lib/log.h"

static struct hf_child *
find_slot(struct hf_crew *k, const char *name)
{
	size_t i;

	for (i = 0; i < HF_SLOTS_MAX; i++)
		if (k->slots[i].wanted && strcmp(k->slots[i].name, name) == 0)
			return &k->slots[i];
	return NULL;
}

static void
add_slot(struct hf_crew *k, const char *name)
{
	struct hf_child *c;
	size_t i;

	for (i = 0; i < HF_SLOTS_MAX; i++)
		if (!k->slots[i].wanted && k->slots[i].pid == -1)
			break;
	if (i == HF_SLOTS_MAX) {
		hf_log(HF_WARN, "reader %s not used: too many", name);
		return;
	}
	c = &k->slots[i];
	(void)hf_str_copy(c->name, sizeof c->name, name);
	c->wanted = c->listed = true;
	c->hangs = 0;
	c->failures = 0;
	hf_panel_say(name, HF_WORD_READER_ADDED, "the reader is there");
	hf_child_begin(c);
}

static void
remove_unlisted(struct hf_crew *k)
{
	size_t i;

	for (i = 0; i < HF_SLOTS_MAX; i++) {
		if (!k->slots[i].wanted || k->slots[i].listed)
			continue;
		hf_panel_say(k->slots[i].name, HF_WORD_READER_REMOVED,
		    "the reader is gone");
		hf_child_end(&k->slots[i]);
	}
}

void
hf_crew_pcscd(struct hf_crew *k, bool up)
{
	if (up && k->pcscd_known && !k->pcscd_up)
		hf_panel_say(NULL, HF_WORD_PCSCD_BACK,
		    "the card service is back");
	if (!up && (!k->pcscd_known || k->pcscd_up))
		hf_panel_say(NULL, HF_WORD_PCSCD_AWAY,
		    "the card service (pcscd) is away");
	k->pcscd_known = true;
	k->pcscd_up = up;
}

void
hf_crew_readers(struct hf_crew *k, const struct hf_wire *w)
{
	struct hf_child *c;
	size_t i;

	hf_crew_pcscd(k, w->up);
	for (i = 0; i < HF_SLOTS_MAX; i++)
		k->slots[i].listed = false;
	for (i = 0; i < w->n_readers; i++) {
		c = find_slot(k, w->readers[i]);
		if (c != NULL)
			c->listed = true;
	}
	remove_unlisted(k);
	for (i = 0; i < w->n_readers; i++)
		if (find_slot(k, w->readers[i]) == NULL)
			add_slot(k, w->readers[i]);
}
