/* lib/serve/api/tasks.c -- one task, lists of them, cancel and redrive. */
#include <stdlib.h>
#include <string.h>

#include "serve/api/inside.h"
#include "util/json.h"
#include "util/limits.h"
#include "util/str.h"
#include "util/time.h"

#define ANSWER_MAX	(2 * TQ_PAYLOAD_MAX + 1024 * 1024)
#define LIST_MAX	1000
#define IDS_MAX		200
#define LIST_LOOK_MS	100	/* for a page that is not empty */

static enum MHD_Result
no_task(struct sv_req *r)
{
	return sv_answer_problem(r, TQ_P_NOT_FOUND, tq_arena_fmt(&r->arena,
	    "no such task %s", r->task_id), NULL);
}

static const char *
etag(struct sv_req *r, uint64_t rev)
{
	return tq_arena_fmt(&r->arena, "\"%llu\"", (unsigned long long)rev);
}

static enum MHD_Result
answer_task(struct sv_req *r, const struct tq_task *t)
{
	struct tq_buf b = TQ_BUF_INIT(ANSWER_MAX);
	struct MHD_Response *resp;
	int64_t n;

	sv_task_write(r, t, &b);
	tq_buf_chr(&b, '\n');
	n = (int64_t)b.len;
	if ((resp = sv_answer_of(&b, "application/json")) == NULL)
		return MHD_NO;
	sv_answer_header(resp, "ETag", etag(r, t->rev));
	sv_answer_header(resp, "Cache-Control", "no-cache");
	return sv_answer(r, 200, resp, n);
}

static enum MHD_Result
answer_same(struct sv_req *r, uint64_t rev)
{
	struct MHD_Response *resp = MHD_create_response_from_buffer(0, NULL,
	    MHD_RESPMEM_PERSISTENT);

	if (resp == NULL)
		return MHD_NO;
	sv_answer_header(resp, "ETag", etag(r, rev));
	return sv_answer(r, 304, resp, 0);
}

/* May it be answered, or is there time to wait for another state? */
static enum MHD_Result
get_look(struct sv_req *r)
{
	const char *have = sv_header(r, "If-None-Match");
	struct tq_err err = TQ_ERR_INIT;
	struct tq_task *t;
	int64_t left = r->wait.until - tq_boot_ms(r->s->env);
	bool same, wait;

	if (sv_reader_task(r, r->task_id, TQ_WITH_PAYLOAD | TQ_WITH_RESULT, &t,
	    &err) == -1)
		return sv_answer_err(r, &err);
	if (t == NULL)
		return no_task(r);
	same = have != NULL && tq_etag_match(have, tq_arena_fmt(&r->arena,
	    "%llu", (unsigned long long)t->rev));
	/* With a known state: until another.  Without: until the end. */
	wait = have != NULL ? same :
	    (TQ_BIT(t->status) & TQ_FINISHED) == 0;
	if (wait && r->wait_ms >= 0 && left > 0 && !sv_stopping(r->s)) {
		sv_watch_for(r, t, left, have == NULL, get_look);
		return MHD_YES;
	}
	return same ? answer_same(r, t->rev) : answer_task(r, t);
}

enum MHD_Result
sv_get_run(struct sv_req *r)
{
	bool bad;

	if (sv_wait_asked(r, &r->wait_ms, &bad))
		r->wait.until = tq_boot_ms(r->s->env) + r->wait_ms;
	else
		r->wait_ms = -1;
	if (bad)
		return sv_answer_problem(r, TQ_P_BAD_REQUEST,
		    "wait: must be a duration such as 30s", NULL);
	return get_look(r);
}

static enum MHD_Result
change_done(struct sv_req *r)
{
	const struct tq_answer *a = &r->job.answer;
	struct tq_buf b = TQ_BUF_INIT(4096);
	bool cancel = r->job.kind == SV_OP_CANCEL;

	if (r->job.rc == -1)
		return sv_answer_err(r, &r->job.err);
	if (a->code == TQ_E_NOTFOUND)
		return no_task(r);
	if (a->code != TQ_OK)
		return sv_answer_problem(r, tq_problem_of(a->code),
		    tq_arena_fmt(&r->arena, a->code == TQ_E_STATE ?
		    "task %s is %s" : "task %s has changed (it is %s now)",
		    r->task_id, tq_status_name(a->status)), NULL);
	tq_buf_chr(&b, '{');
	tq_json_member_str(&b, "taskId", r->task_id);
	tq_json_member_str(&b, "status", tq_status_name(a->status));
	if (cancel && a->status == TQ_RUNNING)
		tq_json_member_bool(&b, "cancelRequested", true);
	tq_buf_str(&b, "}\n");
	return sv_answer_json(r, cancel && a->status == TQ_RUNNING ? 202 : 200,
	    &b);
}

static enum MHD_Result
change(struct sv_req *r, enum sv_op_kind kind, uint64_t rev)
{
	r->job.kind = kind;
	r->job.req = r;
	r->job.ref = (struct tq_ref){ r->task_id, rev };
	sv_suspend(r, change_done);
	sv_exec_put(&r->s->writer, &r->job);
	return MHD_YES;
}

enum MHD_Result
sv_cancel_run(struct sv_req *r)
{
	return change(r, SV_OP_CANCEL, 0);
}

enum MHD_Result
sv_redrive_run(struct sv_req *r)
{
	const char *match = sv_header(r, "If-Match");
	uint64_t rev = 0;
	char *end;

	if (match != NULL && strcmp(match, "*") != 0) {
		if (*match != '"')
			return sv_answer_problem(r, TQ_P_BAD_REQUEST,
			    "If-Match: must be an ETag of a task", NULL);
		rev = strtoull(match + 1, &end, 10);
		if (rev == 0 || strcmp(end, "\"") != 0)
			return sv_answer_problem(r, TQ_P_PRECONDITION,
			    "If-Match: is not the task's ETag", NULL);
	}
	return change(r, SV_OP_REDRIVE, rev);
}

/* ?ids=a,b,c: those that are there, and the names of those that are not. */
static enum MHD_Result
list_ids(struct sv_req *r, const char *list)
{
	struct tq_buf b = TQ_BUF_INIT(ANSWER_MAX), missing = TQ_BUF_INIT(65536);
	const char *ids[IDS_MAX], *p;
	struct tq_task *t[IDS_MAX];
	struct tq_err err = TQ_ERR_INIT;
	struct tq_store *st;
	size_t i, n = 0, len;

	for (p = list; *p != '\0'; p += len + (p[len] == ',')) {
		len = strcspn(p, ",");
		if (n == IDS_MAX)
			return sv_answer_problem(r, TQ_P_BAD_REQUEST,
			    "ids: at most 200", NULL);
		ids[n] = tq_arena_dup(&r->arena, p, len);
		if (!tq_name_ok(ids[n++]))
			return sv_answer_problem(r, TQ_P_BAD_REQUEST,
			    "ids: one is no task id", NULL);
	}
	if ((st = sv_reader_get(r->s, &err)) == NULL)
		return sv_answer_err(r, &err);
	if (tq_store_get(st, ids, n, 0, &r->arena, t, &err) == -1) {
		sv_reader_failed(r->s, &err);
		return sv_answer_err(r, &err);
	}
	tq_buf_str(&b, "{\"tasks\":[");
	for (i = 0; i < n; i++) {
		if (t[i] == NULL) {
			tq_buf_chr(&missing, missing.len > 0 ? ',' : '[');
			tq_json_put_str(&missing, tq_span_of(ids[i]));
			continue;
		}
		if (b.data[b.len - 1] != '[')
			tq_buf_chr(&b, ',');
		sv_task_write(NULL, t[i], &b);
	}
	tq_buf_str(&b, "],\"missing\":");
	tq_buf_str(&b, missing.len > 0 ? missing.data : "[");
	tq_buf_str(&b, "]}\n");
	tq_buf_free(&missing);
	return sv_answer_json(r, 200, &b);
}

static bool
take_statuses(const char *list, unsigned *bits, struct tq_arena *a)
{
	enum tq_status s;
	size_t len;

	for (; *list != '\0'; list += len + (list[len] == ',')) {
		len = strcspn(list, ",");
		if (tq_status_parse(tq_arena_dup(a, list, len), &s) == -1)
			return false;
		*bits |= TQ_BIT(s);
	}
	return *bits != 0;
}

/* NULL, or the name of the parameter that is wrong. */
static const char *
take_filter(struct sv_req *r, struct tq_list *l)
{
	struct tq_filter *f = &l->filter;
	int64_t now = tq_wall_ms(r->s->env), n;
	const struct tq_param *p;
	char *colon;
	size_t i;
	bool ok;

	for (i = 0; i < r->uri.nparams; i++) {
		p = &r->uri.params[i];
		ok = true;
		if (strcmp(p->name, "status") == 0) {
			ok = take_statuses(p->value, &f->statuses, &r->arena);
		} else if (strcmp(p->name, "type") == 0) {
			f->type = p->value;
		} else if (strcmp(p->name, "queue") == 0) {
			f->queue = p->value;
		} else if (strcmp(p->name, "error") == 0) {
			f->error = p->value;
		} else if (strcmp(p->name, "cursor") == 0) {
			l->cursor = p->value;
		} else if (strcmp(p->name, "since") == 0) {
			ok = tq_time_parse(p->value, now, &f->since) == 0;
		} else if (strcmp(p->name, "until") == 0) {
			ok = tq_time_parse(p->value, now, &f->until) == 0;
		} else if (strcmp(p->name, "drained") == 0) {
			f->drained = strcmp(p->value, "true") == 0;
			ok = f->drained || strcmp(p->value, "false") == 0;
		} else if (strcmp(p->name, "order") == 0) {
			l->newest_first = strcmp(p->value, "oldest") != 0;
			ok = !l->newest_first ||
			    strcmp(p->value, "newest") == 0;
		} else if (strcmp(p->name, "limit") == 0) {
			ok = tq_str_int(p->value, 1, LIST_MAX, &n) == 0;
			l->limit = ok ? (size_t)n : 1;
		} else if (strcmp(p->name, "label") == 0) {
			f->label_key = tq_arena_str(&r->arena, p->value);
			colon = strchr(f->label_key, '=');
			if (colon != NULL) {
				*colon = '\0';
				f->label_value = colon + 1;
			}
		}
		if (!ok)
			return p->name;
	}
	return NULL;
}

/* <...>; rel="next": this query with another cursor. */
static const char *
next_link(struct sv_req *r, const char *cursor)
{
	struct tq_buf b = TQ_BUF_INIT(16384);
	const struct tq_param *p;
	const char *out;
	size_t i;

	tq_buf_fmt(&b, "<%s?", r->uri.path);
	for (i = 0; i < r->uri.nparams; i++) {
		p = &r->uri.params[i];
		if (strcmp(p->name, "cursor") == 0)
			continue;
		tq_uri_escape(&b, p->name);
		tq_buf_chr(&b, '=');
		tq_uri_escape(&b, p->value);
		tq_buf_chr(&b, '&');
	}
	tq_buf_str(&b, "cursor=");
	tq_uri_escape(&b, cursor);
	tq_buf_str(&b, ">; rel=\"next\"");
	out = b.failed ? NULL : tq_arena_str(&r->arena, b.data);
	tq_buf_free(&b);
	return out;
}

/* Pages may be empty and have a cursor: not every client expects that. */
static int
read_page(struct sv_req *r, struct tq_list *l, struct tq_page *page,
    struct tq_err *err)
{
	int64_t end = tq_boot_ms(r->s->env) + LIST_LOOK_MS;
	struct tq_store *st = sv_reader_get(r->s, err);

	if (st == NULL)
		return -1;
	for (;;) {
		if (tq_store_list(st, l, &r->arena, page, err) == -1) {
			sv_reader_failed(r->s, err);
			return -1;
		}
		if (page->n > 0 || page->cursor == NULL ||
		    tq_boot_ms(r->s->env) > end)
			return 0;
		l->cursor = page->cursor;
	}
}

enum MHD_Result
sv_list_run(struct sv_req *r)
{
	struct tq_list l = { .limit = 50, .newest_first = true };
	const char *ids = tq_uri_param(&r->uri, "ids"), *bad, *link;
	struct tq_buf b = TQ_BUF_INIT(ANSWER_MAX);
	struct tq_err err = TQ_ERR_INIT;
	struct MHD_Response *resp;
	struct tq_page page;
	size_t i;
	int64_t n;

	if (ids != NULL)
		return list_ids(r, ids);
	if ((bad = take_filter(r, &l)) != NULL)
		return sv_answer_problem(r, TQ_P_BAD_REQUEST, tq_arena_fmt(
		    &r->arena, "%s: is not understood", bad), NULL);
	if (read_page(r, &l, &page, &err) == -1)
		return sv_answer_err(r, &err);
	tq_buf_str(&b, "{\"tasks\":[");
	for (i = 0; i < page.n; i++) {
		if (i > 0)
			tq_buf_chr(&b, ',');
		sv_task_write(NULL, &page.tasks[i], &b);
	}
	tq_buf_chr(&b, ']');
	tq_json_member_str(&b, "cursor", page.cursor);
	tq_buf_str(&b, "}\n");
	n = (int64_t)b.len;
	if ((resp = sv_answer_of(&b, "application/json")) == NULL)
		return MHD_NO;
	if (page.cursor != NULL && (link = next_link(r, page.cursor)) != NULL)
		sv_answer_header(resp, "Link", link);
	return sv_answer(r, 200, resp, n);
}
