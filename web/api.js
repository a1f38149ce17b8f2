// What the page asks of tq-serve, and nothing else does.
//
// On its own origin the page is known by the session's HttpOnly cookie.  From
// another origin it sends the key itself, kept in memory only: a cookie for
// that would have to be sent from any site.
import { api } from "./config.js";

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

async function send(method, path, { body, type, accept, signal } = {}) {
	const headers = { Accept: accept ?? "application/json" };
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

export const submit = (task) => json("POST", "/v1/tasks",
	{ body: JSON.stringify(task), type: "application/json" });

export const submitPicture = (file) => json("POST",
	`/v1/tasks${query({ type: "image.grayscale" })}`,
	{ body: file, type: file.type || "application/octet-stream" });

export const getTask = (id, signal) => json("GET", taskPath(id), { signal });
export const cancel = (id) => json("DELETE", taskPath(id));
export const redrive = (id) => json("POST", taskPath(id, "/redrive"));

// One page of a list: {tasks, next}; next is null on the last.
export async function list(filter) {
	const doc = await json("GET", `/v1/tasks${query(filter)}`);
	return { tasks: doc.tasks, next: doc.cursor ?? null };
}

export const bytes = async (id, which, signal) =>
	(await send("GET", taskPath(id, `/${which}`),
		{ accept: "*/*", signal })).blob();

// -- the rest ----------------------------------------------------------------

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
