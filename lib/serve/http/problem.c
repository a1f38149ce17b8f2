/* lib/serve/http/problem.c -- see problem.h. */
#include "serve/http/problem.h"

#include <stdio.h>
#include <string.h>

#include "util/json.h"

const struct tq_problem tq_problems[TQ_P_MAX] = {
	[TQ_P_BAD_REQUEST] = { 400, "bad-request", "Malformed request" },
	[TQ_P_DATA] = { 400, "data", "Invalid data" },
	[TQ_P_UNAUTHORIZED] = { 401, "unauthorized", "A key is needed" },
	[TQ_P_FORBIDDEN] = { 403, "forbidden", "The key does not allow it" },
	[TQ_P_ORIGIN] = { 403, "origin", "Foreign origin" },
	[TQ_P_NOT_FOUND] = { 404, "not-found", "Not found" },
	[TQ_P_NO_ROUTE] = { 404, "no-route", "No such address" },
	[TQ_P_METHOD] = { 405, "method", "Method not allowed" },
	[TQ_P_TIMEOUT] = { 408, "timeout", "The request took too long" },
	[TQ_P_TAKEN] = { 409, "taken", "The id is taken" },
	[TQ_P_STATE] = { 409, "state", "Not possible in this status" },
	[TQ_P_LENGTH] = { 411, "length", "A length is needed" },
	[TQ_P_PRECONDITION] = { 412, "changed", "It has changed since" },
	[TQ_P_TOO_BIG] = { 413, "too-big", "Too big" },
	[TQ_P_URI] = { 414, "uri", "The address is too long" },
	[TQ_P_MEDIA] = { 415, "media-type", "Unsupported media type" },
	[TQ_P_RANGE] = { 416, "range", "No such bytes" },
	[TQ_P_EXPECT] = { 417, "expect", "Expectation not met" },
	[TQ_P_HOST] = { 421, "host", "Not a name of this server" },
	[TQ_P_CONFLICT] = { 422, "conflict", "The key was used for another "
	    "request" },
	[TQ_P_THROTTLED] = { 429, "throttled", "Too many requests" },
	[TQ_P_FIELDS] = { 431, "fields", "Header fields too large" },
	[TQ_P_INTERNAL] = { 500, "internal", "Our fault" },
	[TQ_P_NOT_HERE] = { 501, "not-here", "Not possible with this store" },
	[TQ_P_UNAVAILABLE] = { 503, "unavailable", "The store can't be "
	    "reached" },
	[TQ_P_BUSY] = { 503, "busy", "Too much at once" },
	[TQ_P_STOPPING] = { 503, "stopping", "The server is stopping" },
};

enum tq_problem_id
tq_problem_of(enum tq_code code)
{
	static const struct {
		enum tq_code		code;
		enum tq_problem_id	id;
	} rows[] = {
		{ TQ_E_NOTFOUND, TQ_P_NOT_FOUND }, { TQ_E_TAKEN, TQ_P_TAKEN },
		{ TQ_E_NOQUEUE, TQ_P_DATA },
		{ TQ_E_CONFLICT, TQ_P_CONFLICT }, { TQ_E_STATE, TQ_P_STATE },
		{ TQ_E_LOST, TQ_P_PRECONDITION }, { TQ_E_DATA, TQ_P_DATA },
		{ TQ_E_USAGE, TQ_P_DATA }, { TQ_E_TOOBIG, TQ_P_TOO_BIG },
		{ TQ_E_NEWER, TQ_P_DATA }, { TQ_E_THROTTLED, TQ_P_THROTTLED },
		{ TQ_E_BUG, TQ_P_INTERNAL },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].code == code)
			return rows[i].id;
	return TQ_P_UNAVAILABLE;
}

enum tq_problem_id
tq_problem_refused(const struct tq_task *t, enum tq_code code,
    const char *parent, struct tq_arena *a, const char **detail)
{
	switch (code) {
	case TQ_E_CONFLICT:
		*detail = tq_arena_fmt(a, "task %s: its key was used for "
		    "another request", t->id);
		break;
	case TQ_E_NOQUEUE:
		*detail = tq_arena_fmt(a, "queue \"%s\": there is none of this "
		    "name; tq-ctl init -q %s makes it", t->queue, t->queue);
		break;
	case TQ_E_TOOBIG:
		*detail = tq_arena_fmt(a, "type \"%s\" of queue \"%s\": the "
		    "store has as many names as it takes", t->type, t->queue);
		break;
	case TQ_E_NOTFOUND:
		*detail = tq_arena_fmt(a, "after: there is no task %s", parent);
		return TQ_P_DATA;
	case TQ_E_STATE:
		*detail = tq_arena_fmt(a, "task %s: others wait for it, so it "
		    "can't be replaced by one that waits", t->id);
		break;
	case TQ_E_DATA:
		*detail = tq_arena_fmt(a, "input: task %s has more bytes there "
		    "than a record of the store holds; upload them", t->id);
		break;
	default:
		*detail = tq_arena_fmt(a, "task %s: the id is taken", t->id);
	}
	return tq_problem_of(code);
}

enum tq_problem_id
tq_problem_of_status(int status)
{
	int i;

	for (i = 0; i < TQ_P_MAX; i++)
		if (tq_problems[i].status == status)
			return (enum tq_problem_id)i;
	return TQ_P_BAD_REQUEST;
}

/* Members of a request that a message may begin with. */
static bool
is_member(const char *s, size_t n)
{
	static const char *const names[] = { "type", "payload", "taskId",
		"queue", "input", "inputName", "labels", "payloadKind", "key", "prio",
		"maxAttempts", "timeout", "backoff", "backoffCap", "delay",
		"notBefore", "expiresAt", "group", "parent", "traceparent",
		"argv", "v", "inputImageUrl", "taskName", "until", "reason",
		"rate", "limits", "running", "dryRun", "limit", "after",
		"afterEnded", "notify", "keep", "cwd", "chdir", "umask", "env",
		"held", "paused", "for" };
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strlen(names[i]) == n && memcmp(names[i], s, n) == 0)
			return true;
	return false;
}

bool
tq_problem_pointer(const char *msg, char *out, size_t n)
{
	static const char unknown[] = "unknown key \"";
	size_t len, w = 1;

	if (strncmp(msg, unknown, sizeof(unknown) - 1) != 0) {
		msg += *msg == '"';
		len = strcspn(msg, ": \"");
		if (len + 2 > n || msg[len] == '\0' || !is_member(msg, len))
			return false;
		snprintf(out, n, "/%.*s", (int)len, msg);
		return true;
	}
	/* Any name at all: "~" and "/" are written as RFC 6901 says. */
	out[0] = '/';
	for (msg += sizeof(unknown) - 1; *msg != '"'; msg++) {
		if (*msg == '\0' || w + 3 > n)
			return false;
		if (*msg == '~' || *msg == '/') {
			out[w++] = '~';
			out[w++] = *msg == '~' ? '0' : '1';
		} else {
			out[w++] = *msg;
		}
	}
	out[w] = '\0';
	return true;
}

void
tq_problem_write(struct tq_buf *b, enum tq_problem_id id, const char *detail,
    const char *pointer, const char *request_id)
{
	const struct tq_problem *p = &tq_problems[id];

	tq_buf_chr(b, '{');
	tq_json_key(b, "type");
	tq_buf_fmt(b, "\"urn:tq:problem:%s\"", p->code);
	tq_json_member_str(b, "title", p->title);
	tq_json_member_int(b, "status", p->status);
	tq_json_member_str(b, "code", p->code);
	tq_json_member_str(b, "detail", detail);
	tq_json_member_str(b, "requestId", request_id);
	if (pointer != NULL) {
		tq_json_key(b, "errors");
		tq_buf_str(b, "[{");
		tq_json_member_str(b, "pointer", pointer);
		tq_json_member_str(b, "detail", detail);
		tq_buf_str(b, "}]");
	}
	tq_buf_str(b, "}\n");
}
