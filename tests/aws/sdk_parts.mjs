// tests/aws/sdk_parts.mjs -- what the cases of sdk.mjs use: the SDK's clients,
// the tools, the wire format's document, and TAP.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { DynamoDBClient, GetItemCommand, PutItemCommand } from "@aws-sdk/client-dynamodb";
import { GetObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { ChangeMessageVisibilityCommand, DeleteMessageCommand,
	GetQueueAttributesCommand, GetQueueUrlCommand, ReceiveMessageCommand,
	SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";

export const STORE = "sdk", BUCKET = "sdk-blobs";

// fauxqs' queue URLs name a host that is not there.
export const sqs = new SQSClient({ useQueueUrlAsEndpoint: false });
export const ddb = new DynamoDBClient({});
export const s3 = new S3Client({ forcePathStyle: true });

// -- the tools ---------------------------------------------------------------

// tq("submit", [...], { input }): its stdout; it must exit with 0, or `exits`.
export function tq(tool, args, { input, exits = 0 } = {}) {
	const run = spawnSync(`tq-${tool}`, args, { input, maxBuffer: 2 ** 28, timeout: 300000,
		env: { ...process.env, TQ_STORE: `aws:${STORE}?bucket=${BUCKET}` } });
	assert.equal(run.status, exits, `tq-${tool} ${args.join(" ").slice(0, 200)}: ${run.stderr}`);
	return run.stdout;
}
export const submit = (args, opts) => tq("submit", args, opts).toString().trim();
export const work = (queue, ...args) => tq("work", ["-q", queue, "--drain", "--quiet", ...args]);
export const status = (id) => JSON.parse(tq("status", ["--json", id]));

// -- the services, through the SDK -------------------------------------------

export async function record(id) {
	const got = await ddb.send(new GetItemCommand({ TableName: STORE,
		Key: { pk: { S: `t#${id}` } }, ConsistentRead: true }));
	return got.Item;
}

export async function bodyItem(at) {
	const got = await ddb.send(new GetItemCommand({ TableName: STORE,
		Key: { pk: { S: at } }, ConsistentRead: true }));
	return got.Item;
}

// Record only; it must be new.
export const put = (item) => ddb.send(new PutItemCommand({ TableName: STORE, Item: item,
	ConditionExpression: "attribute_not_exists(pk)" }));

export async function object(key) {
	const got = await s3.send(new GetObjectCommand({ Bucket: BUCKET, Key: key }));
	return Buffer.from(await got.Body.transformToByteArray());
}

export async function urlOf(queue) {
	return (await sqs.send(new GetQueueUrlCommand({ QueueName: `${STORE}-${queue}` }))).QueueUrl;
}

export const send = async (queue, body, more = {}) => sqs.send(new SendMessageCommand({
	QueueUrl: await urlOf(queue), ...more,
	MessageBody: typeof body === "string" ? body : JSON.stringify(body) }));

// Up to ten messages; the SDK has checked their MD5.
export async function receive(queue, seconds = 1) {
	const got = await sqs.send(new ReceiveMessageCommand({ QueueUrl: await urlOf(queue),
		MaxNumberOfMessages: 10, WaitTimeSeconds: seconds, VisibilityTimeout: 30,
		MessageAttributeNames: ["All"], MessageSystemAttributeNames: ["All"] }));
	return got.Messages ?? [];
}

// [visible, hidden] messages.
export async function waiting(queue) {
	const { Attributes: a } = await sqs.send(new GetQueueAttributesCommand({
		QueueUrl: await urlOf(queue), AttributeNames: ["All"] }));
	return [Number(a.ApproximateNumberOfMessages), Number(a.ApproximateNumberOfMessagesNotVisible)];
}

export const giveBack = async (queue, m) => sqs.send(new ChangeMessageVisibilityCommand({
	QueueUrl: await urlOf(queue), ReceiptHandle: m.ReceiptHandle, VisibilityTimeout: 0 }));

export const remove = async (queue, m) => sqs.send(new DeleteMessageCommand({
	QueueUrl: await urlOf(queue), ReceiptHandle: m.ReceiptHandle }));

// -- docs/wire-format.md -----------------------------------------------------

const doc = readFileSync(new URL("../../docs/wire-format.md", import.meta.url), "utf8");

// Every name that the part on a task's record has in `code`.
const part = doc.slice(doc.indexOf("### A task's record"), doc.indexOf("## Messages"));
export const documented = new Set([...part.matchAll(/`([^`]*)`/g)].flatMap((m) =>
	m[1].split(/[\s{},]+/)).concat("pk"));

// The example under "Submitting without tq", for another task.
export function fromDoc(id, queue, ringAt) {
	const item = doc.match(/--item '(\{[\s\S]*?\})'/)[1], message = doc.match(/--message-body '(.*)'/)[1];
	const fill = (s) => JSON.parse(s.replaceAll("my-id", id)
		.replaceAll('"default"', `"${queue}"`).replaceAll('"default#', `"${queue}#`)
		.replace("MILLISECONDS NOW + 120000", String(ringAt)));
	return { item: fill(item), message: fill(message) };
}

// -- TAP ---------------------------------------------------------------------

const cases = [];
export const test = (sentence, run) => cases.push({ sentence, run });

export async function runAll() {
	let failed = 0;
	console.log(`1..${cases.length}`);
	for (const [i, { sentence, run }] of cases.entries()) {
		const why = await run().then(() => null, (e) => e);
		console.log(`${why ? "not ok" : "ok"} ${i + 1} - SDK: ${sentence}`);
		if (why) console.log(String(why.stack).replace(/^/gm, "# ").slice(0, 3000));
		failed += why !== null;
	}
	process.exitCode = failed > 0 ? 1 : 0;
}
