// The states of a task: its earlier attempts as its record remembers them, and
// where it is now.
import { h, icon, setText, span, stateOf, timeEl } from "./dom.js";

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit",
	minute: "2-digit", second: "2-digit" });
const date = new Intl.DateTimeFormat(undefined, { dateStyle: "medium",
	timeStyle: "medium" });

const hows = { failed: "failed", died: "its worker died", stopped:
	"its worker shut down", later: "put off by its handler",
completed: "completed" };

const at = (iso) => iso ? Date.parse(iso) : undefined;

// "process: simulate: it failed": what is known here needn't be said.
function brief({ message = "", stage, type }) {
	const known = `${stage}: ${type}`;
	return message.startsWith(known) ?
		message.slice(known.length).replace(/^:? /, "") : message;
}

// An attempt, or a whole run, that is over.
function pastStep(task, e) {
	if (e.how === "run")
		return { status: e.status ?? "COMPLETED", text: "an earlier run",
			at: at(e.end) ?? at(e.start) };
	const { word } = stateOf(e.how === "completed" ? "COMPLETED" : "RETRYING");
	const took = e.start && e.end ? ` after ${span(at(e.end) - at(e.start))}` :
		"";
	return { status: e.how === "completed" ? "COMPLETED" : "RETRYING", word:
		e.how === "completed" ? word : `Attempt ${e.n}`, at: at(e.end) ??
		at(e.start), n: e.n, log: e.log, text: `${hows[e.how] ?? e.how}${took}`,
	why: brief({ ...e, type: task.type }) };
}

// What is said of the state it is in.
function presentStep(task) {
	const { status } = task;
	const step = { status: task.held ? "HELD" : status, now: true,
		at: at(task.finishedAt ?? task.updatedAt) };
	if (status === "RUNNING")
		return { ...step, at: at(task.startedAt), text: `attempt ${
			task.attempts} of ${task.maxAttempts}`,
		why: task.cancelRequested ? "is being cancelled" : "" };
	if (status === "COMPLETED")
		return { ...step, text: task.startedAt ? `took ${span(step.at -
			at(task.startedAt))}` : "" };
	if (status === "FAILED")
		return { ...step, why: task.attempts < task.maxAttempts ?
			"dead: not worth another try" : `dead after ${task.attempts
			} attempt${task.attempts === 1 ? "" : "s"}` };
	if (status === "RETRYING")
		return { ...step, why: brief({ message: task.failureReason,
			stage: task.error?.stage, type: task.type }),
		due: task.notBefore };
	if (task.held)
		return { ...step, why: "no worker takes it until it is released" };
	if (status === "BLOCKED")
		return { ...step, why: "waits for other tasks" };
	if (status === "PENDING" && at(task.notBefore) > Date.now())
		return { ...step, due: task.notBefore };
	return { ...step, why: status === "PENDING" ? "waits for a worker" :
		task.failureReason ?? "" };
}

function stepsOf(task) {
	const past = (task.history ?? []).map((e) => pastStep(task, e));
	const last = past.at(-1);
	const present = presentStep(task);
	// Its last attempt is in the history once it has ended.
	if (last && task.finishedAt && last.at === present.at &&
	    task.status === "COMPLETED") {
		present.text = last.text.replace("completed", "took").replace(" after",
			"");
		past.pop();
	}
	const begun = { status: "PENDING", at: at(task.createdAt),
		text: "submitted" };
	const idle = ["PENDING", "BLOCKED"].includes(task.status) &&
		past.length === 0;
	return idle ? [{ ...present, at: begun.at }] : [begun, ...past, present];
}

// "+1.2 s" since it was submitted; the first with its own time.
function timeOf(s, first) {
	const el = h("time", { datetime: new Date(s.at).toISOString(),
		title: date.format(s.at) });
	setText(el, s.at === first ? clock.format(s.at) : s.at < first ?
		clock.format(s.at) : `+${span(s.at - first)}`);
	return el;
}

function row(s, first, key) {
	const { word, icon: name } = stateOf(s.status);
	return h("li", { "data-status": s.status.toLowerCase(), "data-key": key,
		"data-now": s.now ? "true" : null },
	h("span", { class: "mark" }, icon(name)),
	h("span", {}, h("strong", {}, s.word ?? word), s.text ? ` ${s.text}` : ""),
	s.at === undefined ? h("span") : timeOf(s, first),
	s.why || s.due ? h("p", { class: "why" },
		s.why ? h("span", { class: "clip", title: s.why }, s.why) : null,
		s.due ? h("span", { class: "next" }, s.status === "RETRYING" ?
			"Next try " : "Due ", timeEl(s.due, "in")) : null) : null);
}

// Show what is new in ${list}; the rest stays as it is.
export function draw(list, task) {
	const steps = stepsOf(task);
	const first = at(task.createdAt);
	steps.forEach((s, i) => {
		const key = JSON.stringify(s);
		const old = list.children[i];
		if (old?.dataset.key === key)
			return;
		const fresh = row(s, first, key);
		if (old)
			old.replaceWith(fresh);
		else
			list.append(fresh);
	});
	while (list.children.length > steps.length)
		list.lastChild.remove();
	if (list.scrollHeight > list.clientHeight)
		list.tabIndex = 0;
	else
		list.removeAttribute("tabindex");
}

export function sentenceOf(task) {
	const { word } = stateOf(task.held ? "HELD" : task.status);
	if (task.status === "RUNNING")
		return `${task.type}: ${word}, attempt ${task.attempts} of ${
			task.maxAttempts}`;
	return task.failureReason ?
		`${task.type}: ${word}. ${task.failureReason}` :
		`${task.type}: ${word}`;
}
