/* lib/aws/creds_process.c -- credential_process: a program that knows them. */
#include "aws/creds_inside.h"
#include "aws/words.h"
#include "util/err.h"
#include "util/json.h"

#define ARGS_MAX	64
#define OUTPUT_MAX	(64 * 1024)

static int
version(struct tq_span text, struct tq_err *err)
{
	struct tq_span v;
	int64_t n;

	if (tq_json_check(text, NULL) == 0 &&
	    tq_json_get(text, "Version", &v) && tq_json_int(v, &n) && n == 1)
		return 0;
	return tq_err_set(err, TQ_AT_CREDS, TQ_E_DATA,
	    "credential_process: its output is not JSON with \"Version\": 1");
}

int
tq_creds_process(struct ask *a, const char *profile, struct tq_creds *out,
    struct tq_err *err)
{
	const char *p = tq_creds_key(a, profile, "credential_process");
	struct tq_buf text = TQ_BUF_INIT(OUTPUT_MAX);
	char *argv[ARGS_MAX + 1];
	int n, rc = -1;

	if (p == NULL)
		return 0;
	n = tq_aws_words(&a->mem, p, argv, ARGS_MAX);
	if (n <= 0 || n > ARGS_MAX)
		return tq_err_set(err, TQ_AT_CREDS, TQ_E_CONFIG,
		    "AWS profile %s: credential_process: %s", profile,
		    n == -1 ? "an open quote" : "no command, or a too long one");
	argv[n] = NULL;
	if (a->io->run(a->io->arg, argv, &text, err) == -1)
		goto out;
	if (version(tq_buf_span(&text), err) == 0)
		rc = tq_creds_json(out, "process", tq_buf_span(&text),
		    "SessionToken", err);
	if (rc == 1 && out->account == NULL)
		tq_creds_account(out, tq_creds_key(a, profile,
		    "aws_account_id"));
out:
	tq_buf_wipe(&text);
	return rc;
}
