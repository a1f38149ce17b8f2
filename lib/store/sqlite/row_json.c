/*
 * lib/store/sqlite/row_json.c -- the two JSON columns: `asked' and `became'.
 *
 * Fields that few tasks have.  A reader passes over keys it does not know, so
 * that a newer tq may add some without a migration.
 */
#include <stdlib.h>
#include <string.h>

#include "store/sqlite/record.h"
#include "util/json.h"

/* A field of struct tq_task under its short key. */
enum kind { STR, INT, NUM, RAW, CRC, BOOL };

struct field {
	const char	*key;
	enum kind	 kind;	/* const char *, int, int64_t, struct tq_span,
				   uint64_t, bool */
	size_t		 offset;
};

#define F(key, kind, field) { key, kind, offsetof(struct tq_task, field) }

static const struct field asked[] = {
	F("max", INT, max_attempts), F("timeout", NUM, timeout_ms),
	F("backoff", NUM, backoff_ms), F("cap", NUM, backoff_cap_ms),
	F("parents", INT, parents), F("delay", NUM, delay_ms), F("keep", NUM, keep_ms),
	F("input", STR, input), F("name", STR, input_name),
	F("insize", NUM, input_size), F("incrc", CRC, input_crc),
	F("labels", RAW, labels), F("group", STR, group),
	F("parent", STR, parent), F("trace", STR, traceparent),
	F("argv", RAW, argv), F("cwd", STR, cwd), F("umask", STR, umask),
	F("env", RAW, env), F("uid", STR, uid), F("chdir", BOOL, chdir), F("print", STR, fingerprint),
};

static const struct field became[] = {
	F("stage", INT, err_stage), F("code", STR, err_code),
	F("reason", STR, reason), F("output", STR, output),
	F("size", NUM, output_size), F("outcrc", CRC, output_crc),
	F("log", STR, log), F("stdout", STR, out_log), F("progress", RAW, progress),
	F("giveUp", NUM, give_up_at), F("waits", INT, waits),
	F("history", RAW, history),
	/* Those from here on have columns in some tables. */
	F("started", NUM, started_at), F("worker", STR, worker),
	F("since", NUM, due_since),
};
#define NBECAME	12	/* those that no table has a column for */

static void
write_field(struct tq_buf *b, const struct field *f, const struct tq_task *t)
{
	const char *p = (const char *)t + f->offset;
	const char *s;
	struct tq_span raw;
	int64_t n;
	int i;

	switch (f->kind) {
	case STR:
		memcpy(&s, p, sizeof(s));
		tq_json_member_str(b, f->key, s);
		return;
	case RAW:
		memcpy(&raw, p, sizeof(raw));
		tq_json_member_raw(b, f->key, raw);
		return;
	case BOOL:
		if (*(const bool *)p)
			tq_json_member_int(b, f->key, 1);
		return;
	case INT:
		memcpy(&i, p, sizeof(i));
		if (i != 0)
			tq_json_member_int(b, f->key, i);
		return;
	case NUM:
	case CRC:
		memcpy(&n, p, sizeof(n));
		if (n != 0)
			tq_json_member_int(b, f->key, n);
	}
}

static void
read_field(struct tq_span v, const struct field *f, struct tq_arena *a,
    struct tq_task *t)
{
	char *p = (char *)t + f->offset;
	struct tq_span s;
	int64_t n = 0;
	int i;

	switch (f->kind) {
	case STR:
		if (tq_json_str(v, a, &s))
			memcpy(p, &s.p, sizeof(s.p));
		return;
	case RAW:
		s = tq_arena_span(a, v);
		memcpy(p, &s, sizeof(s));
		return;
	case BOOL:
		*(bool *)p = true;
		return;
	case INT:
		tq_json_int(v, &n);
		i = (int)n;
		memcpy(p, &i, sizeof(i));
		return;
	case NUM:
	case CRC:
		tq_json_int(v, &n);
		memcpy(p, &n, sizeof(n));
	}
}

static void
write_fields(struct tq_buf *b, const struct field *f, size_t n,
    const struct tq_task *t)
{
	size_t k;

	for (k = 0; k < n; k++)
		write_field(b, &f[k], t);
}

/* Bind what has been written behind the '{'; NULL when that is nothing. */
static void
bind_object(sqlite3_stmt *q, int i, struct tq_buf *b)
{
	if (b->len == 1) {
		sqlite3_bind_null(q, i);
		return;
	}
	tq_buf_chr(b, '}');
	sqlite3_bind_text(q, i, b->data, (int)b->len, SQLITE_STATIC);
}

static void
read_fields(const char *text, const struct field *f, size_t n,
    struct tq_arena *a, struct tq_task *t)
{
	struct tq_json_iter it = tq_json_iter(tq_span_of(text));
	struct tq_span k, v;
	size_t i;

	while (tq_json_next(&it, &k, &v))
		for (i = 0; i < n; i++)
			if (tq_span_eq(k, f[i].key)) {
				read_field(v, &f[i], a, t);
				break;
			}
}

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

void
sq_bind_asked(sqlite3_stmt *q, int i, const struct tq_task *t,
    struct tq_buf *b)
{
	tq_buf_clear(b);
	tq_buf_chr(b, '{');
	write_fields(b, asked, COUNT(asked), t);
	bind_object(q, i, b);
}

void
sq_bind_became(sqlite3_stmt *q, int i, const struct tq_task *t,
    enum sq_home home, struct tq_buf *b)
{
	bool waits = home == SQ_IN_READY || home == SQ_IN_PARKED;

	tq_buf_clear(b);
	tq_buf_chr(b, '{');
	write_fields(b, became, NBECAME, t);
	if (waits && t->started_at != 0) {
		tq_json_member_int(b, "started", t->started_at);
		tq_json_member_str(b, "worker", t->worker);
	}
	/* Where the key does not say it. */
	if (home != SQ_IN_ENDED && t->due_since != 0 &&
	    (home == SQ_IN_LEASE ? t->stops > 0 || t->give_up_at != 0 :
	    t->not_before != 0))
		tq_json_member_int(b, "since", t->due_since);
	bind_object(q, i, b);
}

void
sq_read_asked(const char *text, struct tq_arena *a, struct tq_task *t)
{
	if (text != NULL)
		read_fields(text, asked, COUNT(asked), a, t);
}

void
sq_read_became(const char *text, struct tq_arena *a, struct tq_task *t)
{
	if (text != NULL)
		read_fields(text, became, COUNT(became), a, t);
}
