/*
 * lib/image/pnm.c -- binary PGM and PPM (P5, P6), of 8 or 16 bits; writes P5.
 */
#include "image/codec.h"

#include "image/bytes.h"
#include "image/luma.h"

struct pnm {
	uint32_t	width, height;
	uint32_t	maxval;		/* the sample that means white */
	size_t		channels;	/* 1 or 3 */
	size_t		sample_bytes;	/* 1 or 2, big-endian */
	size_t		body;		/* where the samples start */
};

/* Step over white space and comments, which run to the end of the line. */
static void
skip_space(const uint8_t *p, size_t n, size_t *at)
{
	for (; *at < n; ++*at) {
		if (p[*at] == '#')
			while (*at < n && p[*at] != '\n')
				++*at;
		else if (p[*at] != ' ' && (p[*at] < '\t' || p[*at] > '\r'))
			return;
	}
}

/* A number of the header, which must not be 0; -1 for anything else. */
static int
read_number(const uint8_t *p, size_t n, size_t *at, uint32_t *out)
{
	uint32_t v = 0;

	skip_space(p, n, at);
	for (; *at < n && p[*at] >= '0' && p[*at] <= '9'; ++*at) {
		if (v > 99999999)
			return -1;
		v = v * 10 + (p[*at] - '0');
	}
	*out = v;
	return v == 0 ? -1 : 0;
}

static int
read_header(const uint8_t *p, size_t n, struct pnm *m, struct tq_err *err)
{
	size_t at = 2;

	if (p[1] == '2' || p[1] == '3')
		return TQ_BAD_IMAGE(err,
		    "ASCII PNM (P%c) is not supported", p[1]);
	if (p[1] != '5' && p[1] != '6')
		return TQ_BAD_IMAGE(err, "%s (P%c) is not supported",
		    p[1] == '7' ? "PAM" : "PBM", p[1]);
	if (read_number(p, n, &at, &m->width) == -1 ||
	    read_number(p, n, &at, &m->height) == -1 ||
	    read_number(p, n, &at, &m->maxval) == -1 || m->maxval > 65535)
		return TQ_BAD_IMAGE(err, at >= n ?
		    "truncated PNM: ends in its header" :
		    "corrupt PNM: no width, height and maximum");
	m->channels = p[1] == '5' ? 1 : 3;
	m->sample_bytes = m->maxval > 255 ? 2 : 1;
	m->body = at + 1;	/* exactly one white space */
	return 0;
}

int
tq_pnm_probe(const uint8_t *data, size_t n, struct tq_image_info *info,
    struct tq_err *err)
{
	struct pnm m;

	if (read_header(data, n, &m, err) == -1)
		return -1;
	*info = (struct tq_image_info){ m.width, m.height, TQ_IMAGE_PNM, 1 };
	return 0;
}

/* A sum of 65536 parts of ${maxval}, as 8 bits, rounded. */
static uint8_t
scale(uint64_t sum, uint64_t maxval)
{
	uint64_t white = maxval * LUMA_ONE;

	return (uint8_t)(sum >= white ? 255 : (sum * 255 + white / 2) / white);
}

static uint32_t
sample(const struct pnm *m, const uint8_t *p, size_t i)
{
	return m->sample_bytes == 1 ? p[i] : be16(p + 2 * i);
}

int
tq_pnm_decode(const uint8_t *data, size_t n, struct tq_canvas *c,
    struct tq_err *err)
{
	size_t i, pixels = (size_t)c->g->width * c->g->height;
	const uint8_t *p;
	struct pnm m = { 0 };
	uint32_t y;

	if (read_header(data, n, &m, err) == -1)
		return -1;
	if (m.body > n ||
	    (n - m.body) / (m.channels * m.sample_bytes) < pixels)
		return TQ_BAD_IMAGE(err, "truncated PNM: its data ends early");
	p = data + m.body;
	for (i = 0; i < pixels; i++) {
		if (m.channels == 1)
			y = sample(&m, p, i) * LUMA_ONE;
		else
			y = luma_sum(sample(&m, p, 3 * i),
			    sample(&m, p, 3 * i + 1),
			    sample(&m, p, 3 * i + 2));
		c->g->px[i] = scale(y, m.maxval);
	}
	return 0;
}

int
tq_pnm_encode(const struct tq_gray *g, int quality, struct tq_buf *out,
    struct tq_err *err)
{
	struct tq_buf head = TQ_BUF_INIT(64);
	int rc;

	(void)quality;
	if (tq_buf_fmt(&head, "P5\n%u %u\n255\n", g->width, g->height) == -1)
		rc = TQ_NO_MEMORY(err, TQ_AT_PROCESS);
	else
		rc = tq_out_add(out, head.data, head.len, err);
	tq_buf_free(&head);
	if (rc == -1)
		return -1;
	return tq_out_add(out, g->px, (size_t)g->width * g->height, err);
}
