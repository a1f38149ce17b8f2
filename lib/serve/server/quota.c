/* lib/serve/server/quota.c -- see quota.h. */
#include "serve/server/quota.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WAYS	4		/* rows that a name may be in */

struct tq_holder {
	struct tq_holder *next;
	unsigned	 n;
	char		 name[];
};

static uint32_t
hash_of(const char *s)
{
	uint32_t h = 2166136261u;	/* FNV-1a */

	for (; *s != '\0'; s++)
		h = (h ^ (unsigned char)*s) * 16777619u;
	return h;
}

static struct tq_holder **
find(struct tq_quota *q, const char *name)
{
	struct tq_holder **at = &q->bucket[hash_of(name) % TQ_QUOTA_BUCKETS];

	while (*at != NULL && strcmp((*at)->name, name) != 0)
		at = &(*at)->next;
	return at;
}

bool
tq_quota_take(struct tq_quota *q, const char *name, unsigned max)
{
	struct tq_holder **at = find(q, name), *h = *at;
	size_t n = strlen(name) + 1;

	if (h != NULL) {
		if (h->n >= max)
			return false;
		h->n++;
		return true;
	}
	if (max == 0 || (h = malloc(sizeof(*h) + n)) == NULL)
		return false;
	h->next = NULL;
	h->n = 1;
	memcpy(h->name, name, n);
	*at = h;
	return true;
}

void
tq_quota_give(struct tq_quota *q, const char *name)
{
	struct tq_holder **at = find(q, name), *h = *at;

	if (h == NULL || --h->n > 0)
		return;
	*at = h->next;
	free(h);
}

bool
tq_throttle_take(struct tq_throttle *t, const char *name, double rate,
    double burst, int64_t now)
{
	size_t first = hash_of(name) % (TQ_THROTTLE_ROWS / WAYS) * WAYS, i, at;

	for (i = at = first; i < first + WAYS; i++) {
		if (strcmp(t->row[i].name, name) == 0)
			break;
		if (t->row[i].bucket.filled < t->row[at].bucket.filled)
			at = i;
	}
	if (i < first + WAYS) {
		at = i;
	} else {
		snprintf(t->row[at].name, sizeof(t->row[at].name), "%s", name);
		t->row[at].bucket = (struct tq_bucket){ 0, 0 };
	}
	return tq_bucket_take(&t->row[at].bucket, rate, burst, now);
}
