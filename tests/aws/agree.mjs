// tests/aws/agree.mjs SIGNER [SEED] -- do we sign as @smithy/signature-v4?
//
// 2,000 random requests, in headers and presigned; the seed is printed.
import { spawnSync } from "node:child_process";
import { SignatureV4 } from "@smithy/signature-v4";
import { Sha256 } from "@aws-crypto/sha256-js";

const COUNT = 2000;
const seed = Number(process.argv[3] ?? Date.now() % 2 ** 31);
let state = seed;

// Mulberry32: repeatable from the seed.
function random() {
	state = (state + 0x6d2b79f5) | 0;
	let t = Math.imul(state ^ (state >>> 15), 1 | state);
	t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
	return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
}
const below = (n) => Math.floor(random() * n);
const pick = (list) => list[below(list.length)];
const chance = (p) => random() < p;

const LETTERS = [..."abcXYZ019-_.~+=:%'*/ !@#$&(),;?[]{}|^`\"<>\\", "ü", "ሴ", "😀",
	"//", "/./", "/../", "%2F", "%zz"];

function text(max) {
	let s = "";
	for (let n = below(max); n > 0; n--) s += pick(LETTERS);
	return s;
}

const escape = (s) => encodeURIComponent(s)
	.replace(/[!'()*]/g, (c) => "%" + c.charCodeAt(0).toString(16).toUpperCase());

function make() {
	const s3 = chance(0.5) ? 1 : 0;
	const query = [];
	for (let n = below(5); n > 0; n--) {
		const name = text(5) || "k";
		query.push(chance(0.2) ? [name] : [name, text(8)]);
		if (chance(0.3)) query.push([name, text(8)]);	// repeated
	}
	const expires = chance(0.4) ? 1 + below(604800) : 0;
	const headers = [];
	for (let n = below(4); n > 0; n--)
		headers.push([`${pick(["x-a", "X-A-B", "Content-Language", "zz"])}${n}`,
			`${pick(["", " "])}v ${pick(["  a", "b", "ü", ";"])}  ${n} `]);
	if (!expires && chance(0.3)) headers.push(["x-amz-meta-a-b", "1"], ["x-amz-meta-a", "2"]);
	if (chance(0.2)) headers.push(["User-Agent", "tq"], ["Expect", "100-continue"]);
	return {
		s3, query, headers, expires, key: text(20),
		method: pick(["GET", "PUT", "POST", "DELETE", "HEAD"]),
		base: pick(["https://b.s3.eu-west-1.amazonaws.com", "http://127.0.0.1:4566",
			"https://sqs.us-east-1.amazonaws.com"]),
		body: chance(0.5) ? text(40) : "",
		now: 1.4e12 + below(4e8) * 1000,
		region: pick(["us-east-1", "eu-central-2", "cn-north-1"]),
		service: s3 ? "s3" : pick(["sqs", "dynamodb", "sts"]),
		keyId: pick(["AKIDEXAMPLE", "ASIA1234567890"]),
		secret: pick(["wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "short"]),
		token: chance(0.4) ? "AQoDYXdzEPT//////////wEX+AMPLE==" : "",
	};
}

function signer(r) {
	return new SignatureV4({
		credentials: { accessKeyId: r.keyId, secretAccessKey: r.secret,
			sessionToken: r.token || undefined },
		region: r.region, service: r.service, sha256: Sha256,
		uriEscapePath: !r.s3, applyChecksum: Boolean(r.s3),
	});
}

async function theirs(r) {
	const url = new URL(r.base);
	const query = {};
	for (const [name, value = ""] of r.query) (query[name] ??= []).push(value);
	const request = {
		method: r.method, protocol: url.protocol, hostname: url.hostname,
		port: url.port ? Number(url.port) : undefined, query,
		path: "/" + r.key.split("/").map(escape).join("/"),
		headers: { host: url.host, ...Object.fromEntries(r.headers) },
		body: r.body,
	};
	const signingDate = new Date(r.now);
	if (r.expires === 0)
		return (await signer(r).sign(request, { signingDate })).headers.authorization;
	// S3's presigned payload is the literal its SDK puts into this header.
	if (r.s3) request.headers["x-amz-content-sha256"] = "UNSIGNED-PAYLOAD";
	const signed = await signer(r).presign(request, {
		signingDate, expiresIn: r.expires,
		unsignableHeaders: new Set(r.s3 ? ["x-amz-content-sha256"] : []),
		unhoistableHeaders: new Set(["x-amz-content-sha256"]),
	});
	return signed.query["X-Amz-Signature"];
}

const requests = Array.from({ length: COUNT }, make);
const lines = requests.map((r) => JSON.stringify(r) + "\n").join("");
const run = spawnSync(process.argv[2], { input: lines, encoding: "utf8", maxBuffer: 2 ** 28 });
const ours = run.stdout.split("\n");
let bad = 0;
for (const [i, r] of requests.entries()) {
	const want = await theirs(r);
	const got = r.expires ? ours[i].split("X-Amz-Signature=")[1] : ours[i];
	if (got === want || bad++ >= 3) continue;
	console.log(`# request ${JSON.stringify(r)}\n#   ours   ${ours[i]}\n#   theirs ${want}`);
}
console.log("1..1");
console.log(`${bad || run.status !== 0 ? "not ok" : "ok"} 1 - ${COUNT - bad} of ${COUNT} ` +
	`random requests (seed ${seed}) are signed as @smithy/signature-v4 does`);
process.exitCode = bad || run.status !== 0 ? 1 : 0;
