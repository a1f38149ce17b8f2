/* lib/task/input.h -- the address of a task's input; blobs' names.  Pure. */
#ifndef TQ_INPUT_H
#define TQ_INPUT_H

#include <stdbool.h>
#include <stddef.h>

struct tq_arena; struct tq_err; struct tq_task;

/* The kinds of addresses of inputs. */
enum tq_input {
	TQ_INPUT_OTHER,		/* none of these: perhaps a path */
	TQ_INPUT_BLOB, TQ_INPUT_HTTP, TQ_INPUT_S3, TQ_INPUT_DATA
};

/* tq_input_kind(s): by its scheme, in whatever case that is
   written; "blob:" is written so. */
enum tq_input tq_input_kind(const char *s);

/*
 * tq_input_check(s, err):
 * The one judge of an input's address, for whoever takes one: is it a blob's
 * name, an http(s) URL that would be fetched, s3://BUCKET/KEY with names that
 * S3 takes, or a data: URL, and none too long?  Stage parse, TQ_E_DATA or
 * TQ_E_TOOBIG; the message names the address as far as it may be shown.
 */
int tq_input_check(const char *s, struct tq_err *err);

#define TQ_INPUT_NAME_MAX	255	/* bytes; NAME_MAX of Linux */

/*
 * tq_input_name(path, a):
 * The name of an input's file: the last part of ${path}, in ${a}, with
 * a "_" for what can't be printed.  NULL when nothing is left of it, or it is
 * too long.
 */
const char *tq_input_name(const char *path, struct tq_arena *a);

/*
 * tq_input_name_ok(s): may it be one?  1 to 255 bytes that can be printed, no
 * slash, neither "." nor "..": a handler may make a file of that name.
 */
bool tq_input_name_ok(const char *s);

/* tq_blob_name(ref): NAME of "blob:NAME"; NULL if ${ref} is none, or NULL. */
const char *tq_blob_name(const char *ref);

/* tq_task_names_blob(t, name): as its input, output or logs? */
bool tq_task_names_blob(const struct tq_task *t, const char *name);

#define TQ_OWN_BLOBS	4

/*
 * tq_task_own_blobs(t, refs): "blob:..." of those that go when ${t} does: its
 * input, output and logs, as far as they are its own (an input may name another
 * task's output).  Returns how many, at most TQ_OWN_BLOBS.
 */
size_t tq_task_own_blobs(const struct tq_task *t,
    const char *refs[TQ_OWN_BLOBS]);

#endif
