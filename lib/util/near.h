/* lib/util/near.h -- "did you mean": the closest of some names to a word. */
#ifndef TQ_NEAR_H
#define TQ_NEAR_H

#include <stddef.h>

struct tq_near {
	const char	*word;
	size_t		 n;		/* its length */
	const char	*best;		/* NULL while none is near */
	size_t		 distance;	/* only better than this counts */
};

/* tq_near_start(near, word, n): look for names near ${n} bytes of ${word}. */
void tq_near_start(struct tq_near *near, const char *word, size_t n);

/* tq_near_try(near, name): ${near}->best becomes ${name} if it is closer. */
void tq_near_try(struct tq_near *near, const char *name);

#endif
