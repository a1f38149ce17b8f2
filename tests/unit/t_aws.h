/*
 * tests/unit/t_aws.h -- a world for the credential providers: files, programs
 * and endpoints from a table, and what was asked of them.
 */
#ifndef T_AWS_H
#define T_AWS_H

#include <stdio.h>
#include <string.h>

#include "aws/creds.h"
#include "aws/request.h"
#include "net/http.h"
#include "util/err.h"

#define T_WORLD_MAX	16

struct t_world {
	struct {
		const char	*path, *text;
	} files[T_WORLD_MAX];
	struct {
		const char	*ask;	/* "GET http://host/path?query" */
		int		 status; /* 0: no answer */
		const char	*body;
	} answers[T_WORLD_MAX];
	const char	*run_output;	/* NULL: it fails */
	bool		 write_fails;
	char		 written[4096];	/* the last file, in full */
	/* The calls received: "GET url|header: value|...|body\n" lines. */
	char		 log[16384];
	int		 runs;
	int64_t		 longest_ms;	/* of what a request was given */
	bool		 endless;	/* one was given none: the default */
};

static inline void
t_note(struct t_world *w, const char *s)
{
	size_t n = strlen(w->log);

	snprintf(w->log + n, sizeof(w->log) - n, "%s", s);
}

static inline int
t_world_http(void *arg, const struct tq_aws_req *req, int64_t timeout_ms,
    bool direct, struct tq_http_res *res, struct tq_err *err)
{
	struct t_world *w = arg;
	struct tq_buf ask = TQ_BUF_INIT(65536);
	size_t i;
	int rc = -1;

	w->endless |= timeout_ms <= 0;
	if (timeout_ms > w->longest_ms)
		w->longest_ms = timeout_ms;
	*res = (struct tq_http_res){ .body = TQ_BUF_INIT(65536) };
	tq_buf_fmt(&ask, "%s ", req->method);
	tq_aws_req_url(req, &ask);
	t_note(w, ask.data);
	if (direct)
		t_note(w, "|direct");
	for (i = 0; i < req->nheaders; i++) {
		t_note(w, "|");
		t_note(w, req->header[i].name);
		t_note(w, ": ");
		t_note(w, req->header[i].value);
	}
	if (req->body.n > 0) {
		t_note(w, "|");
		t_note(w, req->text.data);
	}
	t_note(w, "\n");
	for (i = 0; i < T_WORLD_MAX && w->answers[i].ask != NULL; i++)
		if (strcmp(w->answers[i].ask, ask.data) == 0)
			break;
	if (i == T_WORLD_MAX || w->answers[i].ask == NULL ||
	    w->answers[i].status == 0) {
		tq_err_set(err, TQ_AT_SEND, TQ_E_UNAVAILABLE,
		    "%s: not reached", ask.data);
	} else {
		res->status = w->answers[i].status;
		tq_buf_str(&res->body, w->answers[i].body);
		rc = 0;
	}
	tq_buf_free(&ask);
	return rc;
}

static inline int
t_world_read(void *arg, const char *path, struct tq_buf *out,
    struct tq_err *err)
{
	struct t_world *w = arg;
	size_t i;

	for (i = 0; i < T_WORLD_MAX && w->files[i].path != NULL; i++)
		if (strcmp(w->files[i].path, path) == 0)
			return tq_buf_str(out, w->files[i].text);
	return tq_err_set(err, TQ_AT_CREDS, TQ_E_NOTFOUND, "%s: no such file",
	    path);
}

static inline int
t_world_write(void *arg, const char *path, struct tq_span text,
    struct tq_err *err)
{
	struct t_world *w = arg;

	t_note(w, "WRITE ");
	t_note(w, path);
	t_note(w, " ");
	if (w->write_fails)
		return tq_err_set(err, TQ_AT_CREDS, TQ_E_IO, "%s: read-only",
		    path);
	snprintf(w->written, sizeof(w->written), "%.*s", (int)text.n, text.p);
	t_note(w, w->written);
	return 0;
}

static inline int
t_world_run(void *arg, char *const *argv, struct tq_buf *out,
    struct tq_err *err)
{
	struct t_world *w = arg;

	w->runs++;
	for (; *argv != NULL; argv++) {
		t_note(w, "<");
		t_note(w, *argv);
		t_note(w, ">");
	}
	if (w->run_output == NULL)
		return tq_err_set(err, TQ_AT_CREDS, TQ_E_DENIED, "failed");
	return tq_buf_str(out, w->run_output);
}

#endif
