/* cmd/tq-status/watch.c -- --watch: a console for a terminal. */
#include "status.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/cell.h"
#include "watch_draw.h"
#include "watch_read.h"
#include "watch_term.h"

#define CLOCK_MS	1000	/* redraws when nothing changed */
#define ESC_MS		50	/* within which the rest of a key follows */

struct watch {
	struct status		*s;
	struct watch_reader	 r;
	struct watch_view	 v;
	struct watch_shown	 shown;
	struct watch_keys	 keys;
	struct tq_buf		 text;
	struct tq_buf		 cell;
	int			 width, height;
	bool			 asked;		/* what the terminal takes */
};

/* What is to be read follows from what is shown; with the reader's lock. */
static void
want(struct watch *w, struct watch_want *out)
{
	memset(out, 0, sizeof(*out));
	snprintf(out->queue, sizeof(out->queue), "%s", w->v.queue);
	snprintf(out->type, sizeof(out->type), "%s", w->v.type);
	if (w->v.screen == SCREEN_TASK)
		snprintf(out->id, sizeof(out->id), "%s", w->v.id);
}

/* What came of the task that is shown; NULL: nothing yet. */
static const struct watch_detail *
detail(const struct watch *w)
{
	const struct watch_detail *d = &w->r.detail;

	return d->id != NULL && strcmp(d->id, w->v.id) == 0 ? d : NULL;
}

static void
arrange(struct watch *w)
{
	watch_arrange(&w->v, &w->r.data, watch_draw_height(&w->v, &w->shown,
	    w->width, w->height), &w->shown);
	watch_commands(&w->v, detail(w), &w->shown);
}

static int
draw(struct watch *w)
{
	struct pen p = { .out = &w->text, .text = w->cell,
	    .width = w->width, .height = w->height,
	    .color = w->s->cli->color_out, .utf8 = tq_cell_utf8() };
	bool anew = w->v.redraw;

	tq_buf_clear(&w->text);
	pthread_mutex_lock(&w->r.lock);
	w->r.data.now = tq_wall_ms(w->s->cli->env);
	if (w->r.ready) {
		arrange(w);
		watch_draw(&p, &w->v, &w->r.data, detail(w), &w->shown);
	} else {
		tq_buf_fmt(&w->text, "%.*s", w->width, "tq: reading ...");
	}
	pthread_mutex_unlock(&w->r.lock);
	w->cell = p.text;
	w->v.redraw = false;
	return watch_term_show(tq_buf_span(&w->text), anew);
}

static void
press(struct watch *w, const struct watch_press *p)
{
	struct watch_want now;

	pthread_mutex_lock(&w->r.lock);
	if (w->r.ready)
		arrange(w);
	watch_press(&w->v, &w->shown, p);
	want(w, &now);
	watch_reader_want(&w->r, &now);
	if (w->v.copied)
		watch_term_copy(w->shown.command[w->v.choice].line);
	pthread_mutex_unlock(&w->r.lock);
	/* Not before it is of use: of who quits at once, the shell would get
	   the answer. */
	if (w->v.choosing && !w->asked)
		watch_term_ask(WATCH_KEYS_ASK);
	w->asked = w->asked || w->v.choosing;
}

/* Wait for a key, for news or for the clock.  False: the end. */
static bool
turn(struct watch *w)
{
	struct watch_press p;
	uint64_t news;
	char bytes[64];
	size_t n;
	int ms = w->keys.n > 0 ? ESC_MS : CLOCK_MS;

	if (!watch_term_wait(w->r.bell, ms, bytes, sizeof(bytes), &n))
		return false;
	(void)!read(w->r.bell, &news, sizeof(news));
	watch_keys_add(&w->keys, bytes, n);
	while (!w->v.quit && watch_keys_next(&w->keys, n == 0, &p))
		press(w, &p);
	return !w->v.quit;
}

static int
loop(struct watch *w)
{
	bool failed = false;

	do {
		watch_term_stop();
		w->v.redraw = watch_term_changed(&w->width, &w->height) ||
		    w->v.redraw;
		if (draw(w) == -1)
			return TQ_EX_IO;
		pthread_mutex_lock(&w->r.lock);
		failed = w->r.failed;
		pthread_mutex_unlock(&w->r.lock);
	} while (!failed && !tq_cli_interrupted() && turn(w));
	return failed ? -1 : 0;
}

static void
start_view(struct watch *w)
{
	const struct tq_filter *f = &w->s->filter;
	struct watch_view *v = &w->v;

	v->asked_queue = f->queue != NULL ? f->queue : "";
	v->asked_type = f->type != NULL ? f->type : "";
	snprintf(v->queue, sizeof(v->queue), "%s", v->asked_queue);
	snprintf(v->type, sizeof(v->type), "%s", v->asked_type);
	if (w->s->cli->store_given)
		watch_command_store(v, w->s->cli->store_url);
}

static int
watch(struct watch *w)
{
	struct watch_want first;
	int rc;

	start_view(w);
	want(w, &first);
	if (watch_reader_start(&w->r, w->s, &first) == -1)
		return -1;
	watch_term_enter(w->s->cli);
	rc = loop(w);
	watch_term_leave();
	/* A request that does not end need not keep anybody. */
	if (!watch_reader_stop(&w->r))
		_exit(tq_cli_interrupted() ? TQ_EX_INTR : rc == -1 ? TQ_EX_IO :
		    rc);
	return rc;
}

int
mode_watch(struct status *s)
{
	struct watch w = { .s = s, .text = TQ_BUF_INIT((size_t)16 << 20),
	    .cell = TQ_BUF_INIT(64 * 1024) };
	int rc;

	if (!s->cli->out_tty)
		return tq_cli_usage(s->cli, "--watch needs a terminal; "
		    "--follow prints changes as lines");
	if (s->cli->dumb)
		return tq_cli_usage(s->cli, "--watch needs a terminal that can "
		    "do more than TERM says; --follow prints changes as lines");
	if (s->cli->json)
		return tq_cli_usage(s->cli, "--watch has no JSON; --follow "
		    "--json prints changes as lines");
	rc = watch(&w);
	tq_arena_free(&w.shown.a);
	tq_buf_free(&w.cell);
	tq_buf_free(&w.text);
	return tq_cli_interrupted() ? TQ_EX_INTR : rc;
}
