/*
 * tests/fuzz/fuzz_http.c -- any bytes as a request's target or the value of a
 * header field; lines as the fields of a head.
 *
 * Beyond "no crash": a refusal says why; a segment that is taken holds no slash
 * and is none of "." and "..", and is the same after it was escaped and read
 * again; a range lies within its bytes; a head that passes has a host and one
 * way to know where its body ends.
 */
#include "fuzz.h"

#include <strings.h>

#include "serve/http/forwarded.h"
#include "serve/http/guard.h"
#include "serve/http/uri.h"
#include "util/err.h"

static void
check_segment(const char *s, struct tq_arena *a)
{
	struct tq_buf b = TQ_BUF_INIT(1 << 20);
	struct tq_err err = TQ_ERR_INIT;
	struct tq_uri u;

	MUST(s[0] != '\0' && strchr(s, '/') == NULL);
	MUST(strcmp(s, ".") != 0 && strcmp(s, "..") != 0);
	tq_buf_chr(&b, '/');
	tq_uri_escape(&b, s);
	tq_buf_chr(&b, '\0');
	MUST(tq_uri_parse(b.data, a, &u, &err) == 0);
	MUST(u.nsegments == 1 && strcmp(u.segment[0], s) == 0);
	tq_buf_free(&b);
}

static void
target(const char *s, struct tq_arena *a)
{
	struct tq_err err = TQ_ERR_INIT;
	struct tq_uri u;
	size_t i, j;

	if (tq_uri_parse(s, a, &u, &err) == -1) {
		MUST(err.code == TQ_E_DATA && err.stage == TQ_AT_PARSE);
		MUST(err.msg[0] != '\0');
		return;
	}
	MUST(u.nsegments <= TQ_URI_SEGMENTS && u.nparams <= TQ_URI_PARAMS);
	for (i = 0; i < u.nsegments; i++)
		check_segment(u.segment[i], a);
	for (i = 0; i < u.nparams; i++)
		for (j = 0; j < i; j++)
			MUST(strcmp(u.params[i].name, u.params[j].name) != 0);
}

static void
value(const char *s, struct tq_arena *a)
{
	static const char *const allowed[] = { "bucket/a", "other" };
	static const char *const hosts[] = { "a.example", "a.example:80" };
	const char *key = tq_idempotency_key(s, a);
	int64_t from = -1, n = -1, ms = -1;

	/* A string may hold what is escaped in it, a bare one may not. */
	if (key != NULL)
		MUST(key[0] != '\0' && strlen(key) <= 1024 &&
		    (strchr(s, '"') != NULL || strpbrk(key, ",\\ ") == NULL));
	tq_sf_string(s, a);
	if (tq_range(s, 1000, &from, &n) == TQ_RANGE_PART)
		MUST(from >= 0 && n > 0 && from < 1000 && n <= 1000 - from);
	MUST(tq_range(s, 0, &from, &n) != TQ_RANGE_PART);
	if (tq_prefer_wait(s, &ms))
		MUST(ms >= 0);
	tq_etag_match(s, "\"7\"");
	tq_media_is(s, "image/");
	if (tq_s3_ok(s, allowed, 2))
		MUST(strncasecmp(s, "s3://", 5) == 0 &&
		    strstr(s, "/../") == NULL);
	if (tq_s3_allow_ok(s))
		MUST(s[0] != '\0');
	tq_guard_host(s, hosts, 2);
}

/* Up to four fields, a line each; after a '-' it is not there. */
static void
forwarded(char *s, struct tq_arena *a)
{
	char *line[4] = { NULL };
	struct tq_cidr proxies = { .ip = { .v4 = true, .b = { 10 } },
	    .bits = 8 };
	struct tq_forwarded out;
	struct tq_via v;
	size_t i;

	for (i = 0; i < 4; i++) {
		line[i] = strsep(&s, "\n");
		if (line[i] != NULL && line[i][0] == '-')
			line[i] = NULL;
	}
	v = (struct tq_via){ line[0], line[1], line[2], line[3] };
	tq_forwarded(&v, &proxies, 1, a, &out);
	MUST(out.prefix != NULL && strstr(out.prefix, "//") == NULL &&
	    strpbrk(out.prefix, "\"<> \r\n") == NULL);
	MUST(out.prefix[0] == '\0' || out.prefix[0] == '/');
}

static struct tq_field
field(char *line)
{
	char *colon = strchr(line, ':'), *v;

	if (colon == NULL)
		return (struct tq_field){ line, strlen(line), "", 0 };
	*colon = '\0';
	for (v = colon + 1; *v == ' '; v++)
		;
	return (struct tq_field){ line, strlen(line), v, strlen(v) };
}

/* What libmicrohttpd found: METHOD TARGET VERSION, and a field a line. */
static void
head(char *s)
{
	struct tq_field fields[TQ_GUARD_FIELDS_MAX + 2];
	struct tq_head h = { .fields = fields };
	struct tq_guard g;
	size_t i, lengths = 0;
	char *line = strsep(&s, "\n");
	const char *none = "";

	h.method = strsep(&line, " ");
	h.uri = line == NULL ? none : strsep(&line, " ");
	h.uri_n = strlen(h.uri);
	h.version = line == NULL ? none : line;
	while (s != NULL && h.nfields < TQ_GUARD_FIELDS_MAX + 2)
		fields[h.nfields++] = field(strsep(&s, "\n"));
	if (!tq_guard_check(&h, &g)) {
		MUST(g.status >= 400 && g.status < 500 && g.why[0] != '\0');
		return;
	}
	for (i = 0; i < h.nfields; i++)
		lengths += strcasecmp(fields[i].name, "content-length") == 0;
	MUST(g.status == 0 && g.host != NULL);
	MUST(lengths == g.has_length && !(g.has_length && g.chunked));
	MUST(g.length < 1000000000000000000);
	MUST(h.nfields <= TQ_GUARD_FIELDS_MAX);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct tq_arena a = TQ_ARENA_INIT;
	char *s;

	if (n == 0)
		return 0;
	s = fuzz_string(data + 1, n - 1);
	switch (data[0]) {
	case 't': target(s, &a); break;
	case 'f': forwarded(s, &a); break;
	case 'h': head(s); break;
	default: value(s, &a); break;
	}
	free(s);
	tq_arena_free(&a);
	return 0;
}
