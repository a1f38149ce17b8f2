/*
 * lib/serve/api/schema.c -- see schema.h.
 *
 * A schema is a list of members: a name, "!" if it is always there or "?", and
 * its type: s string, i integer, n number, b boolean, t time, a anything,
 * o object, S string or null, T time or null, #NAME another schema; behind "["
 * an array of these.  One that begins with "{" is JSON already.
 * tests/long/contract compares the answers of the test suite with these.
 */
#include "serve/api/schema.h"

#include <stdlib.h>
#include <string.h>

#include "util/json.h"

#define COUNTS	"PENDING!i RUNNING!i RETRYING!i BLOCKED!i COMPLETED!i FAILED!i " \
    "CANCELLED!i "
#define DIALECT	"payload?a result?a createdAt!t updatedAt!t type!s "

static const struct {
	const char	*name;
	const char	*members;
} schemas[] = {
	{ "Status", "{\"type\":\"string\",\"enum\":[\"PENDING\",\"RUNNING\","
	    "\"RETRYING\",\"BLOCKED\",\"COMPLETED\",\"FAILED\","
	    "\"CANCELLED\"]}" },
	{ "NewTask", "type!s payload?a payloadKind?s queue?s taskId?s key?s "
	    "input?s inputName?s labels?o prio?i maxAttempts?i delay?s notBefore?s "
	    "expiresAt?s timeout?s backoff?s backoffCap?s keep?s group?s parent?s "
	    "traceparent?s after?[s afterEnded?[s notify?#Notify" },
	{ "NewUpload", "type!s size!i queue?s taskId?s" },
	{ "Upload", "taskId!s queue!s type!s input!s method!s url!s headers!o "
	    "expiresAt!t" },
	{ "Notify", "{\"anyOf\":[{\"type\":\"string\",\"format\":\"uri\"},"
	    "{\"type\":\"object\",\"properties\":{\"url\":{"
	    "\"type\":\"string\",\"format\":\"uri\"}},"
	    "\"required\":[\"url\"],\"additionalProperties\":false}]}" },
	{ "TaskError", "stage?s code?s message?s" },
	{ "Task", "taskId!s queue!s type!s status!#Status payload?a "
	    "payloadKind?s input?s inputName?s result?a resultKind?s output?s "
	    "outputSize?i outputUrl?s attempts!i maxAttempts!i "
	    "failureReason?s error?#TaskError createdAt!t updatedAt!t "
	    "startedAt?t finishedAt?t notBefore?t worker?s leaseUntil?t "
	    "progress?o labels?o prio?i timeout?s backoff?s backoffCap?s "
	    "group?s parent?s traceparent?s argv?[s cwd?s chdir?s umask?s envNames?[s expiresAt?t "
	    "cancelRequested?b drained?b held?b history?[o rev!i v!i notifyTaskId?s" },
	{ "TaskEdit", "held?b payload?a payloadKind?s prio?i delay?s "
	    "notBefore?s expiresAt?s timeout?s maxAttempts?i backoff?s "
	    "backoffCap?s labels?o group?s keep?s" },
	{ "ParentTask", "taskId!s queue?s type?s status?#Status anyEnd!b met!b "
	    "metBy?#Status" },
	{ "ChildTask", "taskId!s queue?s type?s status?#Status" },
	{ "Edges", "parents![#ParentTask children![#ChildTask "
	    "parentsInAll?i childrenInAll?i" },
	{ "Rates", "start!t stepSeconds!i atLeast!b knownSince!t created![i "
	    "completed![i failed![i cancelled![i" },
	{ "Failure", "tasks!i type!s error!s newest?t taskId!s" },
	{ "FailureList", "atLeast!b failures![#Failure" },
	{ "Accepted", "taskId!s queue!s type!s status!#Status notBefore?t "
	    "notifyTaskId?s" },
	{ "Submitted", "{\"anyOf\":[{\"$ref\":\"#/components/schemas/Task\"},"
	    "{\"$ref\":\"#/components/schemas/Accepted\"}]}" },
	{ "TaskList", "tasks![#Task cursor?s missing?[s" },
	{ "Changed", "taskId!s status!#Status cancelRequested?b" },
	{ "Count", "queue!s type!s " COUNTS "drained!i oldestDue?t" },
	{ "Summary", "counts![#Count" },
	{ "Worker", "worker!s queue!s types!s slots!i busy!i startedAt!t "
	    "seenAt!t" },
	{ "WorkerList", "workers![#Worker" },
	{ "Queue", "queue!s paused!b reason?s until?t rate!n rateText?s limits!o" },
	{ "QueueList", "queues![#Queue" },
	{ "QueuePatch", "{\"type\":\"object\",\"properties\":{\"paused\":{"
	    "\"type\":\"boolean\"},\"reason\":{\"type\":[\"string\","
	    "\"null\"]},\"for\":{\"type\":\"string\"},\"until\":{\"type\":["
	    "\"string\",\"null\"],\"format\":\"date-time\"},\"rate\":{"
	    "\"type\":[\"string\",\"number\",\"null\"]},\"limits\":{"
	    "\"type\":\"object\",\"additionalProperties\":{\"type\":["
	    "\"integer\",\"null\"]}}}}" },
	{ "Bulk", "dryRun!b tasks!i changedMeanwhile!i more!b" },
	{ "Swept", "skipped!b expired!i removed!i blobs!i rung!i told!i more!b" },
	{ "Finding", "level!s subject!s text!s remedy?s" },
	{ "FindingList", "findings![#Finding" },
	{ "Session", "keys!b known!b id?s scopes![s" },
	{ "Key", "key!s" },
	{ "State", "status!s" },
	{ "Document", "openapi!s info!o servers![o tags![o security![o "
	    "paths!o components!o" },
	{ "Pointed", "pointer!s detail!s" },
	{ "Problem", "type!s title!s status!i code!s detail!s requestId?s "
	    "errors?[#Pointed" },
	{ "Message", "message!s" },
	{ "ErrorText", "error!s" },
	{ "SpringError", "timestamp!t status!i error!s path!s message!s" },
	{ "TasksNew", "type?s payload?a taskId?s inputImageUrl?s" },
	{ "TasksAccepted", "taskId!s status?s message?s" },
	{ "TasksTask", "taskId!s status!s attempts!i inputImageUrl?s "
	    "outputImageUrl?s failureReason?s willRetry?b retryAt?t "
	    DIALECT },
	{ "FrameworkNew", "taskName?s inputImageUrl!s" },
	{ "FrameworkTask", "taskId!s taskName!S status!s inputImageUrl!S "
	    "outputImageUrl!S creationTimestamp!t completionTimestamp!T "
	    "failureReason!S" },
	{ "JobsNew", "type!s payload!a" },
	{ "JobsAccepted", "jobId!s status!s" },
	{ "JobsTask", "jobId!s status!s attempts!i outputUrl?s error?s "
	    DIALECT },
	{ "ApiNew", "type!s payload?a" },
	{ "ApiAccepted", "id!s status!s" },
	{ "ApiTask", "id!s status!s retryCount!i outputUrl?s "
	    "failureReason?s " DIALECT },
	{ "DemoNew", "taskId!s payload?a" },
	{ "DemoAccepted", "message!s taskId!s" },
	{ "DemoTask", "taskId!s status!s attempts!i outputUrl?s error?s "
	    DIALECT },
	{ "MetricNames", "names![s" },
	{ "Metric", "name!s measurements![o availableTags![o" },
};

/* The answer of each operation when all is well; its request; its errors. */
static const struct row {
	const char	*name;		/* operationId */
	struct tq_content fine;
	const char	*error;		/* schema; NULL: Problem */
} rows[] = {
	{ "submitTask", { "application/json", "Submitted" }, NULL },
	{ "offerUpload", { "application/json", "Upload" }, NULL },
	{ "listTasks", { "application/json", "TaskList" }, NULL },
	{ "submitBatch", { "application/x-ndjson", NULL }, NULL },
	{ "getTask", { "application/json", "Task" }, NULL },
	{ "editTask", { "application/json", "Task" }, NULL },
	{ "getEdges", { "application/json", "Edges" }, NULL },
	{ "getRates", { "application/json", "Rates" }, NULL },
	{ "listFailures", { "application/json", "FailureList" }, NULL },
	{ "cancelTask", { "application/json", "Changed" }, NULL },
	{ "redriveTask", { "application/json", "Changed" }, NULL },
	{ "getOutput", { "*/*", NULL }, NULL },
	{ "getInput", { "*/*", NULL }, NULL },
	{ "getLog", { "text/plain", NULL }, NULL },
	{ "followTask", { "text/event-stream", NULL }, NULL },
	{ "getSummary", { "application/json", "Summary" }, NULL },
	{ "listWorkers", { "application/json", "WorkerList" }, NULL },
	{ "cancelTasks", { "application/json", "Bulk" }, NULL },
	{ "redriveTasks", { "application/json", "Bulk" }, NULL },
	{ "purgeTasks", { "application/json", "Bulk" }, NULL },
	{ "listQueues", { "application/json", "QueueList" }, NULL },
	{ "getQueue", { "application/json", "Queue" }, NULL },
	{ "changeQueue", { "application/json", "Queue" }, NULL },
	{ "sweepStore", { "application/json", "Swept" }, NULL },
	{ "listFindings", { "application/json", "FindingList" }, NULL },
	{ "getSession", { "application/json", "Session" }, NULL },
	{ "startSession", { "application/json", "Session" }, NULL },
	{ "getHealth", { "application/json", "State" }, NULL },
	{ "getReadiness", { "application/json", "State" }, NULL },
	{ "getMetrics", { "text/plain", NULL }, NULL },
	{ "getDescription", { "application/json", "Document" }, NULL },
	{ "tasksSubmit", { "application/json", "TasksAccepted" }, "Message" },
	{ "tasksGet", { "application/json", "TasksTask" }, "Message" },
	{ "frameworkAdd", { "application/json", "FrameworkTask" }, "" },
	{ "frameworkGet", { "application/json", "FrameworkTask" }, "" },
	{ "frameworkFind", { "application/json", "FrameworkTask" }, "" },
	{ "jobsSubmit", { "application/json", "JobsAccepted" },
	    "ErrorText" },
	{ "jobsGet", { "application/json", "JobsTask" }, "ErrorText" },
	{ "apiTasksSubmit", { "application/json", "ApiAccepted" },
	    "SpringError" },
	{ "apiTasksGet", { "application/json", "ApiTask" }, "SpringError" },
	{ "actuatorHealth", { "application/json", "State" }, "State" },
	{ "actuatorPrometheus", { "text/plain", NULL }, "SpringError" },
	{ "actuatorMetrics", { "application/json", "MetricNames" },
	    "SpringError" },
	{ "actuatorMetric", { "application/json", "Metric" },
	    "SpringError" },
	{ "demoTasksSubmit", { "application/json", "DemoAccepted" },
	    "Message" },
	{ "demoTasksGet", { "application/json", "DemoTask" }, "Message" },
};

struct tq_content
tq_content_of(const struct sv_route *r, int status)
{
	static const struct tq_content none = { NULL, NULL };
	static const struct tq_content text = { "text/plain", NULL };
	const struct row *row = NULL;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strcmp(rows[i].name, r->name) == 0)
			row = &rows[i];
	if (row == NULL || status == 204 || status == 304 || status == 307)
		return none;
	if (status < 300)
		return row->fine;
	if (row->error == NULL)
		return (struct tq_content){ "application/problem+json",
		    "Problem" };
	if (*row->error == '\0')
		return none;
	if (strcmp(r->name, "jobsSubmit") == 0 &&
	    (status == 400 || status == 500))
		return text;
	return (struct tq_content){ "application/json", row->error };
}

static void
put_type(struct tq_buf *b, struct tq_span t)
{
	static const struct { char c; const char *json; } kinds[] = {
		{ 's', "{\"type\":\"string\"}" },
		{ 'i', "{\"type\":\"integer\"}" },
		{ 'n', "{\"type\":\"number\"}" },
		{ 'b', "{\"type\":\"boolean\"}" },
		{ 't', "{\"type\":\"string\",\"format\":\"date-time\"}" },
		{ 'a', "{}" }, { 'o', "{\"type\":\"object\"}" },
		{ 'S', "{\"type\":[\"string\",\"null\"]}" },
		{ 'T', "{\"type\":[\"string\",\"null\"],"
		    "\"format\":\"date-time\"}" },
	};
	size_t i;

	if (t.p[0] == '[') {
		tq_buf_str(b, "{\"type\":\"array\",\"items\":");
		put_type(b, (struct tq_span){ t.p + 1, t.n - 1 });
		tq_buf_chr(b, '}');
		return;
	}
	if (t.p[0] == '#') {
		tq_buf_fmt(b, "{\"$ref\":\"#/components/schemas/%.*s\"}",
		    (int)t.n - 1, t.p + 1);
		return;
	}
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (kinds[i].c == t.p[0])
			tq_buf_str(b, kinds[i].json);
}

/* Append the members' types, or the names of those that must be there. */
static void
put_members(struct tq_buf *b, const char *list, bool required)
{
	size_t name, n;
	bool first = true;

	for (; *list != '\0'; list += n, list += strspn(list, " ")) {
		n = strcspn(list, " ");
		name = strcspn(list, "!?");
		if (required && list[name] != '!')
			continue;
		tq_buf_fmt(b, "%s\"%.*s\"", first ? "" : ",", (int)name, list);
		first = false;
		if (required)
			continue;
		tq_buf_chr(b, ':');
		put_type(b, (struct tq_span){ list + name + 1, n - name - 1 });
	}
}

void
tq_schemas_write(struct tq_buf *b)
{
	size_t i;

	for (i = 0; i < sizeof(schemas) / sizeof(schemas[0]); i++) {
		tq_buf_fmt(b, "%s\"%s\":", i > 0 ? "," : "", schemas[i].name);
		if (schemas[i].members[0] == '{') {
			tq_buf_str(b, schemas[i].members);
			continue;
		}
		tq_buf_str(b, "{\"type\":\"object\",\"properties\":{");
		put_members(b, schemas[i].members, false);
		tq_buf_str(b, "},\"required\":[");
		put_members(b, schemas[i].members, true);
		tq_buf_str(b, "]}");
	}
}
