/*
 * lib/work/runner_post.c -- http.post: a webhook.
 *
 * As an input is fetched, by a child that has nothing but the network, and under
 * the same rules about addresses.  The worker signs, so that the child, which
 * talks to strangers, never has the keys.  It writes the status to 1 and, when
 * it fails, why to 0, both files.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "net/fetch.h"
#include "sandbox/sandbox.h"
#include "store/edges.h"
#include "util/fd.h"
#include "util/json.h"
#include "util/secret.h"
#include "work/files.h"
#include "work/outcome.h"
#include "work/handler/webhook.h"
#include "work/worker.h"

#define STATUS_MAX	32
#define KEY_FILE_MAX	4096
#define EVENT_MAX	(4u * 1024 * 1024)

/*
 * -- in the child, which is told a struct tq_fetch_opts, behind it its ranges,
 * the URL and the headers, each with its NUL, and the body ---------------------
 */

static int
post(struct tq_span arg, struct tq_fetch_got *got, struct tq_err *err)
{
	const struct tq_net_module *net = tq_module_symbol(TQ_NET_SO,
	    TQ_NET_MODULE, err);
	struct tq_fetch_opts o;
	struct tq_cidr *allow;
	const char *url, *headers, *body;
	size_t size;

	if (net == NULL)
		return -1;
	if (net->version != TQ_NET_VERSION)
		return tq_err_set(err, TQ_AT_CONFIG, TQ_E_CONFIG,
		    "tq-net.so is of another version than tq-work");
	memcpy(&o, arg.p, sizeof(o));
	size = o.nallow * sizeof(*allow);
	allow = tq_must(malloc(size + 1));
	memcpy(allow, arg.p + sizeof(o), size);
	o.allow = allow;
	o.env = &tq_env_system;
	o.confine = tq_sandbox_fetcher;
	url = arg.p + sizeof(o) + size;
	headers = url + strlen(url) + 1;
	body = headers + strlen(headers) + 1;
	return net->post(url, headers, (struct tq_span){ body,
	    (size_t)(arg.p + arg.n - body) }, &o, got, err);
}

int
tq_post_child(struct tq_span arg)
{
	struct tq_fetch_got got = { .retry_after_ms = -1 };
	struct tq_err err = TQ_ERR_INIT;

	signal(SIGXFSZ, SIG_IGN);
	if (post(arg, &got, &err) == -1)
		return tq_child_fails(0, &err, got.retry_after_ms);
	dprintf(1, "{\"status\":%d}", got.status);
	return 0;
}

/* -- in the worker ---------------------------------------------------------------- */

int
tq_post_init(struct worker *w, struct tq_err *err)
{
	const char *path = w->o->webhook_key;
	struct tq_arena a = TQ_ARENA_INIT;
	struct tq_span text;
	int fd, rc;

	w->webhook_keys = tq_must(calloc(1, sizeof(*w->webhook_keys)));
	if (path == NULL)
		return 0;
	tq_secret_process();
	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) == -1)
		return tq_err_sys(err, TQ_AT_CONFIG, TQ_E_CONFIG, errno,
		    "--webhook-key %s", path);
	rc = tq_files_read(fd, KEY_FILE_MAX, &a, &text, err);
	close(fd);
	if (rc == 0 && (rc = tq_webhook_keys(text, w->webhook_keys, err)) ==
	    -1)
		tq_err_prefix(err, "--webhook-key %s", path);
	tq_arena_wipe(&a);
	return rc;
}

/* Of a hook without a body: the tasks that it waited for, and how they ended. */
static int
make_event(struct worker *w, const struct tq_task *t, struct tq_arena *a,
    struct tq_span *body, struct tq_err *err)
{
	struct tq_buf b = TQ_BUF_INIT(EVENT_MAX);
	struct tq_parent *v;
	size_t i, n;
	int rc;

	tq_keeper_lend(w);
	rc = tq_store_parents(w->st, t->id, a, &v, &n, err);
	tq_keeper_back(w);
	if (rc == -1)
		return -1;
	tq_buf_str(&b, "{\"type\":\"task.ended\"");
	tq_json_member_time(&b, "timestamp", t->due_since != 0 ?
	    t->due_since : t->created_at);
	tq_buf_str(&b, ",\"data\":{\"tasks\":[");
	for (i = 0; i < n; i++) {
		tq_buf_str(&b, i == 0 ? "{" : ",{");
		tq_json_member_str(&b, "taskId", v[i].id);
		tq_json_member_str(&b, "status", tq_status_name(v[i].status));
		tq_buf_chr(&b, '}');
	}
	tq_buf_str(&b, "]}}");
	*body = tq_arena_span(a, tq_buf_span(&b));
	rc = b.failed ? tq_buf_why(&b, err, TQ_AT_PROCESS,
	    "it waited for too many tasks to tell of all") : 0;
	tq_buf_free(&b);
	return rc;
}

/* All headers: the payload's, a type if it has none, the signature. */
static void
add_headers(struct worker *w, const struct tq_task *t,
    const struct tq_webhook *hook, struct tq_buf *arg)
{
	size_t at = arg->len;

	tq_buf_add(arg, hook->headers.p, hook->headers.n);
	if (arg->data == NULL ||
	    strcasestr(arg->data + at, "content-type:") == NULL)
		tq_buf_fmt(arg, "Content-Type: %s\n", hook->text ?
		    "text/plain; charset=utf-8" : "application/json");
	tq_webhook_sign(w->webhook_keys, t->id, w->wall / 1000, hook->body,
	    arg);
	tq_buf_chr(arg, '\0');
}

/* What the child is told.  -1: the payload is no good. */
static int
make_arg(struct worker *w, struct job *j, struct tq_buf *arg,
    struct tq_err *err)
{
	struct tq_fetch_opts o = { .nallow = w->fetch.nallow };
	struct tq_arena *a = &j->batch->arena;
	struct tq_webhook hook;

	if (tq_webhook_parse(j->task->payload, a, &hook, err) == -1 ||
	    (hook.body.p == NULL &&
	    make_event(w, j->task, a, &hook.body, err) == -1))
		return -1;
	tq_buf_add(arg, &o, sizeof(o));
	tq_buf_add(arg, w->fetch.allow,
	    w->fetch.nallow * sizeof(*w->fetch.allow));
	tq_buf_add(arg, hook.url, strlen(hook.url) + 1);
	add_headers(w, j->task, &hook, arg);
	tq_buf_add(arg, hook.body.p, hook.body.n);
	return arg->failed ? tq_buf_why(arg, err, TQ_AT_PROCESS,
	    "the body is too long") : 0;
}

static int
open_fds(struct worker *w, struct slot *s, struct tq_spawn_cmd *cmd,
    struct tq_err *err)
{
	struct child *c = &s->child;

	tq_spawn_fds(cmd, 4);
	c->result_fd = tq_fd_unnamed("post");
	c->output_fd = tq_fd_unnamed("status");
	if (c->result_fd == -1 || c->output_fd == -1 ||
	    (cmd->fds[0] = dup(c->result_fd)) == -1 ||
	    (cmd->fds[1] = dup(c->output_fd)) == -1)
		tq_err_sys(err, TQ_AT_PROCESS, TQ_E_IO, errno, "http.post");
	else if (tq_child_open(w, c, cmd->fds, err) == 0)
		return 0;
	tq_spawn_fds_close(cmd);
	tq_child_close(w, c);
	return -1;
}

static int
start(struct worker *w, struct slot *s)
{
	struct tq_spawn_cmd cmd = { .fn = TQ_FN_POST };
	struct tq_buf arg = TQ_BUF_INIT(TQ_SPAWN_MAX);
	struct tq_err err = TQ_ERR_INIT;
	bool good;
	int rc;

	tq_child_landlock(w);
	s->at = &s->child;
	s->child.handler = s->job->handler;
	s->child.name = s->child.file = "http.post";
	rc = make_arg(w, s->job, &arg, &err);
	good = rc == 0;
	cmd.arg = tq_buf_span(&arg);
	if (rc == 0)
		rc = open_fds(w, s, &cmd, &err);
	if (rc == 0)
		rc = tq_child_start(w, &s->child, &cmd, &err);
	tq_buf_free(&arg);
	if (rc == 0)
		return 0;
	tq_outcome_err(s->job, good ? tq_outcome_unstarted(&err) :
	    tq_outcome_end_of(&err), &err);
	return 1;
}

static void
ended(struct worker *w, struct child *c, const struct tq_spawn_exit *e)
{
	struct slot *s = c->slot;
	struct job *j = s->job;
	struct tq_err ignored = TQ_ERR_INIT;

	tq_outcome_exit(c, j, e);
	if (!s->stopping && j->out.end != TQ_END_DONE)
		tq_fetch_failed(w, c, j, e, TQ_AT_PROCESS);
	else if (j->out.end == TQ_END_DONE && tq_files_read(c->output_fd,
	    STATUS_MAX, &j->batch->arena, &j->out.result, &ignored) == 0)
		j->out.result_kind = TQ_KIND_JSON;
	tq_child_close(w, c);
	tq_slot_end(w, s);
}

const struct tq_runner tq_runner_post = { "http.post", false, start,
    tq_child_stop, NULL, ended, 0 };
