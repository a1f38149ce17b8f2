/* lib/util/memory.h -- amounts of memory. */
#ifndef TQ_MEMORY_H
#define TQ_MEMORY_H

#include <stdint.h>

/*
 * tq_size_parse(s, out):
 * "1500000", "512K", "64M", "2G", "1T": bytes, the letters in steps of 1024.
 * Returns 0, or -1 with ${out} unchanged.
 */
int tq_size_parse(const char *s, int64_t *out);

/*
 * tq_memory_max(root):
 * How many bytes of memory this process may use: the machine's, or the least
 * that its cgroup, or one above it, is limited to (cgroup-v2's memory.max,
 * cgroup-v1's memory.limit_in_bytes).  ${root} stands before every path: ""
 * for this system.  Never fails; what can't be read sets no limit.
 */
uint64_t tq_memory_max(const char *root);

#endif
