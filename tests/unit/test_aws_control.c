/*
 * tests/unit/test_aws_control.c -- what an aws store keeps beside tasks: queues'
 * controls and workers that are there.  A table of two items answers.
 */
#include "t.h"

#include "aws/call_inside.h"
#include "store/aws/claim/claim.h"
#include "store/aws/record/control.h"
#include "store/aws/record/record.h"
#include "store/aws/record/seen.h"
#include "store/store.h"
#include "t_env.h"
#include "t_reply.h"
#include "util/json.h"

static char kept[2][4096];	/* items, as they were put */
static size_t nkept;
static struct t_env vars;
static struct tq_env env;
static struct tq_arena mem;
static struct tq_err err;

static struct tq_http_res
answer(const char *action, struct tq_span body)
{
	struct tq_buf all = TQ_BUF_INIT(65536);
	struct tq_http_res r;
	struct tq_span item;
	size_t i;

	if (strcmp(action, "PutItem") == 0 && tq_json_get(body, "Item", &item) &&
	    nkept < 2) {
		snprintf(kept[nkept++], sizeof(kept[0]), "%.*s", (int)item.n, item.p);
		return t_reply(200, NULL, "{}");
	}
	for (i = 0; i < nkept; i++)
		tq_buf_fmt(&all, "%s%s", i > 0 ? "," : "", kept[i]);
	if (strcmp(action, "GetItem") == 0)
		r = t_reply(200, NULL, tq_arena_fmt(&mem, "{\"Item\":%s}",
		    nkept > 0 ? kept[0] : "{}"));
	else if (strcmp(action, "Query") == 0)
		r = t_reply(200, NULL, tq_arena_fmt(&mem,
		    "{\"Items\":[%s],\"Count\":%zu}", all.data, nkept));
	else
		r = t_reply(200, NULL, tq_arena_fmt(&mem,
		    "{\"Responses\":{\"tab\":[%s]}}", all.data));
	tq_buf_free(&all);
	return r;
}

static size_t
perform(void *arg, const struct tq_http_req *reqs, size_t n,
    struct tq_http_res *res)
{
	size_t i, k;

	(void)arg;
	for (i = 0; i < n; i++) {
		res[i] = t_reply(400, NULL, "{}");
		for (k = 0; k < reqs[i].nheaders; k++)
			if (strcasecmp(reqs[i].headers[k].name, "X-Amz-Target") == 0)
				res[i] = answer(strchr(reqs[i].headers[k].value, '.') +
				    1, reqs[i].body);
	}
	return 0;
}

static struct aq *
begin(void)
{
	struct aq *s = NULL;

	vars = (struct t_env){ .now = 1440938160000, .vars = { T_ENV_AWS, NULL } };
	env = t_env_make(&vars);
	err = (struct tq_err)TQ_ERR_INIT;
	nkept = 0;
	T_INT(aq_new("aws:tab", &env, 1, NULL, &s, &err), 0);
	s->a->opts.perform = perform;
	return s;
}

static void
controls(void)
{
	struct tq_control c = { .queue = "q", .paused = true, .reason = "why \"x\"",
	    .until = 1440938170000, .rate = 1.0 / 3, .nlimits = 2,
	    .limits = { { .type = "a", .max = 2 }, { .type = "b", .max = 7 } } };
	struct aq *s = begin();
	struct tq_control got;

	T_INT(aq_control_set(&s->base, &c, &err), 0);
	T_INT(aq_control_get(&s->base, "q", &mem, &got, &err), 0);
	T_OK(got.paused && got.rate == c.rate);
	T_STR(got.reason, "why \"x\"");
	T_INT(got.until, c.until);
	T_INT(got.ver, 1);
	T_MUST(got.nlimits == 2);
	T_STR(got.limits[0].type, "a");
	T_INT(got.limits[0].max, 2);
	T_STR(got.limits[1].type, "b");
	T_INT(got.limits[1].max, 7);
	aq_free(s);
	tq_arena_reset(&mem);
}

static void
workers(void)
{
	struct tq_presence p = { .worker = "w1", .queue = "q", .types = "a b", .slots = 4,
	    .busy = 3, .started_at = 1440938150000 }, *got;
	struct aq *s = begin();
	size_t n;

	T_INT(aq_present(&s->base, &p, false, &err), 0);
	p.worker = "w2";
	p.busy = 0;
	T_INT(aq_present(&s->base, &p, false, &err), 0);
	T_INT(aq_workers(&s->base, &mem, &got, &n, &err), 0);
	T_MUST(n == 2);
	T_STR(got[0].worker, "w1");
	T_STR(got[0].queue, "q");
	T_STR(got[0].types, "a b");
	T_INT(got[0].slots, 4);
	T_INT(got[0].busy, 3);
	T_INT(got[0].started_at, p.started_at);
	T_INT(got[0].seen_at, vars.now);
	T_STR(got[1].worker, "w2");
	T_INT(got[1].busy, 0);
	aq_free(s);
	tq_arena_reset(&mem);
}

/* One a minute: the first may start at once, and then a whole token is there. */
static void
rates(void)
{
	const struct tq_control c = { .queue = "q", .rate = 1.0 / 60 };
	struct aq *s = begin();
	int64_t next = 0;
	size_t n = 5;

	T_INT(aq_rate_take(s, &c, &n, &next, &err), 0);
	T_INT(n, 1);
	n = 5;
	T_INT(aq_rate_take(s, &c, &n, &next, &err), 0);
	T_INT(n, 0);
	T_OK(next > vars.now + 59000 && next <= vars.now + 60001);
	aq_free(s);
	tq_arena_reset(&mem);
}

/* A task's place in the index once it has ended. */
static void
ended(void)
{
	static const struct {
		enum tq_status	 status;
		bool		 drained, owed;
	} rows[] = { { TQ_COMPLETED, false, false }, { TQ_CANCELLED, false, false },
	    { TQ_FAILED, false, true }, { TQ_FAILED, true, false } };
	struct aq *s = begin();
	struct aq_rec r;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		r = (struct aq_rec){ .permit = "p", .look_owed = 1, .t = { .id = "a",
		    .queue = "q", .type = "t", .status = rows[i].status,
		    .drained = rows[i].drained, .bell = "b", .rings = 3 } };
		aq_rec_place(s, &r, 1000);
		T_INT(r.t.dlq_owed, rows[i].owed);
		T_INT(r.t.ring_at, 1000);
		T_OK(r.permit == NULL && r.t.bell == NULL && r.look_owed == 0);
		T_OK(r.t.rings == 0 && !r.unblock_owed && r.stands == rows[i].status);
		r.t.edges = 1;
		aq_rec_place(s, &r, 1000);
		T_OK(r.unblock_owed && r.t.ring_at != 1000);
	}
	aq_free(s);
}

static void
seen(void)
{
	struct tq_task t = { .id = "a", .updated_at = 5000, .token = 7,
	    .status = TQ_RUNNING };
	struct aq_seen_entry is = { .id = "a", .known = true };

	/* Not read before: by when it was written. */
	T_OK(aq_seen_changed(&is, &t, 5000, 100));
	is.face.updated_at = 0;
	T_OK(!aq_seen_changed(&is, &t, 5001, 100));
	is = (struct aq_seen_entry){ .id = "a" };
	T_OK(aq_seen_changed(&is, &t, 5100, 100));
	is.face.updated_at = 0;
	T_OK(!aq_seen_changed(&is, &t, 5101, 100));
	/* Then by what is another. */
	T_OK(!aq_seen_changed(&is, &t, 0, 100));
	t.token++;
	T_OK(aq_seen_changed(&is, &t, 0, 100));
	T_OK(!aq_seen_changed(&is, &t, 0, 100));
	t.updated_at++;
	T_OK(aq_seen_changed(&is, &t, 0, 100));
	t.status = TQ_COMPLETED;
	T_OK(aq_seen_changed(&is, &t, 0, 100));
	T_OK(!aq_seen_changed(&is, &t, 0, 100));
}

T_MAIN(
	{ "a queue's control is read as it was written", controls },
	{ "workers that are there are listed", workers },
	{ "a rate lets one start as soon as there is a whole token", rates },
	{ "a dead task is owed to the dead-letter queue, no other one", ended },
	{ "a record that was seen is told again when it is another", seen },
)
