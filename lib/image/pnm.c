/* lib/image/pnm.c -- PBM, PGM, PPM and PAM, in text or binary, 1 to 16 bits. */
#include "image/pnm.h"

#include <stdlib.h>

#include "image/bytes.h"

/* The samples to come, a row at a time. */
struct samples {
	const uint8_t	*p;
	size_t		 n, at;
	const struct pnm *m;
	size_t		 per_row;
	struct tq_err	*err;
};

int
tq_pnm_probe(const uint8_t *data, size_t n, struct tq_image_info *info,
    struct tq_err *err)
{
	struct pnm m;

	if (tq_pnm_head(data, n, &m, err) == -1)
		return -1;
	*info = (struct tq_image_info){ .width = m.width, .height = m.height,
	    .format = TQ_IMAGE_PNM, .orientation = 1 };
	return 0;
}

static int
ends_early(struct samples *s)
{
	return TQ_BAD_IMAGE(s->err, "truncated PNM: its data ends early");
}

/* In a PBM's text digits may stand without white space between them. */
static int
next_text(struct samples *s, uint32_t *v)
{
	tq_pnm_space(s->p, s->n, &s->at);
	if (s->at == s->n)
		return ends_early(s);
	if (s->m->bits) {
		*v = (uint32_t)s->p[s->at++] - '0';
		return *v <= 1 ? 0 : TQ_BAD_IMAGE(s->err,
		    "corrupt PNM: a bit that is neither 0 nor 1");
	}
	return tq_pnm_number(s->p, s->n, &s->at, v) ? 0 :
	    TQ_BAD_IMAGE(s->err, "corrupt PNM: a sample that is no number");
}

static uint32_t
binary(const struct samples *s, size_t i)
{
	const uint8_t *p = s->p + s->at;

	if (s->m->bits)
		return p[i / 8] >> (7 - i % 8) & 1;
	return s->m->maxval > 255 ? be16(p + 2 * i) : p[i];
}

static size_t
row_bytes(const struct samples *s)
{
	if (s->m->bits)
		return (s->per_row + 7) / 8;
	return s->per_row * (s->m->maxval > 255 ? 2 : 1);
}

/* A row as samples of 16 bits. */
static int
read_row(struct samples *s, uint16_t *to)
{
	uint32_t v = 0, max = s->m->maxval;
	size_t i;

	if (!s->m->ascii && s->n - s->at < row_bytes(s))
		return ends_early(s);
	for (i = 0; i < s->per_row; i++) {
		if (!s->m->ascii)
			v = binary(s, i);
		else if (next_text(s, &v) == -1)
			return -1;
		if (v > max)
			return TQ_BAD_IMAGE(s->err, "corrupt PNM: a sample of "
			    "%u is over the maximum of %u", v, max);
		if (s->m->bits)
			v = 1 - v;
		to[i] = (uint16_t)((v * 65535 + max / 2) / max);
	}
	if (!s->m->ascii)
		s->at += row_bytes(s);
	return 0;
}

static int
read_rows(struct samples *s, struct tq_canvas *c, uint16_t *row)
{
	static const enum tq_layout layouts[] = { TQ_GRAY16, TQ_GRAYA16,
	    TQ_RGB16, TQ_RGBA16 };
	uint32_t y;

	if (c->begin(c, s->m->ink ? TQ_CMYK16 : layouts[s->m->channels - 1],
	    NULL, s->err) == -1)
		return -1;
	for (y = 0; y < s->m->height; y++) {
		if (read_row(s, row) == -1)
			return -1;
		c->row(c, y, 0, 1, row, s->m->width);
	}
	return 0;
}

int
tq_pnm_decode(const uint8_t *data, size_t n, struct tq_canvas *c,
    struct tq_err *err)
{
	struct samples s = { .p = data, .n = n, .err = err };
	uint16_t *row;
	struct pnm m;
	int rc;

	if (tq_pnm_head(data, n, &m, err) == -1)
		return -1;
	s.m = &m;
	s.per_row = (size_t)m.width * m.channels;
	s.at = m.body;
	if (m.body > n)
		return ends_early(&s);
	if ((row = malloc(s.per_row * sizeof(*row))) == NULL)
		return TQ_NO_MEMORY(err, TQ_AT_DECODE);
	rc = read_rows(&s, c, row);
	free(row);
	return rc;
}
