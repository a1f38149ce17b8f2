/*
 * tests/unit/test_status_draw.c -- the pure parts of tq-status: the screen of
 * --watch, and the bytes of logs.
 */
#include "t.h"

#include "../../cmd/tq-status/text.h"
#include "../../cmd/tq-status/watch_draw.h"

#define NOW	INT64_C(1790000000000)

static struct tq_buf screen = TQ_BUF_INIT(1024 * 1024);

static const char *
draw(const struct watch_view *v)
{
	tq_buf_clear(&screen);
	watch_draw(v, &screen);
	return screen.data;
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
	int n = 0, most = 0;
	const char *p;

	for (p = screen.data; *p != '\0'; p++) {
		n = *p == '\n' ? 0 : n + ((*p & 0xc0) != 0x80);
		most = n > most ? n : most;
	}
	return most;
}

static struct tq_facts_row rows[40];
static struct tq_task tasks[40];
static struct tq_presence workers[1];

static struct watch_view
view(size_t nrows, size_t nrunning, size_t ndead, size_t nworkers)
{
	size_t i;

	for (i = 0; i < 40; i++) {
		rows[i] = (struct tq_facts_row){ .queue = "default", .type = "thumb",
		    .waiting = 12, .workers = 1, .oldest_ms = 12000 };
		tasks[i] = (struct tq_task){
		    .id = "01a20367-5d03-71ac-b580-7818df096bb5",
		    .queue = "default", .type = "thumb", .attempts = 1,
		    .started_at = NOW - 41000, .finished_at = NOW - 60000,
		    .worker = "host:1", .reason = "no such host" };
	}
	rows[0].running = nrunning;
	rows[0].failed = ndead;
	workers[0] = (struct tq_presence){ .worker = "host:1",
	    .queue = "default", .types = "thumb mail", .slots = 4, .busy = 3 };
	return (struct watch_view){ .store = "sqlite:/tmp/tq.db", .now = NOW,
	    .width = 80, .height = 24, .rows = rows, .nrows = nrows,
	    .running = tasks, .nrunning = nrunning, .dead = tasks,
	    .ndead = ndead, .workers = workers, .nworkers = nworkers };
}

static void
test_empty(void)
{
	struct watch_view v = view(0, 0, 0, 0);

	setenv("TZ", "UTC", 1);
	draw(&v);
	T_STR(nth(0), "tq 14:13:20 (q quits) sqlite:/tmp/tq.db ");
	T_STR(nth(1), "no tasks yet ");
	T_INT(count_lines(), 2);
}

static void
test_sections(void)
{
	struct watch_view v = view(1, 1, 1, 1);

	draw(&v);
	T_STR(nth(1), "QUEUE      TYPE              WAIT   RUN RETRY    DONE  "
	    "DEAD  CANC OLDEST WRK ");
	T_STR(nth(2), "default    thumb               12     1     .       .  "
	    "   1     .    12s   1 ");
	T_OK(strncmp(nth(4), "RUNNING ", 8) == 0);
	T_STR(nth(5), "01a20367-5d03-71ac-b580-7818df096bb5 thumb      1/3  "
	    "   41s host:1 ");
	T_OK(strncmp(nth(7), "DEAD, ", 6) == 0);
	T_STR(nth(8), "01a20367-5d03-71ac-b580-7818df096bb5 thumb      1/3  "
	    "    1m no such host ");
	T_OK(strncmp(nth(10), "WORKERS ", 8) == 0);
	T_OK(strstr(nth(11), "default      3/4     thumb mail") != NULL);
	v.all_running = true;
	draw(&v);
	T_OK(strstr(nth(11), "default      1/4     thumb mail") != NULL);
	T_INT(count_lines(), 12);
}

static void
test_progress(void)
{
	struct watch_view v = view(1, 1, 0, 0);

	tasks[0].progress = tq_span_of(
	    "{\"done\":40,\"total\":100,\"text\":\"resizing\"}");
	draw(&v);
	T_OK(strstr(nth(5), " ####......  40% resi") != NULL);
	v.utf8 = true;
	v.width = 120;
	draw(&v);
	T_OK(strstr(nth(5), "████████░░░░░░░░░░░░  40% resizing host:1")
	    != NULL);
	tasks[0].progress = tq_span_of("{\"done\":900,\"total\":100}");
	draw(&v);
	T_OK(strstr(nth(5), "█ 100% host:1") != NULL);
	tasks[0].progress = tq_span_of("{\"done\":1,\"total\":0}");
	draw(&v);
	T_OK(strstr(nth(5), "41s host:1") != NULL);
}

static void
test_pause(void)
{
	struct watch_view v = view(2, 0, 0, 0);

	rows[0].paused = rows[1].paused = true;
	rows[0].pause = rows[1].pause = " until 14:00 (SES throttled)";
	draw(&v);
	T_STR(nth(4), "paused: default until 14:00 (SES throttled) ");
	T_INT(count_lines(), 5);
}

static void
test_small(void)
{
	struct watch_view v = view(40, 40, 40, 1);
	int h, w;

	for (h = 1; h < 60; h++)
		for (w = 1; w < 130; w += 3) {
			v.height = h;
			v.width = w;
			draw(&v);
			if (count_lines() > h || longest() > w) {
				T_FAIL("%dx%d gives %dx%d", w, h, longest(),
				    count_lines());
				return;
			}
		}
}

static void
test_left_out(void)
{
	struct watch_view v = view(2, 30, 30, 1);
	int i, notes = 0;

	draw(&v);
	T_OK(count_lines() == 23 || count_lines() == 24);
	for (i = 0; i < 24; i++)
		notes += strstr(nth(i), " more") != NULL;
	T_INT(notes, 2);
	T_OK(strstr(screen.data, "WORKERS") != NULL);
}

static void
test_escapes(void)
{
	struct watch_view v = view(1, 1, 1, 1);

	tasks[0].reason = "\033[31mred\nnext";
	tasks[0].progress = tq_span_of("{\"text\":\"a\\u001bb\"}");
	v.width = 200;
	draw(&v);
	T_OK(strchr(screen.data, '\033') == NULL);
	T_OK(strstr(screen.data, "\\x1b[31mred\\nnext") != NULL);
	T_OK(strstr(screen.data, "a\\x1bb") != NULL);
	v.color = true;
	draw(&v);
	T_OK(strstr(screen.data, "\033[1mRUNNING") != NULL);
	T_OK(strstr(screen.data, "\033[31m\\x1b[31mred\\nnext\033[0m") !=
	    NULL);
}

static size_t
shown(const char *old, const char *now)
{
	return text_shown(tq_span_of(old), tq_span_of(now));
}

static void
test_shown(void)
{
	T_INT(shown("", "abc"), 0);
	T_INT(shown("abc", "abc"), 3);
	T_INT(shown("abc", "abcdef"), 3);
	T_INT(shown("abcdef", "cdefgh"), 4);
	T_INT(shown("aaab", "aabc"), 3);
	T_INT(shown("abc", "xyz"), 0);
	T_INT(shown("abc", ""), 0);
	T_INT(shown("xxabxab", "abyab"), 2);
	T_INT(shown("xxabxab", "abxabz"), 5);
}

static void
test_binary(void)
{
	T_OK(!text_binary(tq_span_of("h\303\251llo\033\n")));
	T_OK(text_binary((struct tq_span){ "a\0b", 3 }));
	T_OK(text_binary(tq_span_of("\211PNG")));
	T_OK(!text_binary(tq_span_of("cut \303")));
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
	{ "a line per row, running task, dead task and worker",
	    test_sections },
	{ "progress is a bar with its text", test_progress },
	{ "a paused queue says why, once", test_pause },
	{ "no screen is too small", test_small },
	{ "what does not fit is counted", test_left_out },
	{ "text from tasks never controls the terminal", test_escapes },
	{ "a log that grows or slides is shown once", test_shown },
	{ "binary output is told from text", test_binary },
	{ "logs keep their lines and nothing else", test_visible }
)
