/*
 * lib/store/aws/blob/blob.h -- payloads, inputs and outputs as objects in
 * S3.
 */
#ifndef TQ_STORE_AWS_BLOB_H
#define TQ_STORE_AWS_BLOB_H

#include "store/aws/handle/handle.h"

struct tq_s3_bucket;

/* -- bucket.c ------------------------------------------------------------- */

/*
 * aq_bucket(s, out, err):
 * The store's bucket: the URL's, or the one that is there of the two names that
 * init gives, which S3 is asked for once.  Returns 0, or -1.
 */
int aq_bucket(struct aq *s, struct tq_s3_bucket *out, struct tq_err *err);

/*
 * aq_bucket_name(s, account, regional, a): PREFIX-ACCOUNT-REGION, in ${a}; with
 * "-an" behind it if ${regional}, and if there are such names in the region.
 */
const char *aq_bucket_name(const struct aq *s, const char *account,
    bool regional, struct tq_arena *a);

/*
 * aq_bucket_regional(s, name): is it a name in an account's own namespace here?
 */
bool aq_bucket_regional(const struct aq *s, const char *name);

/*
 * aq_bucket_others(s, c, err): did ${c} fail because the bucket is in another
 * account?  Then ${err} (TQ_E_CONFIG) says so.  Asks S3 when it may be.
 */
bool aq_bucket_others(struct aq *s, const struct tq_aws_call *c,
    struct tq_err *err);

/* -- blob.c --------------------------------------------------------------- */

int aq_blob_write(struct aq *s, const char *name, struct tq_span bytes,
    struct tq_err *err);
int aq_blob_read(struct aq *s, const char *name, struct tq_arena *a,
    struct tq_span *out, struct tq_err *err);

/* -- the verbs, for the table in store.c ---------------------------------- */

int aq_blob_tmp(struct tq_store *, struct tq_err *);
int aq_blob_put(struct tq_store *, const char *, int, bool, struct tq_err *);
int aq_blob_get(struct tq_store *, const char *, int64_t *, struct tq_err *);
int aq_blob_del(struct tq_store *, const char *, struct tq_err *);
int aq_blob_url(struct tq_store *, const char *, int64_t, struct tq_buf *,
    struct tq_err *);
int aq_offer(struct tq_store *, const char *, int64_t, int64_t,
    struct tq_buf *, struct tq_err *);
int aq_offered(struct tq_store *, const char *, int64_t *,
    struct tq_err *);

#endif
