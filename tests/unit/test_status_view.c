/* tests/unit/test_status_view.c -- what --watch shows, and what keys change in
   that. */
#include "t.h"

#include "../../cmd/tq-status/watch_view.h"

#define NOW	INT64_C(1790000000000)

static struct tq_facts_row rows[4];
static struct tq_task tasks[40];
static struct tq_task *lists[NPARTS][40];
static struct tq_presence workers[2];
static struct watch_data data;
static struct watch_view view;
static struct watch_shown shown;
static char ids[40][12];

static struct tq_facts_row
row(const char *queue, const char *type, uint64_t waiting, uint64_t running,
    uint64_t dead)
{
	return (struct tq_facts_row){ .queue = queue, .type = type,
	    .waiting = waiting, .running = running, .failed = dead };
}

/* Four queues, 20 running, 10 waiting, 5 dead, two workers. */
static void
set_up(void)
{
	size_t i;

	rows[0] = row("alpha", "idle", 0, 0, 3);
	rows[1] = row("beta", "send", 9, 0, 2);
	rows[2] = row("gamma", "thumb", 1, 20, 0);
	rows[3] = row("gamma", "video", 0, 0, 0);
	rows[0].oldest_ms = 7000;
	for (i = 0; i < 40; i++) {
		snprintf(ids[i], sizeof(ids[i]), "id-%zu", i);
		tasks[i] = (struct tq_task){ .id = ids[i], .queue = "gamma",
		    .type = "thumb", .status = TQ_RUNNING, .worker = "host:1" };
		lists[PART_RUNNING][i] = &tasks[i];
		lists[PART_WAITING][i] = &tasks[i + 20 < 40 ? i + 20 : i];
		lists[PART_DEAD][i] = &tasks[i + 30 < 40 ? i + 30 : i];
	}
	tasks[33].reason = "No Space left";
	tasks[21].group = "acme";
	workers[0] = (struct tq_presence){ .worker = "host:1",
	    .queue = "gamma", .types = "thumb video" };
	workers[1] = (struct tq_presence){ .worker = "host:2",
	    .queue = "beta", .types = "send" };
	data = (struct watch_data){ .now = NOW, .rows = rows, .nrows = 4,
	    .workers = workers, .nworkers = 2 };
	for (i = PART_RUNNING; i < PART_WORKERS; i++)
		data.tasks[i] = lists[i];
	data.ntasks[PART_RUNNING] = 20;
	data.ntasks[PART_WAITING] = 10;
	data.ntasks[PART_DEAD] = 5;
	memset(&view, 0, sizeof(view));
	view.asked_queue = view.asked_type = "";
}

static void
arrange(int height)
{
	watch_arrange(&view, &data, height, &shown);
	watch_commands(&view, NULL, &shown);
}

static void
press(enum watch_key key)
{
	const struct watch_press p = { .key = key };

	watch_press(&view, &shown, &p);
	arrange(22);
}

static void
type(const char *text)
{
	struct watch_press p = { .key = KEY_TEXT };

	for (; *text != '\0'; text++) {
		p.text[0] = *text;
		watch_press(&view, &shown, &p);
		arrange(22);
	}
}

/* The names of the queues' rows, in order. */
static const char *
order(void)
{
	static char text[200];
	const struct tq_facts_row *r;
	size_t i;

	text[0] = '\0';
	for (i = 0; i < shown.n[PART_QUEUES]; i++) {
		r = shown.rows[PART_QUEUES][i];
		snprintf(text + strlen(text), sizeof(text) - strlen(text),
		    "%s%s/%s", i > 0 ? " " : "", r->queue, r->type);
	}
	return text;
}

static const char *
selected(void)
{
	const struct tq_task *t;

	if (shown.n[view.focus] == 0)
		return "";
	t = shown.rows[view.focus][view.part[view.focus].at];
	return t->id;
}

static void
test_sort(void)
{
	set_up();
	arrange(22);
	T_STR(order(), "gamma/thumb beta/send alpha/idle gamma/video");
	type("s");
	T_STR(order(), "alpha/idle beta/send gamma/thumb gamma/video");
	type("s");
	T_STR(order(), "beta/send gamma/thumb alpha/idle gamma/video");
	type("s");
	T_STR(order(), "alpha/idle beta/send gamma/thumb gamma/video");
	type("s");
	T_STR(order(), "alpha/idle beta/send gamma/thumb gamma/video");
	T_STR(watch_sort_name(view.sort), "dead");
	type("s");
	T_STR(watch_sort_name(view.sort), "busy");
}

static void
test_filter(void)
{
	set_up();
	arrange(22);
	type("/BET");
	T_OK(view.typing);
	T_STR(order(), "beta/send");
	T_INT(shown.n[PART_WORKERS], 1);
	T_INT(shown.n[PART_RUNNING], 0);
	/* A letter that is a command elsewhere is text here. */
	type("q");
	T_OK(!view.quit);
	T_STR(view.filter, "BETq");
	press(KEY_BACKSPACE);
	press(KEY_ENTER);
	T_OK(!view.typing);
	T_STR(view.filter, "BET");
	press(KEY_ESC);
	T_STR(view.filter, "");
	type("/space left");
	T_INT(shown.n[PART_DEAD], 1);
	T_INT(shown.all[PART_DEAD], 1);
	press(KEY_CLEAR);
	type("acme");
	T_INT(shown.n[PART_WAITING], 1);
	press(KEY_ESC);
	T_OK(!view.typing && view.filter[0] == '\0');
	type("/\303\244");
	press(KEY_BACKSPACE);
	T_STR(view.filter, "");
	press(KEY_BACKSPACE);
	T_OK(!view.typing);
}

static void
test_filter_long(void)
{
	size_t i;

	set_up();
	arrange(22);
	type("/");
	for (i = 0; i < 2 * sizeof(view.filter); i++)
		type("x");
	T_INT(strlen(view.filter), sizeof(view.filter) - 1);
}

static int
height(void)
{
	int i, sum = 0;

	for (i = 0; i < NPARTS; i++)
		if (shown.lines[i] > 0)
			sum += shown.lines[i] + 1 + shown.gaps +
			    ((uint64_t)shown.lines[i] < shown.all[i]);
	return sum;
}

static void
test_room(void)
{
	int h, i;

	for (h = 0; h < 80; h++)
		for (i = 0; i < NPARTS; i++) {
			set_up();
			view.focus = (enum watch_part)i;
			arrange(h);
			if (height() > h && h >= 4)
				T_FAIL("%d lines of %d", height(), h);
			if (h >= 4 && shown.lines[view.focus] == 0)
				T_FAIL("the part with the keys has no line");
		}
	/* The part with the keys has the room; none of the others is away. */
	set_up();
	view.focus = PART_RUNNING;
	arrange(28);
	T_OK(shown.lines[PART_RUNNING] >= 8);
	T_OK(shown.lines[PART_DEAD] >= 1 && shown.lines[PART_WORKERS] >= 1);
	arrange(80);
	T_INT(shown.lines[PART_RUNNING], 20);
	T_INT(shown.lines[PART_QUEUES], 4);
}

static void
test_cursor(void)
{
	set_up();
	arrange(22);
	press(KEY_TAB);
	T_INT(view.focus, PART_RUNNING);
	T_STR(selected(), "id-0");
	type("jj");
	T_STR(selected(), "id-2");
	/* Its row moves, and the cursor with it. */
	lists[PART_RUNNING][2] = &tasks[7];
	lists[PART_RUNNING][7] = &tasks[2];
	arrange(22);
	T_STR(selected(), "id-2");
	T_INT(view.part[PART_RUNNING].at, 7);
	/* It goes: the next one is in its place. */
	lists[PART_RUNNING][7] = &tasks[8];
	arrange(22);
	T_INT(view.part[PART_RUNNING].at, 7);
	press(KEY_END);
	T_STR(selected(), "id-19");
	T_INT(view.part[PART_RUNNING].top,
	    20 - (size_t)shown.lines[PART_RUNNING]);
	press(KEY_DOWN);
	T_STR(selected(), "id-19");
	press(KEY_PAGE_UP);
	T_INT(view.part[PART_RUNNING].at,
	    19 - (size_t)shown.lines[PART_RUNNING]);
	press(KEY_HOME);
	press(KEY_UP);
	T_STR(selected(), "id-0");
	press(KEY_BACK_TAB);
	T_INT(view.focus, PART_QUEUES);
	press(KEY_BACK_TAB);
	T_INT(view.focus, PART_WORKERS);
}

static void
test_nothing(void)
{
	set_up();
	data.nrows = data.nworkers = 0;
	memset(data.ntasks, 0, sizeof(data.ntasks));
	arrange(22);
	type("jkgGslc");
	press(KEY_TAB);
	press(KEY_ENTER);
	press(KEY_PAGE_DOWN);
	T_INT(shown.ncommands, 0);
	T_INT(height(), 0);
}

static void
test_open(void)
{
	set_up();
	arrange(22);
	type("j");
	press(KEY_ENTER);
	T_STR(view.queue, "beta");
	T_STR(view.type, "send");
	T_STR(order(), "beta/send");
	T_INT(shown.n[PART_WORKERS], 1);
	press(KEY_ESC);
	T_STR(view.queue, "");
	press(KEY_TAB);
	view.focus = PART_DEAD;
	arrange(22);
	type("j");
	press(KEY_ENTER);
	T_INT(view.screen, SCREEN_TASK);
	T_STR(view.id, "id-31");
	press(KEY_ESC);
	T_INT(view.screen, SCREEN_ALL);
	type("?");
	T_INT(view.screen, SCREEN_HELP);
	type("?");
	T_INT(view.screen, SCREEN_ALL);
	type("q");
	T_OK(view.quit);
}

/* Esc comes back to the view that the command line asked for. */
static void
test_asked(void)
{
	set_up();
	view.asked_queue = "gamma";
	snprintf(view.queue, sizeof(view.queue), "gamma");
	arrange(22);
	T_STR(order(), "gamma/thumb gamma/video");
	press(KEY_ENTER);
	T_STR(order(), "gamma/thumb");
	T_INT(shown.n[PART_WORKERS], 1);
	press(KEY_ESC);
	press(KEY_ESC);
	T_STR(order(), "gamma/thumb gamma/video");
	/* A part of a type's name is another type. */
	snprintf(view.type, sizeof(view.type), "thu");
	arrange(22);
	T_INT(shown.n[PART_WORKERS], 0);
}

static void
test_scroll(void)
{
	set_up();
	arrange(22);
	view.screen = SCREEN_TASK;
	shown.page = 10;
	shown.detail_lines = 35;
	type("jj");
	T_INT(view.scroll, 2);
	press(KEY_PAGE_DOWN);
	T_INT(view.scroll, 12);
	press(KEY_END);
	T_INT(view.scroll, 25);
	T_OK(view.at_end);
	press(KEY_UP);
	T_OK(!view.at_end);
	press(KEY_HOME);
	T_INT(view.scroll, 0);
}

static bool
offers(const char *line)
{
	int i;

	for (i = 0; i < shown.ncommands; i++)
		if (strcmp(shown.command[i].line, line) == 0)
			return true;
	return false;
}

static void
test_commands(void)
{
	struct watch_detail detail = { .id = "id-30", .task = &tasks[30] };

	set_up();
	watch_command_store(&view, "sqlite:it's");
	rows[2].paused = true;
	arrange(22);
	type("c");
	T_OK(offers("tq-ctl resume gamma --store='sqlite:it'\\''s'"));
	T_OK(offers("tq-ctl cancel -q gamma --type thumb --store='sqlite:it'\\''s'"));
	view.store[0] = '\0';
	press(KEY_ESC);
	T_OK(!view.choosing);
	view.focus = PART_RUNNING;
	arrange(22);
	T_OK(offers("tq-ctl cancel id-0"));
	T_OK(!offers("tq-dlq redrive id-0"));
	tasks[30].status = TQ_FAILED;
	view.focus = PART_DEAD;
	arrange(22);
	T_OK(offers("tq-dlq redrive id-30"));
	T_OK(!offers("tq-ctl cancel id-30"));
	tasks[20].status = TQ_PENDING;
	tasks[20].held = true;
	view.focus = PART_WAITING;
	arrange(22);
	T_OK(offers("tq-ctl unhold id-20"));
	T_OK(!offers("tq-ctl hold id-20"));
	view.screen = SCREEN_TASK;
	watch_commands(&view, &detail, &shown);
	T_OK(offers("tq-ctl purge id-30"));
}

static void
test_copy(void)
{
	set_up();
	arrange(22);
	type("c2");
	T_OK(view.choosing && !view.copied);
	T_INT(view.choice, 1);
	press(KEY_COPIES);
	type("1");
	T_OK(view.copied);
	T_INT(view.choice, 0);
	press(KEY_DOWN);
	T_OK(!view.copied);
	press(KEY_ENTER);
	T_OK(view.copied);
	T_INT(view.choice, 1);
	type("9");
	T_OK(!view.copied);
	T_INT(view.choice, 1);
	type("q");
	T_OK(!view.choosing && !view.quit);
}

static void
test_notes(void)
{
	set_up();
	rows[2].paused = rows[3].paused = true;
	rows[1].cause = "the limit of 2 is reached";
	arrange(22);
	T_INT(shown.nnotes, 2);
	type("s");
	T_INT(shown.nnotes, 2);
}

T_MAIN(
	{ "busy queues come first, and a key sorts them otherwise", test_sort },
	{ "what is typed filters all parts, in any case", test_filter },
	{ "a filter has room for so much", test_filter_long },
	{ "parts share the screen, and the one with the keys has the most",
	    test_room },
	{ "the cursor stays on its row", test_cursor },
	{ "where there is nothing, no key does any harm", test_nothing },
	{ "Enter opens a queue or a task, Esc goes back", test_open },
	{ "Esc never leaves what the command line asked for", test_asked },
	{ "the text about a task scrolls and stays at its end", test_scroll },
	{ "each thing has the commands that change it", test_commands },
	{ "a command is copied where the terminal takes it", test_copy },
	{ "a paused queue is noted once", test_notes }
)
