/*
 * lib/aws/xml.h -- the XML that STS and S3 answer with, as a tree.  The only
 * user of expat.
 */
#ifndef TQ_AWS_XML_H
#define TQ_AWS_XML_H

#include "util/buf.h"

struct tq_err;

/* An element.  Attributes and namespaces mean nothing to us. */
struct tq_xml {
	const char	*name;
	const char	*text;		/* its character data; "" for none */
	struct tq_xml	*child, *next;	/* in order */
};

/*
 * tq_xml_parse(text, mem, err):
 * The root element of ${text}, made in ${mem}.  NULL (stage receive,
 * TQ_E_DATA) when it is not well-formed, cut short, has a DTD, or is nested
 * deeper than 16.
 */
struct tq_xml *tq_xml_parse(struct tq_span text, struct tq_arena *mem,
    struct tq_err *err);

/* tq_xml_child(x, name): the first child so named, or NULL; x may be NULL. */
struct tq_xml *tq_xml_child(const struct tq_xml *x, const char *name);

/* tq_xml_text(x, name): that child's text, or NULL. */
const char *tq_xml_text(const struct tq_xml *x, const char *name);

#endif
