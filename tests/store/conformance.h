/* tests/store/conformance.h -- what the files of cases share. */
#ifndef CONFORMANCE_H
#define CONFORMANCE_H

#define T_PARTS
#include "../unit/t.h"

#include "store/edges.h"
#include "store/rates.h"
#include "store/setup.h"
#include "store/store.h"
#include "util/env.h"

/* The running case's store, queue and memory; how far time was moved, ms. */
extern struct tq_store *st;
extern char queue[64];
extern struct tq_arena arena;
extern struct tq_err err;
extern struct tq_env env;
extern int64_t shift;

/* ${n}, or fewer where services are slow. */
size_t many(size_t n);
/* on_sqlite(): where thousands cost little. */
bool on_sqlite(void);

/* A new request; stored, or refused; stored PENDING: its id. */
struct tq_task task(const char *type, const char *payload);
struct tq_submitted submit(const struct tq_task *t);
const char *put(const char *type, const char *payload);

struct tq_claimed claim(const char *type, size_t n);
struct tq_answer finish(const struct tq_task *t, enum tq_how how,
    const char *result);
const struct tq_task *get(const char *id);
enum tq_status status_of(const char *id);
struct tq_count count_of(const char *type);

/*
 * edges.c.  A sweep goes over all that other cases have left, which takes moto
 * minutes: those that sweep run first.
 */
void a_parent_is_kept_while_a_child_has_not_ended(void);
void a_deadline_ends_what_is_blocked(void);
extern const struct t_case edge_cases[];
extern const size_t edge_ncases;

#endif
