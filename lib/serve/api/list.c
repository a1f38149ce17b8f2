/* lib/serve/api/list.c -- GET /v1/tasks: pages of tasks, or those of a list. */
#include <string.h>

#include "serve/api/inside.h"
#include "store/filter.h"
#include "util/json.h"
#include "util/str.h"

#define ANSWER_MAX	(64 * 1024 * 1024)
#define LIST_MAX	1000
#define IDS_MAX		200
#define LOOK_MS		100	/* how long a page is looked for that is not
				   empty */

struct list {
	struct tq_list	 req;
	struct tq_page	 page;
	const char	*ids[IDS_MAX];
	size_t		 nids;
};

static bool
take_order(struct list *l, const char *v)
{
	l->req.newest_first = l->req.by_created = strcmp(v, "newest") == 0;
	return l->req.newest_first || strcmp(v, "oldest") == 0;
}

static bool
take_limit(struct list *l, const char *v)
{
	int64_t n;

	if (tq_str_int(v, 1, LIST_MAX, &n) == -1)
		return false;
	l->req.limit = (size_t)n;
	return true;
}

static bool
take_ids(struct sv_req *r, struct list *l, const char *v)
{
	size_t len;

	for (; *v != '\0'; v += len + (v[len] == ',')) {
		len = strcspn(v, ",");
		if (l->nids == IDS_MAX)
			return false;
		l->ids[l->nids] = tq_arena_dup(&r->arena, v, len);
		if (!tq_name_ok(l->ids[l->nids++]))
			return false;
	}
	return true;
}

/* NULL, or what is wrong. */
static const char *
take_query(struct sv_req *r, struct list *l)
{
	const char *v, *bad = sv_filter_take(r, &l->req.filter);

	if (bad != NULL)
		return bad;
	if ((v = tq_uri_param(&r->uri, "order")) != NULL && !take_order(l, v))
		return "order: must be newest or oldest";
	if ((v = tq_uri_param(&r->uri, "limit")) != NULL && !take_limit(l, v))
		return "limit: must be a number from 1 to 1000";
	if ((v = tq_uri_param(&r->uri, "ids")) != NULL && !take_ids(r, l, v))
		return "ids: must be at most 200 task ids";
	l->req.cursor = tq_uri_param(&r->uri, "cursor");
	return NULL;
}

static void
put_task(struct sv_req *r, const struct tq_task *t)
{
	if (r->out.len > 0 && r->out.data[r->out.len - 1] != '[')
		tq_buf_chr(&r->out, ',');
	sv_task_write(r, t, &r->out);
}

/* Pages may be empty and have a cursor: not every client expects that. */
static int
read_page(struct sv_req *r, struct tq_store *st, struct tq_err *err)
{
	struct list *l = r->data;
	int64_t end = tq_boot_ms(r->s->env) + LOOK_MS;
	size_t i;

	for (;; l->req.cursor = l->page.cursor) {
		if (tq_store_list(st, &l->req, &r->arena, &l->page, err) == -1)
			return -1;
		if (l->page.n > 0 || l->page.cursor == NULL ||
		    tq_boot_ms(r->s->env) > end)
			break;
	}
	tq_buf_str(&r->out, "{\"tasks\":[");
	for (i = 0; i < l->page.n; i++)
		if (sv_may(r, l->page.tasks[i].queue, l->page.tasks[i].type))
			put_task(r, &l->page.tasks[i]);
	tq_buf_chr(&r->out, ']');
	tq_json_member_str(&r->out, "cursor", l->page.cursor);
	tq_buf_str(&r->out, "}\n");
	return 0;
}

/* Named tasks may be drained or not, unless the query says. */
static bool
wanted(const struct sv_req *r, const struct list *l, const struct tq_task *t)
{
	struct tq_filter f = l->req.filter;

	if (tq_uri_param(&r->uri, "drained") == NULL)
		f.drained = t->drained;
	return sv_may(r, t->queue, t->type) && tq_filter_passes(&f, t);
}

/* ?ids=a,b,c: those that are there, and the names of those that are not. */
static int
read_ids(struct sv_req *r, struct tq_store *st, struct tq_err *err)
{
	struct list *l = r->data;
	struct tq_task *t[IDS_MAX];
	bool first = true;
	size_t i;

	if (tq_store_get(st, l->ids, l->nids, 0, &r->arena, t, err) == -1)
		return -1;
	tq_buf_str(&r->out, "{\"tasks\":[");
	for (i = 0; i < l->nids; i++)
		if (t[i] != NULL && wanted(r, l, t[i]))
			put_task(r, t[i]);
	tq_buf_str(&r->out, "],\"missing\":[");
	for (i = 0; i < l->nids; i++) {
		if (t[i] != NULL && sv_may(r, t[i]->queue, t[i]->type))
			continue;
		tq_buf_str(&r->out, first ? "" : ",");
		tq_json_put_str(&r->out, tq_span_of(l->ids[i]));
		first = false;
	}
	tq_buf_str(&r->out, "]}\n");
	return 0;
}

/* <...>; rel="next": this query with another cursor. */
static const char *
next_link(struct sv_req *r, const char *cursor)
{
	struct tq_buf b = TQ_BUF_INIT(16384);
	const struct tq_param *p;
	const char *out;
	size_t i;

	tq_buf_fmt(&b, "<%s%s?", r->via.prefix, r->uri.path);
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

static enum MHD_Result
answer_list(struct sv_req *r)
{
	const struct list *l = r->data;
	struct MHD_Response *resp;
	const char *link;
	int64_t n;

	if (r->op.rc == -1)
		return sv_answer_err(r, &r->op.err);
	n = (int64_t)r->out.len;
	if ((resp = sv_answer_of(&r->out, "application/json")) == NULL)
		return MHD_NO;
	if (l->page.cursor != NULL &&
	    (link = next_link(r, l->page.cursor)) != NULL)
		sv_answer_header(resp, "Link", link);
	return sv_answer(r, 200, resp, n);
}

enum MHD_Result
sv_list_run(struct sv_req *r)
{
	struct list *l = tq_arena_alloc(&r->arena, sizeof(*l));
	const char *bad;

	l->req.limit = 50;
	/* The latest createdAt first. */
	l->req.newest_first = l->req.by_created = true;
	if ((bad = take_query(r, l)) != NULL)
		return sv_answer_problem(r, TQ_P_BAD_REQUEST, bad, NULL);
	r->data = l;
	r->out.max = ANSWER_MAX;
	return sv_read(r, tq_uri_param(&r->uri, "ids") != NULL ? read_ids :
	    read_page, SV_SLOW, answer_list);
}
