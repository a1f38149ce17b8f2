/*
 * tests/fuzz/fuzz_url.c -- any string behind "sqlite:" through
 * sq_url_parse().
 *
 * Beyond "no crash": what is refused says why and leaves no path behind;
 * what is taken has a path, and a mode that lets its owner read and write
 * and nobody execute.
 */
#include "fuzz.h"

#include "store/sqlite/sqlite.h"

static const char *
get(void *arg, const char *name)
{
	(void)arg;
	return strcmp(name, "HOME") == 0 ? "/home/me" : NULL;
}

static const struct tq_env env = { .get = get };

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct tq_buf url = TQ_BUF_INIT(n + 8);
	struct tq_err err = TQ_ERR_INIT;
	struct sq_url u;

	tq_buf_str(&url, "sqlite:");
	tq_buf_add(&url, data, n);
	MUST(!url.failed);
	if (sq_url_parse(url.data, &env, &u, &err) == 0) {
		MUST(u.path != NULL && u.path[0] != '\0');
		MUST((u.mode & 0600) == 0600 && (u.mode & ~0666u) == 0);
		sq_url_free(&u);
	} else {
		MUST(u.path == NULL);
		MUST(err.code == TQ_E_CONFIG && err.msg[0] != '\0');
	}
	tq_buf_free(&url);
	return 0;
}
