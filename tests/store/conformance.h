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

extern const struct t_case edge_cases[];	/* edges.c */
extern const size_t edge_ncases;

#endif
