/*
 * tests/fuzz/fuzz_aws_xml.c -- any bytes as what S3 answers, and as XML.
 *
 * Beyond "no crash": a tree is no deeper than it may be; a reader that refuses
 * says why; an error has a status and fits its message.
 */
#include "fuzz.h"

#include "aws/fault.h"
#include "aws/s3.h"
#include "aws/xml.h"
#include "net/http.h"
#include "util/err.h"

#define DEEPEST	16

static void
check_tree(const struct tq_xml *x, int depth)
{
	for (; x != NULL; x = x->next) {
		MUST(depth <= DEEPEST);
		MUST(x->name[0] != '\0' && x->text != NULL);
		check_tree(x->child, depth + 1);
	}
}

static void
read_s3(const struct tq_http_res *res, struct tq_arena *mem)
{
	struct tq_err err = TQ_ERR_INIT;
	struct tq_aws_fault fault;
	struct tq_s3_entry *entries;
	const char *token;
	size_t n, i;

	tq_aws_fault_xml(res, &fault);
	tq_aws_fault_err(&fault, "x", &err);
	MUST(err.code != TQ_OK && strncmp(err.msg, "x: ", 3) == 0);
	tq_s3_moved(&fault, "eu-west-1");
	tq_s3_intact(res);
	if (tq_s3_failed(res, "POST", &fault))
		MUST(fault.status == res->status);
	if (tq_s3_listed(res, mem, &entries, &n, &token, &err) == 0)
		for (i = 0; i < n; i++)
			MUST(entries[i].key != NULL);
	else
		MUST(err.msg[0] != '\0');
	tq_s3_upload_id(res, mem);
	tq_s3_upload_completed(res);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const char head[] =
	    "HTTP/1.1 200 OK\0x-amz-checksum-crc32: AAAAAA==";
	struct tq_http_res res = { .status = n % 2 == 0 ? 200 : 404,
	    .head = TQ_BUF_INIT(1024), .body = TQ_BUF_INIT(1 << 20) };
	struct tq_arena mem = TQ_ARENA_INIT;
	struct tq_err err = TQ_ERR_INIT;
	struct tq_xml *root;

	tq_buf_add(&res.head, head, sizeof(head));
	tq_buf_add(&res.body, data, n);
	root = tq_xml_parse(tq_buf_span(&res.body), &mem, &err);
	if (root == NULL)
		MUST(err.code == TQ_E_DATA && err.msg[0] != '\0');
	else
		check_tree(root, 1);
	read_s3(&res, &mem);
	tq_arena_free(&mem);
	tq_http_res_free(&res);
	return 0;
}
