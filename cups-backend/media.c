/* Sizes as PPD files call them (Adobe PPD 4.3, appendix B) and PWG 5101.1. */
#include <string.h>

#include "cups-backend/ticket.h"

static const struct {
	const char *ppd;
	const char *pwg;
} sizes[] = {
	{ "A3", "iso_a3_297x420mm" },
	{ "A4", "iso_a4_210x297mm" },
	{ "A5", "iso_a5_148x210mm" },
	{ "A6", "iso_a6_105x148mm" },
	{ "B4", "jis_b4_257x364mm" },
	{ "B5", "jis_b5_182x257mm" },
	{ "ISOB5", "iso_b5_176x250mm" },
	{ "EnvC5", "iso_c5_162x229mm" },
	{ "EnvC6", "iso_c6_114x162mm" },
	{ "EnvDL", "iso_dl_110x220mm" },
	{ "Env10", "na_number-10_4.125x9.5in" },
	{ "EnvMonarch", "na_monarch_3.875x7.5in" },
	{ "Letter", "na_letter_8.5x11in" },
	{ "Legal", "na_legal_8.5x14in" },
	{ "Tabloid", "na_ledger_11x17in" },
	{ "Ledger", "na_ledger_11x17in" },
	{ "Executive", "na_executive_7.25x10.5in" },
	{ "Statement", "na_invoice_5.5x8.5in" },
	{ "FanFoldGermanLegal", "na_foolscap_8.5x13in" },
	{ "Postcard", "jpn_hagaki_100x148mm" },
};

const char *
hf_media_of_ppd(const char *name)
{
	size_t i, n = strcspn(name, ".");	/* "A4.Transverse" is an A4 */

	for (i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
		if (strlen(sizes[i].ppd) == n &&
		    strncasecmp(name, sizes[i].ppd, n) == 0)
			return sizes[i].pwg;
	return NULL;
}
