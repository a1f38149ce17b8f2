/* lib/serve/server/keys_file.c -- the file of keys. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "serve/server/keys_inside.h"
#include "task/task.h"

#define KEYS_MAX	1000
#define FILE_MAX	(256 * 1024)

static bool
scopes_of(struct tq_span s, unsigned *out)
{
	static const struct { const char *name; unsigned bits; } names[] = {
		{ "read", TQ_SCOPE_READ }, { "submit", TQ_SCOPE_SUBMIT },
		{ "operate", TQ_SCOPE_OPERATE },
		{ "admin", TQ_SCOPE_READ | TQ_SCOPE_SUBMIT | TQ_SCOPE_ADMIN },
	};
	const size_t nnames = sizeof(names) / sizeof(names[0]);
	struct tq_span one;
	size_t i;

	*out = 0;
	for (;;) {
		const char *comma = memchr(s.p, ',', s.n);

		one = (struct tq_span){ s.p, comma != NULL ?
		    (size_t)(comma - s.p) : s.n };
		for (i = 0; i < nnames && !tq_span_eq(one, names[i].name); i++)
			;
		if (i == nnames)
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

/* Names with commas between, each a name of a queue or type. */
static bool
names_ok(const char *s)
{
	char one[130];
	size_t n;

	for (;; s += n + 1) {
		n = strcspn(s, ",");
		if (n >= sizeof(one))
			return false;
		memcpy(one, s, n);
		one[n] = '\0';
		if (!tq_name_ok(one))
			return false;
		if (s[n] == '\0')
			return true;
	}
}

/* "queue=a,b;type=c;rate=10/s", each at most once. */
static bool
bounds_of(char *s, struct tq_key *k)
{
	char *next;

	for (; s != NULL; s = next) {
		if ((next = strchr(s, ';')) != NULL)
			*next++ = '\0';
		if (strncmp(s, "queue=", 6) == 0 && k->queues == NULL)
			k->queues = s + 6;
		else if (strncmp(s, "type=", 5) == 0 && k->types == NULL)
			k->types = s + 5;
		else if (strncmp(s, "rate=", 5) != 0 || k->rate != 0 ||
		    tq_rate_parse(s + 5, &k->rate) == -1)
			return false;
	}
	return (k->queues == NULL || names_ok(k->queues)) &&
	    (k->types == NULL || names_ok(k->types));
}

static bool
parse_line(char *line, struct tq_key *k)
{
	char *part[4] = { line, NULL, NULL, NULL };
	size_t i;

	for (i = 0; i < 3 && (part[i + 1] = strchr(part[i], ':')) != NULL; i++)
		*part[i + 1]++ = '\0';
	memset(k, 0, sizeof(*k));
	if (part[2] == NULL || strlen(line) >= sizeof(k->id) ||
	    strlen(part[1]) != 2 * TQ_SHA256_LEN)
		return false;
	memcpy(k->id, line, strlen(line));
	return tq_name_ok(k->id) && unhex(part[1], k->hash) &&
	    scopes_of(tq_span_of(part[2]), &k->scopes) &&
	    (part[3] == NULL || bounds_of(part[3], k));
}

static int
bad_line(struct tq_keys *k, size_t line, const char *why, struct tq_err *err)
{
	tq_keys_free(k);
	return tq_err_set(err, TQ_AT_CONFIG, TQ_E_CONFIG, "line %zu: %s", line,
	    why);
}

static const struct tq_key *
named(const struct tq_keys *k, const char *id)
{
	size_t i;

	for (i = 0; i < k->n; i++)
		if (strcmp(k->v[i].id, id) == 0)
			return &k->v[i];
	return NULL;
}

static int
take_line(struct tq_keys *k, char *text, size_t line, struct tq_err *err)
{
	struct tq_key *key = &k->v[k->n];

	if (k->n == KEYS_MAX)
		return bad_line(k, line, "over 1000 keys", err);
	if (!parse_line(text, key))
		return bad_line(k, line, "must be ID:SHA256:SCOPES[:BOUNDS] "
		    "with 64 lower-case hex digits, scopes read, submit, "
		    "operate, admin, and bounds queue=A,B;type=A,B;rate=N/s",
		    err);
	if (named(k, key->id) != NULL)
		return bad_line(k, line, "the id is there already", err);
	k->n++;
	return 0;
}

int
tq_keys_parse(struct tq_span text, struct tq_keys **out, struct tq_err *err)
{
	struct tq_keys *k = calloc(1, sizeof(*k));
	const char *p = text.p, *end = text.p + text.n;
	size_t n, line = 1;

	if (k == NULL || (k->v = calloc(KEYS_MAX, sizeof(*k->v))) == NULL) {
		free(k);
		return tq_err_set(err, TQ_AT_CONFIG, TQ_E_NOMEM,
		    "out of memory");
	}
	k->holders = 1;
	for (; p < end; p += n + 1, line++) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));

		n = (size_t)((nl != NULL ? nl : end) - p);
		if (n > 0 && p[0] != '#' && take_line(k, tq_arena_dup(
		    &k->arena, p, n), line, err) == -1)
			return -1;
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
