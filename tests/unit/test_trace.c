/* tests/unit/test_trace.c -- traceparent, and X-Ray's way to say it. */
#include "t.h"

#include "task/trace.h"

#define W3C "00-5759e988bd862e3fe1be46a994272793-53995c3f42cd8ad8-"

static void
form(void)
{
	T_OK(tq_traceparent_ok(W3C "01"));
	T_OK(!tq_traceparent_ok("00-5759e988bd862e3fe1be46a994272793-"
	    "53995c3f42cd8ad8"));
	T_OK(!tq_traceparent_ok(W3C "01-"));
	T_OK(!tq_traceparent_ok(W3C "0G"));
	T_OK(!tq_traceparent_ok("01" W3C));
	T_OK(!tq_traceparent_ok(""));
}

/* The example of the X-Ray Developer Guide, and fields in another order. */
static void
of_xray(void)
{
	char out[TQ_TRACEPARENT];

	T_MUST(tq_traceparent_of_xray("Root=1-5759e988-"
	    "bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1",
	    out));
	T_STR(out, W3C "01");
	T_OK(tq_traceparent_ok(out));
	T_MUST(tq_traceparent_of_xray("Self=1-0-0; Sampled=0;"
	    "Parent=53995c3f42cd8ad8;Root=1-5759e988-bd862e3fe1be46a994272793;"
	    "Lineage=a", out));
	T_STR(out, W3C "00");
	T_MUST(tq_traceparent_of_xray("Root=1-5759e988-"
	    "bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8", out));
	T_STR(out, W3C "00");
}

static void
not_of_xray(void)
{
	static const char *const rows[] = {
		"", ";", "Root=", "Sampled=1",
		"Root=1-5759e988-bd862e3fe1be46a994272793",
		"Parent=53995c3f42cd8ad8",
		"Root=1-5759e988-bd862e3fe1be46a99427279;"
		    "Parent=53995c3f42cd8ad8",
		"Root=2-5759e988-bd862e3fe1be46a994272793;"
		    "Parent=53995c3f42cd8ad8",
		"XRoot=1-5759e988-bd862e3fe1be46a994272793;"
		    "Parent=53995c3f42cd8ad8",
		"Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995",
	};
	char out[TQ_TRACEPARENT];
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (tq_traceparent_of_xray(rows[i], out))
			T_FAIL("\"%s\" is taken", rows[i]);
}

T_MAIN(
	{ "traceparent: its form is W3C's, version 00", form },
	{ "X-Ray's header names the same trace", of_xray },
	{ "X-Ray: half a header names none", not_of_xray })
