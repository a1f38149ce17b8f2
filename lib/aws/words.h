/*
 * lib/aws/words.h -- a line as words, by the quoting rules of a POSIX shell
 * without its expansions: what Python's shlex.split() does, and so botocore
 * with a credential_process and with the names of profiles.  Pure.
 */
#ifndef TQ_AWS_WORDS_H
#define TQ_AWS_WORDS_H

#include "util/buf.h"

/*
 * tq_aws_words(mem, line, words, max):
 * Put up to ${max} words of ${line} into ${words}, in ${mem}.  Returns how many
 * there are, ${max} + 1 for more than that, or -1 for an open quote or a
 * backslash at the end.
 */
int tq_aws_words(struct tq_arena *mem, const char *line, char **words,
    int max);

#endif
