/*
 * tests/unit/test_aws_sigv4_suite.c -- the official SigV4 suite, each case in
 * headers and in the query.  It is read from $TQ_SHARED/sigv4-suite or from
 * a folder "shared" beside the repository, and is no part of it.
 */
#include "t.h"

#include <dirent.h>
#include <strings.h>
#include <unistd.h>

#include "aws/request.h"
#include "aws/sigv4.h"
#include "util/err.h"
#include "util/json.h"
#include "util/time.h"

#define CASES	38

static char root[512];

static char *
slurp(const char *name, const char *file, struct tq_arena *mem)
{
	char path[1024], buf[16384];
	size_t n;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s/%s", root, name, file);
	if ((f = fopen(path, "r")) == NULL)
		return NULL;
	n = fread(buf, 1, sizeof(buf), f);
	fclose(f);
	return tq_arena_dup(mem, buf, n);
}

static const char *
member(struct tq_span obj, const char *key, struct tq_arena *mem)
{
	struct tq_span v, s;

	if (!tq_json_get(obj, key, &v) || !tq_json_str(v, mem, &s))
		return NULL;
	return s.p;
}

static bool
flag(struct tq_span obj, const char *key)
{
	struct tq_span v;
	bool b;

	return tq_json_get(obj, key, &v) && tq_json_bool(v, &b) && b;
}

/* Fill ${s} from context.json. */
static bool
context(const char *name, struct tq_sigv4 *s, bool *sign_body,
    struct tq_arena *mem)
{
	struct tq_span ctx = tq_span_of(slurp(name, "context.json", mem));
	struct tq_span creds;

	if (ctx.p == NULL || !tq_json_get(ctx, "credentials", &creds))
		return false;
	s->key_id = member(creds, "access_key_id", mem);
	s->secret = member(creds, "secret_access_key", mem);
	s->token = member(creds, "token", mem);
	s->region = member(ctx, "region", mem);
	s->service = member(ctx, "service", mem);
	s->how = TQ_SIGV4_ENCODE_PATH;
	if (flag(ctx, "normalize"))
		s->how |= TQ_SIGV4_NORMALIZE;
	if (flag(ctx, "omit_session_token"))
		s->how |= TQ_SIGV4_TOKEN_LAST;
	*sign_body = flag(ctx, "sign_body");
	return tq_time_parse(member(ctx, "timestamp", mem), 0,
	    &s->now_ms) == 0;
}

/* Read request.txt: its path and query are not encoded. */
static bool
request(const char *name, struct tq_aws_req *r, struct tq_arena *mem)
{
	char *p = slurp(name, "request.txt", mem), *line, *end, *colon, *q;
	struct tq_err err = TQ_ERR_INIT;

	if (p == NULL || (end = strstr(p, " HTTP/1.1\n")) == NULL)
		return false;
	*end = '\0';
	if ((q = strchr(p, ' ')) == NULL || tq_aws_req_init(r,
	    *p == 'P' ? "POST" : "GET", "https://example.amazonaws.com", &err)
	    == -1)
		return false;
	p = q + 1;
	if ((q = strchr(p, '?')) != NULL) {
		*q = '\0';
		tq_buf_str(&r->query, q + 1);
	}
	tq_buf_clear(&r->path);
	tq_buf_str(&r->path, p);
	for (line = end + 10; *line != '\0' && *line != '\n'; line = end + 1) {
		end = line + strcspn(line, "\n");
		/* A folded value goes on the wire in one line. */
		for (; end[0] == '\n' && end[1] == ' ';
		    end += strcspn(end, "\n"))
			*end = ' ';
		if (*end == '\0')
			end[1] = '\0';
		*end = '\0';
		if ((colon = strchr(line, ':')) == NULL)
			return false;
		*colon = '\0';
		if (strcasecmp(line, "Host") != 0)
			tq_aws_req_header(r, line, colon + 1);
		if (end[1] == '\0')
			return true;
	}
	r->body = tq_span_of(*line == '\n' ? line + 1 : NULL);
	return true;
}

static void
same_file(const char *name, const char *file, const char *got,
    struct tq_arena *mem)
{
	const char *want = slurp(name, file, mem);

	if (want == NULL || strcmp(got, want) != 0)
		T_FAIL("%s/%s: got \"%s\", want \"%s\"", name, file, got,
		    want != NULL ? want : "(no file)");
}

static void
compare(const char *name, const char *kind, const struct tq_sigv4 *s,
    struct tq_aws_req *r, const char *sig, struct tq_arena *mem)
{
	struct tq_buf canon = TQ_BUF_INIT(65536), names = TQ_BUF_INIT(4096);
	struct tq_buf text = TQ_BUF_INIT(4096);
	char file[64], stamp[TQ_SIGV4_STAMP];

	tq_sigv4_canon(s, r, &canon, &names);
	snprintf(file, sizeof(file), "%s-canonical-request.txt", kind);
	same_file(name, file, canon.data, mem);
	tq_sigv4_stamp(s->now_ms, stamp);
	tq_sigv4_to_sign(s, stamp, tq_buf_span(&canon), &text);
	snprintf(file, sizeof(file), "%s-string-to-sign.txt", kind);
	same_file(name, file, text.data, mem);
	snprintf(file, sizeof(file), "%s-signature.txt", kind);
	same_file(name, file, sig, mem);
	tq_buf_free(&canon);
	tq_buf_free(&names);
	tq_buf_free(&text);
}

static void
in_headers(const char *name)
{
	struct tq_arena mem = TQ_ARENA_INIT;
	struct tq_err err = TQ_ERR_INIT;
	struct tq_sigv4 s = { 0 };
	struct tq_aws_req r;
	const char *auth, *sig, *want;
	bool body;

	T_MUST(context(name, &s, &body, &mem));
	if (body)
		s.how |= TQ_SIGV4_BODY_HEADER;
	T_MUST(request(name, &r, &mem));
	T_INT(tq_sigv4_sign(&s, &r, &err), 0);
	auth = tq_aws_req_find(&r, "Authorization");
	T_MUST(auth != NULL && (sig = strstr(auth, "Signature=")) != NULL);
	compare(name, "header", &s, &r, sig + 10, &mem);
	want = slurp(name, "header-signed-request.txt", &mem);
	if (want == NULL || strstr(want, auth) == NULL)
		T_FAIL("%s: Authorization is \"%s\"", name, auth);
	if (s.token != NULL)
		T_STR(tq_aws_req_find(&r, "X-Amz-Security-Token"), s.token);
	tq_aws_req_free(&r);
	tq_arena_free(&mem);
}

/* The query without what comes after signing. */
static void
cut(struct tq_buf *query, const char *param)
{
	char *p = strstr(query->data, param);

	if (p == NULL)
		return;
	*p = '\0';
	query->len = (size_t)(p - query->data);
}

static void
in_query(const char *name)
{
	struct tq_arena mem = TQ_ARENA_INIT;
	struct tq_err err = TQ_ERR_INIT;
	struct tq_sigv4 s = { 0 };
	struct tq_aws_req r;
	const char *sig;
	bool body;

	T_MUST(context(name, &s, &body, &mem));
	T_MUST(request(name, &r, &mem));
	T_INT(tq_sigv4_presign(&s, &r, 3600, &err), 0);
	sig = strstr(r.query.data, "&X-Amz-Signature=");
	T_MUST(sig != NULL);
	sig = tq_arena_str(&mem, sig + 17);
	cut(&r.query, "&X-Amz-Signature=");
	if (s.how & TQ_SIGV4_TOKEN_LAST) {
		T_OK(strstr(r.query.data, "&X-Amz-Security-Token=") != NULL);
		cut(&r.query, "&X-Amz-Security-Token=");
	}
	compare(name, "query", &s, &r, sig, &mem);
	tq_aws_req_free(&r);
	tq_arena_free(&mem);
}

static bool
find_suite(void)
{
	const char *shared = getenv("TQ_SHARED");

	if (shared != NULL) {
		snprintf(root, sizeof(root), "%s/sigv4-suite/v4", shared);
		if (access(root, R_OK) == 0)
			return true;
	}
	snprintf(root, sizeof(root), "../shared/sigv4-suite/v4");
	return access(root, R_OK) == 0;
}

static int
run(int n, const char *name, const char *kind, void (*test)(const char *))
{
	t_bad = 0;
	test(name);
	printf("%s %d - %s, in the %s\n", t_bad ? "not ok" : "ok", n, name,
	    kind);
	return t_bad != 0;
}

int
main(void)
{
	struct dirent **list;
	int i, n, at = 0, failed = 0;

	if (!find_suite()) {
		printf("1..1\nok 1 - the official suite # skip no sigv4-suite "
		    "in $TQ_SHARED or ../shared\n");
		return 0;
	}
	if ((n = scandir(root, &list, NULL, alphasort)) == -1)
		return 1;
	printf("1..%d\n", 2 * CASES);
	for (i = 0; i < n; i++) {
		if (list[i]->d_name[0] != '.') {
			failed += run(++at, list[i]->d_name, "headers",
			    in_headers);
			failed += run(++at, list[i]->d_name, "query",
			    in_query);
		}
		free(list[i]);
	}
	free(list);
	return failed != 0 || at != 2 * CASES;
}
