/*
 * tests/fuzz/fuzz_lambda.c -- any bytes as an event of Lambda: a request of an
 * HTTP API, a REST API or a load balancer, or a queue's messages.
 *
 * Beyond "no crash": a refusal says why; a request that is taken has a method
 * and a path, headers without line feeds, none of the connection, and can be
 * answered by JSON; a message has a body within the event, and a receipt.
 */
#include "fuzz.h"

#include <strings.h>

#include "lambda/event.h"
#include "lambda/work.h"
#include "util/err.h"
#include "util/json.h"

static void
answer(const struct tq_lambda_event *e)
{
	struct tq_buf b = TQ_BUF_INIT(1 << 24);

	tq_lambda_problem(e, 503, "busy", "later", &b);
	MUST(!b.failed && tq_json_check(tq_buf_span(&b), NULL) == 0);
	tq_buf_free(&b);
}

static void
request(struct tq_span text, struct tq_arena *a)
{
	struct tq_err err = TQ_ERR_INIT;
	struct tq_lambda_event e;
	size_t i;

	if (tq_lambda_event_read(text, 8080, a, &e, &err) == -1) {
		MUST(err.code == TQ_E_DATA && err.msg[0] != '\0');
		return;
	}
	MUST(e.method[0] != '\0' && e.target[0] == '/');
	MUST(strpbrk(e.target, " \r\n") == NULL);
	MUST(e.nheaders <= TQ_LAMBDA_HEADERS + TQ_LAMBDA_OWN);
	MUST(e.scopes == 0 || e.authorized);
	for (i = 0; i < e.nheaders; i++) {
		MUST(e.headers[i].name[0] != '\0');
		MUST(strpbrk(e.headers[i].name, ": \r\n") == NULL);
		MUST(strpbrk(e.headers[i].value, "\r\n") == NULL);
		MUST(strcasecmp(e.headers[i].name, "content-length") != 0);
		MUST(strcasecmp(e.headers[i].name, "connection") != 0);
	}
	answer(&e);
}

static void
messages(struct tq_span text, struct tq_arena *a)
{
	struct tq_err err = TQ_ERR_INIT;
	struct tq_lambda_work w;
	size_t i;

	if (tq_lambda_work_read(text, a, &w, &err) == -1) {
		MUST(err.code == TQ_E_DATA && err.msg[0] != '\0');
		return;
	}
	MUST(w.sweep || w.n == 0 || w.msgs != NULL);
	for (i = 0; i < w.n; i++) {
		MUST(w.msgs[i].id != NULL && w.msgs[i].source != NULL);
		MUST(w.msgs[i].body.n <= text.n && !w.msgs[i].gone);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct tq_span text = { (const char *)data, n };
	struct tq_arena a = TQ_ARENA_INIT;

	request(text, &a);
	messages(text, &a);
	tq_arena_free(&a);
	return 0;
}
