/* lib/store/offer.c -- see offer.h. */
#include "store/offer.h"
#include "store/ops.h"
#include "task/input.h"

bool
tq_store_offers(const struct tq_store *st)
{
	return st->ops->offer != NULL;
}

/* The name in ${ref}; NULL with ${err}: none, or a store that has no offers. */
static const char *
name_of(const struct tq_store *st, const char *ref, struct tq_err *err)
{
	if (!tq_store_offers(st)) {
		tq_err_set(err, TQ_AT_STORE, TQ_E_CONFIG, "%s has no address "
		    "for uploads", tq_store_name(st));
		return NULL;
	}
	if (tq_input_check(ref, err) == -1)
		return NULL;
	return tq_blob_name(ref);
}

int
tq_store_offer(struct tq_store *st, const char *ref, int64_t size,
    int64_t valid_ms, struct tq_buf *out, struct tq_err *err)
{
	const char *name = name_of(st, ref, err);

	return name == NULL ? -1 : st->ops->offer(st, name, size, valid_ms,
	    out, err);
}

int
tq_store_offered(struct tq_store *st, const char *ref, int64_t *size,
    struct tq_err *err)
{
	const char *name = name_of(st, ref, err);

	return name == NULL ? -1 : st->ops->offered(st, name, size, err);
}
