/* cmd/tq-status/check.c -- --check: the answer a Nagios-like monitor wants. */
#include "status.h"
#include "store/stuck.h"

#include <stdio.h>
#include <string.h>

#include "util/json.h"
#include "util/str.h"
#include "util/time.h"

#define MAX_AGE_MS	(15 * TQ_MINUTE_MS)
#define SAID_MAX	8	/* in the line: monitors cut it, some at 1 KiB */

enum { CHECK_OK, CHECK_WARNING, CHECK_CRITICAL, CHECK_UNKNOWN };

static const char *const state_names[] = {
	"OK", "WARNING", "CRITICAL", "UNKNOWN",
};

struct check {
	int		 state;
	struct {
		const char *text[SAID_MAX];
		size_t	 n;		/* of which these are the first */
	} said[CHECK_UNKNOWN + 1];	/* by how bad it is */
	struct tq_arena	*mem;
	uint64_t	 waiting, dead, blocked;
	int64_t		 oldest_ms;
};

static void complain(struct check *c, int state, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static void
complain(struct check *c, int state, const char *fmt, ...)
{
	struct tq_buf b = TQ_BUF_INIT(4096);
	size_t i = c->said[state].n++;
	va_list ap;

	if (state > c->state)
		c->state = state;
	if (i >= SAID_MAX)
		return;
	va_start(ap, fmt);
	tq_buf_vfmt(&b, fmt, ap);
	va_end(ap);
	c->said[state].text[i] = tq_arena_dup(c->mem, b.data, b.len);
	tq_buf_free(&b);
}

/* The worst first, "; " between. */
static void
put_said(const struct check *c, struct tq_buf *b)
{
	size_t i, n = 0, left = 0;
	int state;

	for (state = c->state; state >= CHECK_OK; state--) {
		left += c->said[state].n;
		for (i = 0; i < c->said[state].n && n < SAID_MAX; i++, left--)
			tq_buf_fmt(b, "%s%s", n++ > 0 ? "; " : "",
			    c->said[state].text[i]);
	}
	if (n == 0)
		tq_buf_str(b, "all is well");
	if (left > 0)
		tq_buf_fmt(b, "; and %zu more (tq-status --summary)", left);
}

static void
add_row(const struct tq_facts_row *r, struct check *c)
{
	c->waiting += r->waiting + r->retrying;
	c->dead += r->failed;
	c->blocked += r->blocked;
	if (r->oldest_ms > c->oldest_ms)
		c->oldest_ms = r->oldest_ms;
}

static void
check_row(const struct status *s, const struct tq_facts_row *r, struct check *c)
{
	int64_t max_age = s->o->max_age_ms == -1 ? MAX_AGE_MS :
	    s->o->max_age_ms;
	int state = CHECK_OK;
	char age[TQ_TIME_TEXT];

	if (r->oldest_ms == 0)
		return;
	/* Tasks in a paused queue wait because somebody wants them to. */
	if (r->paused) {
		complain(c, CHECK_WARNING, "queue %s is paused%s while %s "
		    "waits", r->queue, r->pause, r->type);
		return;
	}
	/* Workers that cron starts are not always there. */
	if (r->oldest_ms > max_age)
		state = CHECK_CRITICAL;
	else if (r->workers > 0)
		return;
	complain(c, state, "queue %s: %s has waited for %s%s%s", r->queue,
	    r->type, tq_duration_text(r->oldest_ms, age), r->cause != NULL ?
	    ": " : r->workers > 0 ? "" : ", no worker now",
	    r->cause != NULL ? r->cause : "");
}

/* Monitors cut the line at '|' and graph what follows. */
static void
put_text(struct tq_buf *b, const char *text)
{
	size_t from = b->len;
	char *bar;

	tq_visible(b, tq_span_of(text), 0);
	for (bar = b->data + from; (bar = strchr(bar, '|')) != NULL; bar++)
		*bar = '/';
}

static int
check_print(struct status *s, struct check *c)
{
	struct tq_buf *b = &s->cli->out, said = TQ_BUF_INIT(64 * 1024);
	const char *text;

	put_said(c, &said);
	text = said.data;
	if (s->cli->json) {
		tq_buf_chr(b, '{');
		tq_json_member_str(b, "state", state_names[c->state]);
		tq_json_member_str(b, "message", text);
		if (c->state != CHECK_UNKNOWN) {
			tq_json_member_int(b, "waiting", (int64_t)c->waiting);
			tq_json_member_int(b, "dead", (int64_t)c->dead);
			tq_json_member_int(b, "oldestMs", c->oldest_ms);
		}
		tq_buf_str(b, "}\n");
	} else {
		tq_buf_fmt(b, "TQ %s - ", state_names[c->state]);
		put_text(b, text);
		if (c->state != CHECK_UNKNOWN)
			tq_buf_fmt(b, " | waiting=%llu dead=%llu oldest=%llds",
			    (unsigned long long)c->waiting,
			    (unsigned long long)c->dead,
			    (long long)(c->oldest_ms / 1000));
		tq_buf_chr(b, '\n');
	}
	tq_buf_free(&said);
	return c->state;
}

int
check_unknown(struct status *s)
{
	struct check c = { .mem = &s->cli->arena };

	complain(&c, CHECK_UNKNOWN, "%s", s->cli->err.msg);
	return check_print(s, &c);
}

/* What nothing but an operator brings on: the dead, and what waits for those,
   or for what was cancelled or is held. */
static void
complain_dead(struct check *c, uint64_t stuck, bool too_many)
{
	uint64_t dead = c->dead;

	c->dead += stuck;
	if (too_many && dead > 0)
		complain(c, CHECK_WARNING, "%llu dead task%s (tq-dlq list)",
		    (unsigned long long)dead, dead == 1 ? "" : "s");
	if (too_many && stuck > 0)
		complain(c, CHECK_WARNING, "%llu blocked behind dead, "
		    "cancelled or held ones (tq-status --list --status "
		    "BLOCKED)", (unsigned long long)stuck);
}

int
mode_check(struct status *s)
{
	struct check c = { .mem = &s->cli->arena };
	int64_t max_dead = s->o->max_dead == -1 ? 0 : s->o->max_dead;
	struct tq_facts f = { .now = 0 };
	struct tq_facts_row *rows;
	uint64_t stuck = 0;
	size_t i, n;

	if (status_facts(s, &f) == -1) {
		tq_facts_free(&f);
		return -1;
	}
	tq_facts_rows(&f, &f.a, &rows, &n);
	for (i = 0; i < n; i++)
		add_row(&rows[i], &c);
	if (c.blocked > 0 && tq_stuck_count(s->st, s->o->queue, NULL, 0,
	    &stuck, &c.blocked, &s->cli->err) == -1) {
		tq_facts_free(&f);
		return -1;
	}
	complain_dead(&c, stuck, c.dead + stuck > (uint64_t)max_dead);
	for (i = 0; i < n; i++)
		check_row(s, &rows[i], &c);
	tq_facts_free(&f);
	return check_print(s, &c);
}
