/* lib/task/id.c -- see id.h. */
#include "task/id.h"

#include <string.h>

#include "util/hash.h"

void
tq_uuid_text(const uint8_t raw[16], char out[TQ_UUID_TEXT])
{
	static const int group[5] = { 4, 2, 2, 2, 6 };
	int i;

	for (i = 0; i < 5; i++) {
		tq_hex(raw, (size_t)group[i], out);
		raw += group[i];
		out += 2 * group[i];
		*out++ = i < 4 ? '-' : '\0';
	}
}

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool
tq_uuid_parse(const char *s, uint8_t raw[16])
{
	int i, n = 0, hi, lo;

	for (i = 0; i < 36; i++) {
		if (i == 8 || i == 13 || i == 18 || i == 23) {
			if (s[i] != '-')
				return false;
			continue;
		}
		if ((hi = hex_digit(s[i])) == -1 ||
		    (lo = hex_digit(s[i + 1])) == -1)
			return false;
		raw[n++] = (uint8_t)(hi << 4 | lo);
		i++;
	}
	return s[36] == '\0';
}

void
tq_id_new(struct tq_idgen *g, int64_t now_ms, uint64_t rnd,
    char out[TQ_UUID_TEXT])
{
	uint8_t raw[16];
	int i;

	if ((uint64_t)now_ms > g->last_ms) {
		g->last_ms = (uint64_t)now_ms;
		/* A random start below half leaves 2048 for this ms. */
		g->count = (unsigned)(rnd >> 53);
	} else if (++g->count > 0xfff) {
		g->last_ms++;
		g->count = 0;
	}
	for (i = 0; i < 6; i++)
		raw[i] = (uint8_t)(g->last_ms >> (40 - 8 * i));
	raw[6] = (uint8_t)(0x70 | g->count >> 8);
	raw[7] = (uint8_t)g->count;
	for (i = 0; i < 8; i++)
		raw[8 + i] = (uint8_t)(rnd >> (56 - 8 * i));
	raw[8] = (uint8_t)((raw[8] & 0x3f) | 0x80);
	tq_uuid_text(raw, out);
}

static void
id_of(const char *domain, const char *queue, const char *what, size_t n,
    char out[TQ_UUID_TEXT])
{
	size_t qn = strlen(queue);
	uint8_t len[4] = { (uint8_t)(qn >> 24), (uint8_t)(qn >> 16),
	    (uint8_t)(qn >> 8), (uint8_t)qn };
	uint8_t sum[TQ_SHA256_LEN];
	struct tq_sha256 h;

	tq_sha256_init(&h);
	tq_sha256_add(&h, domain, strlen(domain));
	tq_sha256_add(&h, len, sizeof(len));
	tq_sha256_add(&h, queue, qn);
	tq_sha256_add(&h, what, n);
	tq_sha256_end(&h, sum);
	sum[6] = (uint8_t)((sum[6] & 0x0f) | 0x80);
	sum[8] = (uint8_t)((sum[8] & 0x3f) | 0x80);
	tq_uuid_text(sum, out);
}

void
tq_id_of_key(const char *queue, const char *key, size_t n,
    char out[TQ_UUID_TEXT])
{
	id_of("tq1", queue, key, n, out);
}

void
tq_id_of_message(const char *queue, const char *message_id,
    char out[TQ_UUID_TEXT])
{
	id_of("tq1-adopt", queue, message_id, strlen(message_id), out);
}

void
tq_id_of_hook(const char *queue, const char *id, char out[TQ_UUID_TEXT])
{
	id_of("tq1-hook", queue, id, strlen(id), out);
}
