/* tests/store/doorbells_shards.c -- a queue whose index has several shards. */
#include "doorbells.h"

#include "store/aws/record/shards.h"
#include "store/aws/sweep/sweep.h"

#define SHARDS	4
#define TASKS	80

static void
make_shards(int n)
{
	T_INT(aq_shards_set(aq_of(w1.st), QUEUE, n, true, &err), 1);
	host_anew(&w1);
	host_anew(&w2);
	/* A process asks how many there are once it has submitted a few. */
	aq_queue(aq_of(w1.st), QUEUE)->submitted = 1000;
}

/* All tasks in pages of 7, each once and in order. */
static void
pages(bool backward)
{
	struct tq_list req = { .filter.queue = QUEUE, .limit = 7,
	    .newest_first = backward };
	struct tq_page page;
	int64_t last = 0;
	size_t i, n = 0;

	do {
		T_INT(tq_store_list(w2.st, &req, &arena, &page, &err), 0);
		for (i = 0; i < page.n; i++, n++) {
			T_OK(n == 0 || (backward ? page.tasks[i].ring_at <=
			    last : page.tasks[i].ring_at >= last));
			last = page.tasks[i].ring_at;
		}
		req.cursor = page.cursor;
	} while (page.cursor != NULL && n <= TASKS);
	T_INT(n, TASKS);
}

static void
tasks_are_spread(void)
{
	struct tq_count *rows;
	struct tq_claimed got;
	size_t n, spread = 0, i;

	make_shards(SHARDS);
	w1.deaf = true;
	let_run();
	put_many("a", TASKS, 0);
	pages(false);
	pages(true);
	T_INT(tq_store_count(w2.st, QUEUE, &arena, &rows, &n, &err), 0);
	T_INT(n, 1);
	T_INT(rows[0].by_status[TQ_PENDING], TASKS);
	/* Their messages are lost: the index alone knows them. */
	lose_all();
	for (n = 0, i = 0; n < TASKS && i < 100; i++) {
		got = claim_of(&w2, "a", 20);
		n += got.n;
		while (got.n-- > 0)
			spread += number(got.tasks[got.n].id, "v") == 2;
	}
	T_INT(n, TASKS);
	/* All but those of shard 0 are for tools that know shards. */
	T_OK(spread > TASKS / 2 && spread < TASKS);
}

static void
sweep_goes_through_all(void)
{
	make_shards(SHARDS);
	w1.deaf = true;
	pass(-10 * MINUTE);
	put_many("a", TASKS, 0);
	lose_all();
	set_clock();
	T_INT(sweep(&w2).rung, TASKS);
	T_INT(on(MAIN).visible, TASKS);
}

/* Whose turn it is with the parts; as digits, those that ${h} gets. */
static const char *
swept_by(struct host *h, const char *name)
{
	struct tq_swept out;
	char text[AQ_SHARDS_MAX + 1];
	size_t i, n = 0;

	if (tq_store_sweep(h->st, name, false, &out, &err) == -1)
		T_FAIL("sweep: %s", err.msg);
	for (i = 0; i < SHARDS; i++)
		if (aq_of(h->st)->sweeping.mine[i])
			text[n++] = (char)('0' + i);
	text[n] = '\0';
	T_INT(out.skipped, n == 0);
	return tq_arena_str(&arena, text);
}

static void
is_busy(struct host *h, int part)
{
	aq_part_swept(aq_of(h->st), part, &(struct tq_swept){ .removed = 5000,
	    .more = true });
}

/* An idle sweeper has all; one with much to do keeps a part, others get theirs. */
static void
sweepers_share_the_parts(void)
{
	make_shards(SHARDS);
	T_STR(swept_by(&w1, "one"), "0123");
	T_STR(swept_by(&w2, "two"), "");
	is_busy(&w1, 1);
	T_STR(swept_by(&w1, "one"), "1");
	is_busy(&w1, 1);
	T_STR(swept_by(&w2, "two"), "023");
	is_busy(&w1, 1);
	T_STR(swept_by(&w1, "one"), "1");
	/* It is done, and the other is gone. */
	pass(3 * MINUTE);
	T_STR(swept_by(&w1, "one"), "0123");
	/* Alone it gets round to all, however much there is. */
	is_busy(&w1, 2);
	is_busy(&w1, 3);
	T_STR(swept_by(&w1, "one"), "2");
	is_busy(&w1, 2);
	pass(MINUTE + 1);
	T_STR(swept_by(&w1, "one"), "0123");
}

static void
a_record_keeps_its_shard(void)
{
	const struct tq_task *t;
	const char *id;
	int shard;

	make_shards(16);
	do
		id = put();
	while ((shard = aq_shard_hash(id, 16)) == 0);
	T_OK(place_of(&w1, "PutItem", tq_arena_fmt(&arena,
	    QUEUE "#PENDING#%d", shard)) != -1);
	do
		T_MUST((t = claim(&w1)) != NULL);
	while (strcmp(t->id, id) != 0);
	finish(&w1, t, TQ_COMPLETE, 0);
	T_OK(place_of(&w1, "PutItem", tq_arena_fmt(&arena,
	    QUEUE "#COMPLETED#%d", shard)) != -1);
}

#define N_ITEM	"n#" QUEUE

/* Twice as many when the index is hot: read at once, written 10 s later. */
static void
heat_raises_them(void)
{
	T_INT(number_at(N_ITEM, "walk"), -99);
	w1.hot = 1;
	put();
	T_INT(number_at(N_ITEM, "walk"), 2);
	T_INT(number_at(N_ITEM, "shards"), 1);
	claim_of(&w2, "c", 1);
	T_INT(number_at(N_ITEM, "shards"), 1);
	pass(AQ_SHARDS_SETTLE_MS + 1);
	host_anew(&w2);
	T_INT(number_at(N_ITEM, "shards"), 2);
	w1.hot = 1;
	put();
	T_INT(number_at(N_ITEM, "walk"), 2);	/* not so soon */
	pass(AQ_SHARDS_REST_MS);
	w1.hot = 1;
	put();
	T_INT(number_at(N_ITEM, "walk"), 4);
}

/* What could not be written once is tried again. */
static void
a_failure_is_no_denial(void)
{
	w1.refuse = "PutItem";
	w1.refuse_in = N_ITEM;
	w1.hot = 1;
	put();
	T_INT(number_at(N_ITEM, "walk"), -99);
	w1.refuse = NULL;
	w1.hot = 1;
	put();
	T_INT(number_at(N_ITEM, "walk"), 2);
}

/* A role that may not raises nothing. */
static void
nothing_else_does(void)
{
	w1.refuse = "PutItem";
	w1.refuse_in = N_ITEM;
	w1.denies = true;
	w1.hot = 1;
	put();
	T_INT(number_at(N_ITEM, "walk"), -99);
	forget(&w1);
	w1.hot = 1;
	put();
	T_INT(place_of(&w1, "PutItem", N_ITEM), -1);
	T_INT(aq_shards_set(aq_of(w2.st), QUEUE, 16, true, &err), 1);
	w2.hot = 1;
	claim_of(&w2, "a", 1);
	T_INT(number_at(N_ITEM, "walk"), 16);
}

/* As if a round of a hundred pages had just ended: heads are what is left. */
static void
a_long_round_is_over(struct host *h)
{
	struct aq_look *l =
	    aq_queue(aq_of(h->st), QUEUE)->looks.last[AQ_LOOK_EXPIRED];
	size_t i;

	for (i = 0; i < AQ_LOOKS; i++) {
		l[i].at = 0;
		l[i].pages = 0;
		l[i].round_pages = 100;
		l[i].round_at = tq_boot_ms(&env);
	}
}

static void
heads_are_looked_at_in_turn(void)
{
	char key[32];
	int i, k;

	make_shards(SHARDS);
	claim_of(&w1, "a", 1);
	for (i = 0; i < 2 * SHARDS; i++) {
		pass(1000);
		a_long_round_is_over(&w1);
		forget(&w1);
		claim_of(&w1, "a", 1);
		for (k = 0; k < SHARDS; k++) {
			snprintf(key, sizeof(key), QUEUE "#RUNNING#%d", k);
			T_INT(place_of(&w1, "Query", key) != -1,
			    now / 1000 % SHARDS == k);
		}
	}
}

CASES(shards,
	{ "tasks are spread over shards; lists, counts and claims find all",
	    tasks_are_spread },
	{ "a sweep goes through all shards", sweep_goes_through_all },
	{ "sweepers share the shards; a busy one keeps to one",
	    sweepers_share_the_parts },
	{ "an idle worker looks at the shards' heads in turn, one a second",
	    heads_are_looked_at_in_turn },
	{ "a record keeps the shard that it was written to",
	    a_record_keeps_its_shard },
	{ "a hot index has twice the shards: read at once, written later",
	    heat_raises_them },
	{ "shards that could not be raised once are raised the next time",
	    a_failure_is_no_denial },
	{ "a role that may not raise them tries once; never over 16",
	    nothing_else_does })
