/* lib/task/fold.c -- see fold.h. */
#include "task/fold.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define HEX_MIN		7	/* a commit's short name */
#define MIXED_MIN	12	/* letters and digits in turn: an id */
#define NAME_DIGITS	3	/* in a row, that a name may have */
#define UUID_N		36
#define NBUCKETS	4096

static bool
is_alnum(char c)
{
	return isalnum((unsigned char)c);
}

static bool
is_digit(char c)
{
	return isdigit((unsigned char)c);
}

/* How long the word at ${p} is if it is a name though it has a number. */
static size_t
name_at(const char *p)
{
	static const char *const names[] = { "utf-8", "utf-16", "sha-1",
	    "sha-256", "x86_64" };
	size_t i, n;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		n = strlen(names[i]);
		if (strncasecmp(p, names[i], n) == 0 && !is_alnum(p[n]))
			return n;
	}
	return 0;
}

static bool
uuid_at(const char *p)
{
	size_t i;

	for (i = 0; i < UUID_N; i++)
		if (i == 8 || i == 13 || i == 18 || i == 23 ? p[i] != '-' :
		    !isxdigit((unsigned char)p[i]))
			return false;
	return !is_alnum(p[i]);
}

/* Is this run of letters and digits an id rather than a name or a number? */
static bool
is_id(const char *p, size_t n)
{
	size_t i, digits = 0, hex = 0, turns = 0;

	for (i = 0; i < n; i++) {
		digits += is_digit(p[i]);
		hex += isxdigit((unsigned char)p[i]) != 0;
		turns += i > 0 && is_digit(p[i]) != is_digit(p[i - 1]);
	}
	if (digits == n)
		return false;
	if (p[0] == '0' && (p[1] == 'x' || p[1] == 'X'))
		return n > 2 && hex == n - 1;
	return (hex == n && n >= HEX_MIN && digits >= 2) ||
	    (n >= MIXED_MIN && digits >= 3 && turns >= 3);
}

static void
add_run(struct tq_buf *b, const char *p, size_t n)
{
	size_t i, to;

	if (is_id(p, n)) {
		tq_buf_chr(b, '*');
		return;
	}
	for (i = 0; i < n; i = to) {
		for (to = i; to < n && is_digit(p[to]); to++)
			;
		if (to == i)
			tq_buf_chr(b, p[to++]);
		else if (is_digit(p[0]) || to - i > NAME_DIGITS)
			tq_buf_chr(b, 'N');
		else
			tq_buf_add(b, p + i, to - i);
	}
}

void
tq_fold_error(struct tq_buf *b, const char *reason, size_t max)
{
	const char *p = reason;
	size_t n;

	tq_buf_clear(b);
	while (*p != '\0' && b->len < max) {
		if (!is_alnum(*p)) {
			tq_buf_chr(b, *p++);
			continue;
		}
		if ((n = name_at(p)) > 0) {
			tq_buf_add(b, p, n);
		} else if (uuid_at(p)) {
			tq_buf_chr(b, '*');
			n = UUID_N;
		} else {
			while (is_alnum(p[n]))
				n++;
			add_run(b, p, n);
		}
		p += n;
	}
}

void
tq_failures_init(struct tq_failures *f, struct tq_arena *a)
{
	*f = (struct tq_failures){ .a = a,
	    .buckets = tq_arena_alloc(a, NBUCKETS * sizeof(*f->buckets)),
	    .text = TQ_BUF_INIT(4 * TQ_FOLD_MAX + 1024) };
}

static size_t
hash(const char *type, const char *error)
{
	uint64_t h = UINT64_C(14695981039346656037);
	const char *p;

	for (p = type; *p != '\0'; p++)
		h = (h ^ (unsigned char)*p) * UINT64_C(1099511628211);
	for (p = error; *p != '\0'; p++)
		h = (h ^ (unsigned char)*p) * UINT64_C(1099511628211);
	return (size_t)(h ^ h >> 32);
}

static struct tq_failure *
failure_of(struct tq_failures *f, const char *type, const char *error)
{
	size_t at = hash(type, error) % NBUCKETS;
	struct tq_failure *k;

	for (k = f->buckets[at]; k != NULL; k = k->next)
		if (strcmp(k->type, type) == 0 && strcmp(k->error, error) == 0)
			return k;
	k = tq_arena_alloc(f->a, sizeof(*k));
	k->type = tq_arena_str(f->a, type);
	k->error = tq_arena_str(f->a, error);
	k->next = f->buckets[at];
	f->buckets[at] = k;
	f->n++;
	return k;
}

void
tq_failures_add(struct tq_failures *f, const struct tq_task *t)
{
	struct tq_failure *k;

	tq_fold_error(&f->text, t->reason == NULL ? "" : t->reason,
	    TQ_FOLD_MAX);
	k = failure_of(f, t->type, f->text.data == NULL ? "" : f->text.data);
	k->count++;
	if (t->finished_at >= k->newest) {
		k->newest = t->finished_at;
		k->example = tq_arena_str(f->a, t->id);
	}
}

static int
by_count(const void *va, const void *vb)
{
	const struct tq_failure *a = *(struct tq_failure *const *)va;
	const struct tq_failure *b = *(struct tq_failure *const *)vb;

	if (a->count != b->count)
		return a->count > b->count ? -1 : 1;
	if (a->newest != b->newest)
		return a->newest > b->newest ? -1 : 1;
	return strcmp(a->example, b->example);
}

struct tq_failure **
tq_failures_sorted(struct tq_failures *f)
{
	struct tq_failure **all = tq_arena_alloc(f->a,
	    (f->n + 1) * sizeof(struct tq_failure *));
	struct tq_failure *k;
	size_t i, n = 0;

	for (i = 0; i < NBUCKETS; i++)
		for (k = f->buckets[i]; k != NULL; k = k->next)
			all[n++] = k;
	if (n > 1)
		qsort(all, n, sizeof(struct tq_failure *), by_count);
	tq_buf_free(&f->text);
	return all;
}
