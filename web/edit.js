// Changing a task while it waits, or is dead.
import * as api from "./api.js";
import { $, announce, busy, setText } from "./dom.js";
import { withPayload } from "./json.js";

let task = null;
let done = () => {};
let before = {};

const labelText = (labels = {}) => Object.entries(labels)
	.map(([k, v]) => `${k}=${v}`).join(" ");

// "a=1 b=2" as an object.
export const labelsOf = (text) => Object.fromEntries(text.trim().split(/\s+/)
	.filter((w) => w !== "").map((w) => {
		const at = w.indexOf("=");
		return at < 0 ? [w, ""] : [w.slice(0, at), w.slice(at + 1)];
	}));

const valuesOf = (form) => Object.fromEntries(new FormData(form));

function payloadText() {
	if (task.payload === undefined)
		return "";
	return task.payloadKind === "text" ? task.payload :
		task.payloadText ?? JSON.stringify(task.payload);
}

export function ask(of, then) {
	const form = $("edit-form");
	task = of;
	done = then;
	form.reset();
	form.prio.value = task.prio ?? 0;
	form.maxAttempts.value = task.maxAttempts;
	form.timeout.value = task.timeout ?? "";
	form.labels.value = labelText(task.labels);
	form.payload.value = payloadText();
	before = valuesOf(form);
	setText($("edit-error"), "");
	$("edit").showModal();
}

// The members that are to be changed.
function changes() {
	const now = valuesOf($("edit-form"));
	const to = {};
	for (const [name, value] of Object.entries(now))
		if (value !== before[name])
			to[name] = value;
	for (const name of ["prio", "maxAttempts"])
		if (to[name] !== undefined)
			to[name] = Number(to[name]);
	if (to.labels !== undefined)
		to.labels = labelsOf(to.labels);
	return to;
}

// The payload of JSON goes as it was written.
function bodyOf({ payload, ...to }) {
	if (payload === undefined)
		return to;
	return task.payloadKind === "text" ?
		{ ...to, payload, payloadKind: "text" } : withPayload(to, payload);
}

async function save() {
	try {
		const to = changes();
		if (Object.keys(to).length > 0)
			await api.edit(task.taskId, bodyOf(to));
		$("edit").close();
		announce("Saved");
		done();
	} catch (err) {
		setText($("edit-error"), err instanceof SyntaxError ?
			`The payload is no JSON: ${err.message}` : err.message);
	}
}

export function wire() {
	$("edit-form").addEventListener("submit", (e) => {
		e.preventDefault();
		busy(e.submitter ?? $("edit-form"), save);
	});
}
