// tests/serve/contract.mjs DIR -- recorded answers of tq-serve, compared with
// its own description.
//
// DIR has openapi.json, and for each answer a file N.meta ("STATUS METHOD URL
// TYPE") and its body, N.body; http() in tq-serve.bats writes them.  A member
// that the schema does not name is a failure too.  Prints TAP, a line for each
// operation.
import { readdirSync, readFileSync } from "node:fs";

const dir = process.argv[2];
const api = JSON.parse(readFileSync(`${dir}/openapi.json`, "utf8"));

const resolve = (s) => s.$ref === undefined ? s :
	resolve(api.components.schemas[s.$ref.split("/").pop()]);

const kindOf = (v) => v === null ? "null" : Array.isArray(v) ? "array" :
	Number.isInteger(v) ? "integer" : typeof v;

// The fault of v, or null.
function wrong(v, schema, at) {
	const s = resolve(schema);
	if (s.anyOf !== undefined) {
		const all = s.anyOf.map((one) => wrong(v, one, at));
		return all.includes(null) ? null : all.join(" and ");
	}
	if (s.type !== undefined && ![s.type].flat().some((t) =>
		t === kindOf(v) || (t === "number" && kindOf(v) === "integer")))
		return `${at} is ${kindOf(v)}, not ${s.type}`;
	if (s.enum !== undefined && !s.enum.includes(v))
		return `${at} is ${v}`;
	if (s.format === "date-time" && v !== null &&
	    !/^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(v))
		return `${at} is no time: ${v}`;
	if (s.items !== undefined) {
		for (const [i, one] of v.entries()) {
			const bad = wrong(one, s.items, `${at}/${i}`);
			if (bad !== null)
				return bad;
		}
	}
	if (s.properties === undefined)
		return null;
	for (const name of s.required)
		if (!(name in v))
			return `${at} lacks ${name}`;
	for (const [name, one] of Object.entries(v)) {
		if (s.properties[name] === undefined)
			return `${at}/${name} is not described`;
		const bad = wrong(one, s.properties[name], `${at}/${name}`);
		if (bad !== null)
			return bad;
	}
	return null;
}

function operationOf(method, path) {
	const found = Object.keys(api.paths).filter((p) => new RegExp(
		`^${p.replaceAll(".", "\\.").replaceAll("{id}", "[^/]+")}$`)
		.test(path));
	// "/tasks/name" before "/tasks/{id}"
	found.sort((a, b) => a.includes("{") - b.includes("{"));
	return found.map((p) => api.paths[p][method.toLowerCase()])
		.find((o) => o !== undefined);
}

function judge(op, status, type, body) {
	const answer = op.responses[status];
	if (answer === undefined)
		return `${status} is not described`;
	if (answer.content === undefined)
		return body.length === 0 ? null : `${status} has a body`;
	const [media, { schema }] = Object.entries(answer.content)[0];
	if (media !== "*/*" && media !== type.split(";")[0])
		return `${status} is ${type}, not ${media}`;
	if (!media.includes("json") || media.includes("ndjson"))
		return null;
	return wrong(JSON.parse(body), schema, "");
}

const seen = new Map();
for (const file of readdirSync(dir).filter((f) => f.endsWith(".meta"))) {
	const [status, method, url, type = ""] =
		readFileSync(`${dir}/${file}`, "utf8").trim().split(" ");
	const op = operationOf(method, new URL(url).pathname);
	// A request refused before there is a route has no operation.
	if (op === undefined || method === "HEAD" || status === "421")
		continue;
	const body = readFileSync(`${dir}/${file.replace("meta", "body")}`);
	const bad = judge(op, status, type, body);
	const all = seen.get(op.operationId) ?? [];
	all.push(bad === null ? null : `${method} ${url}: ${bad}`);
	seen.set(op.operationId, all);
}

const names = Object.values(api.paths).flatMap((p) => Object.values(p))
	.map((o) => o.operationId);
console.log(`1..${names.length}`);
let failed = 0;
for (const [i, name] of names.entries()) {
	const all = seen.get(name) ?? [];
	const bad = all.filter((one) => one !== null);
	const why = all.length === 0 ? ["no answer was recorded"] :
		[...new Set(bad)].slice(0, 5);
	if (why.length > 0)
		failed++;
	console.log(`${why.length > 0 ? "not ok" : "ok"} ${i + 1} - ${name}: ` +
		`${all.length} answers are as described`);
	for (const one of why)
		console.log(`# ${one}`);
}
process.exit(failed > 0 ? 1 : 0);
