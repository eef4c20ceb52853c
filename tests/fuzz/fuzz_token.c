/* link: lib/token.c lib/buf.c lib/err.c */
/* There is one spelling of a token. */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "lib/tap.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	return sodium_init() == -1 ? 1 : 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	char again[HF_TOKEN_TEXT], *text;
	struct hf_token t;

	text = malloc(n + 1);
	if (text == NULL)
		return 0;
	memcpy(text, p, n);
	text[n] = '\0';
	if (hf_token_parse(text, &t, NULL) == 0 &&
	    (hf_token_format(&t, again, NULL) == -1 ||
		strcmp(again, text) != 0))
		abort();
	free(text);
	return 0;
}
