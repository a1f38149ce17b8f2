/* lib/serve/server/keys.c -- see keys.h. */
#include "serve/server/keys.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "task/task.h"
#include "util/hash.h"

#define KEYS_MAX	1000
#define FILE_MAX	(256 * 1024)

struct key {
	char		id[65];
	uint8_t		hash[TQ_SHA256_LEN];
	unsigned	scopes;
};

struct tq_keys {
	struct key	*v;
	size_t		 n;
};

static bool
scopes_of(struct tq_span s, unsigned *out)
{
	static const struct { const char *name; unsigned bits; } names[] = {
		{ "read", TQ_SCOPE_READ }, { "submit", TQ_SCOPE_SUBMIT },
		{ "admin", TQ_SCOPE_READ | TQ_SCOPE_SUBMIT | TQ_SCOPE_ADMIN },
	};
	struct tq_span one;
	size_t i;

	*out = 0;
	for (;;) {
		const char *comma = memchr(s.p, ',', s.n);

		one = (struct tq_span){ s.p, comma != NULL ?
		    (size_t)(comma - s.p) : s.n };
		for (i = 0; i < 3 && !tq_span_eq(one, names[i].name); i++)
			;
		if (i == 3)
			return false;
		*out |= names[i].bits;
		if (comma == NULL)
			return true;
		s.n -= one.n + 1;
		s.p = comma + 1;
	}
}

static bool
unhex(const char *s, uint8_t out[TQ_SHA256_LEN])
{
	unsigned v;
	size_t i;

	for (i = 0; i < 2 * TQ_SHA256_LEN; i++) {
		if (s[i] >= '0' && s[i] <= '9')
			v = (unsigned)(s[i] - '0');
		else if (s[i] >= 'a' && s[i] <= 'f')
			v = (unsigned)(s[i] - 'a') + 10;
		else
			return false;
		out[i / 2] = (uint8_t)(out[i / 2] << 4 | v);
	}
	return true;
}

static bool
parse_line(const char *p, size_t n, struct key *k)
{
	const char *c1 = memchr(p, ':', n), *c2;
	size_t id_n, rest;

	if (c1 == NULL)
		return false;
	id_n = (size_t)(c1 - p);
	rest = n - id_n - 1;
	if ((c2 = memchr(c1 + 1, ':', rest)) == NULL ||
	    c2 - c1 != 1 + 2 * TQ_SHA256_LEN || id_n >= sizeof(k->id))
		return false;
	memset(k, 0, sizeof(*k));
	memcpy(k->id, p, id_n);
	return tq_name_ok(k->id) && unhex(c1 + 1, k->hash) &&
	    scopes_of((struct tq_span){ c2 + 1,
	    (size_t)(p + n - (c2 + 1)) }, &k->scopes);
}

static int
bad_line(struct tq_keys *k, size_t line, const char *why, struct tq_err *err)
{
	tq_keys_free(k);
	return tq_err_set(err, TQ_AT_CONFIG, TQ_E_CONFIG, "line %zu: %s", line,
	    why);
}

int
tq_keys_parse(struct tq_span text, struct tq_keys **out, struct tq_err *err)
{
	struct tq_keys *k = calloc(1, sizeof(*k));
	const char *p = text.p, *end = text.p + text.n;
	size_t n, line = 1;
	struct tq_who who;

	if (k == NULL || (k->v = calloc(KEYS_MAX, sizeof(*k->v))) == NULL) {
		free(k);
		return tq_err_set(err, TQ_AT_CONFIG, TQ_E_NOMEM,
		    "out of memory");
	}
	for (; p < end; p += n + 1, line++) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));

		n = (size_t)((nl != NULL ? nl : end) - p);
		if (n == 0 || p[0] == '#')
			continue;
		if (k->n == KEYS_MAX)
			return bad_line(k, line, "over 1000 keys", err);
		if (!parse_line(p, n, &k->v[k->n]))
			return bad_line(k, line, "must be ID:SHA256:SCOPES "
			    "with 64 lower-case hex digits and scopes read, "
			    "submit, admin", err);
		if (tq_keys_named(k, k->v[k->n].id, &who))
			return bad_line(k, line, "the id is there already",
			    err);
		k->n++;
	}
	*out = k;
	return 0;
}

bool
tq_keys_private(mode_t mode, uid_t owner, uid_t me)
{
	return (mode & (owner == 0 && me != 0 ? 037 : 077)) == 0;
}

int
tq_keys_load(const char *path, struct tq_keys **out, struct tq_err *err)
{
	struct stat sb;
	char *text;
	ssize_t n;
	int fd = open(path, O_RDONLY | O_CLOEXEC), rc;

	if (fd == -1)
		return tq_err_sys(err, TQ_AT_CONFIG, errno == EACCES ?
		    TQ_E_DENIED : TQ_E_CONFIG, errno, "keys %s", path);
	if (fstat(fd, &sb) == -1 || !S_ISREG(sb.st_mode) ||
	    !tq_keys_private(sb.st_mode, sb.st_uid, geteuid())) {
		close(fd);
		return tq_err_set(err, TQ_AT_CONFIG, TQ_E_DENIED, "keys %s: "
		    "others may read or write it; chmod 600 it", path);
	}
	if (sb.st_size > FILE_MAX || (text = malloc(FILE_MAX)) == NULL) {
		close(fd);
		return tq_err_set(err, TQ_AT_CONFIG, TQ_E_CONFIG, "keys %s: "
		    "too big", path);
	}
	n = read(fd, text, FILE_MAX);
	close(fd);
	rc = n == -1 ? tq_err_sys(err, TQ_AT_CONFIG, TQ_E_IO, errno, "read") :
	    tq_keys_parse((struct tq_span){ text, (size_t)n }, out, err);
	free(text);
	if (rc == -1)
		tq_err_prefix(err, "keys %s", path);
	return rc;
}

void
tq_keys_free(struct tq_keys *k)
{
	if (k != NULL)
		free(k->v);
	free(k);
}

static void
fill(struct tq_who *who, const struct key *k)
{
	memcpy(who->id, k->id, sizeof(who->id));
	who->scopes = k->scopes;
}

static bool
same(const uint8_t *a, const uint8_t *b)
{
	unsigned diff = 0;
	size_t i;

	for (i = 0; i < TQ_SHA256_LEN; i++)
		diff |= (unsigned)(a[i] ^ b[i]);
	return diff == 0;
}

static void
hash(const char *s, uint8_t out[TQ_SHA256_LEN])
{
	struct tq_sha256 h;

	tq_sha256_init(&h);
	tq_sha256_add(&h, s, strlen(s));
	tq_sha256_end(&h, out);
}

bool
tq_keys_find(const struct tq_keys *k, const char *key, struct tq_who *who)
{
	uint8_t sum[TQ_SHA256_LEN];
	const struct key *found = NULL;
	size_t i;

	hash(key, sum);
	for (i = 0; i < k->n; i++)
		if (same(sum, k->v[i].hash))
			found = &k->v[i];
	if (found != NULL)
		fill(who, found);
	return found != NULL;
}

bool
tq_keys_named(const struct tq_keys *k, const char *id, struct tq_who *who)
{
	size_t i;

	for (i = 0; i < k->n; i++)
		if (strcmp(k->v[i].id, id) == 0) {
			fill(who, &k->v[i]);
			return true;
		}
	return false;
}

void
tq_session_new(struct tq_sessions *s, const char *id, int64_t now,
    const struct tq_env *env, char token[TQ_SESSION_TEXT])
{
	uint8_t raw[32];
	size_t i = s->next++ % TQ_SESSIONS_MAX;

	tq_random(env, raw, sizeof(raw));
	tq_hex(raw, sizeof(raw), token);
	hash(token, s->row[i].hash);
	snprintf(s->row[i].id, sizeof(s->row[i].id), "%s", id);
	s->row[i].until = now + TQ_SESSION_MS;
}

const char *
tq_session_find(const struct tq_sessions *s, const char *token, int64_t now)
{
	const char *found = NULL;
	uint8_t sum[TQ_SHA256_LEN];
	size_t i;

	hash(token, sum);
	for (i = 0; i < TQ_SESSIONS_MAX; i++)
		if (same(sum, s->row[i].hash) && s->row[i].until > now)
			found = s->row[i].id;
	return found;
}

void
tq_session_end(struct tq_sessions *s, const char *token)
{
	uint8_t sum[TQ_SHA256_LEN];
	size_t i;

	hash(token, sum);
	for (i = 0; i < TQ_SESSIONS_MAX; i++)
		if (same(sum, s->row[i].hash))
			memset(&s->row[i], 0, sizeof(s->row[i]));
}

bool
tq_cookie(const char *header, const char *name, char *out, size_t n)
{
	size_t len = strlen(name), v;

	for (; *header != '\0'; header += strcspn(header, ";"),
	    header += *header == ';') {
		header += strspn(header, " \t");
		if (strncmp(header, name, len) != 0 || header[len] != '=')
			continue;
		header += len + 1;
		v = strcspn(header, "; \t");
		if (v >= n)
			return false;
		memcpy(out, header, v);
		out[v] = '\0';
		return true;
	}
	return false;
}
