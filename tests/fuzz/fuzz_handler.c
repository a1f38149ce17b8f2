/*
 * tests/fuzz/fuzz_handler.c -- any bytes as what a handler says: on descriptor 3,
 * as a stream's answer, into its log.  The first byte chooses.
 *
 * Beyond "no crash": descriptor 3 says the same whether it comes at once or byte
 * by byte; a refusal says why; a result is JSON within the answer; a log is the
 * last bytes that came.
 */
#include "fuzz.h"

#include "util/err.h"
#include "util/json.h"
#include "work/handler/fd3.h"
#include "work/handler/logbuf.h"
#include "work/handler/stream.h"

static void
fd3(struct tq_span in)
{
	static struct tq_fd3 all, bytes;
	struct tq_buf b = TQ_BUF_INIT(1 << 16);
	size_t i;

	tq_fd3_init(&all);
	tq_fd3_init(&bytes);
	tq_fd3_feed(&all, in.p, in.n);
	for (i = 0; i < in.n; i++)
		tq_fd3_feed(&bytes, in.p + i, 1);
	MUST(all.done == bytes.done && all.total == bytes.total);
	MUST(all.retry_after == bytes.retry_after && all.retry_after >= -1);
	MUST(strcmp(all.text, bytes.text) == 0);
	MUST(strcmp(all.output, bytes.output) == 0);
	tq_fd3_progress(&all, &b);
	MUST(!b.failed && tq_json_check(tq_buf_span(&b), NULL) == 0);
	tq_buf_free(&b);
}

static void
stream(struct tq_span in, struct tq_arena *a)
{
	struct tq_err err = TQ_ERR_INIT;
	struct tq_reply r;

	if (tq_stream_reply(in, a, &r, &err) == -1) {
		MUST(err.code == TQ_E_DATA && err.msg[0] != '\0');
		return;
	}
	MUST(r.retry_after >= -1);
	MUST(r.result.n == 0 || (r.result.p > in.p &&
	    r.result.p + r.result.n < in.p + in.n));
	MUST(r.result.n == 0 || tq_json_check(r.result, NULL) == 0);
}

static void
logged(struct tq_span in)
{
	struct tq_logbuf r = { .max = 1000 };
	size_t at, step = in.n > 0 ? (unsigned char)in.p[0] * 40u + 1 : 1;
	struct tq_span s[2];
	char line[64];

	for (at = 0; at < in.n; at += step)
		MUST(tq_logbuf_add(&r, in.p + at, in.n - at < step ?
		    in.n - at : step) == 0);
	tq_logbuf_spans(&r, s);
	MUST(r.total == in.n && s[0].n + s[1].n == (in.n < r.max ?
	    in.n : r.max));
	MUST(s[0].n == 0 || memcmp(s[0].p, in.p + in.n - s[0].n - s[1].n,
	    s[0].n) == 0);
	MUST(s[1].n == 0 || memcmp(s[1].p, in.p + in.n - s[1].n, s[1].n) == 0);
	MUST(strpbrk(tq_logbuf_last_line(&r, line, sizeof(line)),
	    "\r\n") == NULL);
	tq_logbuf_free(&r);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct tq_arena a = TQ_ARENA_INIT;
	struct tq_span in;

	if (n == 0)
		return 0;
	in = (struct tq_span){ (const char *)data + 1, n - 1 };
	switch (data[0]) {
	case '3': fd3(in); break;
	case 's': stream(in, &a); break;
	case 'l': logged(in); break;
	}
	tq_arena_free(&a);
	return 0;
}
