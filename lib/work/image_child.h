/*
 * lib/work/image_child.h -- between a worker and the child that turns its
 * picture gray.
 *
 * The child gets the picture on 0, writes the result or, when it fails,
 * "STAGE CODE message" to 1, and the gray picture to 4.
 */
#ifndef TQ_IMAGE_CHILD_H
#define TQ_IMAGE_CHILD_H

#include "image/image.h"

/* The order to the child. */
struct tq_image_order {
	struct tq_image_opts	opts;
	int64_t			size;	/* of the picture on 0 */
	uint64_t		memory;	/* it may use, in bytes */
};

/* How it ends, but for 0. */
enum { TQ_IMAGE_FAILED = 65,
	TQ_IMAGE_MORE = 75 };	/* it needs more memory: "BYTES words" is on
				   1, and no pixel has been decoded */

#endif
