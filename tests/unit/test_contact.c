/* tests/unit/test_contact.c -- a worker whose store does not answer. */
#include "t.h"

#include "store/ops.h"
#include "work/inside.h"

#define REASON	"dynamodb GetItem: http://[::1]:9/: no connection; does it run?"

static struct tq_store store = { .name = (char *)(uintptr_t)"aws:demo" };
static struct tq_work_opts opts;
static struct worker w;
static struct tq_err away;

static void
begin(struct tq_work_opts o)
{
	tq_buf_free(&w.log);
	opts = o;
	w = (struct worker){ .o = &opts, .st = &store, .now = 1000,
	    .log = TQ_BUF_INIT(4096) };
	tq_err_set(&away, TQ_AT_STORE, TQ_E_UNAVAILABLE, REASON);
}

/* How often the worker's log has ${text}. */
static int
said(const char *text)
{
	const char *p = w.log.data;
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
		T_OK(w.failed);
		T_STR(w.err.msg, REASON);
		T_INT(w.err.code, TQ_E_UNAVAILABLE);
		T_INT(w.log.len, 0);
	}
}

static void
later_a_drain_goes_on(void)
{
	begin((struct tq_work_opts){ .drain = TQ_DRAIN_DUE });
	T_INT(tq_contact_said(&w, 0, NULL), 0);
	tq_contact_said(&w, -1, &away);
	T_OK(!w.failed);
	T_INT(said("trying again"), 1);
}

static void
a_damaged_answer_is_one(void)
{
	begin((struct tq_work_opts){ .once = true });
	away.code = TQ_E_CORRUPT;
	away.retryable = true;
	tq_contact_said(&w, -1, &away);
	T_OK(!w.failed);
}

static void
a_minute(void)
{
	begin((struct tq_work_opts){ .once = false });
	for (; !w.failed && w.now < 200000; w.now += 7000)
		tq_contact_said(&w, -1, &away);
	T_OK(w.now > 61000 && w.now < 80000);
	T_INT(said("no connection; does it run?; trying again"), 1);
	T_INT(said("\n"), 1);
	T_STR(w.err.msg, "aws:demo: no answer for 60 s (dynamodb GetItem)");
	T_INT(w.err.code, TQ_E_UNAVAILABLE);
	/* To whom nothing was said, all is said at the end. */
	begin((struct tq_work_opts){ .quiet = true });
	for (; !w.failed && w.now < 200000; w.now += 7000)
		tq_contact_said(&w, -1, &away);
	T_STR(w.err.msg, "aws:demo: no answer for 60 s (" REASON ")");
}

static void
nothing_before_the_next_try(void)
{
	begin((struct tq_work_opts){ .once = false });
	w.present_at = w.now;
	tq_contact_said(&w, -1, &away);
	w.now++;
	T_OK(w.store_retry > w.now);
	T_INT(tq_contact_timers(&w), w.store_retry);
	w.sweep_at = w.now - 1;
	T_INT(tq_contact_timers(&w), w.store_retry);
	w.present_at = w.now + 5;
	w.sweep_at = 0;
	T_INT(tq_contact_timers(&w), w.present_at);
}

T_MAIN({ "a worker that is to end does so at the first contact",
    first_contact_of_a_drain },
    { "once the store has answered it is waited for",
    later_a_drain_goes_on },
    { "an answer that is damaged is an answer", a_damaged_answer_is_one },
    { "one that stays waits a minute, and says why once", a_minute },
    { "nothing is due before the next try", nothing_before_the_next_try })
