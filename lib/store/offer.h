/*
 * lib/store/offer.h -- blobs that others store, past whoever asks the store: by
 * an address that is signed for them.
 */
#ifndef TQ_STORE_OFFER_H
#define TQ_STORE_OFFER_H

#include "store/store.h"

/* tq_store_offers(st): does the store have such addresses? */
bool tq_store_offers(const struct tq_store *st);

/*
 * tq_store_offer(st, ref, size, valid_ms, out, err):
 * Append an address to which others can PUT the ${size} bytes of a blob
 * ("blob:NAME") that is not there yet, with "Content-Length: ${size}" and
 * "If-None-Match: *".  A record has to name it within half a day of its being
 * stored: after a whole one a sweep removes it, as any blob without a record.
 */
int tq_store_offer(struct tq_store *st, const char *ref, int64_t size,
    int64_t valid_ms, struct tq_buf *out, struct tq_err *err);

/*
 * tq_store_offered(st, ref, size, err):
 * Was it stored within the last half a day, by the store's own clock?  *${size}
 * is how many bytes it has.  -1 with TQ_E_NOTFOUND, or TQ_E_STATE when it is
 * older.
 */
int tq_store_offered(struct tq_store *st, const char *ref, int64_t *size,
    struct tq_err *err);

#endif
