/* lib/task/input.h -- the address of a task's input.  Pure. */
#ifndef TQ_INPUT_H
#define TQ_INPUT_H

struct tq_err;

/* What an input's address is. */
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

#endif
