/* tests/unit/test_contact.c -- a worker whose store does not answer. */
#include "t.h"

#include "store/ops.h"
#include "work/worker.h"

#define REASON	"dynamodb GetItem: http://[::1]:9/: no connection; does it run?"

static struct tq_store store = { .name = (char *)(uintptr_t)"aws:demo" };
static struct tq_work_opts opts;
static struct worker w;
static struct tq_err away;

static void
begin(struct tq_work_opts o)
{
	tq_buf_free(&w.report.log);
	opts = o;
	w = (struct worker){ .o = &opts, .st = &store, .now = 1000,
	    .report.log = TQ_BUF_INIT(4096) };
	tq_err_set(&away, TQ_AT_STORE, TQ_E_UNAVAILABLE, REASON);
}

/* How often the worker's log has ${text}. */
static int
said(const char *text)
{
	const char *p = w.report.log.data;
	int n = 0;

	for (; p != NULL && (p = strstr(p, text)) != NULL; p++)
		n++;
	return n;
}

static void
first_contact_of_a_drain(void)
{
	static const struct tq_work_opts ends[] = { { .once = true },
	    { .drain = TQ_DRAIN_DUE }, { .drain = TQ_DRAIN_ALL } };
	size_t i;

	for (i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		begin(ends[i]);
		T_INT(tq_contact_said(&w, -1, &away), -1);
		T_OK(w.stop.failed);
		T_STR(w.stop.err.msg, REASON);
		T_INT(w.stop.err.code, TQ_E_UNAVAILABLE);
		T_INT(w.report.log.len, 0);
	}
}

static void
later_a_drain_goes_on(void)
{
	begin((struct tq_work_opts){ .drain = TQ_DRAIN_DUE });
	T_INT(tq_contact_said(&w, 0, NULL), 0);
	tq_contact_said(&w, -1, &away);
	T_OK(!w.stop.failed);
	T_INT(said("trying again"), 1);
}

static void
a_damaged_answer_is_one(void)
{
	begin((struct tq_work_opts){ .once = true });
	away.code = TQ_E_CORRUPT;
	away.retryable = true;
	tq_contact_said(&w, -1, &away);
	T_OK(!w.stop.failed);
}

static void
a_minute(void)
{
	begin((struct tq_work_opts){ .once = false });
	for (; !w.stop.failed && w.now < 200000; w.now += 7000)
		tq_contact_said(&w, -1, &away);
	T_OK(w.now > 61000 && w.now < 80000);
	T_INT(said("no connection; does it run?; trying again"), 1);
	T_INT(said("\n"), 1);
	T_STR(w.stop.err.msg, "aws:demo: no answer for 60 s (dynamodb GetItem)");
	T_INT(w.stop.err.code, TQ_E_UNAVAILABLE);
	/* To whom nothing was said, all is said at the end. */
	begin((struct tq_work_opts){ .quiet = true });
	for (; !w.stop.failed && w.now < 200000; w.now += 7000)
		tq_contact_said(&w, -1, &away);
	T_STR(w.stop.err.msg, "aws:demo: no answer for 60 s (" REASON ")");
}

/* The worker's judgement of a verb that failed so, or did not (TQ_OK). */
static void
verb(int64_t now, enum tq_code code)
{
	if (code != TQ_OK)
		tq_err_set(&away, TQ_AT_STORE, code, REASON);
	w.now = now;
	T_INT(tq_contact_said(&w, code == TQ_OK ? 0 : -1, &away),
	    code == TQ_OK ? 0 : -1);
}

static void
any_failure_is_silence(void)
{
	begin((struct tq_work_opts){ .quiet = true });
	verb(1000, TQ_E_TIMEOUT);
	verb(30000, TQ_E_THROTTLED);
	verb(60999, TQ_E_TIMEOUT);
	T_OK(!w.stop.failed);
	verb(61000, TQ_E_TIMEOUT);
	T_OK(w.stop.failed);
	T_INT(w.stop.err.code, TQ_E_UNAVAILABLE);
}

static void
an_answer_begins_it_anew(void)
{
	begin((struct tq_work_opts){ .quiet = true });
	verb(1000, TQ_E_UNAVAILABLE);
	verb(50000, TQ_OK);
	verb(51000, TQ_E_UNAVAILABLE);
	verb(110999, TQ_E_UNAVAILABLE);
	T_OK(!w.stop.failed);
}

static void
pauses(void)
{
	static const int64_t ms[] = { 100, 200, 400, 800, 1600, 3200, 5000,
	    5000 };
	size_t i;

	begin((struct tq_work_opts){ .quiet = true });
	for (i = 0; i < sizeof(ms) / sizeof(ms[0]); i++) {
		verb(1000, TQ_E_TIMEOUT);
		w.now = 1000 + ms[i] - 1;
		T_OK(!tq_contact_may(&w));
		w.now++;
		T_OK(tq_contact_may(&w));
	}
	verb(1000, TQ_OK);
	T_OK(tq_contact_may(&w));
}

static void
hopeless(void)
{
	static const enum tq_code codes[] = { TQ_E_DENIED, TQ_E_CONFIG,
	    TQ_E_NEWER, TQ_E_CORRUPT };
	size_t i;

	for (i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		begin((struct tq_work_opts){ .once = false });
		verb(1000, codes[i]);
		T_OK(w.stop.failed);
		T_INT(w.stop.err.code, codes[i]);
		T_STR(w.stop.err.msg, REASON);
		T_INT(w.report.log.len, 0);
	}
}

static void
busy_or_not(void)
{
	begin((struct tq_work_opts){ .once = false });
	w.slots.n = w.slots.nfree = 2;
	T_OK(tq_presence_correct_at(&w) == INT64_MAX);
	w.slots.nfree = 1;
	T_INT(tq_presence_correct_at(&w), 3000);
	w.now = 2000;
	w.slots.nfree = 0;
	T_INT(tq_presence_correct_at(&w), 3000);
	/* Over before anybody was told. */
	w.slots.nfree = 2;
	T_OK(tq_presence_correct_at(&w) == INT64_MAX);
	w.slots.nfree = 1;
	T_INT(tq_presence_correct_at(&w), 4000);
	w.presence.busy = true;
	T_OK(tq_presence_correct_at(&w) == INT64_MAX);
	w.now = 9000;
	w.slots.nfree = 2;
	T_INT(tq_presence_correct_at(&w), 11000);
}

static void
nothing_before_the_next_try(void)
{
	begin((struct tq_work_opts){ .once = false });
	w.presence.at = w.now;
	tq_contact_said(&w, -1, &away);
	w.now++;
	T_OK(w.contact.retry > w.now);
	T_INT(tq_presence_timers(&w), w.contact.retry);
	w.presence.at = w.contact.retry + 5;
	T_INT(tq_presence_timers(&w), w.presence.at);
}

T_MAIN({ "a worker that is to end does so at the first contact",
    first_contact_of_a_drain },
    { "once the store has answered it is waited for",
    later_a_drain_goes_on },
    { "an answer that is damaged is an answer", a_damaged_answer_is_one },
    { "one that stays waits a minute, and says why once", a_minute },
    { "whatever it fails with counts, for 60 s", any_failure_is_silence },
    { "an answer meanwhile begins them anew", an_answer_begins_it_anew },
    { "it is asked again after 100 ms, and up to 5 s", pauses },
    { "what asking again can't help ends it at once", hopeless },
    { "being busy, or not, is told when that was wrong for 2 s",
    busy_or_not },
    { "nothing is due before the next try", nothing_before_the_next_try })
