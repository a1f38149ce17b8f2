/* cmd/tq-work/lambda.c -- --lambda: see lambda.h. */
#include "lambda.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <wordexp.h>

#include "store/store.h"
#include "util/json.h"
#include "work/apart.h"

#define MARGIN_MS	3000	/* before the deadline, or a tenth of the time */
#define NO_DEADLINE_MS	60000
#define PRESENT_MS	40000	/* presence counts for a minute */

struct function {
	struct tq_cli	*cli;
	const struct tq_work_opts *o;
	const struct tq_lambda_module *m;
	enum does	 does;
	int64_t		 present_at;	/* boot_ms; when it said so last; 0 */
};

/* -- options --------------------------------------------------------------- */

static const char *
why_not(int rc)
{
	return rc == WRDE_BADCHAR ? "one of |&;<>(){} or a line feed is not "
	    "quoted" : rc == WRDE_CMDSUB ? "a command substitution" :
	    rc == WRDE_SYNTAX ? "a quote is not closed" : "out of memory";
}

int
lambda_args(int *argc, char ***argv, struct tq_err *err)
{
	const char *text = tq_getenv(&tq_env_system, "TQ_WORK_ARGS");
	bool lambda = false;
	wordexp_t words;	/* never freed: they are the arguments */
	char **all;
	int i, rc;

	for (i = 1; i < *argc; i++)
		lambda |= strcmp((*argv)[i], "--lambda") == 0 ||
		    strncmp((*argv)[i], "--lambda=", 9) == 0;
	if (!lambda || text == NULL)
		return 0;
	if ((rc = wordexp(text, &words, WRDE_NOCMD)) != 0)
		return tq_err_set(err, TQ_AT_CONFIG, TQ_E_USAGE,
		    "TQ_WORK_ARGS: %s", why_not(rc));
	all = tq_must(calloc((size_t)*argc + words.we_wordc + 1,
	    sizeof(*all)));
	memcpy(all, *argv, (size_t)*argc * sizeof(*all));
	memcpy(all + *argc, words.we_wordv, words.we_wordc * sizeof(*all));
	*argc += (int)words.we_wordc;
	*argv = all;
	return 0;
}

/* -- an invocation --------------------------------------------------------- */

int
lambda_work(void *arg)
{
	struct invocation *v = arg;
	struct tq_work_opts o = *v->o;

	o.call = &v->call;
	return tq_work_run(&o, v->cli->env, &v->err) == -1;
}

/* {"batchItemFailures":[{"itemIdentifier":"..."}]}: what is to come again. */
static void
put_left(const struct tq_pushed *msgs, size_t n, struct tq_buf *out)
{
	const char *sep = "";
	size_t i;

	tq_buf_str(out, "{\"batchItemFailures\":[");
	for (i = 0; i < n; i++) {
		if (msgs[i].gone)
			continue;
		tq_buf_fmt(out, "%s{", sep);
		tq_json_member_str(out, "itemIdentifier", msgs[i].id);
		tq_buf_chr(out, '}');
		sep = ",";
	}
	tq_buf_str(out, "]}");
}

/* When to stop and to kill; returns when the process itself is killed. */
static int64_t
set_times(const struct tq_env *env, const struct tq_lambda_call *c,
    struct tq_work_call *call)
{
	int64_t left = c->deadline_ms == 0 ? NO_DEADLINE_MS :
	    c->deadline_ms - tq_wall_ms(env);
	int64_t margin = left / 10 < MARGIN_MS ? left / 10 : MARGIN_MS;
	int64_t end = tq_boot_ms(env) + left;

	call->stop_at = end - margin;
	call->kill_ms = margin / 3;
	return end - margin / 6;
}

/* A function that is called says once a minute that it is there. */
static bool
is_to_say_so(struct function *f)
{
	int64_t now = tq_boot_ms(f->cli->env);

	if (f->present_at != 0 && now - f->present_at < PRESENT_MS)
		return false;
	f->present_at = now;
	return true;
}

/* Is it to be told as an error?  A store that is away is none: what it could
   not do comes again. */
static bool
is_fault(const struct tq_err *err)
{
	return err->code == TQ_E_CONFIG || err->code == TQ_E_USAGE ||
	    err->code == TQ_E_NOQUEUE || err->code == TQ_E_DENIED;
}

static int
handle(struct function *f, const struct tq_lambda_call *c,
    const struct tq_lambda_work *w, struct tq_buf *out, struct tq_err *err)
{
	size_t room = sizeof(struct invocation) + w->n * sizeof(*w->msgs);
	struct invocation *v = tq_apart_room(room);
	struct tq_pushed *msgs = (struct tq_pushed *)(void *)(v + 1);
	int (*fn)(void *) = w->sweep ? lambda_sweep :
	    f->does == DOES_TELL_DEAD ? lambda_dead : lambda_work;
	int64_t by;
	int rc;

	*v = (struct invocation){ .c = c, .o = f->o, .cli = f->cli,
	    .call = { .msgs = msgs, .n = w->n, .trace = c->trace },
	    .err = TQ_ERR_INIT };
	if (w->n > 0)
		memcpy(msgs, w->msgs, w->n * sizeof(*msgs));
	by = set_times(f->cli->env, c, &v->call);
	v->call.present = fn == lambda_work && is_to_say_so(f);
	rc = tq_apart(fn, v, f->cli->env, by);
	if (rc == -1)
		tq_err_set(&v->err, TQ_AT_EXEC, TQ_E_TIMEOUT,
		    "killed: it died, or the deadline was near");
	if (rc != 0)
		tq_cli_warn(f->cli, "%s", v->err.msg);
	if (rc == 1 && (w->sweep || is_fault(&v->err))) {
		*err = v->err;
	} else {
		put_left(msgs, w->n, out);
		rc = 0;
	}
	tq_apart_free(v, room);
	return rc == 0 ? 0 : -1;
}

static int
take(void *arg, const struct tq_lambda_call *c, struct tq_buf *out,
    struct tq_err *err)
{
	struct function *f = arg;
	struct tq_arena a = TQ_ARENA_INIT;
	struct tq_lambda_work w;
	int rc = f->m->work_read(c->event, &a, &w, err);

	if (rc == 0)
		rc = handle(f, c, &w, out, err);
	tq_arena_free(&a);
	return rc;
}

/* -- all of them ----------------------------------------------------------- */

int
lambda_run(struct tq_cli *cli, const struct tq_work_opts *o, enum does does)
{
	const char *runtime = tq_getenv(cli->env, "AWS_LAMBDA_RUNTIME_API");
	struct function f = { .cli = cli, .o = o, .does = does };

	if (runtime == NULL)
		return tq_cli_usage(cli, "--lambda: this is no Lambda "
		    "function, AWS_LAMBDA_RUNTIME_API is not set");
	f.m = tq_module_symbol(TQ_NET_SO, TQ_LAMBDA_MODULE, &cli->err);
	if (f.m == NULL)
		return -1;
	if (f.m->version != TQ_LAMBDA_VERSION)
		return tq_err_set(&cli->err, TQ_AT_CONFIG, TQ_E_CONFIG,
		    TQ_NET_SO " is of another version");
	if (!tq_store_adopts(o->store_url))
		tq_err_set(&cli->err, TQ_AT_CONFIG, TQ_E_CONFIG, "--lambda: "
		    "only an aws: store has messages, not %s", o->store_url);
	else if (tq_work_check(o, cli->env, &cli->err) == 0) {
		signal(SIGTERM, SIG_DFL);
		signal(SIGINT, SIG_DFL);
		return f.m->loop(runtime, take, &f, &cli->err);
	}
	f.m->unready(runtime, &cli->err);
	return -1;
}
