/* lib/aws/words.c -- see words.h. */
#include "aws/words.h"

#include <string.h>

#define BLANKS	" \t\r\n"

/* Move ${at} behind one word, whose text goes to ${out}; false: it is open. */
static bool
word(const char **at, char *out)
{
	const char *p = *at;
	char quote = '\0';

	for (; *p != '\0' && (quote != '\0' || !strchr(BLANKS, *p)); p++) {
		if (quote != '\0' && *p == quote) {
			quote = '\0';
		} else if (quote == '\0' && (*p == '\'' || *p == '"')) {
			quote = *p;
		} else if (*p == '\\' && (quote == '\0' || (quote == '"' &&
		    (p[1] == '"' || p[1] == '\\' || p[1] == '\0')))) {
			if (p[1] == '\0')
				return false;
			*out++ = *++p;
		} else {
			*out++ = *p;
		}
	}
	*out = '\0';
	*at = p;
	return quote == '\0';
}

int
tq_aws_words(struct tq_arena *mem, const char *line, char **words, int max)
{
	const char *p = line + strspn(line, BLANKS);
	char *w;
	int n = 0;

	for (; *p != '\0'; p += strspn(p, BLANKS)) {
		w = tq_arena_alloc(mem, strlen(p) + 1);
		if (!word(&p, w))
			return -1;
		if (n == max)
			return max + 1;
		words[n++] = w;
	}
	return n;
}
