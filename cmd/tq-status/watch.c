/* cmd/tq-status/watch.c -- --watch: a live view for a terminal. */
#include "status.h"
#include "watch_draw.h"

#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#define TICK_MS		250	/* redraws when something changed */
#define CLOCK_MS	1000	/* redraws when nothing did */
#define ROWS_MAX	100	/* tasks per section that a screen may show */

#define ENTER	"\033[?1049h\033[?25l\033[?7l"
#define LEAVE	"\033[?7h\033[?25h\033[?1049l"

struct watch {
	struct status	*s;
	struct tq_facts	 f;
	struct tq_arena	 a;		/* the tasks shown */
	struct tq_arena	 changes;
	struct tq_buf	 cursor;
	struct termios	 old;
	bool		 raw;		/* keys come one by one */
	struct winsize	 size;
	int64_t		 drawn_at;	/* boot clock */
	struct tq_buf	 text;
};

static void
terminal_enter(struct watch *w)
{
	struct termios now;

	tq_buf_str(&w->s->cli->out, ENTER);
	if (!w->s->cli->in_tty || tcgetattr(STDIN_FILENO, &w->old) == -1)
		return;
	now = w->old;
	now.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	/* A stop would leave the shell on our screen. */
	now.c_cc[VSUSP] = now.c_cc[VQUIT] = _POSIX_VDISABLE;
	w->raw = tcsetattr(STDIN_FILENO, TCSANOW, &now) == 0;
}

/* Past cli->out: an interrupted tool does not write that any more. */
static void
terminal_leave(struct watch *w)
{
	if (w->raw)
		(void)tcsetattr(STDIN_FILENO, TCSANOW, &w->old);
	tq_buf_clear(&w->s->cli->out);
	(void)!write(STDOUT_FILENO, LEAVE, sizeof(LEAVE) - 1);
}

static bool
utf8_locale(const struct tq_env *env)
{
	static const char *const names[] = { "LC_ALL", "LC_CTYPE", "LANG" };
	const char *v = NULL;
	size_t i;

	for (i = 0; v == NULL && i < 3; i++)
		v = tq_getenv(env, names[i]);
	return v != NULL && (strcasestr(v, "UTF-8") != NULL ||
	    strcasestr(v, "UTF8") != NULL);
}

static int
list(struct watch *w, enum tq_status status, struct tq_page *page)
{
	struct tq_list req = { .limit = ROWS_MAX,
	    .newest_first = status == TQ_FAILED,
	    .filter = { .queue = w->s->filter.queue,
	    .statuses = TQ_BIT(status) } };

	return tq_store_list(w->s->st, &req, &w->a, page, &w->s->cli->err);
}

/* One write without clearing first: nothing flickers. */
static int
show(struct watch *w)
{
	struct tq_buf *out = &w->s->cli->out;
	const char *p = w->text.data, *end = p + w->text.len, *nl;

	tq_buf_str(out, "\033[H");
	for (; p < end; p = nl + 1) {
		if ((nl = memchr(p, '\n', (size_t)(end - p))) == NULL)
			nl = end;
		tq_buf_add(out, p, (size_t)(nl - p));
		tq_buf_str(out, nl < end ? "\033[K\r\n" : "\033[K");
	}
	tq_buf_str(out, "\033[J");
	return tq_cli_flush(w->s->cli);
}

static int
draw(struct watch *w)
{
	struct tq_cli *cli = w->s->cli;
	struct watch_view v = { .store = tq_store_name(w->s->st),
	    .width = w->size.ws_col, .height = w->size.ws_row,
	    .color = cli->color_out, .utf8 = utf8_locale(cli->env) };
	struct tq_page running, dead;
	struct tq_facts_row *rows;

	tq_arena_reset(&w->a);
	if (status_facts(w->s, &w->f) == -1 ||
	    list(w, TQ_RUNNING, &running) == -1 ||
	    list(w, TQ_FAILED, &dead) == -1)
		return -1;
	tq_facts_rows(&w->f, &w->f.a, &rows, &v.nrows);
	v.rows = rows;
	v.now = w->f.now;
	v.running = running.tasks;
	v.nrunning = running.n;
	v.all_running = running.cursor == NULL;
	v.dead = dead.tasks;
	v.ndead = dead.n;
	v.workers = w->f.workers;
	v.nworkers = w->f.nworkers;
	tq_buf_clear(&w->text);
	watch_draw(&v, &w->text);
	w->drawn_at = tq_boot_ms(cli->env);
	return show(w);
}

static bool
resized(struct watch *w)
{
	struct winsize now = { .ws_col = 0 };
	bool changed;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &now) == -1 || now.ws_col == 0)
		now = (struct winsize){ .ws_col = 80, .ws_row = 24 };
	changed = now.ws_col != w->size.ws_col || now.ws_row != w->size.ws_row;
	w->size = now;
	return changed;
}

/* 1 when something changed since the last time; 0; -1. */
static int
changed(struct watch *w)
{
	struct tq_err *err = &w->s->cli->err;
	struct tq_page page;

	tq_arena_reset(&w->changes);
	if (tq_store_wait_changes(w->s->st, w->s->filter.queue,
	    w->cursor.len != 0 ? w->cursor.data : NULL, 0, &w->changes, &page,
	    err) == -1) {
		/* Who may only read sees changes at the clock's next tick. */
		if (err->code == TQ_E_DENIED)
			return 0;
		if (err->code != TQ_E_LOST)
			return -1;
		/* We look at everything anew anyway. */
		tq_buf_clear(&w->cursor);
		return 1;
	}
	tq_buf_clear(&w->cursor);
	if (page.cursor != NULL)
		tq_buf_str(&w->cursor, page.cursor);
	return page.n > 0;
}

/* Sleep a tick; did somebody press q? */
static bool
quit_pressed(struct watch *w)
{
	struct pollfd pfd = { .fd = STDIN_FILENO, .events = POLLIN };
	char key;

	if (poll(&pfd, w->raw ? 1 : 0, TICK_MS) <= 0)
		return false;
	return read(STDIN_FILENO, &key, 1) != 1 || key == 'q' || key == 'Q' ||
	    key == 4;
}

static int
loop(struct watch *w)
{
	bool stale = true;
	int rc;

	do {
		if ((rc = changed(w)) == -1)
			return -1;
		stale = resized(w) || stale || rc == 1 ||
		    tq_boot_ms(w->s->cli->env) - w->drawn_at >= CLOCK_MS;
		if (stale && draw(w) == -1)
			return -1;
		stale = false;
	} while (!quit_pressed(w) && !tq_cli_interrupted());
	return 0;
}

int
mode_watch(struct status *s)
{
	struct watch w = { .s = s, .text = TQ_BUF_INIT(1024 * 1024),
	    .cursor = TQ_BUF_INIT(4096) };
	int rc;

	if (!s->cli->out_tty)
		return tq_cli_usage(s->cli, "--watch needs a terminal; "
		    "--follow prints changes as lines");
	if (s->cli->json)
		return tq_cli_usage(s->cli, "--watch has no JSON; --follow "
		    "--json prints changes as lines");
	terminal_enter(&w);
	rc = loop(&w);
	terminal_leave(&w);
	tq_facts_free(&w.f);
	tq_arena_free(&w.a);
	tq_arena_free(&w.changes);
	tq_buf_free(&w.cursor);
	tq_buf_free(&w.text);
	return tq_cli_interrupted() ? TQ_EX_INTR : rc;
}
