/* lib/work/folder.h -- the worker's folder of files, below TMPDIR. */
#ifndef TQ_FOLDER_H
#define TQ_FOLDER_H

#include <stddef.h>
#include <stdint.h>

struct tq_err;

/*
 * tq_folder_make(tmp, dir, n, err):
 * Make "${tmp}/tq-work-XXXXXX" and put its name into ${dir} of ${n} bytes.
 * Returns a descriptor whose flock says that the folder is in use; it ends with
 * the process, however that ends.  -1: stage exec, and ${dir} is "".
 */
int tq_folder_make(const char *tmp, char *dir, size_t n, struct tq_err *err);

/*
 * tq_folder_tidy(tmp, now_ms):
 * Remove such folders of our user in ${tmp} that are not in use: those of workers
 * that were killed together with their spawner.  Returns how many.  A folder
 * without a lock is an older tq's, and left alone; but what was killed before it
 * had locked anything goes in a minute, uncounted.
 */
int tq_folder_tidy(const char *tmp, int64_t now_ms);

#endif
