/*
 * tests/fuzz/fuzz_task.c -- any bytes through tq_task_parse().
 *
 * Beyond "no crash": a refusal has a message without control characters;
 * what is taken passes tq_task_check(), is written on one line of JSON, and
 * that line is read as the same request (same text, same fingerprint).
 */
#include "fuzz.h"

#include "task/request.h"
#include "task/task.h"
#include "util/json.h"

#define NOW	INT64_C(1769824800000)

static const struct tq_task def = { .queue = "default" };

static void
check_message(const struct tq_err *err)
{
	const char *s;

	MUST(err->stage == TQ_AT_PARSE && err->msg[0] != '\0');
	MUST(err->code == TQ_E_DATA || err->code == TQ_E_TOOBIG ||
	    err->code == TQ_E_NEWER);
	for (s = err->msg; *s != '\0'; s++)
		MUST((unsigned char)*s >= 0x20 && *s != 0x7f);
}

/* A delay is shown as the time it leads to, and read again as that. */
static void
check_again(struct tq_task *t, struct tq_arena *a)
{
	struct tq_buf one = TQ_BUF_INIT(1 << 24), two = TQ_BUF_INIT(1 << 24);
	char print[2][33];
	struct tq_task u;
	const char *key;

	t->delay_ms = 0;
	tq_task_write(t, &one);
	MUST(!one.failed && strpbrk(one.data, "\r\n") == NULL);
	MUST(tq_task_parse(tq_buf_span(&one), &def, t->expires_at == NOW + 1 ?
	    NOW : NOW + 1, a, &u, &key, NULL) == 0);
	tq_task_write(&u, &two);
	MUST(strcmp(one.data, two.data) == 0);
	/* A maxAttempts of 0 is written as the default that it means. */
	if (t->max_attempts == u.max_attempts &&
	    t->payload.n == u.payload.n &&
	    memcmp(t->payload.p, u.payload.p, t->payload.n) == 0 &&
	    memchr(t->labels.p ? t->labels.p : "", '\n', t->labels.n) == NULL &&
	    memchr(t->labels.p ? t->labels.p : "", '\r', t->labels.n) == NULL &&
	    memchr(t->argv.p ? t->argv.p : "", '\n', t->argv.n) == NULL &&
	    memchr(t->argv.p ? t->argv.p : "", '\r', t->argv.n) == NULL) {
		tq_task_fingerprint(t, NULL, print[0]);
		tq_task_fingerprint(&u, NULL, print[1]);
		MUST(strcmp(print[0], print[1]) == 0);
	}
	tq_buf_free(&one);
	tq_buf_free(&two);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct tq_span text = { (const char *)data, n };
	struct tq_arena a = TQ_ARENA_INIT;
	struct tq_err err = TQ_ERR_INIT;
	const char *key = NULL;
	struct tq_task t;

	if (tq_task_parse(text, &def, NOW, &a, &t, &key, &err) == -1) {
		check_message(&err);
	} else {
		MUST(tq_task_check(&t, &err) == 0);
		check_again(&t, &a);
	}
	tq_arena_free(&a);
	return 0;
}
