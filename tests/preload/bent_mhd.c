/*
 * tests/preload/bent_mhd.c -- a libmicrohttpd that tells of fields otherwise.
 *
 * To be preloaded (LD_PRELOAD).  $BENT_MHD: "blind" gives another name to all
 * but the first of the fields that say where a body ends, as if it did not
 * know them; "mute" does so with Host.
 */
#include <dlfcn.h>
#include <microhttpd.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct told {
	MHD_KeyValueIteratorN	 to;
	void			*cls;
	int			 framed;
};

static enum MHD_Result
tell(void *cls, enum MHD_ValueKind kind, const char *name, size_t name_n,
    const char *value, size_t value_n)
{
	const char *how = getenv("BENT_MHD");
	struct told *t = cls;
	bool bend = false;

	if (how != NULL && strcmp(how, "mute") == 0)
		bend = strcasecmp(name, "Host") == 0;
	if (how != NULL && strcmp(how, "blind") == 0)
		bend = (strcasecmp(name, "Content-Length") == 0 ||
		    strcasecmp(name, "Transfer-Encoding") == 0) &&
		    t->framed++ > 0;
	/* In place: where the name stands is looked at, too. */
	if (bend)
		((char *)(uintptr_t)name)[0] = 'X';
	return t->to(t->cls, kind, name, name_n, value, value_n);
}

int
MHD_get_connection_values_n(struct MHD_Connection *mc,
    enum MHD_ValueKind kind, MHD_KeyValueIteratorN iterator, void *cls)
{
	struct told t = { iterator, cls, 0 };
	int (*real)(struct MHD_Connection *, enum MHD_ValueKind,
	    MHD_KeyValueIteratorN, void *);

	*(void **)&real = dlsym(RTLD_NEXT, "MHD_get_connection_values_n");
	return real(mc, kind, tell, &t);
}
