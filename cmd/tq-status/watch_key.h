/* cmd/tq-status/watch_key.h -- bytes of a terminal as keys.  Pure. */
#ifndef TQ_WATCH_KEY_H
#define TQ_WATCH_KEY_H

#include <stdbool.h>
#include <stddef.h>

enum watch_key {
	KEY_TEXT,		/* a character, in UTF-8 */
	KEY_UP, KEY_DOWN, KEY_PAGE_UP, KEY_PAGE_DOWN, KEY_HOME, KEY_END,
	KEY_ENTER, KEY_ESC, KEY_TAB, KEY_BACK_TAB, KEY_BACKSPACE, KEY_CLEAR,
	KEY_EOF,		/* ^D */
	KEY_REDRAW,		/* ^L */
	KEY_COPIES,		/* no key: the terminal says that it takes what
				   is to be copied (OSC 52) */
};

struct watch_press {
	enum watch_key	 key;
	char		 text[8];	/* KEY_TEXT; with a NUL */
};

/* Bytes that came and are no whole key yet. */
struct watch_keys {
	char	 buf[128];
	size_t	 n;
};

/* What asks a terminal for its attributes (DA1; ECMA-48 8.3.24, xterm's
   ctlseqs): the answer is one of the sequences that watch_keys_next() knows. */
#define WATCH_KEYS_ASK	"\033[c"

/* watch_keys_add(k, p, n): more bytes; those that find no room are lost. */
void watch_keys_add(struct watch_keys *k, const char *p, size_t n);

/*
 * watch_keys_next(k, over, out):
 * The next key, taken off ${k}; false when there is none, or not all of it.
 * With ${over} nothing follows: an escape that stands alone is the key, and
 * half a sequence is dropped.  Sequences without a meaning here are passed
 * over.
 */
bool watch_keys_next(struct watch_keys *k, bool over, struct watch_press *out);

#endif
