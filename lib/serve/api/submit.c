/* lib/serve/api/submit.c -- POST /v1/tasks, and what all submissions share. */
#include <stdio.h>
#include <string.h>

#include "serve/api/inside.h"
#include "task/history.h"
#include "task/hook.h"
#include "task/input.h"
#include "task/request.h"
#include "task/trace.h"
#include "util/json.h"
#include "util/limits.h"
#include "util/time.h"

int
sv_submit_check(struct sv_req *r, const struct tq_task *t, struct tq_err *err)
{
	const char *why = NULL;
	enum tq_input kind = t->input == NULL ? TQ_INPUT_DATA :
	    tq_input_kind(t->input);

	if (t->argv.n > 0)
		why = "argv: commands are not taken over HTTP";
	else if (kind == TQ_INPUT_BLOB && t->submit_id != NULL)
		return 0;	/* upload.c took it over */
	else if (kind == TQ_INPUT_HTTP)
		return tq_input_check(t->input, err);
	else if (kind == TQ_INPUT_S3)
		why = tq_s3_ok(t->input, r->s->o->s3, r->s->o->ns3) ? NULL :
		    "input: this s3: address is not allowed here";
	else if (kind != TQ_INPUT_DATA)
		why = "input: must be a http(s):// or data: address; upload "
		    "the bytes themselves as the body";
	return why == NULL ? 0 : tq_err_set(err, TQ_AT_PARSE, TQ_E_DATA, "%s",
	    why);
}

bool
sv_submit_may(struct sv_req *r, const struct tq_task *t, const char **why)
{
	const char *hook = t->notify != NULL ? TQ_HOOK_TYPE : t->type;

	if (sv_may(r, t->queue, t->type)) {
		if (sv_may(r, t->queue, hook))
			return true;
		*why = "notify: the key is not for " TQ_HOOK_TYPE;
		return false;
	}
	*why = sv_may(r, t->queue, NULL) ?
	    tq_arena_fmt(&r->arena, "type: the key is not for %s", t->type) :
	    tq_arena_fmt(&r->arena, "queue: the key is not for %s", t->queue);
	return false;
}

/* Id, submitId and, with a key, the fingerprint.  Returns 0 or -1. */
int
sv_submit_new_id(struct sv_req *r, struct tq_task *t, const char *key)
{
	static __thread struct tq_idgen gen;
	struct tq_serve *s = r->s;
	uint8_t sum[TQ_SHA256_LEN];
	struct tq_identify w = { .key = key, .now = tq_wall_ms(s->env),
	    .rnd = sv_random(s) };
	char sha[2 * TQ_SHA256_LEN + 1], *text;

	if (t->submit_id == NULL) {
		text = tq_arena_alloc(&r->arena, TQ_SUBMIT_ID);
		tq_submit_id(sv_random(s), text);
		t->submit_id = text;
	}
	if (tq_identify(t, &w, &gen, &r->arena, NULL) == -1)
		return -1;
	if (key == NULL)
		return 0;
	if (r->up != NULL) {
		tq_sha256_end(&r->up->hash, sum);
		tq_hex(sum, sizeof(sum), sha);
	}
	text = tq_arena_alloc(&r->arena, TQ_FINGERPRINT);
	tq_task_fingerprint(t, r->up != NULL ? sha : NULL, text);
	t->fingerprint = text;
	return 0;
}

const char *
sv_submit_input(struct sv_req *r, const struct tq_task *t)
{
	return tq_arena_fmt(&r->arena, "blob:%s/%s/%s/in", t->queue, t->id,
	    t->submit_id);
}

int
sv_submit_key(struct sv_req *r, const char **key)
{
	const char *header = sv_header(r, "Idempotency-Key"), *k;

	if (header == NULL)
		return 0;
	k = tq_idempotency_key(header, &r->arena);
	if (k == NULL || (*key != NULL && strcmp(*key, k) != 0))
		return -1;
	*key = k;
	return 0;
}

bool
sv_wait_asked(struct sv_req *r, int64_t *ms, bool *bad)
{
	const char *p = tq_uri_param(&r->uri, "wait");
	const char *prefer = sv_header(r, "Prefer");

	*bad = p != NULL && tq_duration_parse(p, ms) == -1;
	if (p == NULL) {
		if (prefer == NULL || !tq_prefer_wait(prefer, ms))
			return false;
		r->prefer = tq_arena_fmt(&r->arena, "wait=%lld",
		    (long long)(*ms / 1000));
	}
	if (*ms > SV_WAIT_MAX_MS)
		*ms = SV_WAIT_MAX_MS;
	return true;
}

/* The answer to a submission; ${now} is the record as it stands, if read. */
static enum MHD_Result
answer_submitted(struct sv_req *r, const struct tq_task *now)
{
	const struct tq_submitted *out = r->op.out;
	const struct tq_task *t = r->tasks;
	struct tq_buf b = TQ_BUF_INIT(2 * TQ_PAYLOAD_MAX + 1024 * 1024);
	struct MHD_Response *resp;
	int64_t n;

	if (now != NULL) {
		sv_task_write(r, now, &b);
	} else {
		tq_buf_chr(&b, '{');
		tq_json_member_str(&b, "taskId", t->id);
		tq_json_member_str(&b, "queue", t->queue);
		tq_json_member_str(&b, "type", t->type);
		tq_json_member_str(&b, "status", tq_status_name(out->status));
		tq_json_member_time(&b, "notBefore", t->not_before);
		tq_buf_chr(&b, '}');
	}
	sv_hook_member(r, t, &b);
	tq_buf_chr(&b, '\n');
	n = (int64_t)b.len;
	if ((resp = sv_answer_of(&b, "application/json")) == NULL)
		return MHD_NO;
	sv_answer_header(resp, "Location", tq_arena_fmt(&r->arena,
	    "%s/v1/tasks/%s", r->via.prefix, t->id));
	if (out->what == TQ_EXISTS)
		sv_answer_header(resp, "Idempotency-Replayed", "true");
	return sv_answer(r, out->what == TQ_OWED ? 202 : 201, resp, n);
}

static enum MHD_Result submit_look(struct sv_req *r);

/* Is the record of a later run by now?  Then it remembers how ours ended. */
static bool
was_replaced(struct sv_req *r, const struct tq_task *t)
{
	struct tq_submitted *out = r->op.out;

	return out->what != TQ_EXISTS && t->submit_id != NULL &&
	    strcmp(t->submit_id, r->tasks->submit_id) != 0 &&
	    tq_history_run(t, r->tasks->submit_id, &out->status);
}

static enum MHD_Result
submit_seen(struct sv_req *r)
{
	const struct tq_task *t = r->task;

	if (r->op.rc == -1 || t == NULL || !sv_who_still(r) ||
	    was_replaced(r, t))
		return answer_submitted(r, NULL);
	if ((TQ_BIT(t->status) & TQ_FINISHED) != 0 || sv_stopping(r->s) ||
	    r->wait.until <= tq_boot_ms(r->s->env))
		return answer_submitted(r, t);
	r->next = submit_look;
	r->wait.created_at = t->created_at;
	return sv_watch_wait(r, t->rev, true, r->wait.until) ? MHD_YES :
	    submit_look(r);
}

static enum MHD_Result
submit_look(struct sv_req *r)
{
	return sv_read(r, sv_reread_task, SV_QUICK, submit_seen);
}

static enum MHD_Result
submit_done(struct sv_req *r)
{
	if (r->op.rc == -1)
		return sv_answer_err(r, &r->op.err);
	if (r->op.out->what == TQ_REFUSED)
		return sv_answer_refused(r);
	if (r->wait_ms < 0)
		return answer_submitted(r, NULL);
	r->with = TQ_WITH_PAYLOAD | TQ_WITH_RESULT;
	r->wait.until = tq_boot_ms(r->s->env) + r->wait_ms;
	/* When too many wait it is answered now: a wait is only preferred. */
	return sv_watch_enter(r) ? submit_look(r) : answer_submitted(r, NULL);
}

static enum MHD_Result
upload_seen(struct sv_req *r)
{
	return r->op.rc == -1 ? sv_answer_err(r, &r->op.err) :
	    sv_submit_send(r, r->tasks, 1, submit_done);
}

static int
parse(struct sv_req *r, struct tq_task *t, const char **key, struct tq_err *err)
{
	static const struct tq_task def = { .queue = "default" };
	size_t i;

	if (r->up != NULL)
		return sv_form_task(r, t, key, err);
	for (i = 0; i < r->uri.nparams; i++)
		if (strcmp(r->uri.params[i].name, "wait") != 0)
			return tq_err_set(err, TQ_AT_PARSE, TQ_E_DATA,
			    "%s: with a JSON body, say it there",
			    r->uri.params[i].name);
	return tq_task_parse(tq_buf_span(&r->body), &def,
	    tq_wall_ms(r->s->env), &r->arena, t, key, err);
}

enum MHD_Result
sv_submit_run(struct sv_req *r)
{
	struct tq_task *t = tq_arena_alloc(&r->arena, sizeof(*t));
	const char *key = NULL, *trace = sv_header(r, "traceparent"), *why;
	struct tq_err err = TQ_ERR_INIT;
	bool bad;

	if (!sv_wait_asked(r, &r->wait_ms, &bad))
		r->wait_ms = -1;
	if (bad)
		return sv_answer_problem(r, TQ_P_BAD_REQUEST,
		    "wait: must be a duration such as 30s", NULL);
	if (parse(r, t, &key, &err) == -1 ||
	    sv_upload_named(r, t, key, &err) == -1 || sv_submit_check(r, t, &err) == -1)
		return sv_answer_err(r, &err);
	if (!sv_submit_may(r, t, &why))
		return sv_answer_problem(r, TQ_P_FORBIDDEN, why, NULL);
	if (sv_submit_key(r, &key) == -1)
		return sv_answer_problem(r, TQ_P_BAD_REQUEST,
		    "Idempotency-Key: "
		    "must be one string of 1 to 1024 bytes, the same "
		    "as \"key\" if that is there",
		    NULL);
	if (t->traceparent == NULL && trace != NULL && tq_traceparent_ok(trace))
		t->traceparent = trace;
	if (sv_submit_new_id(r, t, key) == -1)
		return sv_answer_problem(r, TQ_P_DATA,
		    "taskId: excludes a key", NULL);
	r->task_id = t->id;
	r->tasks = t;
	if (r->up == NULL && tq_blob_name(t->input) != NULL)
		return sv_read(r, sv_upload_look, SV_SLOW, upload_seen);
	if (r->up != NULL)
		t->input = sv_submit_input(r, t);
	return sv_submit_send(r, t, 1, submit_done);
}
