/*
 * lib/store/sqlite/row_json.c -- the two JSON columns: `asked' and `became'.
 *
 * Fields that few tasks have.  A reader passes over keys it does not know, so
 * that a newer tq may add some without a migration.
 */
#include <stdlib.h>
#include <string.h>

#include "store/sqlite/sqlite.h"
#include "util/json.h"

/* A field of struct tq_task under its short key. */
enum kind { STR, INT, NUM, RAW };

struct field {
	const char	*key;
	enum kind	 kind;	/* const char *, int, int64_t, struct tq_span */
	size_t		 offset;
};

#define F(key, kind, field) { key, kind, offsetof(struct tq_task, field) }

static const struct field asked[] = {
	F("max", INT, max_attempts), F("timeout", NUM, timeout_ms),
	F("backoff", NUM, backoff_ms), F("cap", NUM, backoff_cap_ms),
	F("input", STR, input), F("labels", RAW, labels),
	F("group", STR, group), F("parent", STR, parent),
	F("trace", STR, traceparent), F("notify", STR, notify),
	F("waits", RAW, waits_for), F("argv", RAW, argv),
	F("print", STR, fingerprint),
};

static const struct field became[] = {
	F("stage", INT, err_stage), F("code", STR, err_code),
	F("reason", STR, reason), F("output", STR, output),
	F("size", NUM, output_size), F("log", STR, log),
	F("progress", RAW, progress), F("giveUp", NUM, give_up_at),
};

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
	case INT:
		memcpy(&i, p, sizeof(i));
		if (i != 0)
			tq_json_member_int(b, f->key, i);
		return;
	case NUM:
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
	case INT:
		tq_json_int(v, &n);
		i = (int)n;
		memcpy(p, &i, sizeof(i));
		return;
	case NUM:
		tq_json_int(v, &n);
		memcpy(p, &n, sizeof(n));
	}
}

static void
bind_fields(sqlite3_stmt *q, int i, const struct field *f, size_t n,
    const struct tq_task *t, struct tq_buf *b)
{
	size_t k;

	tq_buf_clear(b);
	tq_buf_chr(b, '{');
	for (k = 0; k < n; k++)
		write_field(b, &f[k], t);
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
	bind_fields(q, i, asked, COUNT(asked), t, b);
}

void
sq_bind_became(sqlite3_stmt *q, int i, const struct tq_task *t,
    struct tq_buf *b)
{
	bind_fields(q, i, became, COUNT(became), t, b);
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
