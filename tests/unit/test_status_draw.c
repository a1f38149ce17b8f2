/*
 * tests/unit/test_status_draw.c -- the pure parts of tq-status that show: the
 * screens of --watch, and the bytes of logs.
 */
#include "t.h"

#include <time.h>

#include "../../cmd/tq-status/text.h"
#include "../../cmd/tq-status/watch_detail.h"
#include "../../cmd/tq-status/watch_draw.h"
#include "cli/cell.h"

#define NOW	INT64_C(1790000000000)
#define ID	"01a20367-5d03-71ac-b580-7818df096bb5"

static struct tq_buf screen = TQ_BUF_INIT(1024 * 1024);
static struct tq_buf cell = TQ_BUF_INIT(8192);
static struct tq_facts_row rows[40];
static struct tq_task tasks[40];
static struct tq_task *list[40];
static struct tq_presence workers[1];
static struct watch_data data;
static struct watch_detail detail;
static struct watch_view view;
static struct watch_shown shown;
static struct pen pen;

static void
set_up(size_t nrows, size_t nrunning, size_t ndead, size_t nworkers)
{
	size_t i;

	setenv("TZ", "UTC", 1);
	tq_cell_locale();
	for (i = 0; i < 40; i++) {
		rows[i] = (struct tq_facts_row){ .queue = "default", .type = "thumb",
		    .waiting = 12, .workers = 1, .oldest_ms = 12000,
		    .speed = 0.5 };
		tasks[i] = (struct tq_task){ .id = ID,
		    .queue = "default", .type = "thumb", .attempts = 1,
		    .started_at = NOW - 41000, .finished_at = NOW - 60000,
		    .worker = "host:1", .reason = "no such host" };
		list[i] = &tasks[i];
	}
	rows[0].running = nrunning;
	rows[0].failed = ndead;
	workers[0] = (struct tq_presence){ .worker = "host:1",
	    .queue = "default", .types = "thumb mail", .slots = 4, .busy = 3 };
	data = (struct watch_data){ .store = "sqlite:/tmp/tq.db", .now = NOW,
	    .rows = rows, .nrows = nrows, .workers = workers,
	    .nworkers = nworkers };
	data.tasks[PART_RUNNING] = data.tasks[PART_DEAD] = list;
	data.ntasks[PART_RUNNING] = nrunning;
	data.ntasks[PART_DEAD] = ndead;
	memset(&view, 0, sizeof(view));
	view.asked_queue = view.asked_type = "";
	memset(&detail, 0, sizeof(detail));
	pen = (struct pen){ .width = 80, .height = 24 };
}

static void
draw(void)
{
	struct pen p = pen;

	tq_buf_clear(&screen);
	p.out = &screen;
	p.text = cell;
	watch_arrange(&view, &data, watch_draw_height(&view, &shown,
	    p.width, p.height), &shown);
	watch_commands(&view, &detail, &shown);
	watch_draw(&p, &view, &data, &detail, &shown);
	cell = p.text;
}

/* The n-th line, from 0; "" behind the last. */
static const char *
nth(int n)
{
	static char text[1024];
	const char *p = screen.data, *end;

	while (n-- > 0 && p != NULL)
		if ((p = strchr(p, '\n')) != NULL)
			p++;
	if (p == NULL)
		return "";
	end = strchr(p, '\n');
	snprintf(text, sizeof(text), "%.*s", (int)(end == NULL ? strlen(p) :
	    (size_t)(end - p)), p);
	return text;
}

static int
count_lines(void)
{
	const char *p;
	int n = 1;

	for (p = screen.data; (p = strchr(p, '\n')) != NULL; p++)
		n++;
	return n;
}

static int
longest(void)
{
	int i, w, most = 0;

	for (i = count_lines(); i-- > 0;) {
		w = (int)tq_cell_width(tq_span_of(nth(i)));
		most = w > most ? w : most;
	}
	return most;
}

static bool
has(const char *text)
{
	return strstr(screen.data, text) != NULL;
}

static void
test_empty(void)
{
	set_up(0, 0, 0, 0);
	draw();
	T_STR(nth(0), "tq 14:13:20 sqlite:/tmp/tq.db ");
	T_STR(nth(1), " no tasks yet ");
	T_INT(count_lines(), 24);
	T_OK(strncmp(nth(23), "q quit  ? help  Enter open", 25) == 0);
	strcpy(view.filter, "x");
	draw();
	T_STR(nth(0), "tq 14:13:20 with x sqlite:/tmp/tq.db ");
	T_STR(nth(1), " nothing has that in it ");
}

static void
test_parts(void)
{
	set_up(1, 1, 1, 1);
	draw();
	T_STR(nth(1), " QUEUE   TYPE   WAIT  RUN RETRY   DONE  DEAD CANC OLDEST "
	    "  RATE    ETA WRK ");
	T_STR(nth(2), ">default thumb    12    1     .      .     1    .    12s "
	    "  30/m    24s   1 ");
	T_OK(strncmp(nth(4), " RUNNING ", 9) == 0);
	T_STR(nth(5), " " ID " thumb      1/3     41s host:1 ");
	T_OK(strncmp(nth(7), " DEAD ", 6) == 0);
	T_STR(nth(8), " " ID " thumb      1/3      1m no such host ");
	T_OK(strncmp(nth(10), " WORKERS ", 9) == 0);
	T_OK(strstr(nth(11), "1/4     default      thumb mail") != NULL);
	/* Running tasks were not read as a whole: the worker's number counts. */
	rows[0].running = 2;
	draw();
	T_OK(has("3/4     default"));
	T_INT(count_lines(), 24);
}

static void
test_cursor(void)
{
	set_up(2, 0, 0, 0);
	view.part[PART_QUEUES].at = 1;
	draw();
	T_OK(nth(2)[0] == ' ' && nth(3)[0] == '>');
	pen.color = true;
	draw();
	T_OK(strstr(nth(3), "\033[7m>default") == nth(3));
	T_OK(strstr(nth(3), "\033[0m") == nth(3) + strlen(nth(3)) - 4);
	/* Other colors would be lost in it. */
	T_OK(strstr(nth(3), "\033[3") == NULL);
}

static void
test_progress(void)
{
	set_up(1, 1, 0, 0);
	tasks[0].progress = tq_span_of(
	    "{\"done\":40,\"total\":100,\"text\":\"resizing\"}");
	draw();
	T_OK(strstr(nth(5), " ####......  40% ") != NULL);
	/* Where there is no room for both, the number. */
	pen.width = 40;
	draw();
	T_OK(has(" 41s  40% resiz"));
	pen.utf8 = true;
	pen.width = 130;
	draw();
	T_OK(has("████████░░░░░░░░░░░░  40% resizing host:1"));
	tasks[0].progress = tq_span_of("{\"done\":900,\"total\":100}");
	draw();
	T_OK(has("█ 100% host:1"));
	tasks[0].progress = tq_span_of("{\"done\":1,\"total\":0}");
	draw();
	T_OK(has("41s host:1"));
}

static void
test_notes(void)
{
	set_up(2, 0, 0, 0);
	rows[0].paused = rows[1].paused = true;
	rows[0].pause = rows[1].pause = " until 14:00 (SES throttled)";
	draw();
	T_STR(nth(4), " default is paused until 14:00 (SES throttled) ");
	T_STR(nth(5), "");
	/* Whose, where there is more than one. */
	rows[0].paused = rows[1].paused = false;
	rows[1].type = "mail";
	rows[1].cause = "no worker for type mail has been seen";
	draw();
	T_STR(nth(4), " default mail waits: no worker for type mail has been "
	    "seen ");
	strcpy(view.type, "mail");
	draw();
	T_STR(nth(3), " no worker for type mail has been seen ");
}

static void
test_sizes(void)
{
	int h, w, screens;

	set_up(40, 40, 40, 1);
	rows[3].queue = "a-queue-with-a-name-of-sixty-four-characters-which-"
	    "is-the-longest";
	detail = (struct watch_detail){ .id = ID, .task = &tasks[0],
	    .why = "a sentence that is longer than a narrow screen",
	    .log = tq_span_of("one\ntwo\tthree\n\nfour") };
	for (screens = 0; screens < 3; screens++)
		for (h = 1; h < 60; h += 1 + h / 8)
			for (w = 1; w < 210; w += 1 + w / 8) {
				view.screen = (enum watch_screen)screens;
				view.choosing = w % 2;
				pen.height = h;
				pen.width = w;
				draw();
				if (count_lines() <= h && longest() <= w)
					continue;
				T_FAIL("%dx%d gives %dx%d", w, h, longest(),
				    count_lines());
				return;
			}
}

static void
test_narrow(void)
{
	set_up(1, 1, 1, 1);
	pen.width = 40;
	draw();
	T_STR(nth(1), " QUEUE   TYPE   WAIT  RUN  DEAD    ETA ");
	T_STR(nth(2), ">default thumb    12    1     1    24s ");
	/* The end of an id is what tells it from its neighbours. */
	T_OK(has(" f096bb5 thumb         41s host:1 "));
	pen.width = 20;
	draw();
	T_STR(nth(1), " QUEUE    WAIT ");
	T_STR(nth(2), ">default    12 ");
	/* Names are worth more than columns of little use. */
	pen.width = 80;
	rows[0].queue = "thumbnails-eu";
	rows[0].type = "image.grayscale";
	draw();
	T_OK(has(">thumbnails-eu image.grayscale "));
	T_OK(has("ETA") && !has("CANC"));
	pen.width = 200;
	draw();
	T_OK(has("CANC"));
}

static void
test_wide_characters(void)
{
	set_up(1, 0, 1, 0);
	tasks[0].reason = "\346\227\245\346\234\254\350\252\236"
	    "\346\227\245\346\234\254\350\252\236 kein Platz";
	pen.utf8 = true;
	pen.width = 74;
	draw();
	T_OK(longest() <= 74);
	T_OK(has("\346\227\245\346\234\254\350\252\236"));
	pen.utf8 = false;
	draw();
	T_OK(has("?????? kein Platz"));
}

static void
test_left_out(void)
{
	set_up(2, 30, 30, 1);
	draw();
	T_INT(count_lines(), 24);
	T_OK(has(" ... 26 more"));
	T_OK(has(" ... 25 more"));
	T_OK(has("WORKERS"));
	rows[0].failed = 1000;
	view.focus = PART_DEAD;
	view.part[PART_DEAD].at = 29;
	draw();
	T_OK(has(" more, some above"));
	rows[0].failed = 123456789;
	draw();
	T_OK(has(" 123M "));
}

static void
test_escapes(void)
{
	set_up(1, 1, 1, 1);
	tasks[0].reason = "\033[31mred\nnext";
	tasks[0].progress = tq_span_of("{\"text\":\"a\\u001bb\"}");
	pen.width = 200;
	draw();
	T_OK(!has("\033"));
	T_OK(has("\\x1b[31mred\\nnext"));
	T_OK(has("a\\x1bb"));
	strcpy(view.filter, "\033]0;x\a");
	draw();
	T_OK(!has("\033"));
	view.filter[0] = '\0';
	view.screen = SCREEN_TASK;
	detail = (struct watch_detail){ .id = ID, .task = &tasks[0],
	    .log = tq_span_of("\033]52;c;eA==\a\rx\n") };
	draw();
	T_OK(!has("\033") && !has("\r"));
	T_OK(has("\\x1b]52;c;eA==\\x07\\rx "));
	view.screen = SCREEN_ALL;
	pen.color = true;
	draw();
	T_OK(has("\033[1mRUNNING"));
	T_OK(has("\033[31m\\x1b[31mred\\nnext\033[0m"));
}

static void
test_detail(void)
{
	set_up(1, 1, 0, 0);
	view.screen = SCREEN_TASK;
	detail.id = NULL;
	draw();
	T_STR(nth(1), "reading ... ");
	detail.id = ID;
	draw();
	T_STR(nth(2), "It is not in the store any more. ");
	tasks[0].status = TQ_FAILED;
	tasks[0].payload = tq_span_of("{\"a\":1}");
	detail.task = &tasks[0];
	detail.why = "dead";
	detail.log = tq_span_of("x\ty\nlast");
	draw();
	T_STR(nth(1), "task        " ID " ");
	T_STR(nth(2), "status      FAILED ");
	T_STR(nth(3), "why         dead ");
	T_OK(has("\npayload     {\"a\":1} \n"));
	T_OK(has("\nended       1m ago (2026-09-21T14:12:20.000Z) \n"));
	T_OK(has("\nx       y \nlast "));
	/* A text that is too long goes on below, in the same column. */
	pen.width = 30;
	detail.why = "the handler was stopped";
	draw();
	T_OK(has("why         the handler was \n            stopped \n"));
	T_OK(has("task        01a20367-5d03-71ac\n            -b580-7818df096bb"));
	/* It stays at its end as it grows. */
	pen.height = 6;
	view.at_end = true;
	draw();
	T_STR(nth(4), "last ");
	detail.log = tq_span_of("x\ty\nlast\nmore");
	draw();
	T_STR(nth(4), "more ");
}

static void
test_commands(void)
{
	set_up(1, 0, 0, 0);
	view.choosing = true;
	draw();
	draw();
	T_INT(count_lines(), 24);
	T_STR(nth(20), ">1 tq-ctl pause default # let none of its tasks start ");
	T_STR(nth(23), "copy it with the mouse  Esc back ");
	view.copies = true;
	draw();
	T_STR(nth(23), "Enter or a number copies  Esc back ");
	view.copied = true;
	draw();
	T_STR(nth(23), "copied ");
}

/* What is copied with the mouse is the command that is shown, and whole. */
static void
test_commands_folded(void)
{
	set_up(1, 1, 0, 0);
	view.focus = PART_RUNNING;
	view.choosing = true;
	view.choice = 1;
	tasks[0].status = TQ_RUNNING;
	pen.width = 40;
	pen.height = 12;
	draw();
	draw();
	T_INT(count_lines(), 12);
	T_STR(nth(6), "To change it, run in a shell: ");
	T_STR(nth(8), ">2 tq-status --log=both -f \\ ");
	T_STR(nth(9), " " ID " ");
	T_STR(nth(11), "copy it with the mouse  Esc back ");
	/* A line goes on between words only. */
	watch_command_store(&view, "sqlite:/a folder/with a name/tq.db");
	draw();
	draw();
	T_STR(nth(8), " " ID " \\ ");
	T_STR(nth(9), " --store='sqlite:/a folder/with a name/…");
	T_INT(count_lines(), 12);
}

static void
test_stale(void)
{
	set_up(1, 0, 0, 0);
	data.counted_at = NOW - 4000;
	draw();
	T_OK(!has("counted at"));
	data.counted_at = NOW - 20000;
	draw();
	T_OK(has("tq 14:13:20 counted at 14:13:00 "));
	data.trouble = "sqs: no answer";
	draw();
	T_OK(has("tq 14:13:20 sqs: no answer "));
}

static size_t
sum(const char *old, const char *now)
{
	return text_shown(tq_span_of(old), tq_span_of(now));
}

static void
test_shown(void)
{
	T_INT(sum("", "abc"), 0);
	T_INT(sum("abc", "abc"), 3);
	T_INT(sum("abc", "abcdef"), 3);
	T_INT(sum("abcdef", "cdefgh"), 4);
	T_INT(sum("aaab", "aabc"), 3);
	T_INT(sum("abc", "xyz"), 0);
	T_INT(sum("abc", ""), 0);
	T_INT(sum("xxabxab", "abyab"), 2);
	T_INT(sum("xxabxab", "abxabz"), 5);
	T_INT(sum("abababc", "ababab"), 0);
	T_INT(sum("cababab", "abababd"), 6);
}

/* Two logs of a MiB, of which the one has nothing of the other, or nearly all:
   by processor time, which is milliseconds and was minutes. */
static void
test_shown_soon(void)
{
	const size_t n = 1024 * 1024;
	char *old = malloc(n), *now = malloc(n);
	clock_t begun = clock();
	size_t i;

	for (i = 0; i < n; i++) {
		old[i] = "one line\n"[i % 9];
		now[i] = "another line\n"[i % 13];
	}
	T_INT(text_shown((struct tq_span){ old, n },
	    (struct tq_span){ now, n }), 0);
	memset(old, 'a', n);
	memset(now, 'a', n);
	old[n - 1] = 'b';
	T_INT(text_shown((struct tq_span){ old, n },
	    (struct tq_span){ now, n }), 0);
	T_OK(clock() - begun < 10 * CLOCKS_PER_SEC);
	free(old);
	free(now);
}

static void
test_binary(void)
{
	T_OK(!text_binary(tq_span_of("h\303\251llo\033\n")));
	T_OK(text_binary((struct tq_span){ "a\0b", 3 }));
	T_OK(text_binary(tq_span_of("\211PNG")));
	T_OK(!text_binary(tq_span_of("cut \303")));
	T_OK(!text_binary(tq_span_of("cut \342\202")));
	T_OK(text_binary((struct tq_span){ "\377)\0", 3 }));
	T_OK(text_binary(tq_span_of("\377\330")));
	T_OK(text_binary(tq_span_of("no \303(")));
}

static void
test_visible(void)
{
	struct tq_buf b = TQ_BUF_INIT(100);

	text_visible(&b, tq_span_of("a\tb\n\033c\n\n"));
	T_STR(b.data, "a\tb\n\\x1bc\n\n");
	tq_buf_free(&b);
}

T_MAIN(
	{ "an empty store says so", test_empty },
	{ "a line per row, running task, dead task and worker", test_parts },
	{ "the row with the cursor has a mark, also without color",
	    test_cursor },
	{ "progress is a bar with its text", test_progress },
	{ "a paused queue says why, once", test_notes },
	{ "no screen is too small, and none too wide", test_sizes },
	{ "on a narrow screen what matters most is left", test_narrow },
	{ "wide characters take their columns", test_wide_characters },
	{ "what does not fit is counted", test_left_out },
	{ "text from tasks never controls the terminal", test_escapes },
	{ "a task has its facts, its log and its end", test_detail },
	{ "commands stand at the bottom, and say whether they are copied",
	    test_commands },
	{ "a command that is wider than the screen is shown whole",
	    test_commands_folded },
	{ "a count that is old is said to be", test_stale },
	{ "a log that grows or slides is shown once", test_shown },
	{ "one that slides by all it has costs no time", test_shown_soon },
	{ "binary output is told from text", test_binary },
	{ "logs keep their lines and nothing else", test_visible }
)
