/* lib/serve/http/forwarded.c -- see forwarded.h. */
#include "serve/http/forwarded.h"

#include <string.h>
#include <strings.h>

#include "util/err.h"

#define PREFIX_MAX	128

/* The last element of a list with commas, without blanks; cuts it off. */
static struct tq_span
pop(struct tq_span *list)
{
	struct tq_span one;
	const char *p = list->p + list->n;

	while (p > list->p && p[-1] != ',')
		p--;
	one = (struct tq_span){ p, (size_t)(list->p + list->n - p) };
	list->n = p > list->p ? (size_t)(p - list->p) - 1 : 0;
	while (one.n > 0 && strchr(" \t", one.p[0]) != NULL) {
		one.p++;
		one.n--;
	}
	while (one.n > 0 && strchr(" \t", one.p[one.n - 1]) != NULL)
		one.n--;
	return one;
}

/* The value of NAME=value or NAME="value" among pairs with semicolons. */
static struct tq_span
pair(struct tq_span s, const char *name)
{
	size_t len, n = strlen(name);

	for (; s.n > 0; s.p += len, s.n -= len) {
		while (s.n > 0 && strchr("; \t", s.p[0]) != NULL) {
			s.p++;
			s.n--;
		}
		for (len = 0; len < s.n && s.p[len] != ';'; len++)
			;
		if (len <= n || strncasecmp(s.p, name, n) != 0 ||
		    s.p[n] != '=')
			continue;
		s.p += n + 1;
		s.n = len - n - 1;
		if (s.n >= 2 && s.p[0] == '"' && s.p[s.n - 1] == '"')
			return (struct tq_span){ s.p + 1, s.n - 2 };
		return s;
	}
	return (struct tq_span){ "", 0 };
}

/* "1.2.3.4", "1.2.3.4:567", "::1", "[::1]:567" */
static bool
address(struct tq_span s, struct tq_ip *ip)
{
	struct tq_err ignored = TQ_ERR_INIT;
	struct tq_cidr c;
	const char *end;
	char text[TQ_IP_TEXT];

	if (s.n > 0 && s.p[0] == '[') {
		s.p++;
		s.n--;
		end = memchr(s.p, ']', s.n);
	} else {
		end = memchr(s.p, ':', s.n);
		if (end != NULL && memchr(end + 1, ':', (size_t)(s.p + s.n -
		    end - 1)) != NULL)
			end = NULL;	/* of IPv6 */
	}
	if (end != NULL)
		s.n = (size_t)(end - s.p);
	if (s.n == 0 || s.n >= sizeof(text) || memchr(s.p, '/', s.n) != NULL)
		return false;
	memcpy(text, s.p, s.n);
	text[s.n] = '\0';
	if (tq_cidr_parse(text, &c, &ignored) == -1)
		return false;
	*ip = c.ip;
	return true;
}

static void
find_client(const struct tq_via *v, const struct tq_cidr *trusted, size_t n,
    struct tq_forwarded *out)
{
	struct tq_span list = tq_span_of(v->x_for != NULL ? v->x_for :
	    v->forwarded != NULL ? v->forwarded : ""), one;

	while (list.n > 0) {
		one = pop(&list);
		if (v->x_for == NULL)
			one = pair(one, "for");
		if (!address(one, &out->client))
			return;
		out->has_client = true;
		if (!tq_cidr_any(trusted, n, &out->client))
			return;
	}
}

static bool
prefix_ok(const char *s)
{
	const char *p;

	if (s[0] != '/' || strlen(s) > PREFIX_MAX || strstr(s, "//") != NULL ||
	    strstr(s, "/.") != NULL)
		return false;
	for (p = s; *p != '\0'; p++)
		if (!((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') ||
		    (*p >= '0' && *p <= '9') || strchr("/._~-", *p) != NULL))
			return false;
	return true;
}

void
tq_forwarded(const struct tq_via *v, const struct tq_cidr *trusted, size_t n,
    struct tq_arena *a, struct tq_forwarded *out)
{
	struct tq_span proto = { "", 0 }, list;
	size_t len;

	*out = (struct tq_forwarded){ .prefix = "" };
	find_client(v, trusted, n, out);
	if (v->x_proto != NULL) {
		list = tq_span_of(v->x_proto);
		proto = pop(&list);
	} else if (v->forwarded != NULL) {
		list = tq_span_of(v->forwarded);
		proto = pair(pop(&list), "proto");
	}
	out->tls = proto.n == 5 && strncasecmp(proto.p, "https", 5) == 0;
	if (v->x_prefix == NULL || !prefix_ok(v->x_prefix))
		return;
	len = strlen(v->x_prefix);
	out->prefix = tq_arena_dup(a, v->x_prefix,
	    v->x_prefix[len - 1] == '/' ? len - 1 : len);
}
