// tests/lambda/mapping.mjs GATEWAY QUEUE [MS [TRACE]] -- an event source mapping
// of SQS with ReportBatchItemFailures, as Lambda's does it once: up to ten
// messages are received, the function behind GATEWAY (gateway.mjs) is called with
// them, and what it does not list is deleted.  Prints "TASKID deleted" or "TASKID
// listed" for each, "TASKID -" when the function failed, and what it said if
// that is not so.  EVENT=FILE: no message is received or deleted, the event is
// FILE's; SAVE=FILE: the event goes there, and to no function.
import fs from 'node:fs';

const [, , gateway, queue, ms, trace] = process.argv;
const { AWS_ENDPOINT_URL_SQS: endpoint, EVENT, SAVE } = process.env;

const sqs = async (action, body) => {
	const answer = await fetch(`${endpoint}/`, { method: 'POST', body: JSON.stringify(body), headers: {
		'Content-Type': 'application/x-amz-json-1.0',
		'X-Amz-Target': `AmazonSQS.${action}`,
		'X-Amz-Date': '20260101T000000Z',
		Authorization: 'AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/sqs/aws4_request, '
		    + 'SignedHeaders=host;x-amz-date;x-amz-target, Signature=00',
	} });
	if (!answer.ok) throw new Error(`${action}: ${await answer.text()}`);
	return answer.json();
};

// The API's words begin with a capital letter, the event's don't.
const attribute = ({ StringValue, BinaryValue, DataType }) => ({
	stringValue: StringValue, binaryValue: BinaryValue,
	stringListValues: [], binaryListValues: [], dataType: DataType });
const record = (m) => ({
	messageId: m.MessageId, receiptHandle: m.ReceiptHandle, body: m.Body,
	attributes: m.Attributes ?? {},
	messageAttributes: Object.fromEntries(Object.entries(m.MessageAttributes ?? {})
	    .map(([name, a]) => [name, attribute(a)])),
	md5OfBody: m.MD5OfBody, eventSource: 'aws:sqs', awsRegion: 'us-east-1',
	eventSourceARN: `arn:aws:sqs:us-east-1:000000000000:${queue}` });

const receive = async (url) => {
	const got = [];
	for (let n = 1; n > 0 && got.length < 10; ) {
		const { Messages = [] } = await sqs('ReceiveMessage', { QueueUrl: url,
			MaxNumberOfMessages: 10 - got.length, VisibilityTimeout: 360,
			AttributeNames: ['All'], MessageAttributeNames: ['All'] });
		got.push(...Messages);
		n = Messages.length;
	}
	return { Records: got.map(record) };
};

const url = EVENT ? '' : (await sqs('GetQueueUrl', { QueueName: queue })).QueueUrl;
const event = EVENT ? JSON.parse(fs.readFileSync(EVENT)) : await receive(url);
if (SAVE) {
	fs.writeFileSync(SAVE, JSON.stringify(event));
	process.exit();
}
const text = await (await fetch(gateway, { method: 'POST', body: JSON.stringify(event), headers: {
	'x-test-event': '1', ...(ms ? { 'x-test-ms': ms } : {}),
	...(trace ? { 'x-test-trace': trace } : {}) } })).text();
const failed = !text.startsWith('response ');
const listed = failed ? [] : JSON.parse(text.slice(9)).batchItemFailures
	.map((f) => f.itemIdentifier);
if (failed) console.log(text);
for (const r of event.Records ?? []) {
	const id = /"taskId":"([^"]*)"/.exec(r.body)?.[1] ?? r.body;
	const gone = !failed && !listed.includes(r.messageId);
	if (gone && !EVENT) await sqs('DeleteMessage', { QueueUrl: url, ReceiptHandle: r.receiptHandle });
	console.log(id, failed ? '-' : gone ? 'deleted' : 'listed');
}
for (const id of listed)
	if (!event.Records.some((r) => r.messageId === id)) console.log(id, 'unknown');
