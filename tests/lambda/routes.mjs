// tests/lambda/routes.mjs FORM FILE DIRECT STORE GATEWAY STORE -- each operation
// of /openapi.json, asked over HTTP (DIRECT) and through events (GATEWAY, in
// FORM: "http", "rest" or "alb"), each of them on a store of its own: both answer
// the same, but for times and for what is drawn at random.  FILE is uploaded.
//
// Prints a line for each request that is answered differently, for each
// operation that has no request here, and the number of requests.  Exits 1 if any
// of the first two is there.
import fs from 'node:fs';
import { spawnSync } from 'node:child_process';

const [, , form, file, direct, directStore, gateway, gatewayStore] = process.argv;
const key = { Authorization: 'Bearer key-boss' };
const photo = fs.readFileSync(file);
const q = `q-${form}`;
const id = (n) => `${form}-${n}`;
const json = (body) => ({ body: JSON.stringify(body),
	headers: { 'Content-Type': 'application/json' } });
const task = (n, more) => json({ type: 'text.transform', taskId: id(n), queue: q,
	payload: 'a word', ...more });
const upload = (type) => ({ body: photo, headers: { 'Content-Type': type } });
const multipart = () => {
	const body = new FormData();
	body.append('type', 'count');
	body.append('taskId', id('form'));
	body.append('queue', q);
	body.append('file', new Blob([photo]), 'a photo.jpg');
	return { body };
};

// [operation, method, path, what else]: in this order.  A path has {saved} where
// "save" of an earlier row found something in the answer.
const rows = [
	['getHealth', 'GET', '/health'],
	['getReadiness', 'GET', '/ready'],
	['getDescription', 'GET', '/openapi.json'],
	['submitTask', 'POST', '/v1/tasks', task('one')],
	['submitTask', 'POST', '/v1/tasks', task('one')],
	['submitTask', 'POST', '/v1/tasks', task('key', { taskId: undefined, key: 'k' })],
	['submitTask', 'POST', '/v1/tasks', task('bad', { payload: undefined, type: 'a type' })],
	['submitTask', 'POST', '/v1/tasks', { ...task(), body: '{"type":' }],
	['submitTask', 'POST', `/v1/tasks?type=count&queue=${q}&taskId=${id('bytes')}&labels=%7B%22a%22%3A%22%26%2B%20%C3%A4%22%7D`,
		upload('application/octet-stream')],
	['submitTask', 'POST', '/v1/tasks', multipart()],
	['submitTask', 'POST', '/v1/tasks', upload('text/plain')],
	['submitTask', 'POST', '/v1/tasks', task('child', { after: [id('wait')] })],
	['submitTask', 'POST', '/v1/tasks', task('dead', { type: 'fail', maxAttempts: 1 })],
	['submitBatch', 'POST', '/v1/tasks/batch', { headers: { 'Content-Type': 'application/x-ndjson' },
		body: ['wait', 'hold', 'go'].map((n) => JSON.stringify({ type: 'later', taskId: id(n),
			queue: q, delay: '1h' })).join('\n') + '\nno task\n' }],
	['submitTask', 'POST', '/v1/tasks', task('child', { after: [id('wait')] })],
	['offerUpload', 'POST', '/v1/uploads', json({ type: 'count', size: 7000000 })],
	['work'],
	['getTask', 'GET', `/v1/tasks/${id('one')}`],
	['getTask', 'GET', `/v1/tasks/${id('one')}?wait=1s`],
	['getTask', 'GET', `/v1/tasks/${id('none')}`],
	['getTask', 'HEAD', `/v1/tasks/${id('one')}`],
	['listTasks', 'GET', `/v1/tasks?queue=${q}`],
	['listTasks', 'GET', `/v1/tasks?queue=${q}&status=COMPLETED&label=a%3D%26%2B+%C3%A4`],
	['listTasks', 'GET', '/v1/tasks?what=1'],
	['getOutput', 'GET', `/v1/tasks/${id('bytes')}/output`],
	['getOutput', 'GET', `/v1/tasks/${id('bytes')}/output`, { headers: { Range: 'bytes=2-99' } }],
	['getOutput', 'GET', `/v1/tasks/${id('bytes')}/output`, { headers: { Range: 'bytes=9999999-' } }],
	['getInput', 'GET', `/v1/tasks/${id('form')}/input`],
	['getLog', 'GET', `/v1/tasks/${id('dead')}/log`],
	['getEdges', 'GET', `/v1/tasks/${id('child')}/edges`],
	['editTask', 'PATCH', `/v1/tasks/${id('hold')}`, json({ held: true })],
	['editTask', 'PATCH', `/v1/tasks/${id('hold')}`, json({ prio: 99 })],
	['cancelTask', 'DELETE', `/v1/tasks/${id('hold')}`],
	['cancelTask', 'DELETE', `/v1/tasks/${id('one')}`],
	['redriveTask', 'POST', `/v1/tasks/${id('dead')}/redrive`],
	['redriveTask', 'POST', `/v1/tasks/${id('one')}/redrive`],
	['work'],
	['listFailures', 'GET', `/v1/failures?queue=${q}`],
	['cancelTasks', 'POST', `/v1/tasks/cancel?queue=${q}&dryRun=true`],
	['cancelTasks', 'POST', `/v1/tasks/cancel?queue=${q}`],
	['cancelTasks', 'POST', '/v1/tasks/cancel'],
	['redriveTasks', 'POST', `/v1/tasks/redrive?queue=${q}&type=fail`],
	['purgeTasks', 'POST', `/v1/tasks/purge?queue=${q}&type=count`],
	['getSummary', 'GET', `/v1/summary?queue=${q}`],
	['getRates', 'GET', `/v1/rates?queue=${q}`],
	['listWorkers', 'GET', '/v1/workers'],
	['changeQueue', 'PATCH', `/v1/queues/${q}`, json({ paused: true, reason: 'why', limits: { a: 2 } })],
	['changeQueue', 'PATCH', `/v1/queues/${q}`, json({ paused: 'so' })],
	['getQueue', 'GET', `/v1/queues/${q}`],
	['listQueues', 'GET', '/v1/queues'],
	['sweepStore', 'POST', '/v1/sweep'],
	['listFindings', 'GET', '/v1/findings'],
	['startSession', 'POST', '/v1/session', { ...json({ key: 'key-boss' }), open: true, save: 'session=([^;]+)' }],
	['startSession', 'POST', '/v1/session', { ...json({ key: 'wrong' }), open: true }],
	['getSession', 'GET', '/v1/session', { open: true, headers: { Cookie: 'a=b; tq_session={saved}' } }],
	['endSession', 'DELETE', '/v1/session', { open: true, headers: { Cookie: 'tq_session={saved}' } }],
	['getSession', 'GET', '/v1/session', { open: true, headers: { Cookie: 'tq_session={saved}' } }],
	['getMetrics', 'GET', '/metrics'],
	['tasksSubmit', 'POST', '/tasks', json({ taskId: id('tasks'), type: 'x', payload: 1 })],
	['tasksGet', 'GET', `/tasks/${id('tasks')}`],
	['frameworkAdd', 'POST', '/tasks/add', { ...json({ taskName: 'n', inputImageUrl: 'http://192.0.2.1/a.png' }),
		save: '"taskId":"([^"]+)' }],
	['frameworkGet', 'GET', '/tasks/id/{saved}'],
	['frameworkFind', 'GET', '/tasks/name?taskName=n'],
	['jobsSubmit', 'POST', '/jobs', { ...json({ type: 'x', payload: {} }), save: '"jobId":"([^"]+)' }],
	['jobsGet', 'GET', '/jobs/{saved}'],
	['apiTasksSubmit', 'POST', '/api/tasks', { ...json({ type: 'x' }), save: '"id":"([^"]+)' }],
	['apiTasksSubmit', 'POST', '/api/tasks', json({})],
	['apiTasksGet', 'GET', '/api/tasks/{saved}'],
	['actuatorHealth', 'GET', '/actuator/health'],
	['actuatorPrometheus', 'GET', '/actuator/prometheus'],
	['actuatorMetrics', 'GET', '/actuator/metrics', { save: '"names":\\["([^"]+)' }],
	['actuatorMetric', 'GET', '/actuator/metrics/{saved}'],
	['demoTasksSubmit', 'POST', '/demo/tasks', json({ taskId: id('demo') })],
	['demoTasksGet', 'GET', `/demo/tasks/${id('demo')}`],
	// No operation, but there: the page, and what is not.
	['-', 'GET', '/'], ['-', 'GET', '/app.js'], ['-', 'GET', '/v1/nothing'],
	['-', 'PUT', '/v1/tasks'], ['-', 'GET', '/v1/tasks', { open: true }],
	['-', 'OPTIONS', '/v1/tasks'],
];

// Over HTTP it is a stream, through events 501.
const streams = { followTask: `/v1/tasks/${id('one')}/events` };

const work = (store) => spawnSync('tq-work', ['-q', q, '--drain', '--builtin',
	'--on', 'count=cat', '--on', 'fail=echo why >&2; exit 65'],
	{ env: { ...process.env, TQ_STORE: `sqlite:${store}` }, stdio: 'ignore' });

// What is drawn or measured, and each side's own store.
const same = (text, store) => text.replaceAll(store, 'STORE')
	.replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')
	.replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'UUID')
	.replace(/"(\d+)-[0-9a-f]+"/g, '"$1-MADE"')
	.replace(/\/[0-9a-f]{16}\/in"/g, '/SUBMITID/in"')
	.replace(/"worker":"[^"]*"/g, '"worker":"W"')
	.replace(/"requestId":"[^"]*"/g, '"requestId":"R"')
	.replace(/session=[^;]{8,}/g, 'session=S')
	.replace(/("oldest[A-Za-z]*"|"value"):[\d.]+/g, '$1:N')
	.replace(/\d+ MiB are free|waited for [\d.]+m?s/g, 'MEASURED')
	.replace(/\[(\d+,)+\d+\]/g, (list) => `[${eval(list.slice(1, -1).replaceAll(',', '+'))} in all]`)
	.replace(/^[a-z_]+(\{.*\})? [\d.e+-]+\n/gm, '')	// metrics
	.replace(/; Secure$/, '');	// what is in front speaks TLS

const ours = new Set(['connection', 'content-length', 'date', 'keep-alive', 'transfer-encoding',
	'x-request-id']);

async function ask({ base, store, extra, saved }, [, method, path, what = {}]) {
	const fill = (s) => s.replaceAll('{saved}', saved.value);
	const headers = { ...(what.open ? {} : key), ...what.headers, ...extra };
	for (const name of Object.keys(headers)) headers[name] = fill(headers[name]);
	const res = await fetch(base + fill(path), { method, headers, body: what.body, redirect: 'manual' });
	const bytes = Buffer.from(await res.arrayBuffer());
	const text = bytes.toString('latin1');
	const head = [...res.headers].filter(([name]) => !ours.has(name)).map((h) => h.join(': ')).sort();
	if (what.save) saved.value = new RegExp(what.save).exec(`${head.join('\n')}\n${text}`)?.[1];
	const binary = /image|octet-stream/.test(res.headers.get('content-type'));
	return [`${res.status}`, ...head.map((h) => same(h, store)), binary ? text : same(text, store)];
}

const sides = [
	{ base: direct, store: directStore, extra: {}, saved: {} },
	{ base: gateway, store: gatewayStore, saved: {},
		extra: form === 'http' ? {} : { 'x-test-form': form } },
];
let bad = 0, n = 0;
const differs = (...words) => { bad++; console.log(...words); };
for (const row of rows) {
	if (row[0] === 'work') { for (const s of sides) work(s.store); continue; }
	const [there, here] = await Promise.all(sides.map((s) => ask(s, row)));
	n++;
	for (let i = 0; i < Math.max(there.length, here.length); i++)
		if (there[i] !== here[i]) {
			differs(`${row[1]} ${row[2]}\n  over HTTP: ${there[i]?.slice(0, 600)}\n  by events: ${here[i]?.slice(0, 600)}`);
			break;
		}
}
const api = await (await fetch(`${direct}/openapi.json`)).json();
const asked = new Set(rows.map((row) => row[0]));
for (const [path, methods] of Object.entries(api.paths))
	for (const op of Object.values(methods)) {
		if (streams[op.operationId]) {
			const res = await fetch(gateway + streams[op.operationId], { headers: { ...key, ...sides[1].extra } });
			if (res.status !== 501) differs(`${path}: ${res.status}, not 501`);
			await res.arrayBuffer();
		} else if (!asked.has(op.operationId)) differs(`${path}: nothing here asks for ${op.operationId}`);
	}
console.log(`${n} requests`);
process.exit(bad ? 1 : 0);
