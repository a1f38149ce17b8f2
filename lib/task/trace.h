/* lib/task/trace.h -- a task's place in a trace.  Pure. */
#ifndef TQ_TRACE_H
#define TQ_TRACE_H

#include <stdbool.h>

#define TQ_TRACEPARENT	56	/* 55 characters and NUL */

/* tq_traceparent_ok(s): version 00 of W3C trace context. */
bool tq_traceparent_ok(const char *s);

/*
 * tq_traceparent_of_xray(header, out):
 * The same trace as AWS X-Ray's header names it, in SQS the system attribute
 * AWSTraceHeader: "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=
 * 53995c3f42cd8ad8;Sampled=1", the fields in any order (AWS X-Ray Developer
 * Guide, "Tracing header").  False without a root and a parent.
 */
bool tq_traceparent_of_xray(const char *header, char out[TQ_TRACEPARENT]);

#endif
