// tests/aws/faults.mjs -- a proxy in front of the stand-ins that makes faults.
//
//	node faults.mjs --sqs PORT --dynamodb PORT --env FILE
//
// --sqs and --dynamodb say where the stand-ins listen (the first serves S3
// too).  The proxy takes ports of its own and then writes FILE: shell lines
// that send AWS clients there, and FAULTS, the URL of the control port.
// `standins faults DIR' starts it.  On the control port:
//
//	PUT /faults [RULE...]	  these rules from now on; counts begin anew
//	GET /faults		  the rules, with how often they matched and fired
//	GET /log?on=&fault=	  what passed, an object a line; &tsv=a,b: fields
//	GET /count?on=&fault=	  how many lines that would be
//	GET /held		  the calls that are held now
//	POST /release?on=	  let them go on, or such calls alone
//	POST /reset		  no rules, nothing held, nothing remembered
//	GET /seed		  of the random draws; set by TQ_FAULT_SEED
//	PUT /policies {KEY: P}	  calls signed with the access key KEY are allowed
//				  what the IAM policy P says (iam.mjs), and those
//				  with another key everything; kept over a reset
//
// A rule says which calls and what becomes of them:
//
//	{"on": "dynamodb.PutItem", "fault": "lost", "nth": 3}
//
//	on	SERVICE.ACTION, `*' matches anything; sqs, dynamodb, s3 (whose
//		actions are GET, PUT, ...)
//	match	a regular expression that the body must match
//	nth	only the nth of these calls;  every: each nth;  next: the next
//		so many;  p: each with this probability;  none of them: all
//	fault	see faults_kinds.mjs, with what else may be said there
//
// Of the rules for a call the first that fires counts, but "clock" and
// "expired", which are about the client, hold beside the others.
import { renameSync, writeFileSync } from "node:fs";
import { Agent, createServer, request } from "node:http";
import { parseArgs } from "node:util";

import { kinds, remember, states } from "./faults_kinds.mjs";
import { Log, pattern, Rules } from "./faults_rules.mjs";
import { allows, denial, needs } from "./iam.mjs";

const args = parseArgs({ options: {
	sqs: { type: "string" }, dynamodb: { type: "string" },
	env: { type: "string" },
} }).values;

const seed = Number(process.env.TQ_FAULT_SEED ?? Date.now() % 1e9);
console.log(`seed ${seed}`);

const agent = new Agent({ keepAlive: true });
const rules = new Rules(seed, kinds, states);
const log = new Log();
const held = new Set();
// State that kinds keep from one call to the next.
let memory = new Map();
let policies = {};

const hop = new Set(["connection", "keep-alive", "transfer-encoding"]);

// -- a call ------------------------------------------------------------------

class Call {
	gone = false;		// the client has hung up

	constructor(service, port, req, res, body) {
		const target = req.headers["x-amz-target"];
		this.service = target?.startsWith("AmazonSQS") ? "sqs" : service;
		this.action = target?.split(".")[1] ?? req.method;
		Object.assign(this, { port, req, res, body, held, memory });
		this.line = log.add(this);
		res.on("close", () => {
			this.gone = !res.writableEnded;
			if (this.gone) {
				this.line.end ??= "gone";
				this.onGone?.();
			}
		});
	}

	random() {
		return rules.random();
	}

	// The body as an object; SQS and DynamoDB only.
	json() {
		return JSON.parse(this.body);
	}

	// To the stand-in, perhaps with another body: {status, headers, body}.
	forward(body = this.body) {
		const { method, url, headers } = this.req;

		return new Promise((resolve, reject) => {
			const up = request({ agent, host: "127.0.0.1",
			    port: this.port, method, path: url,
			    headers: { ...headers, "content-length": body.length },
			}, (answer) => {
				const parts = [];
				answer.on("data", (d) => parts.push(d));
				answer.on("error", reject);
				answer.on("end", () => {
					const body = Buffer.concat(parts);
					this.line.status = answer.statusCode;
					remember(this, body);
					resolve({ status: answer.statusCode,
					    headers: answer.headers, body });
				});
			});
			up.on("error", reject);
			// A stand-in must not give messages to nobody.
			if (this.action === "ReceiveMessage")
				this.res.on("close", () => up.destroy());
			up.end(body);
		});
	}

	head(answer) {
		for (const [name, value] of Object.entries(answer.headers))
			if (!hop.has(name))
				this.res.setHeader(name, value);
		if (this.date !== undefined)
			this.res.setHeader("date", this.date);
		this.res.statusCode = answer.status;
	}

	answer(answer) {
		if (this.gone)
			return;
		this.line.end = answer.status;
		this.head(answer);
		if (this.req.method !== "HEAD")
			this.res.setHeader("content-length", answer.body.length);
		this.res.end(answer.body);
	}

	// Half an answer, and then no more.
	half(answer, chunked) {
		const some = answer.body.subarray(0, answer.body.length / 2);

		if (this.gone)
			return;
		this.head(answer);
		if (chunked)
			this.res.removeHeader("content-length");
		else
			this.res.setHeader("content-length", answer.body.length);
		this.res.write(some.length > 0 ? some : " ", () => this.cut());
	}

	cut(reset) {
		this.line.end ??= "cut";
		if (reset)
			this.req.socket.resetAndDestroy();
		else
			this.req.socket.destroy();
	}
}

// The action that the caller's policy does not allow, or undefined.
function denied(call) {
	const key = /Credential=([^/]*)/.exec(call.req.headers.authorization);
	const policy = policies[key?.[1]];

	return policy && needs(call).find((n) => !allows(policy, n))?.action;
}

async function serve(call) {
	const action = denied(call);

	if (action !== undefined) {
		call.line.fault = "denied";
		call.line.action = action;
		call.answer(denial(call, action));
		return;
	}
	for (const rule of rules.states(call))
		if (states[rule.fault](call, rule)) {
			call.line.fault = rule.fault;
			return;
		}
	const rule = rules.pick(call);
	if (rule !== null) {
		call.line.fault = rule.fault;
		if (await kinds[rule.fault](call, rule) !== false)
			return;
		// There was nothing to break: it did not happen.
		call.line.fault = null;
		rule.fired--;
	}
	if (call.line.end === undefined)
		call.answer(await call.forward());
}

// Its URL, once it listens.
function listen(server) {
	server.keepAliveTimeout = 60000;
	return new Promise((done) => server.listen(0, () =>
	    done(`http://127.0.0.1:${server.address().port}`)));
}

const front = (service, port) => listen(createServer((req, res) => {
	const parts = [];
	req.on("error", () => {});
	req.on("data", (d) => parts.push(d));
	req.on("end", () => {
		const call = new Call(service, port, req, res,
		    Buffer.concat(parts));
		serve(call).catch((e) => {
			if (!call.gone)
				call.answer({ status: 502, headers: {},
				    body: Buffer.from(String(e)) });
		});
	});
}));

// -- the control port --------------------------------------------------------

function release(on) {
	const fits = pattern(on ?? "*");

	for (const call of held)
		if (fits.test(call.line.on))
			call.release();
}

const controls = {
	"PUT /faults": (url, body) => { rules.set(JSON.parse(body)); },
	"GET /faults": () => rules.list.map((r) => JSON.stringify(r)),
	"GET /log": (url) => log.lines(url.searchParams),
	"GET /count": (url) => [log.lines(url.searchParams).length],
	"GET /held": () => [...held].map((c) => JSON.stringify(c.line)),
	"POST /release": (url) => release(url.searchParams.get("on")),
	"POST /reset": () => {
		rules.set([]);
		release();
		log.clear();
		memory = new Map();
	},
	"GET /seed": () => [seed],
	"PUT /policies": (url, body) => { policies = JSON.parse(body); },
};

function control(req, res) {
	const url = new URL(req.url, "http://localhost");
	const act = controls[`${req.method} ${url.pathname}`];
	let body = "";

	req.on("data", (d) => body += d);
	req.on("end", () => {
		try {
			if (act === undefined)
				throw new Error(`no ${req.method} ${req.url}`);
			const lines = act(url, body) ?? [];
			res.end(lines.map((l) => `${l}\n`).join(""));
		} catch (e) {
			res.statusCode = 400;
			res.end(`${e.message}\n`);
		}
	});
}

const sqs = await front("s3", Number(args.sqs));
const dynamodb = await front("dynamodb", Number(args.dynamodb));
writeFileSync(`${args.env}.new`, [
	`export AWS_ENDPOINT_URL_SQS=${sqs} AWS_ENDPOINT_URL_S3=${sqs}`,
	`export AWS_ENDPOINT_URL_DYNAMODB=${dynamodb}`,
	`export FAULTS=${await listen(createServer(control))}`, "",
].join("\n"));
renameSync(`${args.env}.new`, args.env);
