// What the page asks of tq-serve, and nothing else does.
//
// On its own origin the page is known by the session's HttpOnly cookie.  From
// another origin it sends the key itself, kept in memory only: a cookie for
// that would have to be sent from any site.
import { api } from "./config.js";
import { taskOf } from "./json.js";

// A proxy may have put the page, and tq-serve with it, below a path.
const base = api !== "" ? api.replace(/\/+$/, "") :
	new URL(".", import.meta.url).pathname.replace(/\/+$/, "");
const foreign = base !== "" &&
	new URL(base, location.href).origin !== location.origin;
let bearer = null;

export const url = (path) => base + path;

// An error that people can read; code is stable (RFC 9457).
export class Problem extends Error {
	constructor(status, code, message) {
		super(message);
		this.status = status;
		this.code = code;
	}
}

async function problemOf(res) {
	let doc = null;
	if ((res.headers.get("content-type") ?? "").includes("json"))
		doc = await res.json().catch(() => null);
	return new Problem(res.status, doc?.code ?? `http-${res.status}`,
		doc?.detail ?? doc?.title ?? `The server answered ${res.status}`);
}

async function send(method, path, { body, type, accept, signal, range } = {}) {
	const headers = { Accept: accept ?? "application/json" };
	if (range)
		headers.Range = range;
	if (type)
		headers["Content-Type"] = type;
	if (bearer)
		headers.Authorization = `Bearer ${bearer}`;
	let res;
	try {
		res = await fetch(url(path), { method, headers, body, signal,
			cache: "no-store",
			credentials: foreign ? "omit" : "same-origin" });
	} catch (err) {
		if (err.name === "AbortError")
			throw err;
		throw new Problem(0, "offline", "tq-serve can't be reached");
	}
	if (res.ok)
		return res;
	const problem = await problemOf(res);
	if (res.status === 401 && !path.startsWith("/v1/session"))
		dispatchEvent(new CustomEvent("tq:key-wanted"));
	throw problem;
}

const query = (params) => {
	const q = new URLSearchParams();
	for (const [name, value] of Object.entries(params))
		if (value !== "" && value != null)
			q.set(name, value);
	const text = q.toString();
	return text === "" ? "" : `?${text}`;
};
const json = async (...args) => (await send(...args)).json();
const taskPath = (id, rest = "") =>
	`/v1/tasks/${encodeURIComponent(id)}${rest}`;

// -- tasks -------------------------------------------------------------------

const bodyOf = (task) => typeof task === "string" ? task :
	JSON.stringify(task);

// ${task} may be JSON already.
export const submit = (task) => json("POST", "/v1/tasks",
	{ body: bodyOf(task), type: "application/json" });

// A file with what else is asked for, as a form.
export function submitFile(fields, file) {
	const form = new FormData();
	for (const [name, value] of Object.entries(fields))
		form.append(name, typeof value === "object" ?
			JSON.stringify(value) : String(value));
	form.append("file", file, file.name);
	return json("POST", "/v1/tasks", { body: form });
}

export const submitPicture = (file) => json("POST",
	`/v1/tasks${query({ type: "image.grayscale" })}`,
	{ body: file, type: file.type || "application/octet-stream" });

export const getTask = async (id, signal) =>
	taskOf(await (await send("GET", taskPath(id), { signal })).text());
export const cancel = (id) => json("DELETE", taskPath(id));
export const redrive = (id) => json("POST", taskPath(id, "/redrive"));

export const edit = (id, to) => json("PATCH", taskPath(id),
	{ body: bodyOf(to), type: "application/json" });
export const edges = (id) => json("GET", taskPath(id, "/edges"));

// What an attempt wrote to stderr, from byte ${from} on; "" if there is no more.
export async function log(id, { attempt, from = 0, signal } = {}) {
	try {
		const res = await send("GET", taskPath(id, `/log${query({ attempt })}`),
			{ accept: "text/plain", signal,
			range: from > 0 ? `bytes=${from}-` : undefined });
		return { text: await res.text(), whole: res.status === 200 };
	} catch (err) {
		if (err.status === 404 || err.status === 416)
			return { text: "", whole: err.status === 404 };
		throw err;
	}
}

// Those of ${ids} that are there.
export const some = async (ids) => (await json("GET",
	`/v1/tasks${query({ ids: ids.join(",") })}`)).tasks;

// All tasks that a filter means: {tasks, more}; verb: cancel, redrive, purge.
export const bulk = (verb, filter, dryRun) => json("POST",
	`/v1/tasks/${verb}${query({ ...filter, dryRun })}`);

// One page of a list: {tasks, next}; next is null on the last.
export async function list(filter) {
	const doc = await json("GET", `/v1/tasks${query(filter)}`);
	return { tasks: doc.tasks, next: doc.cursor ?? null };
}

export const bytes = async (id, which, signal) =>
	(await send("GET", taskPath(id, `/${which}`),
		{ accept: "*/*", signal })).blob();

// -- the rest ----------------------------------------------------------------

export const rates = (filter) => json("GET", `/v1/rates${query(filter)}`);
export const failures = (filter) => json("GET", `/v1/failures${query(filter)}`);
export const queues = async () => (await json("GET", "/v1/queues")).queues;
export const setQueue = (queue, to) => json("PATCH",
	`/v1/queues/${encodeURIComponent(queue)}`,
	{ body: JSON.stringify(to), type: "application/json" });
export const summary = () => json("GET", "/v1/summary");
export const workers = () => json("GET", "/v1/workers");
export const session = () => json("GET", "/v1/session");

export async function login(key) {
	if (!foreign) {
		return json("POST", "/v1/session",
			{ body: JSON.stringify({ key }), type: "application/json" });
	}
	bearer = key;
	const who = await session().catch(() => null);
	if (who?.known)
		return who;
	bearer = null;
	throw who ? new Problem(401, "unauthorized", "The key is not known") :
		new Problem(0, "offline", "tq-serve can't be reached");
}

export async function logout() {
	bearer = null;
	if (!foreign)
		await send("DELETE", "/v1/session");
}

// -- events ------------------------------------------------------------------

// One event of a stream's text; null for a comment.
function eventOf(block) {
	const event = { name: "message", data: [], id: null };
	for (const line of block.split("\n")) {
		const at = line.indexOf(":");
		const field = at < 0 ? line : line.slice(0, at);
		const value = at < 0 ? "" : line.slice(at + 1).replace(/^ /, "");
		if (field === "data")
			event.data.push(value);
		else if (field === "event")
			event.name = value;
		else if (field === "id")
			event.id = value;
	}
	return event.data.length > 0 ?
		{ ...event, data: event.data.join("\n") } : null;
}

// The changes of a task as they happen.  EventSource can't send a key, so the
// stream is read by hand.
export async function* events(id, signal) {
	const res = await send("GET", taskPath(id, "/events"),
		{ accept: "text/event-stream", signal });
	if (res.status === 204 || !res.body)
		return;
	const reader = res.body.pipeThrough(new TextDecoderStream()).getReader();
	let text = "";
	for (;;) {
		const { value, done } = await reader.read();
		if (done)
			return;
		text = (text + value).replaceAll("\r\n", "\n");
		const blocks = text.split("\n\n");
		text = blocks.pop();
		for (const block of blocks) {
			const event = eventOf(block);
			if (event)
				yield event;
		}
	}
}
