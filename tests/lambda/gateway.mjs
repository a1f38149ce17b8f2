// tests/lambda/gateway.mjs FILE -- Lambda's Runtime API, and an HTTP API in
// front of the function that asks it: each request becomes an event of payload
// format 2.0, the function's answer the response.  FILE gets the two ports,
// "RUNTIME GATEWAY".
//
// A header "x-test-form" is "rest" or "alb": the event is one of those.
// A header "x-test-authorizer" is what an authorizer found, as JSON; a request
// with "x-test-event" has an event of its own as its body, and gets what the
// function said of it: "response", "error" or "timeout", and the text; "x-test-ms" is how
// long the function has, "x-test-trace" the invocation's trace.  What it says of
// its initialization is appended to FILE.
import http from 'node:http';
import fs from 'node:fs';
import { randomUUID } from 'node:crypto';

const events = [];		// that nobody has taken
const takers = [];		// GETs of invocation/next that wait
const asked = new Map();	// request id -> function(kind, text)

const bytes = async (req) => {
	const parts = [];
	for await (const part of req) parts.push(part);
	return Buffer.concat(parts);
};

function answered(id, kind, text) {
	asked.get(id)?.(kind, text);
	asked.delete(id);
}

function give() {
	while (events.length && takers.length) {
		const { id, event, ms = 60000, trace } = events.shift();
		takers.shift().writeHead(200, {
			'Content-Type': 'application/json',
			'Lambda-Runtime-Aws-Request-Id': id,
			'Lambda-Runtime-Deadline-Ms': String(Date.now() + Number(ms)),
			...(trace ? { 'Lambda-Runtime-Trace-Id': trace } : {}),
		}).end(event);
		setTimeout(() => answered(id, 'timeout', ''), ms).unref();
	}
}

const invoke = (event, ms, trace) => new Promise((done) => {
	const id = randomUUID();
	asked.set(id, (kind, text) => done({ kind, text }));
	events.push({ id, event, ms, trace });
	give();
});

const runtime = http.createServer(async (req, res) => {
	const [, version, , what, id, how] = req.url.split('/');
	if (version !== '2018-06-01') return res.writeHead(404).end();
	if (what === 'invocation' && id === 'next') {
		takers.push(res);
		// A function that is gone takes no more.
		res.on('close', () => takers.includes(res) && takers.splice(takers.indexOf(res), 1));
		return give();
	}
	const text = (await bytes(req)).toString();
	res.writeHead(202).end();
	if (what === 'init') return fs.appendFileSync(process.argv[2], `${text}\n`);
	answered(id, how, text);
});

function eventOf(req, body) {
	const at = req.url.indexOf('?');
	const { cookie, 'x-test-authorizer': found, ...headers } = req.headers;
	return JSON.stringify({
		version: '2.0', routeKey: '$default',
		rawPath: at < 0 ? req.url : req.url.slice(0, at),
		rawQueryString: at < 0 ? '' : req.url.slice(at + 1),
		...(cookie ? { cookies: cookie.split('; ') } : {}),
		headers,
		requestContext: {
			domainName: req.headers.host, stage: '$default',
			...(found ? { authorizer: JSON.parse(found) } : {}),
			http: { method: req.method, path: req.url, protocol: 'HTTP/1.1',
				sourceIp: '192.0.2.7', userAgent: 'test' },
		},
		...(body.length ? { body: body.toString('base64'), isBase64Encoded: true } : {}),
	});
}

// As a REST API (1.0) or a load balancer would, after AWS's documentation: the
// one decodes parameters, the other hands them on as they came.
function otherEventOf(form, req, body) {
	const url = new URL(req.url, 'http://x');
	const many = (pairs) => {
		const all = {};
		for (const [name, value] of pairs) (all[name] ??= []).push(value);
		return Object.keys(all).length ? all : null;
	};
	const raw = url.search.slice(1).split('&').filter(Boolean).map((p) => p.split('='))
		.map(([name, value = '']) => [name, value]);
	const { 'x-test-form': _, 'x-test-authorizer': found, ...headers } = req.headers;
	return JSON.stringify({
		httpMethod: req.method,
		path: form === 'rest' ? decodeURIComponent(url.pathname) : url.pathname,
		multiValueHeaders: many(Object.entries({ ...headers,
			'x-forwarded-for': '192.0.2.7', 'x-forwarded-proto': 'https' })),
		multiValueQueryStringParameters: form === 'rest' ?
			many([...url.searchParams]) : many(raw),
		requestContext: form === 'rest' ? { domainName: req.headers.host, stage: 'prod',
			identity: { sourceIp: '192.0.2.7' },
			...(found ? { authorizer: JSON.parse(found) } : {}) } :
			{ elb: { targetGroupArn: 'arn:aws:elasticloadbalancing:x' } },
		body: body.length ? body.toString('base64') : form === 'rest' ? null : '',
		isBase64Encoded: body.length > 0,
	});
}

const gateway = http.createServer(async (req, res) => {
	const body = await bytes(req);
	if (req.headers['x-test-event']) {
		const { kind, text } = await invoke(body, req.headers['x-test-ms'],
		    req.headers['x-test-trace']);
		return res.end(`${kind} ${text}`);
	}
	const form = req.headers['x-test-form'];
	const { kind, text } = await invoke(form ? otherEventOf(form, req, body) :
	    eventOf(req, body));
	if (kind !== 'response') return res.writeHead(502).end(text);
	const a = JSON.parse(text);
	for (const [name, value] of Object.entries(a.headers ?? a.multiValueHeaders))
		res.setHeader(name, value);
	if (a.cookies?.length) res.setHeader('Set-Cookie', a.cookies);
	res.writeHead(a.statusCode);
	res.end(Buffer.from(a.body, a.isBase64Encoded ? 'base64' : 'utf8'));
});

runtime.listen(0, '127.0.0.1', () => gateway.listen(0, '127.0.0.1', () =>
	fs.writeFileSync(process.argv[2],
	    `${runtime.address().port} ${gateway.address().port}\n`)));
