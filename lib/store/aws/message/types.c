/* lib/store/aws/message/types.c -- the types that a claim asks for. */
#include <string.h>

#include "store/aws/message/message.h"

static bool
among(const char *const *types, size_t n, const char *type)
{
	size_t i;

	for (i = 0; type != NULL && i < n; i++)
		if (strcmp(types[i], type) == 0)
			return true;
	return false;
}

bool
aq_wants(const struct tq_claim *req, const char *type)
{
	return among(req->types, req->ntypes, type);
}

bool
aq_wants_otherwise(const struct tq_claim *req, const char *type)
{
	return among(req->others, req->nothers, type);
}

/* A number for the claim's types (FNV-1a). */
uint64_t
aq_types_hash(const struct tq_claim *req)
{
	uint64_t h = UINT64_C(14695981039346656037);
	const char *p;
	size_t i;

	for (i = 0; i < req->ntypes; i++)
		for (p = req->types[i]; ; p++) {
			h = (h ^ (unsigned char)*p) * UINT64_C(1099511628211);
			if (*p == '\0')
				break;
		}
	return h;
}
