// tests/aws/sdk.mjs -- do tq and the AWS SDK for JavaScript mean the same?
// Started by tests/aws/sdk, in a folder of its own; see sdk_parts.mjs.
import assert from "node:assert/strict";
import { createHash, randomBytes, randomUUID } from "node:crypto";
import { writeFileSync } from "node:fs";
import { Readable } from "node:stream";
import { ConditionalCheckFailedException } from "@aws-sdk/client-dynamodb";
import { CreateMultipartUploadCommand, HeadObjectCommand, ListMultipartUploadsCommand,
	PutObjectCommand } from "@aws-sdk/client-s3";
import { BUCKET, bodyItem, documented, fromDoc, giveBack, object, put, receive, record,
	remove, runAll, s3, send, status, submit, test, tq, waiting,
	work } from "./sdk_parts.mjs";

const RFC3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const near = (ms, want, by = 60000) =>
	assert.ok(Math.abs(ms - want) < by, `${ms} is not near ${want}`);
const number = (a) => { assert.match(a.N, /^-?\d+$/); return Number(a.N); };
const time = (a) => { assert.match(a.S, RFC3339); return Date.parse(a.S); };
const letters = (n) => "ä".repeat(n / 2 - 1);	// JSON text of n bytes with its quotes

function onlyDocumented(item) {
	for (const name of Object.keys(item))
		assert.ok(documented.has(name), `docs/wire-format.md does not know ${name}`);
}

let queues = 0;
function newQueue() {
	const q = `q${++queues}`;
	tq("ctl", ["init", "-q", q]);
	return q;
}

// -- written by tq, read by the SDK ------------------------------------------

test("a record has the attributes of the document, in their types", async () => {
	const q = newQueue(), payload = '{"n":12.50, "s":"grün"}', now = Date.now();
	submit(["-q", q, "hello", payload, "--id", "r1", "-l", "a=b", "-p", "7", "--group", "g",
		"--timeout", "90s", "--max-attempts", "5"]);
	const item = await record("r1");
	onlyDocumented(item);
	assert.deepEqual({ taskId: "r1", queue: q, type: "hello", status: "PENDING", payload,
		payloadKind: "json", gsi: `${q}#PENDING#0`, group: "g" },
	Object.fromEntries(["taskId", "queue", "type", "status", "payload", "payloadKind", "gsi",
		"group"].map((k) => [k, item[k]?.S])));
	assert.deepEqual({ v: 1, rev: 1, token: 1, prio: 7, timeoutMs: 90000, maxAttempts: 5,
		payloadSize: Buffer.byteLength(payload) },
	Object.fromEntries(["v", "rev", "token", "prio", "timeoutMs", "maxAttempts",
		"payloadSize"].map((k) => [k, number(item[k])])));
	assert.deepEqual(JSON.parse(item.labels.S), { a: "b" });
	near(time(item.createdAt), now);
	near(number(item.ringAt), now + 120000);
	assert.ok(item.writeId.S.length > 8 && item.submitId.S.length > 8);
});

// fauxqs keeps a group for FIFO queues only, so that is not seen here.
test("its message is a doorbell", async () => {
	const q = newQueue();
	submit(["-q", q, "hello", "--id", "m1"]);
	const [m, ...more] = await receive(q);
	assert.equal(more.length, 0);
	assert.deepEqual(JSON.parse(m.Body), { v: 1, taskId: "m1", type: "hello" });
});

test("a key's id can be computed by others", async () => {
	const q = newQueue(), len = Buffer.alloc(4);
	len.writeUInt32BE(q.length);
	const sum = createHash("sha256").update("tq1").update(len).update(q).update("order 7").digest();
	sum[6] = (sum[6] & 0x0f) | 0x80;
	sum[8] = (sum[8] & 0x3f) | 0x80;
	const id = sum.toString("hex", 0, 16).replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
	assert.equal(submit(["-q", q, "hello", "--key", "order 7"]), id);
	assert.equal((await record(id)).taskId.S, id);
});

test("10 KiB of payload are in a body item, 100 KiB in an object", async () => {
	const q = newQueue();
	for (const [id, n] of [["p10", 6000], ["p100", 60000]]) {
		const payload = `"${letters(n)}"`;
		submit(["-q", q, "hello", "-", "--id", id], { input: payload });
		const item = await record(id);
		onlyDocumented(item);
		assert.equal(item.payload, undefined);
		assert.equal(item.payloadKind.S, "json");
		assert.equal(number(item.payloadSize), n);
		if (n === 6000) {
			assert.match(item.payloadAt.S, /^b#p10#[^#]+#payload$/);
			assert.equal((await bodyItem(item.payloadAt.S)).body.S, payload);
		} else {
			assert.match(item.payloadAt.S, new RegExp(`^blob:${q}/p100/[^/]+/payload$`));
			assert.equal((await object(item.payloadAt.S.slice(5))).toString(), payload);
		}
	}
});

test("our checksums are those that the SDK makes and checks", async () => {
	const q = newQueue();
	submit(["-q", q, "hello", "-", "--id", "c1"], { input: `"${letters(70000)}"` });
	const key = (await record("c1")).payloadAt.S.slice(5), bytes = await object(key);
	await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: "theirs", Body: bytes }));
	const [ours, theirs] = await Promise.all([key, "theirs"].map((Key) => s3.send(
		new HeadObjectCommand({ Bucket: BUCKET, Key, ChecksumMode: "ENABLED" }))));
	assert.match(ours.ChecksumCRC32, /^.{6}==$/);
	assert.equal(ours.ChecksumCRC32, theirs.ChecksumCRC32);
	// Would the SDK notice?  The sum of other bytes is handed back with these.
	await assert.rejects(s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: "bad", Body: bytes,
		ChecksumCRC32: "AAAAAA==" })).then(() => object("bad")), /checksum/i);
});

test("results of each size, an output and a finished record", async () => {
	const q = newQueue(), began = Date.now(), big = `"${letters(60000)}"`, mid = `"${letters(6000)}"`;
	writeFileSync("mid", mid);
	writeFileSync("big", big);
	for (const t of ["small", "mid", "big", "file"]) submit(["-q", q, t, "--id", `f-${t}`]);
	work(q, "--on", "small=printf '{\"a\": 1.0}'", "--on", "mid=cat $HOME/mid", "--on",
		"big=cat $HOME/big", "--on", "file=printf bytes >f; echo output f >&3");
	const done = {};
	for (const t of ["small", "mid", "big", "file"]) {
		const item = done[t] = await record(`f-${t}`);
		onlyDocumented(item);
		assert.equal(item.status.S, "COMPLETED");
		assert.equal(item.gsi.S, `${q}#COMPLETED#0`);
		assert.equal(number(item.attempts), 1);
		near(time(item.finishedAt), began);
		assert.ok(time(item.startedAt) <= time(item.finishedAt));
		assert.equal(number(item.ringAt), time(item.finishedAt));
		near(number(item.expiresAtMs), began + 14 * 86400000);
		// TTL would leave a body item, an object or a log.
		if (t !== "small") assert.equal(item.expiresAt, undefined);
		else near(number(item.expiresAt) * 1000, began + 14 * 86400000);
	}
	assert.equal(done.small.result.S, '{"a": 1.0}');
	assert.equal(done.small.resultKind.S, "json");
	assert.match(done.mid.resultAt.S, /^b#f-mid#[^#]+#result$/);
	assert.equal((await bodyItem(done.mid.resultAt.S)).body.S, mid);
	assert.match(done.big.resultAt.S, new RegExp(`^blob:${q}/f-big/\\d+-[^/]+/result$`));
	assert.equal((await object(done.big.resultAt.S.slice(5))).toString(), big);
	assert.equal(done.file.output.S, `blob:${q}/f-file/${done.file.token.N}/out`);
	assert.equal(number(done.file.outputSize), 5);
	assert.equal((await object(done.file.output.S.slice(5))).toString(), "bytes");
	assert.deepEqual(await waiting(q), [0, 0]);
});

test("a dead task's record and its message in the DLQ", async () => {
	const q = newQueue();
	submit(["-q", q, "bad", "--id", "d1"]);
	tq("work", ["-q", q, "--drain", "--quiet", "--on", "bad=echo no such row >&2; exit 65"],
		{ exits: 1 });
	const item = await record("d1");
	onlyDocumented(item);
	assert.equal(item.status.S, "FAILED");
	assert.match(item.failureReason.S, /no such row/);
	assert.equal(item.error.M.stage.S, "exec");
	assert.equal(item.dlqOwed, undefined);
	assert.match(item.log.S, new RegExp(`^blob:${q}/d1/\\d+/log$`));
	assert.equal((await object(item.log.S.slice(5))).toString(), "no such row\n");
	const [m] = await receive(`${q}-dlq`);
	assert.deepEqual(JSON.parse(m.Body), { v: 1, taskId: "d1", type: "bad",
		dead: number(item.token) });
	// Whoever sends it back to the queue has redriven the task.
	await send(q, m.Body);
	await remove(`${q}-dlq`, m);
	work(q, "--on", "bad=true");
	assert.equal((await record("d1")).status.S, "COMPLETED");
});

test("an input above 16 MiB, and one over the server's limit, go in parts", async () => {
	const q = newQueue();
	for (const mib of [12, 17]) {
		const bytes = randomBytes(mib * 1048576 + 1);
		writeFileSync("input", bytes);
		const id = submit(["-q", q, "hello", "--input", "input"]);
		const { input } = await record(id);
		assert.match(input.S, new RegExp(`^blob:${q}/${id}/[^/]+/in$`));
		assert.ok(bytes.equals(await object(input.S.slice(5))));
	}
});

test("an upload that nobody ended is given up by the sweep after a day", async () => {
	const q = newQueue(), left = [];
	for (const tag of ["old", "new"]) {
		const Key = `${q}/${randomUUID()}/${tag}/in`;
		left.push((await s3.send(new CreateMultipartUploadCommand({ Bucket: BUCKET, Key }))).UploadId);
	}
	submit(["-q", q, "hello"]);		// the sweep looks at queues with tasks
	tq("ctl", ["sweep"]);
	const got = await s3.send(new ListMultipartUploadsCommand({ Bucket: BUCKET, Prefix: `${q}/` }));
	assert.deepEqual(got.Uploads.map((u) => u.UploadId), [left[1]]);
});

test("an output that is there is our own if its bytes are, and never replaced", async () => {
	const q = newQueue();
	for (const [id, there] of [["o-same", "bytes"], ["o-other", "BYTES"]]) {
		const Key = `${q}/${id}/2/out`;
		await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body: there }));
		submit(["-q", q, "file", "--id", id, "--max-attempts", "1"]);
		tq("work", ["-q", q, "--drain", "--quiet", "--on", "file=printf bytes >f; echo output f >&3"],
			{ exits: id === "o-same" ? 0 : 1 });
		assert.equal((await object(Key)).toString(), there);
	}
	assert.equal(status("o-same").output, `blob:${q}/o-same/2/out`);
	assert.match(status("o-other").failureReason, /exists already/);
});

test("a presigned link of a result is good for anyone", async () => {
	const q = newQueue();
	submit(["-q", q, "file", "--id", "u1"]);
	work(q, "--on", "file=printf 'by url' >f; echo output f >&3");
	const url = tq("status", ["--result", "--url", "u1"]).toString().trim();
	const got = await fetch(url);
	assert.equal(got.status, 200);
	assert.equal(await got.text(), "by url");
});

// -- written by the SDK, worked by tq ----------------------------------------

// The document's example with more attributes; and its message, if wanted.
async function ask(q, id, more = {}, message = {}) {
	const text = fromDoc(id, q, Date.now() + 120000);
	await put({ ...text.item, ...more });
	if (message) await send(q, text.message, message);
}

test("the document's own example is worked", async () => {
	const q = newQueue();
	await ask(q, "s1");
	work(q);
	const got = status("s1");
	assert.equal(got.status, "COMPLETED");
	assert.deepEqual(got.result, { originalLength: 9, upper: "SOME TEXT", wordCount: 2 });
	assert.deepEqual(await waiting(q), [0, 0]);
});

test("attributes of others are kept through claim and finish", async () => {
	const q = newQueue(), theirs = { xText: { S: "grün \"\\\n" }, xNumber: { N: "12.5" },
		xYes: { BOOL: true }, xNone: { NULL: true }, xBytes: { B: new Uint8Array([0, 255]) },
		xList: { L: [{ S: "a" }, { N: "-1" }] }, xSet: { SS: ["a", "b"] },
		xMap: { M: { deep: { M: { er: { S: "" } } } } } };
	await ask(q, "k1", theirs);
	work(q);
	const item = await record("k1");
	assert.equal(item.status.S, "COMPLETED");
	for (const [name, value] of Object.entries(theirs)) assert.deepEqual(item[name], value, name);
});

test("payloads that the SDK put into a body item and into objects", async () => {
	const q = newQueue(), text = `"${letters(70000)}"`, bytes = Buffer.from(text);
	const at = (payloadAt) => ({ payload: undefined, payloadAt: { S: payloadAt },
		payloadSize: { N: String(bytes.length) }, type: { S: "echo" } });
	await put({ pk: { S: "b#l1#mine#payload" }, body: { S: text } });
	await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: `${q}/l2/mine/payload`, Body: bytes }));
	// A stream's sum comes behind it, in an aws-chunked body.
	await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: `${q}/l3/mine/payload`,
		ContentLength: bytes.length, Body: Readable.from([bytes.subarray(0, 30000),
			bytes.subarray(30000)], { objectMode: false }) }));
	await ask(q, "l1", at("b#l1#mine#payload"));
	await ask(q, "l2", at(`blob:${q}/l2/mine/payload`));
	await ask(q, "l3", at(`blob:${q}/l3/mine/payload`));
	work(q, "--on", "echo=cat");
	for (const id of ["l1", "l2", "l3"]) assert.equal(tq("status", ["--result", id]).toString(), text, id);
});

test("an input that the SDK put, and what it says of a task", async () => {
	const q = newQueue(), bytes = randomBytes(100000);
	await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: `${q}/i1/in`, Body: bytes }));
	await ask(q, "i1", { input: { S: `blob:${q}/i1/in` }, type: { S: "sum" }, prio: { N: "9" },
		labels: { S: '{"from":"sdk"}' }, maxAttempts: { N: "1" } });
	work(q, "--on", "sum=sha256sum | cut -c1-64 | tr -d '\\n'");
	const got = status("i1");
	assert.equal(got.result, createHash("sha256").update(bytes).digest("hex"));
	assert.deepEqual([got.prio, got.labels, got.maxAttempts], [9, { from: "sdk" }, 1]);
});

test("a task that is not due waits, though its message came", async () => {
	const far = newQueue(), near = newQueue(), due = Date.now() + 1500;
	const at = (ms) => ({ notBefore: { S: new Date(ms).toISOString() } });
	await ask(far, "n1", at(due + 3600000));
	work(far);
	assert.equal((await record("n1")).status.S, "PENDING");
	await ask(near, "n2", at(due));
	tq("work", ["-q", near, "--drain=all", "--quiet"]);
	const item = await record("n2");
	assert.equal(item.status.S, "COMPLETED");
	assert.ok(time(item.startedAt) >= due);
});

test("an id that is there is refused to the SDK, and to tq", async () => {
	const q = newQueue();
	submit(["-q", q, "hello", "--id", "x1"]);
	await assert.rejects(ask(q, "x1"), ConditionalCheckFailedException);
	await ask(q, "x2");
	submit(["-q", q, "hello", "--id", "x2"], { exits: 1 });
	assert.equal((await record("x2")).rev.N, "1");
});

test("a record without a message is rung by the sweep", async () => {
	const q = newQueue();
	await ask(q, "w1", { ringAt: { N: String(Date.now() - 1000) }, rings: { N: "-1" } }, null);
	assert.deepEqual(await waiting(q), [0, 0]);
	tq("ctl", ["sweep"]);
	const [m] = await receive(q);
	assert.deepEqual(JSON.parse(m.Body), { v: 1, taskId: "w1", type: "text.transform" });
	assert.ok(number((await record("w1")).ringAt) > Date.now());
	await giveBack(q, m);
	work(q);
	assert.equal((await record("w1")).status.S, "COMPLETED");
});

test("a message without a record goes at its fifth receive", async () => {
	const q = newQueue();
	await send(q, { v: 1, taskId: "nobody", type: "text.transform" });
	for (let i = 0; i < 3; i++) await giveBack(q, (await receive(q))[0]);
	work(q);		// the fourth: its record may be on its way
	assert.deepEqual(await waiting(q), [0, 1]);
	const late = newQueue();
	await send(late, { v: 1, taskId: "nobody", type: "text.transform" });
	for (let i = 0; i < 4; i++) await giveBack(late, (await receive(late))[0]);
	work(late);
	assert.deepEqual(await waiting(late), [0, 0]);
	assert.deepEqual(await waiting(`${late}-dlq`), [0, 0]);
});

test("a message that is not tq's ends in the DLQ with the reason", async () => {
	const q = newQueue(), bodies = ["hello", '{"orderId":7}', '{"v":1,"taskId":"../etc","type":"a"}'];
	for (const b of bodies) await send(q, b);
	work(q);
	const got = await receive(`${q}-dlq`);
	assert.deepEqual(got.map((m) => m.Body).sort(), [...bodies].sort());
	for (const m of got) assert.match(m.MessageAttributes["tq-reason"].StringValue, /not one of tq's/);
	assert.deepEqual(await waiting(q), [0, 0]);
});

test("a message that is not tq's keeps its attributes there", async () => {
	const q = newQueue(), raw = Buffer.from([0, 255, 7]);
	await send(q, "hello", { MessageAttributes: {
		tenant: { DataType: "String", StringValue: "acme" },
		size: { DataType: "Number.int", StringValue: "42" },
		raw: { DataType: "Binary", BinaryValue: raw } } });
	work(q);
	const [m] = await receive(`${q}-dlq`), a = m.MessageAttributes;
	assert.equal(a.tenant.StringValue, "acme");
	assert.deepEqual([a.size.DataType, a.size.StringValue], ["Number.int", "42"]);
	assert.deepEqual(Buffer.from(a.raw.BinaryValue), raw);
	assert.match(a["tq-reason"].StringValue, /not one of tq's/);
});

test("a record of a later version is neither run nor rewritten", async () => {
	const q = newQueue();
	await ask(q, "v9", { v: { N: "9" } });
	work(q);
	const item = await record("v9");
	assert.deepEqual([item.v.N, item.rev.N, item.status.S], ["9", "1", "PENDING"]);
});

tq("ctl", ["init", "-q", "first"]);
await runAll();
