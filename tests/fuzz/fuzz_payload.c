/*
 * tests/fuzz/fuzz_payload.c -- any bytes as what a payload or an input asks of a
 * built-in handler: a request, a text, a data: address; and as the texts of an
 * operator beside them.  The first byte chooses.
 *
 * Beyond "no crash": a refusal says why; headers to be sent are one a line; what
 * is made of a text is JSON; a command without a shell has a word.
 */
#include "fuzz.h"

#include "util/err.h"
#include "util/json.h"
#include "util/str.h"
#include "work/handler/command.h"
#include "work/handler/dataurl.h"
#include "work/handler/text.h"
#include "work/handler/webhook.h"

static void
webhook(struct tq_span in, struct tq_arena *a)
{
	static const struct tq_webhook_keys none;
	struct tq_buf b = TQ_BUF_INIT(1 << 20);
	struct tq_err err = TQ_ERR_INIT;
	struct tq_webhook w;
	size_t i, lines = 0;

	if (tq_webhook_parse(in, a, &w, &err) == -1) {
		MUST(err.msg[0] != '\0');
		return;
	}
	MUST(w.url != NULL && strpbrk(w.url, " \r\n") == NULL);
	for (i = 0; i < w.headers.n; i++)
		MUST((unsigned char)w.headers.p[i] >= ' ' ||
		    w.headers.p[i] == '\n');
	for (i = 0; i < w.headers.n; i++)
		lines += w.headers.p[i] == '\n';
	MUST(lines <= TQ_WEBHOOK_HEADERS);
	MUST(w.headers.n == 0 || w.headers.p[w.headers.n - 1] == '\n');
	tq_webhook_sign(&none, "x", 1, w.body, &b);
	tq_buf_free(&b);
}

static void
text(struct tq_span in)
{
	struct tq_buf b = TQ_BUF_INIT(1 << 20);

	if (tq_utf8_valid(in)) {
		MUST(tq_text_transform(in, &b) == 0);
		MUST(tq_json_check(tq_buf_span(&b), NULL) == 0);
	}
	tq_buf_free(&b);
}

static void
strings(char which, const char *s, struct tq_span in, struct tq_arena *a)
{
	struct tq_buf out = TQ_BUF_INIT(1024);
	struct tq_err err = TQ_ERR_INIT;
	struct tq_webhook_keys keys;
	const char **argv = NULL;

	if (which == 'd' && tq_dataurl_decode(s, &out, &err) == -1)
		MUST(err.msg[0] != '\0');
	if (which == 'k' && tq_webhook_keys(in, &keys, &err) == 0)
		MUST(keys.n > 0 && keys.n <= TQ_WEBHOOK_KEYS);
	if (which == 'c' && tq_command_words(s, a, &argv))
		MUST(argv != NULL && argv[0] != NULL);
	MUST(out.len <= out.max);
	tq_buf_free(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct tq_arena a = TQ_ARENA_INIT;
	struct tq_span in;
	char *s;

	if (n == 0)
		return 0;
	in = (struct tq_span){ (const char *)data + 1, n - 1 };
	s = fuzz_string(data + 1, n - 1);
	switch (data[0]) {
	case 'w': webhook(in, &a); break;
	case 't': text(in); break;
	default: strings((char)data[0], s, in, &a);
	}
	free(s);
	tq_arena_free(&a);
	return 0;
}
