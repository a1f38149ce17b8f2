/*
 * lib/store/ops.h -- what a store implements; only by_url.c, store.c and the stores
 * include it.  Semantics are in store.h.
 *
 * To add a store: (1) a directory with one `const struct tq_store_ops',
 * (2) its scheme in the table of by_url.c, (3) its name in the list that
 * tests/run walks: the conformance suite is then your judge.
 */
#ifndef TQ_STORE_OPS_H
#define TQ_STORE_OPS_H

#include "store/backup.h"
#include "store/edges.h"
#include "store/offer.h"
#include "store/pushed.h"
#include "store/rates.h"
#include "store/setup.h"
#include "store/store.h"

/* The start of every store's handle. */
struct tq_store {
	const struct tq_store_ops *ops;
	const struct tq_env	*env;
	char			*name;	/* for messages; malloced */
	char			*url;	/* opens it again; malloced */
	char			*note;	/* to be said, or NULL; malloced */
	bool			 shared; /* several users may write to it */
};

/*
 * tq_submit_with(in, out):
 * Settle in->with, before ${in} is stored: what it goes with has its answer in
 * front of ${out}.  False: it is refused, as ${out} says.
 */
bool tq_submit_with(struct tq_submit *in, struct tq_submitted *out);

struct tq_store_ops {
	const char *scheme;		/* "sqlite:" */
	int (*open)(const char *, const struct tq_env *, enum tq_open,
	    struct tq_store **, struct tq_err *);
	void (*close)(struct tq_store *);
	/* NULL: it can't be taken away under a handle. */
	int (*there)(struct tq_store *, struct tq_err *);
	int64_t (*waits)(const struct tq_store *);	/* or NULL */
	int (*submit)(struct tq_store *, const struct tq_submit *, size_t,
	    struct tq_submitted *, struct tq_err *);
	/* These two NULL: queues need no making. */
	int (*queue)(struct tq_store *, const char *, struct tq_err *);
	void (*no_queue)(const struct tq_store *, const char *,
	    struct tq_err *);
	int (*extend)(struct tq_store *, const struct tq_extend *, size_t,
	    struct tq_extended *, struct tq_err *);
	/* n 0 and next set: a claim alone; next NULL: a finish alone. */
	int (*finish)(struct tq_store *, const struct tq_finish *, size_t,
	    struct tq_answer *, const struct tq_claim *, struct tq_claimed *,
	    struct tq_err *);
	int (*get)(struct tq_store *, const char *const *, size_t, unsigned,
	    struct tq_arena *, struct tq_task **, struct tq_err *);
	int (*list)(struct tq_store *, const struct tq_list *,
	    struct tq_arena *, struct tq_page *, struct tq_err *);
	int (*count)(struct tq_store *, const char *, struct tq_arena *,
	    struct tq_count **, size_t *, struct tq_err *);
	int (*rates)(struct tq_store *, struct tq_rates *, struct tq_arena *,
	    struct tq_err *);
	/* NULL: it has no messages. */
	int (*push)(struct tq_store *, const char *const *, size_t,
	    struct tq_pushed *, size_t, struct tq_err *);
	bool asked;	/* tq_store_asked() */
	int (*wait_ready)(struct tq_store *, const char *, uint64_t, int64_t,
	    struct tq_err *);
	/* NULL: nobody tells of cancels, renewals find out. */
	int (*wait_cancel)(struct tq_store *, uint64_t *, int64_t);
	void (*wake)(struct tq_store *);
	int (*wait_ids)(struct tq_store *, const struct tq_ref *, size_t,
	    int64_t, struct tq_arena *, struct tq_task **, struct tq_err *);
	/* bool: those that have not ended may be left out. */
	int (*wait_changes)(struct tq_store *, const char *, bool, const char *,
	    int64_t, struct tq_arena *, struct tq_page *, struct tq_err *);
	int (*cancel)(struct tq_store *, const char *const *, size_t,
	    struct tq_answer *, struct tq_err *);
	int (*redrive)(struct tq_store *, const struct tq_ref *, size_t,
	    struct tq_answer *, struct tq_err *);
	/* bool: though others wait for it. */
	int (*purge)(struct tq_store *, const struct tq_ref *, size_t, bool,
	    struct tq_answer *, struct tq_err *);
	int (*edit)(struct tq_store *, const struct tq_edit *, size_t,
	    struct tq_answer *, struct tq_err *);
	int (*parents)(struct tq_store *, const char *, struct tq_arena *,
	    struct tq_parent **, size_t *, struct tq_err *);
	int (*children)(struct tq_store *, const char *, struct tq_arena *,
	    const char ***, size_t *, struct tq_err *);
	/* NULL: it has no messages. */
	int (*foreign)(struct tq_store *, const char *, size_t,
	    struct tq_arena *, struct tq_foreign **, size_t *, bool *,
	    struct tq_err *);
	int (*control_get)(struct tq_store *, const char *, struct tq_arena *,
	    struct tq_control *, struct tq_err *);
	int (*control_list)(struct tq_store *, struct tq_arena *,
	    struct tq_control **, size_t *, struct tq_err *);
	int (*control_set)(struct tq_store *, const struct tq_control *,
	    struct tq_err *);
	int (*present)(struct tq_store *, const struct tq_presence *, bool,
	    struct tq_err *);
	int (*workers)(struct tq_store *, struct tq_arena *,
	    struct tq_presence **, size_t *, struct tq_err *);
	int (*sweep)(struct tq_store *, const char *, bool, struct tq_swept *,
	    struct tq_err *);
	int (*blob_tmp)(struct tq_store *, struct tq_err *);
	int (*blob_put)(struct tq_store *, const char *, int, bool,
	    struct tq_err *);
	int (*blob_get)(struct tq_store *, const char *, int64_t *,
	    struct tq_err *);
	int (*blob_del)(struct tq_store *, const char *, struct tq_err *);
	int (*blob_url)(struct tq_store *, const char *, int64_t,
	    struct tq_buf *, struct tq_err *);
	/* These two NULL: nobody else can store a blob. */
	int (*offer)(struct tq_store *, const char *, int64_t, int64_t,
	    struct tq_buf *, struct tq_err *);
	int (*offered)(struct tq_store *, const char *, int64_t *,
	    struct tq_err *);
	int (*init)(const char *, const struct tq_env *,
	    const struct tq_init *, tq_finding_fn *, void *, struct tq_err *);
	/* NULL: access to such a store is no matter of policies. */
	int (*policy)(const char *, const struct tq_env *, const char *,
	    const char *const *, size_t, struct tq_buf *, bool *,
	    struct tq_err *);
	/* NULL: nothing of it could be made by a template. */
	int (*template)(const char *, const struct tq_env *,
	    const struct tq_init *, struct tq_buf *, struct tq_err *);
	/* These two NULL: its services have backups of their own. */
	int (*backup)(const char *, const struct tq_env *, int,
	    struct tq_backup *, struct tq_err *);
	int (*restore)(const char *, const struct tq_env *, int,
	    struct tq_backup *, struct tq_err *);
	int (*doctor)(const char *, const struct tq_env *, tq_finding_fn *,
	    void *, enum tq_level *, struct tq_err *);
};

extern const struct tq_store_ops tq_sqlite_ops;

#endif
