/*
 * cmd/tq-status/watch_command.c -- the commands that would change what is
 * selected; see watch_view.h.  Names of queues and tasks need no quoting.
 */
#include "watch_view.h"

#include <string.h>

/* Which commands go with a task: how it stands. */
static const struct {
	unsigned	 statuses;
	int		 held;		/* 1: only held ones; 0: only others;
					   -1: either */
	const char	*what, *line;
} of_task[] = {
	{ TQ_WAITING | TQ_BIT(TQ_BLOCKED) | TQ_BIT(TQ_RUNNING), -1,
	    "cancel it", "tq-ctl cancel" },
	{ TQ_WAITING, 0, "let it wait until told otherwise", "tq-ctl hold" },
	{ TQ_WAITING, 1, "let it run", "tq-ctl unhold" },
	{ TQ_WAITING, -1, "let it run before others",
	    "tq-ctl edit --prio 9" },
	{ TQ_BIT(TQ_FAILED) | TQ_BIT(TQ_CANCELLED), -1, "run it again",
	    "tq-dlq redrive" },
	{ TQ_FINISHED, -1, "remove it for good", "tq-ctl purge" },
	{ TQ_BIT(TQ_RUNNING), -1, "follow what it writes",
	    "tq-status --log=both -f" },
	{ TQ_BIT(TQ_COMPLETED), -1, "fetch its result", "tq-status --result" },
	{ ~0u, -1, "all that is known of it", "tq-status --json" },
};

static void
add(const struct watch_view *v, struct watch_shown *s, const char *what,
    char *line)
{
	if (s->ncommands < WATCH_COMMANDS)
		s->command[s->ncommands++] = (struct watch_command){ what,
		    tq_arena_fmt(&s->a, "%s%s", line, v->store) };
}

static void
add_task(const struct watch_view *v, struct watch_shown *s,
    const struct tq_task *t)
{
	size_t i;

	for (i = 0; i < sizeof(of_task) / sizeof(of_task[0]); i++)
		if ((of_task[i].statuses & TQ_BIT(t->status)) != 0 &&
		    (of_task[i].held == -1 || of_task[i].held == t->held))
			add(v, s, of_task[i].what, tq_arena_fmt(&s->a, "%s %s",
			    of_task[i].line, t->id));
}

static void
add_queue(const struct watch_view *v, struct watch_shown *s,
    const struct tq_facts_row *r)
{
	bool type = strcmp(r->type, "-") != 0;
	const char *where = type ? tq_arena_fmt(&s->a, "-q %s --type %s",
	    r->queue, r->type) : r->queue;

	add(v, s, r->paused ? "let its tasks start again" :
	    "let none of its tasks start", tq_arena_fmt(&s->a, "tq-ctl %s %s",
	    r->paused ? "resume" : "pause", r->queue));
	if (!type)
		return;
	add(v, s, "let at most 4 of this type run at once",
	    tq_arena_fmt(&s->a, "tq-ctl limit %s %s=4", r->queue, r->type));
	if (r->failed > 0)
		add(v, s, "run its dead tasks again",
		    tq_arena_fmt(&s->a, "tq-dlq redrive %s", where));
	if (r->waiting + r->retrying > 0)
		add(v, s, "cancel what waits",
		    tq_arena_fmt(&s->a, "tq-ctl cancel %s", where));
}

void
watch_command_store(struct watch_view *v, const char *url)
{
	struct tq_buf b = TQ_BUF_INIT(sizeof(v->store) - 1);

	tq_buf_str(&b, " --store='");
	for (; *url != '\0'; url++)
		if (*url == '\'')
			tq_buf_str(&b, "'\\''");
		else
			tq_buf_chr(&b, *url);
	tq_buf_chr(&b, '\'');
	/* One that is too long is left out, and not cut. */
	if (!b.failed)
		memcpy(v->store, b.data, b.len + 1);
	tq_buf_free(&b);
}

void
watch_commands(const struct watch_view *v, const struct watch_detail *detail,
    struct watch_shown *s)
{
	enum watch_part part = v->focus;
	const void *row;

	s->ncommands = 0;
	if (v->screen == SCREEN_TASK) {
		if (detail != NULL && detail->task != NULL)
			add_task(v, s, detail->task);
		return;
	}
	if (s->n[part] == 0 || part == PART_WORKERS)
		return;
	row = s->rows[part][v->part[part].at];
	if (part == PART_QUEUES)
		add_queue(v, s, row);
	else
		add_task(v, s, row);
}
