// tests/aws/faults_kinds.mjs -- what each fault does to a call.
//
// A kind gets the call and its rule and ends the call in some way.  It returns
// false when there was nothing to break; if it has not answered then, the call
// goes its usual way.
import { randomUUID } from "node:crypto";

const minutes = 60000;

// -- what services say -------------------------------------------------------

const table = Int32Array.from({ length: 256 }, (_, n) => {
	for (let k = 0; k < 8; k++)
		n = n & 1 ? (n >>> 1) ^ 0xedb88320 : n >>> 1;
	return n;
});

// zlib.crc32() is younger than Node 20.
function crc32(bytes) {
	let c = -1;

	for (const b of bytes)
		c = table[(c ^ b) & 255] ^ (c >>> 8);
	return ~c >>> 0;
}

function sealed(call, answer) {
	if (call.service === "dynamodb")
		answer.headers["x-amz-crc32"] = String(crc32(answer.body));
	return answer;
}

function json(call, object, answer = { status: 200, headers: {} }) {
	const headers = { "content-type": "application/x-amz-json-1.0",
	    "x-amzn-requestid": randomUUID(), ...answer.headers };

	return sealed(call, { status: answer.status, headers,
	    body: Buffer.from(JSON.stringify(object)) });
}

const namespaces = {
	dynamodb: "com.amazonaws.dynamodb.v20120810", sqs: "com.amazonaws.sqs",
};
// Of the front door that all services share.
const coral = new Set(["ExpiredTokenException", "InvalidSignatureException",
    "ThrottlingException"]);

function refuse(call, status, code, message) {
	const name = coral.has(code) ? "com.amazon.coral.service" :
	    namespaces[call.service];
	const headers = call.service === "sqs" ? { "x-amzn-query-error":
	    `${code};${status < 500 ? "Sender" : "Receiver"}` } : {};

	if (call.service !== "s3")
		return call.answer(json(call, { __type: `${name}#${code}`,
		    message }, { status, headers }));
	call.answer({ status, headers: { "content-type": "application/xml",
	    "x-amz-request-id": randomUUID() }, body: Buffer.from(
	    '<?xml version="1.0" encoding="UTF-8"?>\n' +
	    `<Error><Code>${code}</Code><Message>${message}</Message></Error>`) });
}

// -- pieces of work ----------------------------------------------------------

// Some of a list, at least one: [chosen, others].
function split(call, list, share = 0.5) {
	const chosen = new Set(list.filter(() => call.random() < share));

	if (chosen.size === 0 && list.length > 0)
		chosen.add(list[Math.floor(call.random() * list.length)]);
	return [[...chosen], list.filter((x) => !chosen.has(x))];
}

function flipped(body, at) {
	const copy = Buffer.from(body);

	copy[at] ^= 1;
	return copy;
}

// The messages that a queue has given out.
function given(call) {
	const key = `given ${call.json().QueueUrl}`;

	if (!call.memory.has(key))
		call.memory.set(key, []);
	return call.memory.get(key);
}

// An answer has come from a stand-in: what may be given again?
export function remember(call, body) {
	if (call.action !== "ReceiveMessage" || call.line.status !== 200)
		return;
	const old = given(call);
	old.push(...JSON.parse(body).Messages ?? []);
	old.splice(0, old.length - 1000);
}

async function unprocessed(call, rule, field, inner) {
	const asked = call.json();
	const [name] = Object.keys(asked.RequestItems);
	const table = asked.RequestItems[name];
	const [left, done] = split(call, inner(table), rule.share);
	const wrap = (list) => Array.isArray(table) ? list :
	    { ...table, Keys: list };
	let answer = { Responses: { [name]: [] }, UnprocessedItems: {} }, head;

	if (done.length > 0) {
		head = await call.forward(Buffer.from(JSON.stringify(
		    { ...asked, RequestItems: { [name]: wrap(done) } })));
		if (head.status !== 200)
			return call.answer(head);
		answer = JSON.parse(head.body);
	}
	answer[field] = { [name]: wrap(left) };
	call.answer(json(call, answer, head));
}

// -- the kinds ---------------------------------------------------------------

export const kinds = {
	// It is done, and the connection ends without an answer; "reset".
	async lost(call, rule) {
		await call.forward();
		call.cut(rule.reset);
	},

	// "status" (500), and with "done" after it was done.
	async error(call, rule) {
		const status = rule.status ?? 500;
		const code = status === 503 ? "ServiceUnavailable" :
		    call.service === "dynamodb" ? "InternalServerError" :
		    "InternalError";

		if (rule.done)
			await call.forward();
		refuse(call, status, code, "an error that the tests made");
	},

	// Too fast; "code" for another one than the service's usual.
	throttle(call, rule) {
		if (call.service === "s3")
			refuse(call, 503, rule.code ?? "SlowDown",
			    "Please reduce your request rate.");
		else if (call.service === "sqs")
			refuse(call, rule.status ?? 403, rule.code ??
			    "RequestThrottled", "Request is throttled.");
		else
			refuse(call, 400, rule.code ??
			    "ProvisionedThroughputExceededException",
			    "The level of configured throughput was exceeded.");
	},

	// No answer, ever; with "done" it was done all the same.
	async hang(call, rule) {
		if (rule.done)
			await call.forward();
	},

	// Half of the answer, with the length of the whole or "chunked".
	async truncate(call, rule) {
		call.half(await call.forward(), rule.chunked);
	},

	// A bit flips on the way, as a checksum can tell.
	async corrupt(call) {
		const answer = await call.forward(), { body } = answer;
		let at = body.length >> 1;

		if (call.service === "dynamodb") {
			sealed(call, answer);
		} else if (call.service === "s3") {
			const sum = Buffer.alloc(4);
			sum.writeUInt32BE(crc32(body));
			answer.headers["x-amz-checksum-crc32"] =
			    sum.toString("base64");
		} else {
			// In the body of a message, or the sum of a sent one.
			const m = /("Body":"|"MD5OfMessageBody":")./
			    .exec(body.toString("latin1"));
			at = m === null ? -1 : m.index + m[0].length - 1;
		}
		if (at >= 0 && at < body.length)
			answer.body = flipped(body, at);
		call.answer(answer);
		return answer.body !== body;
	},

	// A message that was given before, deleted since or not, comes again.
	async duplicate(call) {
		const asked = call.json(), max = asked.MaxNumberOfMessages ?? 1;
		const old = given(call);
		let again = old[Math.floor(call.random() * old.length)], answer;

		if (again === undefined)
			return false;
		again = { ...again, Attributes: { ...again.Attributes,
		    ApproximateReceiveCount: String(1 + Number(
		    again.Attributes?.ApproximateReceiveCount ?? 1)) } };
		if (max === 1)
			return call.answer(json(call, { Messages: [again] }));
		answer = await call.forward(Buffer.from(JSON.stringify(
		    { ...asked, MaxNumberOfMessages: max - 1 })));
		if (answer.status !== 200)
			return call.answer(answer);
		call.answer(json(call, { Messages: [again,
		    ...JSON.parse(answer.body).Messages ?? []] }, answer));
	},

	// Of a batch some entries are refused; with "done" they are done all
	// the same.  "share": of each entry, 0.5; "code": of one that is the
	// sender's fault.
	async entries(call, rule) {
		const asked = call.json();
		const [bad, good] = split(call, asked.Entries, rule.share);
		const ids = new Set(bad.map((e) => e.Id));
		const forward = rule.done ? asked.Entries : good;
		let answer = {}, head;

		if (forward.length > 0) {
			head = await call.forward(Buffer.from(JSON.stringify(
			    { ...asked, Entries: forward })));
			if (head.status !== 200)
				return call.answer(head);
			answer = JSON.parse(head.body);
		}
		call.answer(json(call, {
			Successful: (answer.Successful ?? []).filter((e) =>
			    !ids.has(e.Id)),
			Failed: [...answer.Failed ?? [], ...bad.map((e) => ({
			    Id: e.Id, Code: rule.code ?? "InternalError",
			    SenderFault: rule.code !== undefined,
			    Message: "an error that the tests made" }))],
		}, head));
	},

	// Of a BatchGetItem or BatchWriteItem some keys are left undone;
	// "share" as with entries.
	async unprocessed(call, rule) {
		if (call.action === "BatchGetItem")
			return unprocessed(call, rule, "UnprocessedKeys",
			    (t) => t.Keys);
		if (call.action === "BatchWriteItem")
			return unprocessed(call, rule, "UnprocessedItems",
			    (t) => t);
		return false;
	},

	// It stops here, or with "done" behind the stand-in's answer, until it
	// is released or the client hangs up; then it is never forwarded.
	async hold(call, rule) {
		const answer = rule.done ? await call.forward() : null;

		await new Promise((go) => {
			call.release = () => {
				call.held.delete(call);
				go();
			};
			call.onGone = call.release;
			call.held.add(call);
			if (call.gone)
				call.release();
		});
		if (!call.gone)
			call.answer(answer ?? await call.forward());
	},
};

// -- states ------------------------------------------------------------------

// 20261122T120000Z in milliseconds.
function amzTime(text) {
	const m = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text);

	return m === null ? NaN : Date.UTC(m[1], m[2] - 1, m[3], m[4], m[5], m[6]);
}

function amzText(ms) {
	return new Date(ms).toISOString().replace(/[-:]|\.\d+/g, "");
}

// True: the call was refused.
export const states = {
	// The services' clock is "minutes" ahead of this machine's.
	clock(call, rule) {
		const now = Date.now() + rule.minutes * minutes;
		const said = call.req.headers["x-amz-date"];
		const late = now - amzTime(said);
		const s3 = call.service === "s3";

		call.date = new Date(now).toUTCString();
		if (said === undefined || Math.abs(late) <= (s3 ? 15 : 5) * minutes)
			return false;
		if (s3)
			refuse(call, 403, "RequestTimeTooSkewed", "The difference " +
			    "between the request time and the current time is " +
			    "too large.");
		else
			refuse(call, 400, "InvalidSignatureException", late > 0 ?
			    `Signature expired: ${said} is now earlier than ` +
			    `${amzText(now - 5 * minutes)} (${amzText(now)} - 5 min.)` :
			    `Signature not yet current: ${said} is still later than ` +
			    `${amzText(now + 5 * minutes)} (${amzText(now)} + 5 min.)`);
		rule.fired++;
		return true;
	},

	// Keys that are good no more: "key", or any one after "uses" calls.
	expired(call, rule) {
		const key = /Credential=([^/]*)\//
		    .exec(call.req.headers.authorization)?.[1];
		const uses = `uses ${key}`;

		call.memory.set(uses, (call.memory.get(uses) ?? 0) + 1);
		if (key === undefined || (rule.key !== undefined ? key !== rule.key :
		    call.memory.get(uses) <= rule.uses))
			return false;
		refuse(call, 400, call.service === "s3" ? "ExpiredToken" :
		    "ExpiredTokenException", "The security token included in " +
		    "the request is expired");
		rule.fired++;
		return true;
	},
};
