/* lib/aws/xml.c -- see xml.h. */
#include "aws/xml.h"

#include <expat.h>
#include <limits.h>
#include <string.h>

#include "util/err.h"

#define DEPTH_MAX	16
#define TEXT_MAX	(1024 * 1024)

struct build {
	XML_Parser	 parser;
	struct tq_arena	*mem;
	struct tq_xml	*open[DEPTH_MAX];
	struct tq_xml	**tail[DEPTH_MAX];	/* where the next child goes */
	struct tq_xml	*root;
	struct tq_buf	 text;		/* since the last tag */
	int		 depth;
};

static void
start(void *arg, const char *name, const char **attrs)
{
	struct build *b = arg;
	struct tq_xml *x;

	(void)attrs;
	if (b->depth == DEPTH_MAX) {
		XML_StopParser(b->parser, XML_FALSE);
		return;
	}
	x = tq_arena_alloc(b->mem, sizeof(*x));
	x->name = tq_arena_str(b->mem, name);
	x->text = "";
	if (b->depth == 0) {
		b->root = x;
	} else {
		*b->tail[b->depth - 1] = x;
		b->tail[b->depth - 1] = &x->next;
	}
	b->open[b->depth] = x;
	b->tail[b->depth++] = &x->child;
	tq_buf_clear(&b->text);
}

static void
end(void *arg, const char *name)
{
	struct build *b = arg;
	struct tq_xml *x = b->open[--b->depth];

	(void)name;
	if (b->text.len > 0)
		x->text = tq_arena_dup(b->mem, b->text.data, b->text.len);
	tq_buf_clear(&b->text);
}

static void
chars(void *arg, const char *p, int n)
{
	struct build *b = arg;

	if (tq_buf_add(&b->text, p, (size_t)n) == -1)
		XML_StopParser(b->parser, XML_FALSE);
}

static void
doctype(void *arg, const char *name, const char *sysid, const char *pubid,
    int internal)
{
	(void)name, (void)sysid, (void)pubid, (void)internal;
	XML_StopParser(((struct build *)arg)->parser, XML_FALSE);
}

struct tq_xml *
tq_xml_parse(struct tq_span text, struct tq_arena *mem, struct tq_err *err)
{
	struct build b = { .mem = mem, .text = TQ_BUF_INIT(TEXT_MAX) };

	if (text.n > INT_MAX || (b.parser = XML_ParserCreate(NULL)) == NULL) {
		tq_err_set(err, TQ_AT_RECEIVE, TQ_E_NOMEM, "XML: no memory");
		return NULL;
	}
	XML_SetUserData(b.parser, &b);
	XML_SetElementHandler(b.parser, start, end);
	XML_SetCharacterDataHandler(b.parser, chars);
	XML_SetStartDoctypeDeclHandler(b.parser, doctype);
	if (XML_Parse(b.parser, text.p != NULL ? text.p : "", (int)text.n,
	    XML_TRUE) != XML_STATUS_OK) {
		tq_err_set(err, TQ_AT_RECEIVE, b.text.no_memory ? TQ_E_NOMEM :
		    TQ_E_DATA, "XML: %s", b.text.no_memory ? "no memory" :
		    XML_ErrorString(XML_GetErrorCode(b.parser)));
		b.root = NULL;
	}
	XML_ParserFree(b.parser);
	tq_buf_free(&b.text);
	return b.root;
}

struct tq_xml *
tq_xml_child(const struct tq_xml *x, const char *name)
{
	struct tq_xml *c;

	for (c = x != NULL ? x->child : NULL; c != NULL; c = c->next)
		if (strcmp(c->name, name) == 0)
			return c;
	return NULL;
}

const char *
tq_xml_text(const struct tq_xml *x, const char *name)
{
	struct tq_xml *c = tq_xml_child(x, name);

	return c != NULL ? c->text : NULL;
}
