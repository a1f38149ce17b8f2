/* cmd/tq-status/result.c -- --result: the stored bytes, nothing added. */
#include "save.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "task/input.h"
#include "util/str.h"
#include "util/time.h"

/* The record is there, and its bytes are not. */
static int
not_there(struct status *s, const struct tq_task *t)
{
	if (t->damaged)
		return tq_err_set(&s->cli->err, TQ_AT_STORE, TQ_E_CORRUPT,
		    "%s: its result is not what was stored", t->id);
	tq_cli_warn(s->cli, "%s: its result has expired", t->id);
	return TQ_EX_NO;
}

static int
put_result(struct status *s, const struct tq_task *t, const char *to)
{
	struct source src = { .fd = -1, .bytes = t->result,
	    .name = t->output };
	int64_t size;
	int rc;

	if (t->output != NULL && (src.fd = tq_store_blob_get(s->st, t->output,
	    &size, &s->cli->err)) == -1)
		return s->cli->err.code == TQ_E_NOTFOUND ? not_there(s, t) : -1;
	if (src.fd != -1 && t->output_size != 0 && size != t->output_size) {
		close(src.fd);
		return tq_err_set(&s->cli->err, TQ_AT_STORE, TQ_E_CORRUPT,
		    "%s: its output has %lld bytes instead of %lld", t->id,
		    (long long)size, (long long)t->output_size);
	}
	if (t->output == NULL && t->result.n != t->result_size)
		return not_there(s, t);
	if (to != NULL && strcmp(to, "-") != 0)
		rc = save_file(s, &src, to);
	else
		rc = save_stdout(s, &src);
	if (src.fd != -1)
		close(src.fd);
	return rc;
}

static int
put_url(struct status *s, const struct tq_task *t)
{
	struct tq_buf *out = &s->cli->out;

	if (t->output == NULL) {
		tq_cli_warn(s->cli, "%s has no output; its result is shown "
		    "without --url", t->id);
		return TQ_EX_NO;
	}
	if (tq_store_blob_url(s->st, t->output, TQ_HOUR_MS, out,
	    &s->cli->err) == -1)
		return -1;
	return tq_buf_chr(out, '\n');
}

static int
result_of(struct status *s, const struct tq_task *t, const char *to)
{
	switch (t->status) {
	case TQ_COMPLETED:
		return s->o->url ? put_url(s, t) : put_result(s, t, to);
	case TQ_FAILED:
		tq_cli_warn(s->cli, "%s failed: %s", t->id, t->reason != NULL ?
		    t->reason : "no reason was given");
		return TQ_EX_NO;
	case TQ_CANCELLED:
		tq_cli_warn(s->cli, "%s was cancelled", t->id);
		return TQ_EX_CANCELLED;
	default:
		tq_cli_warn(s->cli, "%s has not ended: it is %s (--wait %s "
		    "waits for it)", t->id, tq_status_name(t->status), t->id);
		return TQ_EX_TIMEOUT;
	}
}

/* DIR/ID-NAME, of a name that is too long its end. */
static const char *
name_in_dir(const struct tq_task *t, const char *dir, struct tq_arena *a)
{
	const char *name = t->input_name != NULL &&
	    tq_input_name_ok(t->input_name) ? t->input_name : "result";
	size_t room = NAME_MAX - 1 - strlen(t->id), n = strlen(name);

	while (n > room) {
		name += tq_utf8_len(name, n);
		n = strlen(name);
	}
	return tq_arena_fmt(a, "%s/%s-%s", dir, t->id, name);
}

/* Made for the first result, not for a store that is not there. */
static int
make_dir(struct status *s, const struct tq_task *t)
{
	const char *dir = s->o->dir;

	if (t->status != TQ_COMPLETED || mkdir(dir, 0777) == 0 ||
	    errno == EEXIST)
		return 0;
	return tq_err_sys(&s->cli->err, TQ_AT_OUTPUT, errno == EACCES ?
	    TQ_E_DENIED : TQ_E_IO, errno, "%s", dir);
}

/* The others are worth having when one can't be read. */
static int
save_one(struct status *s, const struct tq_task *t, void *arg)
{
	struct tq_arena a = TQ_ARENA_INIT;
	struct tq_err *err = &s->cli->err;
	const struct tq_task *full;
	const char *path = name_in_dir(t, s->o->dir, &a);
	int rc = status_full(s, t, &a, &full);

	(void)arg;
	if (rc == 0 && (rc = make_dir(s, full)) == 0)
		rc = result_of(s, full, path);
	if (rc == 0) {
		rc = tq_cli_line(s->cli, tq_span_of(path));
	} else if (rc == -1 && err->stage != TQ_AT_OUTPUT &&
	    (err->code == TQ_E_CORRUPT || err->code == TQ_E_NOTFOUND)) {
		tq_cli_warn(s->cli, "%s", err->msg);
		rc = TQ_EX_IO;
	}
	tq_arena_free(&a);
	if (rc > 0)
		s->rc = tq_exit_graver(s->rc, rc);
	return rc == -1 ? -1 : 0;
}

int
mode_result(struct status *s)
{
	const struct opts *o = s->o;
	struct tq_arena a = TQ_ARENA_INIT;
	struct tq_task *t;
	int rc;

	if (o->url + (o->output != NULL) + (o->dir != NULL) > 1)
		return tq_cli_usage(s->cli, "only one of --url, -o and --dir");
	if (s->cli->json)
		return tq_cli_usage(s->cli, "--result gives the stored bytes; "
		    "\"tq-status --json ID\" gives the whole record");
	if (o->dir != NULL)
		return status_each(s, save_one, NULL) == -1 ? -1 : s->rc;
	rc = status_one(s, TQ_WITH_RESULT, &a, &t);
	if (rc == 1)
		rc = result_of(s, t, o->output);
	tq_arena_free(&a);
	return rc == 0 ? s->rc : rc;
}
