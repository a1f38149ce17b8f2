/* lib/serve/server/sessions.c -- see sessions.h. */
#include "serve/server/sessions.h"

#include <stdio.h>
#include <string.h>

#include "util/hash.h"

void
tq_session_new(struct tq_sessions *s, const struct tq_who *who, int64_t now,
    const struct tq_env *env, char token[TQ_SESSION_TEXT])
{
	uint8_t raw[32];
	size_t i = s->next++ % TQ_SESSIONS_MAX;

	tq_random(env, raw, sizeof(raw));
	tq_hex(raw, sizeof(raw), token);
	tq_sha256_text(token, s->row[i].hash);
	snprintf(s->row[i].id, sizeof(s->row[i].id), "%s", who->id);
	memcpy(s->row[i].key, who->hash, sizeof(s->row[i].key));
	s->row[i].until = now + TQ_SESSION_MS;
}

bool
tq_session_find(const struct tq_sessions *s, const char *token,
    const struct tq_keys *k, int64_t now, struct tq_who *who)
{
	size_t i, found = TQ_SESSIONS_MAX;
	uint8_t sum[TQ_SHA256_LEN];

	tq_sha256_text(token, sum);
	for (i = 0; i < TQ_SESSIONS_MAX; i++)
		if (tq_sha256_same(sum, s->row[i].hash) &&
		    s->row[i].until > now)
			found = i;
	return found < TQ_SESSIONS_MAX && tq_keys_match(k, s->row[found].id,
	    s->row[found].key, who);
}

void
tq_session_end(struct tq_sessions *s, const char *token)
{
	uint8_t sum[TQ_SHA256_LEN];
	size_t i;

	tq_sha256_text(token, sum);
	for (i = 0; i < TQ_SESSIONS_MAX; i++)
		if (tq_sha256_same(sum, s->row[i].hash))
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
