// tests/aws/creds-fakes.mjs DIR -- on 127.0.0.1: whoever gives out AWS
// credentials, and a pass-through to the stand-ins that takes only those.
//
//   imds, container, sts, sso, oidc, process   one port, told apart by path
//   sqs (and S3), dynamodb                     a port each, passed on to
//                                              AWS_ENDPOINT_URL_{SQS,DYNAMODB}
//
// Credentials are numbered: AKSTS7 is the seventh that was given out, by STS.
// The secret and the token of any key follow from its id (and all secrets
// here contain HUSH, so that a leak is easily found).  Every signature is
// checked.  DIR/env says how to reach all this; DIR/log, line by line, what
// was asked.  Files in DIR steer it, while it runs:
//
//   life           seconds that new credentials last (3600); what is signed
//                  with them 5 s later is refused
//   refused-up-to  a number: the service calls credentials up to it expired
//   deleted        key ids that the services do not know any more
//   KIND.mode      down, hang, broken, drip (a byte a second), or an HTTP
//                  status: what KIND answers
import { createHash, createHmac } from "node:crypto";
import { appendFileSync, existsSync, readFileSync, renameSync, writeFileSync }
    from "node:fs";
import http from "node:http";

const dir = process.argv[2];
const GRACE_MS = 5000;
const secretOf = (id) => `HUSH-secret-${id}`;
const tokenOf = (id) => `HUSH-token-${id}`;
const issued = new Map();		// id -> { n, expires }
const long = new Set();			// of those that are written down
let number = 0, sso = 0;

const log = (line) => appendFileSync(`${dir}/log`, line + "\n");
const knob = (name) => {
	try {
		return readFileSync(`${dir}/${name}`, "utf8").trim();
	} catch {
		return "";
	}
};

const sha = (x) => createHash("sha256").update(x).digest("hex");
const hmac = (key, x) => createHmac("sha256", key).update(x).digest();

// -- giving out ---------------------------------------------------------------

function issue(kind) {
	const n = ++number, id = `AK${kind.toUpperCase()}${n}`;
	const life = Number(knob("life") || 3600);
	const expires = new Date(Date.now() + 1000 * life);
	issued.set(id, { n, expires });
	log(`issued ${kind} ${id} ${life}`);
	return { id, secret: secretOf(id), token: tokenOf(id), expires };
}

function asJson(kind, tokenKey, more) {
	const c = issue(kind);
	return JSON.stringify({ ...more, AccessKeyId: c.id,
	    SecretAccessKey: c.secret, [tokenKey]: c.token,
	    Expiration: c.expires.toISOString() });
}

function stsAnswer(action) {
	const c = issue("sts");
	return `<${action}Response xmlns="https://sts.amazonaws.com/doc/` +
	    `2011-06-15/"><${action}Result><Credentials><AccessKeyId>${c.id}` +
	    `</AccessKeyId><SecretAccessKey>${c.secret}</SecretAccessKey>` +
	    `<SessionToken>${c.token}</SessionToken><Expiration>` +
	    `${c.expires.toISOString()}</Expiration></Credentials>` +
	    `</${action}Result></${action}Response>`;
}

// -- whose request is it? -----------------------------------------------------

const encode = (s) => encodeURIComponent(s).replace(/[!'()*]/g,
    (c) => "%" + c.charCodeAt(0).toString(16).toUpperCase());

function canonicalQuery(query) {
	return query.split("&").filter(Boolean).map((p) => {
		const [k, v = ""] = p.split(/=(.*)/s);
		return encode(decodeURIComponent(k)) + "=" +
		    encode(decodeURIComponent(v));
	}).sort().join("&");
}

// { id, region, service, verdict }; verdict "ok", or what is wrong.
function signer(req, body) {
	const m = /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d+)\/([^/]+)\/([^/]+)\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/
	    .exec(req.headers.authorization ?? "");
	if (!m)
		return { id: "-", region: "-", service: "-",
		    verdict: "unsigned" };
	const [, id, day, region, service, names, signature] = m;
	const who = { id, region, service };
	const given = issued.get(id);
	if (!given && !long.has(id))
		return { ...who, verdict: "unknown" };
	if (knob("deleted").split(" ").includes(id))
		return { ...who, verdict: "deleted" };
	if (given && req.headers["x-amz-security-token"] !== tokenOf(id))
		return { ...who, verdict: "wrong-token" };
	// By when it was signed: how long it was on its way is not tq's doing.
	const signed = Date.parse((req.headers["x-amz-date"] ?? "").replace(
	    /^(....)(..)(..T..)(..)(..Z)$/, "$1-$2-$3:$4:$5"));
	if (given && (!(signed <= given.expires.getTime() + GRACE_MS) ||
	    given.n <= Number(knob("refused-up-to"))))
		return { ...who, verdict: "expired" };
	const [path, query = ""] = req.url.split(/\?(.*)/s);
	const canonical = [req.method, path, canonicalQuery(query),
	    ...names.split(";").map((n) => `${n}:` +
	    req.headers[n].trim().replace(/ +/g, " ")), "", names,
	    req.headers["x-amz-content-sha256"] ?? sha(body)].join("\n");
	const text = ["AWS4-HMAC-SHA256", req.headers["x-amz-date"],
	    `${day}/${region}/${service}/aws4_request`, sha(canonical)]
	    .join("\n");
	const key = [day, region, service, "aws4_request"].reduce(hmac,
	    "AWS4" + secretOf(id));
	return { ...who, verdict: hmac(key, text).toString("hex") ===
	    signature ? "ok" : "badly-signed" };
}

// -- the providers ------------------------------------------------------------

["AKBASE", "AKFILE", "AKENV", "AKCONFIG", "AKNEW"].forEach((id) => long.add(id));

function sts(req, body) {
	const form = new URLSearchParams(String(body)), action = form.get("Action");
	const { id, verdict } = signer(req, body);
	const web = action === "AssumeRoleWithWebIdentity";
	log(`sts ${action} ${form.get("RoleArn")} by ${id} ${verdict}`);
	if (web ? verdict !== "unsigned" ||
	    form.get("WebIdentityToken") !== knob("web-token") :
	    action !== "AssumeRole" || verdict !== "ok")
		return [403, "<ErrorResponse><Error><Code>AccessDenied</Code>" +
		    "<Message>not you</Message></Error></ErrorResponse>"];
	return [200, stsAnswer(action)];
}

function imds(req) {
	const path = req.url.replace(/^\/latest\//, "");
	if (req.method === "PUT" && path === "api/token" &&
	    req.headers["x-aws-ec2-metadata-token-ttl-seconds"])
		return [200, "HUSH-imds"];
	if (req.headers["x-aws-ec2-metadata-token"] !== "HUSH-imds")
		return [401, ""];
	switch (path) {
	case "meta-data/placement/region":
		return [200, "us-east-1"];
	case "meta-data/iam/security-credentials/":
		return [200, "the-role"];
	case "meta-data/iam/security-credentials/the-role":
		if (knob("imds.code"))
			return [200, JSON.stringify({ Code: knob("imds.code"),
			    Message: "EC2 cannot assume the role" })];
		return [200, asJson("imds", "Token", { Code: "Success" })];
	}
	return [404, ""];
}

function portal(req) {
	const q = new URL(req.url, "http://x").searchParams;
	const bearer = req.headers["x-amz-sso_bearer_token"];
	log(`sso ${q.get("role_name")} in ${q.get("account_id")}`);
	if (bearer !== `HUSH-sso-${sso}`)
		return [401, JSON.stringify({ message: "Session token not " +
		    "found or invalid" })];
	const c = issue("sso");
	return [200, JSON.stringify({ roleCredentials: { accessKeyId: c.id,
	    secretAccessKey: c.secret, sessionToken: c.token,
	    expiration: c.expires.getTime() } })];
}

// Refresh tokens are good for one use, as Amazon's are.
function oidc(body) {
	const b = JSON.parse(body);
	const ok = b.grantType === "refresh_token" && b.clientId === "id" &&
	    b.clientSecret === "HUSH-client" &&
	    b.refreshToken === `HUSH-refresh-${sso}`;
	log(`oidc CreateToken ${ok ? "ok" : "refused"}`);
	if (!ok)
		return [400, JSON.stringify({ error: "invalid_grant",
		    error_description: `no HUSH ${b.refreshToken}` })];
	sso++;
	return [200, JSON.stringify({ accessToken: `HUSH-sso-${sso}`,
	    expiresIn: 28800, refreshToken: `HUSH-refresh-${sso}`,
	    tokenType: "Bearer" })];
}

function kindOf(req) {
	if (req.url.startsWith("/latest/")) return "imds";
	if (req.url.startsWith("/container")) return "container";
	if (req.url.startsWith("/federation/")) return "sso";
	if (req.url === "/token") return "oidc";
	return req.url === "/process" ? "process" : "sts";
}

function provide(kind, req, body) {
	switch (kind) {
	case "imds":
		return imds(req);
	case "container":
		if (req.headers.authorization !== knob("container-token"))
			return [401, "{}"];
		return [200, asJson("container", "Token")];
	case "process":
		return [200, asJson("process", "SessionToken", { Version: 1 })];
	case "sso":
		return portal(req);
	case "oidc":
		return oidc(body);
	}
	return sts(req, body);
}

// Half an answer, which no parser takes and no message may show.
const BROKEN = '{"AccessKeyId": "AKX", "SecretAccessKey": "HUSH-broken';

// No byte is late, but they would take an hour.
function drip(req, res) {
	const each = setInterval(() => res.write(" "), 1000);
	req.socket.on("close", () => clearInterval(each));
	res.writeHead(200, { "Content-Length": 3600 });
	res.flushHeaders();
}

function provider(req, res, body) {
	const kind = kindOf(req), mode = knob(`${kind}.mode`);
	log(`asked ${kind} ${req.method} ${mode || "ok"}`);
	if (mode === "hang")
		return;
	if (mode === "drip")
		return drip(req, res);
	if (mode === "down")
		return req.socket.destroy();
	const [status, text] = mode === "broken" ? [200, BROKEN] :
	    mode ? [Number(mode), "HUSH-error-page"] :
	    provide(kind, req, body);
	res.writeHead(status, { "Content-Length": Buffer.byteLength(text) });
	res.end(text);
}

// -- the services -------------------------------------------------------------

const agent = new http.Agent({ keepAlive: true });

function refuse(req, res, service, code) {
	const xml = service === "s3" || !req.headers["x-amz-target"];
	res.writeHead(xml ? 403 : 400);
	res.end(xml ? `<Error><Code>${code.replace(/Exception$/, "")}</Code>` +
	    "<Message>no</Message></Error>" :
	    JSON.stringify({ __type: `x#${code}`, message: "no" }));
}

const passOn = (to) => (req, res, body) => {
	const { id, region, service, verdict } = signer(req, body);
	const what = req.headers["x-amz-target"] ?? req.method;
	log(`store ${service} ${region} ${what} ${id} ${verdict}`);
	if (verdict === "expired")
		return refuse(req, res, service, "ExpiredTokenException");
	if (verdict === "deleted")
		return refuse(req, res, service, { sqs: "InvalidClientTokenId",
		    s3: "InvalidAccessKeyId" }[service] ??
		    "UnrecognizedClientException");
	if (verdict !== "ok")
		return refuse(req, res, service, "AccessDeniedException");
	const out = http.request({ host: to.hostname, port: to.port, agent,
	    method: req.method, path: req.url, headers: req.headers },
	    (answer) => {
		res.writeHead(answer.statusCode, answer.headers);
		answer.pipe(res);
	});
	out.on("error", () => res.destroy());
	// A long poll that its client has given up.
	res.on("close", () => out.destroy());
	out.end(body);
};

function serve(handle) {
	const server = http.createServer((req, res) => {
		const parts = [];
		req.on("data", (part) => parts.push(part));
		req.on("end", () => handle(req, res, Buffer.concat(parts)));
	});
	return new Promise((ready) => server.listen(0, "127.0.0.1",
	    () => ready(`http://127.0.0.1:${server.address().port}`)));
}

writeFileSync(`${dir}/log`, "");
const [fakes, sqs, dynamodb] = await Promise.all([serve(provider),
    serve(passOn(new URL(process.env.AWS_ENDPOINT_URL_SQS))),
    serve(passOn(new URL(process.env.AWS_ENDPOINT_URL_DYNAMODB)))]);
writeFileSync(`${dir}/env.new`, `
export FAKES=${fakes} AWS_ENDPOINT_URL_STS=${fakes}
export AWS_ENDPOINT_URL_SSO=${fakes} AWS_ENDPOINT_URL_SSO_OIDC=${fakes}
export AWS_ENDPOINT_URL_SQS=${sqs} AWS_ENDPOINT_URL_S3=${sqs}
export AWS_ENDPOINT_URL_DYNAMODB=${dynamodb}
`);
renameSync(`${dir}/env.new`, `${dir}/env`);
setInterval(() => existsSync(dir) || process.exit(0), 1000).unref();
