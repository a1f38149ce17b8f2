// tests/aws/iam.mjs -- IAM, as far as tq's policies go: what a policy lets
// through, by action, resource and condition keys.
//
// How requests become actions and keys: IAM's Service Authorization Reference
// (DynamoDB, SQS, S3).  What a policy says that is not known here is an error,
// not a denial.

const account = "000000000000", region = "us-east-1";

const globs = new Map();

// StringLike: * and ?.
function like(pattern, text) {
	if (!globs.has(pattern))
		globs.set(pattern, new RegExp("^" + pattern
		    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
		    .replaceAll("*", ".*").replaceAll("?", ".") + "$", "s"));
	return globs.get(pattern).test(text);
}

const list = (v) => v === undefined ? [] : Array.isArray(v) ? v : [v];

// Each operator of the policies; ${has}: the key's values in the request.
const operators = {
	StringEquals: (want, has) => has.length > 0 && want.includes(has[0]),
	Bool: (want, has) => has.length > 0 && want.includes(has[0]),
	Null: (want, has) => want.includes(String(has.length === 0)),
	// True without the key, which is what Null stands beside it for.
	"ForAllValues:StringLike": (want, has) =>
		has.every((h) => want.some((w) => like(w, h))),
};

const known = new Set(["aws:ResourceAccount", "dynamodb:LeadingKeys",
	"s3:if-none-match", "s3:ObjectCreationOperation"]);

function holds(condition, keys) {
	return Object.entries(condition ?? {}).every(([op, tests]) => {
		if (!(op in operators))
			throw new Error(`unknown operator ${op}`);
		return Object.entries(tests).every(([key, want]) => {
			if (!known.has(key))
				throw new Error(`unknown key ${key}`);
			return operators[op](list(want), list(keys[key]));
		});
	});
}

// There are no denials in tq's policies.
export function allows(policy, { action, resource, keys }) {
	return policy.Statement.some((s) => s.Effect === "Allow" &&
	    list(s.Action).includes(action) &&
	    list(s.Resource).some((r) => like(r, resource)) &&
	    holds(s.Condition, keys));
}

const of = (keys = {}) => ({ "aws:ResourceAccount": account, ...keys });

function dynamodb(call) {
	const body = call.json();
	const names = Object.keys(body.RequestItems ?? {});
	const table = body.TableName ?? names[0];
	const key = body.Item?.pk ?? body.Key?.pk ??
	    (call.action === "Query" ? body.ExpressionAttributeValues[":g"] :
	    undefined);
	const leading = key !== undefined ? [key.S] :
	    (body.RequestItems?.[table]?.Keys ?? []).map((k) => k.pk.S);
	const made = call.action === "CreateTable";

	return [{ action: `dynamodb:${call.action}`,
	    resource: `arn:aws:dynamodb:${region}:${account}:table/${table}` +
	    (body.IndexName ? `/index/${body.IndexName}` : ""),
	    keys: made ? {} : of(leading.length > 0 ?
	    { "dynamodb:LeadingKeys": leading } : {}) }];
}

function sqs(call) {
	const body = call.json();
	const name = body.QueueName ?? body.QueueUrl?.split("/").pop();

	return [{ action: `sqs:${call.action.replace(/Batch$/, "")}`,
	    resource: `arn:aws:sqs:${region}:${account}:${name}`,
	    keys: call.action === "CreateQueue" ? {} : of() }];
}

function s3(call) {
	const url = new URL(call.req.url, "http://localhost");
	const [, bucket, key] = /^\/([^/]*)\/?(.*)$/s.exec(url.pathname);
	const has = (name) => url.searchParams.has(name);
	const object = { resource: `arn:aws:s3:::${bucket}/${key}` };
	const whole = { resource: `arn:aws:s3:::${bucket}`, keys: of() };
	const none = call.req.headers["if-none-match"];
	const parts = has("uploads") || has("partNumber");

	if (key === "")
		return [{ ...whole, action: call.req.method === "PUT" ?
		    "s3:CreateBucket" : has("uploads") ?
		    "s3:ListBucketMultipartUploads" : "s3:ListBucket",
		    keys: call.req.method === "PUT" ? {} : of() }];
	switch (call.req.method) {
	case "DELETE":
		return [{ ...object, keys: of(), action: has("uploadId") ?
		    "s3:AbortMultipartUpload" : "s3:DeleteObject" }];
	case "PUT": case "POST":
		return [{ ...object, action: "s3:PutObject", keys: of({
		    "s3:ObjectCreationOperation": String(!parts),
		    ...none !== undefined ? { "s3:if-none-match": none } : {} }) }];
	default:
		// To say that there is none takes the right to list.
		return [{ ...object, action: "s3:GetObject", keys: of() },
		    { ...whole, action: "s3:ListBucket" }];
	}
}

// The actions that the call needs, all of them.
export function needs(call) {
	return { dynamodb, sqs, s3 }[call.service](call);
}

const denials = {
	dynamodb: [400, "AccessDeniedException"],
	sqs: [403, "AccessDeniedException"],
	s3: [403, "AccessDenied"],
};

// The answer of the service to a call that is not allowed.
export function denial(call, action) {
	const [status, code] = denials[call.service];
	const message = `User: u is not authorized to perform: ${action}`;
	const xml = call.service === "s3";

	return { status, headers: { "content-type": xml ? "application/xml" :
	    "application/x-amz-json-1.0" },
	    body: Buffer.from(xml ? `<Error><Code>${code}</Code><Message>` +
	    `${message}</Message></Error>` : JSON.stringify({
	    __type: `com.amazonaws.${call.service}#${code}`, message })) };
}
