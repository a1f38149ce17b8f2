/*
 * tests/fuzz/fuzz_multipart.c -- any bytes as a form, after a line that is its
 * Content-Type.
 *
 * Beyond "no crash": what it says is the same whether it comes at once or byte
 * by byte; parts begin and end in turn, and data comes in between only.
 */
#include "fuzz.h"

#include "serve/http/multipart.h"

struct seen {
	bool		 inside;
	struct tq_buf	 said;
};

static int
on_begin(void *arg, const struct tq_part *part, struct tq_err *err)
{
	struct seen *s = arg;

	(void)err;
	MUST(!s->inside && part->name != NULL);
	s->inside = true;
	tq_buf_fmt(&s->said, "[%s|%s|%s:", part->name,
	    part->filename == NULL ? "-" : part->filename,
	    part->type == NULL ? "-" : part->type);
	return 0;
}

static int
on_data(void *arg, struct tq_span data, struct tq_err *err)
{
	struct seen *s = arg;

	(void)err;
	MUST(s->inside);
	tq_buf_add(&s->said, data.p, data.n);
	return 0;
}

static int
on_end(void *arg, struct tq_err *err)
{
	struct seen *s = arg;

	(void)err;
	MUST(s->inside);
	s->inside = false;
	tq_buf_chr(&s->said, ']');
	return 0;
}

static const struct tq_multipart_fn fn = { on_begin, on_data, on_end };

/* Reads ${body} in pieces of ${step}; what it said, and whether it is a form. */
static int
read_form(const char *type, struct tq_span body, size_t step, struct seen *s)
{
	struct tq_err err = TQ_ERR_INIT;
	struct tq_multipart m;
	struct tq_span piece;
	int rc;

	*s = (struct seen){ false, TQ_BUF_INIT(1 << 24) };
	rc = tq_multipart_init(&m, type, &fn, s, &err);
	while (rc == 0 && body.n > 0) {
		piece = (struct tq_span){ body.p,
		    body.n < step ? body.n : step };
		rc = tq_multipart_feed(&m, piece, &err);
		body.p += piece.n;
		body.n -= piece.n;
	}
	if (rc == 0 && (rc = tq_multipart_end(&m, &err)) == 0)
		MUST(!s->inside);
	if (rc == -1)
		MUST(err.code == TQ_E_DATA && err.msg[0] != '\0');
	tq_multipart_free(&m);
	return rc;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	char *text = fuzz_string(data, n), *end = memchr(text, '\n', n);
	struct tq_span body = { "", 0 };
	struct seen all, bytes;

	if (end != NULL) {
		*end = '\0';
		body = (struct tq_span){ end + 1, n - (size_t)(end + 1 -
		    text) };
	}
	if (read_form(text, body, SIZE_MAX, &all) == 0) {
		MUST(read_form(text, body, 1, &bytes) == 0);
		MUST(all.said.len == bytes.said.len && (all.said.len == 0 ||
		    memcmp(all.said.data, bytes.said.data, all.said.len) ==
		    0));
	} else {
		MUST(read_form(text, body, 1, &bytes) == -1);
	}
	tq_buf_free(&all.said);
	tq_buf_free(&bytes.said);
	free(text);
	return 0;
}
