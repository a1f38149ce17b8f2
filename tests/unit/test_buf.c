/* tests/unit/test_buf.c -- bounded buffers, spans, arenas. */
#include <sys/wait.h>
#include <unistd.h>

#include "t.h"

#include "util/buf.h"

static void
test_append(void)
{
	struct tq_buf b = TQ_BUF_INIT(100);

	T_INT(tq_buf_str(&b, "ab"), 0);
	T_INT(tq_buf_chr(&b, 'c'), 0);
	T_INT(tq_buf_add(&b, "d\0e", 3), 0);
	T_INT(tq_buf_fmt(&b, "%d-%s", 42, "x"), 0);
	T_INT(b.len, 10);
	T_OK(memcmp(b.data, "abcd\0e42-x", 11) == 0);
	T_INT(tq_buf_span(&b).n, 10);
	tq_buf_free(&b);
	T_OK(b.data == NULL && b.len == 0);
	tq_buf_free(&b);
}

static void
test_max(void)
{
	struct tq_buf b = TQ_BUF_INIT(5);

	T_INT(tq_buf_str(&b, "12345"), 0);
	T_OK(!b.failed);
	T_INT(tq_buf_chr(&b, '6'), -1);
	T_OK(b.failed);
	T_INT(tq_buf_fmt(&b, "%d", 7), -1);
	T_OK(tq_buf_room(&b, 1) == NULL);
	T_STR(b.data, "12345");
	T_INT(tq_buf_add(&b, "", 0), 0);
	T_OK(b.failed);
	tq_buf_clear(&b);
	T_OK(!b.failed);
	T_STR(b.data, "");
	T_INT(tq_buf_str(&b, "abcde"), 0);
	T_STR(b.data, "abcde");
	tq_buf_free(&b);
}

/* No limit is in its way, but that there is no such memory. */
static void
test_why(void)
{
	struct tq_buf b = TQ_BUF_INIT(SIZE_MAX / 4), small = TQ_BUF_INIT(1);
	struct tq_err err = TQ_ERR_INIT;

	T_INT(tq_buf_str(&small, "12"), -1);
	T_OK(!small.no_memory);
	T_INT(tq_buf_why(&small, &err, TQ_AT_PARSE, "%s: too long", "x"), -1);
	T_INT(err.code, TQ_E_TOOBIG);
	T_STR(err.msg, "x: too long");
	T_OK(tq_buf_room(&b, SIZE_MAX / 8) == NULL);
	T_OK(b.failed && b.no_memory);
	T_INT(tq_buf_why(&b, &err, TQ_AT_FETCH, "%s: too long", "x"), -1);
	T_INT(err.code, TQ_E_NOMEM);
	T_INT(err.stage, TQ_AT_FETCH);
	T_STR(err.msg, "out of memory");
	tq_buf_taint(&small, &b);
	T_OK(small.failed && small.no_memory);
	tq_buf_clear(&small);
	T_OK(!small.failed && !small.no_memory);
	tq_buf_free(&b);
	T_OK(!b.failed && !b.no_memory);
}

static void
test_huge(void)
{
	struct tq_buf b = TQ_BUF_INIT(10);

	T_INT(tq_buf_str(&b, "x"), 0);
	T_OK(tq_buf_room(&b, SIZE_MAX) == NULL);
	T_OK(tq_buf_room(&b, SIZE_MAX - 1) == NULL);
	T_STR(b.data, "x");
	tq_buf_free(&b);
}

static void
test_grow(void)
{
	struct tq_buf b = TQ_BUF_INIT(1 << 20);
	size_t i;

	for (i = 0; i < 100000; i++)
		if (tq_buf_chr(&b, (char)('a' + i % 26)) == -1)
			break;
	T_INT(b.len, 100000);
	for (i = 0; i < b.len && b.data[i] == (char)('a' + i % 26); i++)
		;
	T_INT(i, 100000);
	T_INT(b.data[b.len], 0);
	tq_buf_free(&b);
}

static void
test_span(void)
{
	struct tq_span none = TQ_SPAN_NONE, abc = { "abcd", 3 };

	T_OK(tq_span_eq(none, ""));
	T_OK(!tq_span_eq(none, "a"));
	T_OK(tq_span_eq(abc, "abc"));
	T_OK(!tq_span_eq(abc, "abcd"));
	T_OK(!tq_span_eq(abc, "ab"));
	T_OK(!tq_span_eq((struct tq_span){ "a\0b", 3 }, "a"));
	T_INT(tq_span_of(NULL).n, 0);
	T_OK(tq_span_of(NULL).p == NULL);
	T_INT(tq_span_of("xy").n, 2);
}

static void
test_arena(void)
{
	struct tq_arena a = TQ_ARENA_INIT;
	char *p, *big;
	size_t i;

	for (i = 0; i < 1000; i++) {
		p = tq_arena_alloc(&a, i % 77 + 1);
		T_INT((uintptr_t)p % 16, 0);
		T_INT(p[0] | p[i % 77], 0);
		memset(p, 0xff, i % 77 + 1);
	}
	big = tq_arena_alloc(&a, 200000);
	T_INT(big[0] | big[199999], 0);
	p = tq_arena_str(&a, "behind the big one");
	memset(big, 1, 200000);
	T_STR(p, "behind the big one");
	T_OK(a.total >= 200000);
	tq_arena_reset(&a);
	T_INT(a.total, 0);
	p = tq_arena_alloc(&a, 4000);
	for (i = 0; i < 4000 && p[i] == 0; i++)
		;
	T_INT(i, 4000);
	tq_arena_free(&a);
	tq_arena_free(&a);
	tq_arena_reset(&a);
}

/* Also right behind a chunk that was made for one big piece. */
static void
test_arena_reset(void)
{
	struct tq_arena a = TQ_ARENA_INIT;
	int i;

	for (i = 0; i < 3; i++) {
		memset(tq_arena_alloc(&a, 100000), 1, 100000);
		tq_arena_reset(&a);
		T_STR(tq_arena_str(&a, "x"), "x");
	}
	tq_arena_free(&a);
}

static void
test_arena_copies(void)
{
	struct tq_arena a = TQ_ARENA_INIT;
	struct tq_span s;
	const char *text;
	int i;

	T_OK(tq_arena_str(&a, NULL) == NULL);
	T_STR(tq_arena_dup(&a, "abc", 2), "ab");
	T_STR(tq_arena_dup(&a, NULL, 0), "");
	T_STR(tq_arena_fmt(&a, "%s-%d", "n", 3), "n-3");
	for (i = 126; i < 130; i++) {
		text = tq_arena_fmt(&a, "%*d", i, 7);
		T_INT(strlen(text), i);
		T_OK(text[i - 1] == '7');
	}
	s = tq_arena_span(&a, (struct tq_span){ "a\0b", 3 });
	T_INT(s.n, 3);
	T_OK(memcmp(s.p, "a\0b", 4) == 0);
	s = tq_arena_span(&a, TQ_SPAN_NONE);
	T_OK(s.p == NULL && s.n == 0);
	tq_arena_free(&a);
}

static void
test_arena_more(void)
{
	struct tq_arena a = TQ_ARENA_INIT;
	int *v = NULL, *before;
	size_t n, moves = 0;
	bool kept = true;

	for (n = 0; n < 1000; n++) {
		before = v;
		v = tq_arena_more(&a, v, n, sizeof(*v));
		moves += v != before;
		T_INT(v[n], 0);
		v[n] = (int)n;
	}
	for (n = 0; n < 1000; n++)
		kept = kept && v[n] == (int)n;
	T_OK(kept);
	T_INT(moves, 8);	/* room for 8, 16, ... 1024 */
	tq_arena_free(&a);
}

static void
say_first(void)
{
	(void)!write(STDERR_FILENO, "given back\n", 11);
}

/* In a child, whose stderr is a pipe. */
static void
test_give_up(void)
{
	char said[64] = "";
	int fds[2], status;
	pid_t pid;

	T_INT(pipe(fds), 0);
	if ((pid = fork()) == 0) {
		dup2(fds[1], STDERR_FILENO);
		tq_before_giving_up(say_first);
		tq_must(NULL);
	}
	T_INT(waitpid(pid, &status, 0), pid);
	T_OK(WIFEXITED(status));
	T_INT(WEXITSTATUS(status), 70);
	T_OK(read(fds[0], said, sizeof(said) - 1) > 0);
	T_STR(said, "given back\ntq: out of memory\n");
	close(fds[0]);
	close(fds[1]);
}

T_MAIN(
    { "buf: appends of all kinds follow each other, NUL behind", test_append },
    { "buf: over its maximum nothing is appended and failed stays set",
      test_max },
    { "buf: out of memory is not over the maximum", test_why },
    { "buf: a length that would wrap around is refused", test_huge },
    { "buf: it grows byte by byte and keeps all", test_grow },
    { "span: compared by all its bytes", test_span },
    { "arena: pieces are aligned, zeroed and do not overlap", test_arena },
    { "arena: reset works with chunks of any size", test_arena_reset },
    { "arena: an array grows by one and keeps all", test_arena_more },
    { "arena: copies have a NUL behind them", test_arena_copies },
    { "out of memory: what must not stay behind goes first", test_give_up },
)
