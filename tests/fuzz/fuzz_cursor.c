/*
 * tests/fuzz/fuzz_cursor.c -- any string as a cursor of tq_store_list() and
 * tq_store_wait_changes(), on a small store in $TMPDIR.
 *
 * 'n' and a text is a cursor of changes that was given out just now.
 *
 * Beyond "no crash": a refusal says why; a page that is given holds at most
 * its limit, and going on from its cursor ends.
 */
#include "fuzz.h"

#include "store/store.h"

#define TASKS	24
#define LIMIT	5

static struct tq_store *store;

static void
fill(struct tq_store *st)
{
	static char id[TASKS][8];
	struct tq_task t[TASKS];
	struct tq_submit in[TASKS];
	struct tq_submitted out[TASKS];
	struct tq_answer answer[TASKS / 3];
	const char *gone[TASKS / 3];
	struct tq_err err = TQ_ERR_INIT;
	int i;

	for (i = 0; i < TASKS; i++) {
		snprintf(id[i], sizeof(id[i]), "t%d", i);
		t[i] = (struct tq_task){ .id = id[i], .type = "x",
		    .queue = i % 2 ? "default" : "mail", .prio = i % 10,
		    .payload = tq_span_of("{}"),
		    .payload_kind = TQ_KIND_JSON, .payload_size = 2,
		    .submit_id = id[i], .fingerprint = id[i] };
		in[i] = (struct tq_submit){ .task = &t[i] };
		if (i % 3 == 0)
			gone[i / 3] = id[i];
	}
	MUST(tq_store_submit(st, in, TASKS, out, &err) == 0);
	MUST(tq_store_cancel(st, gone, TASKS / 3, answer, &err) == 0);
}

static struct tq_store *
open_store(void)
{
	const char *dir = tq_getenv(&tq_env_system, "TMPDIR");
	struct tq_err err = TQ_ERR_INIT;
	char url[300], path[280];
	struct tq_store *st;

	snprintf(path, sizeof(path), "%.250s/cursor-XXXXXX",
	    dir == NULL ? "/tmp" : dir);
	MUST(mkdtemp(path) != NULL);
	snprintf(url, sizeof(url), "sqlite:%s/q", path);
	if (tq_store_open(url, &tq_env_system, TQ_OPEN_CREATE, &st, &err) == -1) {
		fprintf(stderr, "%s\n", err.msg);
		abort();
	}
	fill(st);
	return st;
}

static void
check_list(const char *cursor, bool newest)
{
	struct tq_list req = { .cursor = cursor, .limit = LIMIT,
	    .newest_first = newest };
	struct tq_arena a = TQ_ARENA_INIT;
	struct tq_err err = TQ_ERR_INIT;
	struct tq_page page;
	int pages;

	for (pages = 0; pages < 100; pages++) {
		if (tq_store_list(store, &req, &a, &page, &err) == -1) {
			MUST(pages == 0 && err.code == TQ_E_DATA);
			break;
		}
		MUST(page.n <= LIMIT);
		if ((req.cursor = page.cursor) == NULL)
			break;
	}
	MUST(pages < 100);
	tq_arena_free(&a);
}

static void
check_changes(const char *cursor)
{
	struct tq_arena a = TQ_ARENA_INIT;
	struct tq_err err = TQ_ERR_INIT;
	struct tq_page page;

	if (tq_store_wait_changes(store, NULL, false, cursor, 0, &a, &page,
	    &err) == -1)
		MUST(err.code == TQ_E_DATA || err.code == TQ_E_LOST);
	else
		MUST(page.cursor != NULL);
	tq_arena_free(&a);
}

/* The seeds in tests/fuzz/run are of these forms; others would find nothing. */
static void
check_forms(void)
{
	struct tq_list req = { .limit = LIMIT };
	struct tq_arena a = TQ_ARENA_INIT;
	struct tq_page page;

	MUST(tq_store_list(store, &req, &a, &page, NULL) == 0);
	MUST(strncmp(page.cursor, "l2.", 3) == 0);
	MUST(tq_store_wait_changes(store, NULL, false, NULL, 0, &a, &page,
	    NULL) == 0);
	MUST(strncmp(page.cursor, "c1.", 3) == 0);
	tq_arena_free(&a);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	char *s = fuzz_string(data, n), fresh[64];

	if (store == NULL) {
		store = open_store();
		check_forms();
	}
	snprintf(fresh, sizeof(fresh), "c1.%.30s.%lld", s + (n > 0),
	    (long long)tq_boot_ms(&tq_env_system));
	if (s[0] == 'n')
		check_changes(fresh);
	else if (s[0] == 'c')
		check_changes(s);
	else
		check_list(s, n % 2 == 1);
	free(s);
	return 0;
}
