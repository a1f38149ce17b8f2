// The part of S3 that fauxqs lacks: If-None-Match: *, the checksum of an upload
// said again, in the answer to it and with the object, and the list of uploads
// in parts that are not ended.  Done in front of fauxqs' own handler.
//
// The look and the put are two steps here: of two conditional puts at once
// both may pass, which S3 never lets happen.
import http from "node:http";

const sums = new Map();		// path -> { "x-amz-checksum-...": value }
const isSum = ([name]) => /^x-amz-checksum-(crc32c?|crc64nvme|sha1|sha256)$/.test(name);
const emit = http.Server.prototype.emit;

function refuse(res) {
	res.writeHead(412, { "content-type": "application/xml", connection: "close" });
	res.end("<?xml version=\"1.0\"?><Error><Code>PreconditionFailed</Code><Message>" +
		"At least one of the pre-conditions you specified did not hold</Message></Error>");
}

const isThere = (server, path, headers) => new Promise((resolve) => {
	http.request({ host: "127.0.0.1", port: server.address().port, path, method: "HEAD",
		headers: { host: headers.host, authorization: headers.authorization ?? "" } },
	(res) => { res.resume(); resolve(res.statusCode === 200); })
		.on("error", () => resolve(false)).end();
});

// A sum that comes behind the body is there once the body is.
function keepSums(req, path) {
	const take = (headers) => {
		const own = Object.entries(headers).filter(isSum);
		if (own.length > 0) sums.set(path, Object.fromEntries(own));
	};
	sums.delete(path);
	take(req.headers);
	req.on("end", () => take(req.trailers));
	if (!/aws-chunked/.test(req.headers["content-encoding"] ?? "")) return;
	// aws-chunked: the trailer is the last lines of the body.
	let tail = "";
	req.on("data", (chunk) => { tail = (tail + chunk.toString("latin1")).slice(-512); });
	req.on("end", () => take(Object.fromEntries([...tail.matchAll(
		/\n(x-amz-checksum-[a-z0-9]+):([^\r\n]*)/g)].map((m) => [m[1], m[2].trim()]))));
}

// Of a key with "/old/" in it an upload was begun two days ago.
const uploads = new Map();	// id -> { path, begun }

function keepUpload(res, path) {
	const end = res.end;
	res.end = function (body, ...more) {
		const id = /<UploadId>([^<]+)/.exec(String(body ?? ""))?.[1];
		const ago = path.includes("/old/") ? 2 * 86400e3 : 0;
		if (id) uploads.set(id, { path, begun: new Date(Date.now() - ago).toISOString() });
		return end.call(this, body, ...more);
	};
}

function listUploads(res, bucket, query) {
	const start = `${bucket}/${query.get("prefix") ?? ""}`;
	const found = [...uploads].filter(([, u]) => decodeURIComponent(u.path).startsWith(start));
	res.writeHead(200, { "content-type": "application/xml" });
	res.end(`<ListMultipartUploadsResult><EncodingType>url</EncodingType>${found.map(([id, u]) =>
		`<Upload><Key>${u.path.slice(bucket.length + 1)}</Key><UploadId>${id}</UploadId>` +
		`<Initiated>${u.begun}</Initiated></Upload>`).join("")}</ListMultipartUploadsResult>`);
}

// True when the request is answered.
function doUploads(req, res, path, query) {
	if (req.method === "POST" && query.has("uploads")) keepUpload(res, path);
	if (/^(POST|DELETE)$/.test(req.method)) uploads.delete(query.get("uploadId"));
	if (req.method !== "GET" || !query.has("uploads")) return false;
	listUploads(res, path.replace(/\/$/, ""), query);
	return true;
}

function put(req, res, path, whole) {
	for (const [name, value] of Object.entries(req.headers).filter(isSum))
		res.setHeader(name, value);
	if (whole) keepSums(req, path);
}

http.Server.prototype.emit = function (event, req, res) {
	if (event !== "request") return emit.apply(this, arguments);
	const [path, text = ""] = req.url.split("?"), query = new URLSearchParams(text);
	const whole = !query.has("uploadId") && !query.has("uploads");
	if (doUploads(req, res, path, query)) return true;
	const go = () => {
		if (req.method === "PUT") put(req, res, path, whole);
		return emit.call(this, event, req, res);
	};
	if (req.headers["x-amz-checksum-mode"] === "ENABLED")
		for (const sum of Object.entries(sums.get(path) ?? {})) res.setHeader(...sum);
	if (req.headers["if-none-match"] !== "*") return go();
	isThere(this, path, req.headers).then((there) => {
		if (!there) return go();
		req.resume();
		refuse(res);
	});
	return true;
};
