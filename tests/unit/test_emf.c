/* tests/unit/test_emf.c -- embedded metric lines. */
#include "t.h"

#include "util/err.h"
#include "util/json.h"
#include "work/emf.h"

static struct tq_emf emf;
static struct tq_buf out = TQ_BUF_INIT(1 << 20);

static size_t
lines(void)
{
	size_t i, n = 0;

	for (i = 0; i < out.len; i++)
		n += out.data[i] == '\n';
	return n;
}

static void
one_line_per_queue_and_type(void)
{
	struct tq_err err = TQ_ERR_INIT;
	struct tq_span line, v;
	int64_t n;

	tq_emf_count(&emf, "q", "a", TQ_EMF_DONE, 5, 70, 1000, &out);
	tq_emf_count(&emf, "q", "a", TQ_EMF_RETRIED, 6, -1, 1000, &out);
	tq_emf_count(&emf, "q", "b", TQ_EMF_FAILED, 7, 0, 1000, &out);
	T_INT(out.len, 0);
	tq_emf_flush(&emf, 2000, &out);
	T_INT(lines(), 2);
	line = (struct tq_span){ out.data,
	    (size_t)(strchr(out.data, '\n') - out.data) };
	T_MUST(tq_json_check(line, &err) == 0);
	T_OK(tq_json_get(line, "Type", &v) && tq_span_eq(v, "\"a\""));
	T_OK(tq_json_get(line, "Processed", &v) && tq_json_int(v, &n) && n == 1);
	T_OK(tq_json_get(line, "Retried", &v) && tq_span_eq(v, "1"));
	T_OK(tq_json_get(line, "Failed", &v) && tq_span_eq(v, "0"));
	T_OK(tq_json_get(line, "Duration", &v) && tq_span_eq(v, "[5,6]"));
	T_OK(tq_json_get(line, "QueueWait", &v) && tq_span_eq(v, "[70]"));
	T_OK(tq_json_get(line, "_aws", &v) &&
	    tq_json_get(v, "Timestamp", &v) && tq_span_eq(v, "2000"));
	tq_buf_clear(&out);
	tq_emf_flush(&emf, 3000, &out);
	T_INT(out.len, 0);
	tq_emf_free(&emf);
}

static void
a_full_array_is_written_at_once(void)
{
	int i;

	for (i = 0; i < 250; i++)
		tq_emf_count(&emf, "q", "a", TQ_EMF_DONE, i, i, 1, &out);
	T_INT(lines(), 2);
	tq_emf_flush(&emf, 1, &out);
	T_INT(lines(), 3);
	T_OK(strstr(out.data, "\"Processed\":50") != NULL);
	tq_buf_clear(&out);
	tq_emf_free(&emf);
	tq_buf_free(&out);
}

T_MAIN(
	{ "a line per queue and type, and none for nothing",
	    one_line_per_queue_and_type },
	{ "a full array of 100 values is written at once",
	    a_full_array_is_written_at_once })
