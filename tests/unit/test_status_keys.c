/* tests/unit/test_status_keys.c -- what --watch reads and reckons: keys of a
   terminal, speeds, counts that follow changes. */
#include "t.h"

#include "../../cmd/tq-status/watch_key.h"
#include "../../cmd/tq-status/watch_rate.h"
#include "../../cmd/tq-status/watch_tally.h"

static struct watch_keys keys;

/* The keys of these bytes, a word each; "!" behind what never became one. */
static const char *
keys_of(const char *bytes, size_t n, bool over)
{
	static const char *const names[] = {
		"", "up", "down", "page-up", "page-down", "home", "end",
		"enter", "esc", "tab", "back-tab", "backspace", "clear", "eof",
		"redraw", "copies",
	};
	static char out[256];
	struct watch_press p;

	out[0] = '\0';
	watch_keys_add(&keys, bytes, n);
	while (watch_keys_next(&keys, over, &p))
		snprintf(out + strlen(out), sizeof(out) - strlen(out), "%s%s",
		    out[0] != '\0' ? " " : "", p.key == KEY_TEXT ? p.text :
		    names[p.key]);
	if (keys.n > 0)
		strcat(out, "!");
	return out;
}

static const char *
all(const char *bytes)
{
	keys.n = 0;
	return keys_of(bytes, strlen(bytes), true);
}

static const char *
some(const char *bytes)
{
	return keys_of(bytes, strlen(bytes), false);
}

static void
test_sequences(void)
{
	T_STR(all("q\033[A\033OB\033[5~\033[6~\033[H\033[4~\033[Z\t\r\177\025"),
	    "q up down page-up page-down home end back-tab tab enter "
	    "backspace clear");
	T_STR(all("\004\014"), "eof redraw");
	T_STR(all("\303\244\346\227\245\360\237\230\200"),
	    "\303\244 \346\227\245 \360\237\230\200");
	/* Modifiers, functions, the mouse: without a meaning here. */
	T_STR(all("a\033[15~\033[<0;10;10M\033[200~b"), "a b");
	T_STR(all("\001\377x"), "x");
}

static void
test_halves(void)
{
	keys.n = 0;
	T_STR(some("\033"), "!");
	T_STR(some("["), "!");
	T_STR(some("A"), "up");
	T_STR(some("\303"), "!");
	T_STR(some("\244"), "\303\244");
	T_STR(some("\033"), "!");
	T_STR(keys_of("", 0, true), "esc");
	T_STR(some("\033q"), "esc q");
	T_STR(some("\033\033[B"), "esc down");
	T_STR(some("\033[12;"), "!");
	T_STR(keys_of("", 0, true), "");
}

static void
test_long(void)
{
	char junk[500];

	memset(junk, '1', sizeof(junk));
	junk[0] = '\033';
	junk[1] = '[';
	keys.n = 0;
	keys_of(junk, sizeof(junk), false);
	T_OK(keys.n < sizeof(keys.buf));
	T_OK(strstr(keys_of("~\033[A", 4, true), "up") != NULL);
}

static void
test_copies(void)
{
	T_STR(all("\033[?62;22;52c"), "copies");
	T_STR(all("\033[?62;52;22c"), "copies");
	T_STR(all("\033[?1;2c"), "");
	T_STR(all("\033[?62;152;520c"), "");
	/* The class of the terminal is no attribute. */
	T_STR(all("\033[?52c"), "");
	T_STR(all("\033[>62;52c"), "");
}

static struct tq_facts_row
row(const char *type, uint64_t completed)
{
	return (struct tq_facts_row){ .queue = "q", .type = type,
	    .completed = completed };
}

static void
test_speed(void)
{
	struct watch_rates r = { NULL, 0 };
	struct tq_facts_row rows[2];
	int64_t s;

	/* 5 a second; the other stands, and loses to its retention. */
	for (s = 0; s <= 90; s++) {
		rows[0] = row("a", 1000 + (uint64_t)(5 * s));
		rows[1] = row("b", s < 30 ? 700 : 400);
		watch_rates_see(&r, rows, 2, 77000 + 1000 * s);
		if (s < 2)
			T_OK(rows[0].speed < 0);
		else
			T_OK(rows[0].speed > 4.99 && rows[0].speed < 5.01);
	}
	T_OK(rows[1].speed == 0);
	/* It stops: a minute later the speed is 0. */
	for (; s <= 160; s++)
		watch_rates_see(&r, rows, 2, 77000 + 1000 * s);
	T_OK(rows[0].speed == 0);
	watch_rates_free(&r);
}

static void
test_eta(void)
{
	char text[24];

	T_INT(watch_eta_ms(300, 5), 60000);
	T_INT(watch_eta_ms(0, 5), 0);
	T_INT(watch_eta_ms(0, -1), 0);
	T_INT(watch_eta_ms(3, 0), -1);
	T_INT(watch_eta_ms(3, -1), -1);
	T_INT(watch_eta_ms(UINT64_MAX, 1e-300), -1);
	T_STR(watch_speed_text(12, text), "12/s");
	T_STR(watch_speed_text(123456, text), "123k/s");
	T_STR(watch_speed_text(0.57, text), "34/m");
	T_STR(watch_speed_text(0.002, text), "7/h");
	T_STR(watch_speed_text(0, text), "");
	T_STR(watch_speed_text(-1, text), "");
}

static void
test_numbers(void)
{
	char text[24];

	T_STR(watch_number_text(99999, 5, text), "99999");
	T_STR(watch_number_text(100000, 5, text), "100k");
	T_STR(watch_number_text(9949, 3, text), "9.9k");
	T_STR(watch_number_text(9950, 3, text), "10k");
	T_STR(watch_number_text(999499, 5, text), "999k");
	T_STR(watch_number_text(999500, 5, text), "1.0M");
	T_STR(watch_number_text(1234567, 5, text), "1.2M");
	T_STR(watch_number_text(UINT64_MAX, 5, text), "18E");
}

#define AT	INT64_C(1790000000000)

static struct watch_tally tally;
static struct tq_count counts[1];

static void
count_anew(void)
{
	memset(&tally, 0, sizeof(tally));
	tally.at = AT;
	counts[0] = (struct tq_count){ .queue = "q", .type = "t",
	    .by_status = { [TQ_PENDING] = 5, [TQ_RETRYING] = 2,
	    [TQ_RUNNING] = 3, [TQ_COMPLETED] = 7, [TQ_FAILED] = 1 } };
}

/* A change, created and started so long after the count. */
static bool
change(const char *id, enum tq_status status, int attempts, int64_t created,
    int64_t started)
{
	struct tq_task t = { .id = id, .queue = "q", .type = "t",
	    .status = status, .attempts = attempts,
	    .created_at = AT + created, .updated_at = AT + 5000,
	    .started_at = started == 0 ? 0 : AT + started };

	return watch_tally_change(&tally, counts, 1, &t);
}

static const char *
counted(void)
{
	static char text[80];
	const uint64_t *n = counts[0].by_status;

	snprintf(text, sizeof(text), "%d waiting %d retrying %d running %d done "
	    "%d dead", (int)n[TQ_PENDING], (int)n[TQ_RETRYING],
	    (int)n[TQ_RUNNING], (int)n[TQ_COMPLETED], (int)n[TQ_FAILED]);
	return text;
}

static void
test_tally(void)
{
	count_anew();
	/* New since; then it starts, and ends: never counted twice. */
	T_OK(change("a", TQ_PENDING, 0, 10, 0));
	T_STR(counted(), "6 waiting 2 retrying 3 running 7 done 1 dead");
	change("a", TQ_RUNNING, 1, 10, 20);
	change("a", TQ_RUNNING, 1, 10, 20);
	T_STR(counted(), "5 waiting 2 retrying 4 running 7 done 1 dead");
	change("a", TQ_COMPLETED, 1, 10, 20);
	T_STR(counted(), "5 waiting 2 retrying 3 running 8 done 1 dead");
	/* Ran when it was counted. */
	change("b", TQ_COMPLETED, 1, -90, -50);
	T_STR(counted(), "5 waiting 2 retrying 2 running 9 done 1 dead");
	/* Waited, for its first or its second attempt. */
	change("c", TQ_RUNNING, 1, -90, 30);
	change("d", TQ_RUNNING, 2, -90, 30);
	T_STR(counted(), "4 waiting 1 retrying 4 running 9 done 1 dead");
	/* Redriven. */
	change("e", TQ_PENDING, 0, -90, 0);
	T_STR(counted(), "5 waiting 1 retrying 4 running 9 done 0 dead");
	/* A time that can't be is not below zero. */
	change("f", TQ_PENDING, 0, -90, 0);
	T_STR(counted(), "6 waiting 1 retrying 4 running 9 done 0 dead");
}

static void
test_tally_limits(void)
{
	struct tq_task old = { .id = "x", .queue = "q", .type = "t",
	    .status = TQ_COMPLETED, .created_at = AT - 9, .updated_at = AT - 1 };
	struct tq_task other = { .id = "y", .queue = "q", .type = "new",
	    .created_at = AT + 1, .updated_at = AT + 1 };
	char id[24];
	int i;

	count_anew();
	T_OK(watch_tally_change(&tally, counts, 1, &old));
	T_STR(counted(), "5 waiting 2 retrying 3 running 7 done 1 dead");
	T_OK(!watch_tally_change(&tally, counts, 1, &other));
	for (i = 0; i < WATCH_TALLY_MAX; i++) {
		snprintf(id, sizeof(id), "id-%d", i);
		if (!change(id, TQ_PENDING, 0, 10, 0))
			break;
	}
	T_INT(i, WATCH_TALLY_MAX);
	T_INT(counts[0].by_status[TQ_PENDING], 5 + WATCH_TALLY_MAX);
	T_OK(!change("one more", TQ_PENDING, 0, 10, 0));
}

T_MAIN(
	{ "keys and characters are told apart, the rest is passed over",
	    test_sequences },
	{ "a key may come in pieces, and an escape alone is one", test_halves },
	{ "a sequence without an end takes no more room than there is",
	    test_long },
	{ "a terminal that takes the clipboard is known by its attributes",
	    test_copies },
	{ "the speed is that of the last minute, and never below zero",
	    test_speed },
	{ "what waits, at that speed, is so far from its end", test_eta },
	{ "a number that is too wide is told in thousands", test_numbers },
	{ "a change moves its task among the counts", test_tally },
	{ "old news change nothing, too many ask for a new count",
	    test_tally_limits }
)
