#ifndef HF_ROUTES_H
#define HF_ROUTES_H

#include "server/route.h"

/* The rows: everything that holdfastd answers. */
extern const struct hf_route hf_routes[];
extern const size_t hf_routes_n;

#endif
