/*
 * tests/fuzz/fuzz_aws_sigv4.c -- any path, query and header value, divided by
 * line feeds, through the canonical forms and the signer.
 *
 * Beyond "no crash": a canonical form has no byte that it should have encoded,
 * a canonical query is its own canonical form, and signing again changes
 * nothing.
 */
#include "fuzz.h"

#include "aws/request.h"
#include "aws/sigv4.h"
#include "util/err.h"

#define UNRESERVED	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"	\
			"0123456789-._~"

/* The input up to the next line feed. */
static char *
part(char **rest)
{
	char *s = *rest, *nl = strchr(s, '\n');

	*rest = nl != NULL ? nl + 1 : s + strlen(s);
	if (nl != NULL)
		*nl = '\0';
	return s;
}

static void
check_query(const char *wire)
{
	struct tq_buf once = TQ_BUF_INIT(1 << 20), twice = TQ_BUF_INIT(1 << 20);

	tq_sigv4_canon_query(&once, tq_span_of(wire));
	tq_sigv4_canon_query(&twice, tq_buf_span(&once));
	MUST(!once.failed && once.len == twice.len);
	if (once.len > 0) {
		MUST(memcmp(once.data, twice.data, once.len) == 0);
		MUST(strspn(once.data, UNRESERVED "%=&") == once.len);
	}
	tq_buf_free(&once);
	tq_buf_free(&twice);
}

static void
check_path(const char *wire, unsigned how)
{
	struct tq_buf out = TQ_BUF_INIT(1 << 20);

	tq_sigv4_canon_path(&out, tq_span_of(wire), how);
	MUST(!out.failed && out.len > 0 && out.data[0] == '/');
	if (how & TQ_SIGV4_ENCODE_PATH)
		MUST(strspn(out.data, UNRESERVED "%/") == out.len);
	tq_buf_free(&out);
}

static void
check_sign(const char *path, const char *query, const char *header,
    unsigned how)
{
	struct tq_sigv4 s = { "AKID", "secret", "token", "eu-west-1", "sqs",
	    INT64_C(1440938160000), how, NULL };
	struct tq_aws_req r = { 0 };
	struct tq_err err = TQ_ERR_INIT;
	char *first;
	size_t n;

	MUST(tq_aws_req_init(&r, "GET", "https://h.example", &err) == 0);
	tq_aws_req_path(&r, tq_span_of(path));
	tq_aws_req_query(&r, "q", query);
	tq_aws_req_query(&r, query, "v");
	tq_aws_req_header(&r, "X-Given", header);
	if (tq_sigv4_sign(&s, &r, &err) == 0) {
		first = strdup(tq_aws_req_find(&r, "Authorization"));
		n = r.nheaders;
		MUST(tq_sigv4_sign(&s, &r, &err) == 0 && r.nheaders == n);
		MUST(strcmp(first,
		    tq_aws_req_find(&r, "Authorization")) == 0);
		free(first);
	} else {
		MUST(err.code != TQ_OK && err.msg[0] != '\0');
	}
	tq_aws_req_free(&r);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	char *s = fuzz_string(data, n), *rest = s;
	char *path = part(&rest), *query = part(&rest), *header = part(&rest);
	unsigned how = n % 2 == 0 ? TQ_SIGV4_OTHERS : TQ_SIGV4_S3;
	char *wire;

	MUST(asprintf(&wire, "/%s", path) != -1);
	check_path(wire, how);
	check_query(query);
	check_sign(path, query, header, how);
	free(wire);
	free(s);
	return 0;
}
