/* lib/image/pnm.h -- the header of a PNM, for pnm*.c. */
#ifndef TQ_IMAGE_PNM_H
#define TQ_IMAGE_PNM_H

#include "image/codec.h"

struct pnm {
	uint32_t	width, height;
	uint32_t	maxval;		/* the sample that means white */
	uint32_t	channels;	/* 1 gray, 2 with alpha, 3 RGB, 4 RGBA */
	bool		ink;		/* the four are CMYK */
	bool		bits;		/* PBM: 1 is black */
	bool		ascii;
	size_t		body;		/* where the samples start */
};

/* tq_pnm_head(p, n, m, err): read the header of P1 to P7. */
int tq_pnm_head(const uint8_t *p, size_t n, struct pnm *m,
    struct tq_err *err);

/* A number in text, from ${at} on and behind it then; false when there is
   none, or it is over 99999999. */
bool tq_pnm_number(const uint8_t *p, size_t n, size_t *at, uint32_t *out);

/* Step over white space and comments, which run to the end of the line. */
void tq_pnm_space(const uint8_t *p, size_t n, size_t *at);

#endif
