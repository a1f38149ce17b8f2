// The states a task went through, as far as this page saw them.
import { h, icon, setText, span, stateOf, timeEl } from "./dom.js";

const histories = new Map();
const HISTORIES_MAX = 200;

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit",
	minute: "2-digit", second: "2-digit" });
const ended = new Set(["FAILED", "CANCELLED"]);
const ran = new Set(["RETRYING", "COMPLETED", "FAILED"]);

const step = (task, status, at) => ({ status, at: Date.parse(at),
	attempts: task.attempts, task });

function historyOf(task) {
	let steps = histories.get(task.taskId);
	if (steps)
		return steps;
	if (histories.size >= HISTORIES_MAX)
		histories.delete(histories.keys().next().value);
	steps = [step({ ...task, attempts: 0 }, "PENDING", task.createdAt)];
	histories.set(task.taskId, steps);
	return steps;
}

// States may be too short to be seen: what must have been between is added.
function fill(steps, task) {
	let last = steps[steps.length - 1];
	const add = (status, attempts) => steps.push(last = step({ ...task,
		attempts, failureReason: undefined }, status,
		task.startedAt ?? task.updatedAt));
	if (ended.has(last.status) && task.status !== "PENDING")
		add("PENDING", 0);
	if (last.status === "RUNNING" && task.attempts > last.attempts)
		add("RETRYING", last.attempts);
	if (ran.has(task.status) && task.attempts > 0 &&
	    (last.status !== "RUNNING" || last.attempts !== task.attempts))
		add("RUNNING", task.attempts);
}

function take(task) {
	const steps = historyOf(task);
	const last = steps[steps.length - 1];
	if (last.status === task.status && last.attempts === task.attempts) {
		last.task = task;
		return steps;
	}
	if (task.rev < last.task.rev)
		return steps;
	fill(steps, task);
	steps.push(step(task, task.status, task.status === "RUNNING" ?
		task.startedAt : task.finishedAt ?? task.updatedAt));
	return steps;
}

const attemptText = ({ attempts, task }) =>
	`attempt ${attempts} of ${task.maxAttempts}`;

// "process: simulate: it failed": what is known here needn't be said.
function brief({ failureReason = "", error, type }) {
	const known = `${error?.stage}: ${type}: `;
	return failureReason.startsWith(known) ?
		failureReason.slice(known.length) : failureReason;
}

// What is said below a state.
function whyOf(s, i, steps) {
	const { task } = s;
	const last = i === steps.length - 1;
	switch (s.status) {
	case "PENDING":
		if (i > 0)
			return "sent round again";
		if (last && Date.parse(task.notBefore) > Date.now())
			return ["due ", timeEl(task.notBefore, "in")];
		return last ? "waits for a worker" : "";
	case "RETRYING":
		return [h("span", { class: "clip", title: task.failureReason },
			brief(task)), last && task.notBefore ?
			h("span", { class: "next" }, "Next try ",
				timeEl(task.notBefore, "in")) : ""];
	case "COMPLETED":
		return task.startedAt ? `took ${span(s.at -
			Date.parse(task.startedAt))}` : "";
	case "FAILED":
		return task.attempts < task.maxAttempts ?
			"dead: not worth another try" :
			`dead after ${task.attempts} attempt${
				task.attempts === 1 ? "" : "s"}`;
	default:
		return task.cancelRequested && last ? "is being cancelled" : "";
	}
}

function row(s, i, steps) {
	const { word, icon: name } = stateOf(s.status);
	const time = h("time", { datetime: new Date(s.at).toISOString(),
		title: new Date(s.at).toLocaleString() });
	setText(time, i === 0 ? clock.format(s.at) :
		`+${span(s.at - steps[0].at)}`);
	const why = whyOf(s, i, steps);
	return h("li", { "data-status": s.status.toLowerCase(),
		"data-key": keyOf(s, i, steps) },
		h("span", { class: "mark" }, icon(name)),
		h("span", {}, h("strong", {}, word),
			s.status === "RUNNING" ? ` ${attemptText(s)}` : ""),
		time,
		why === "" ? null : h("p", { class: "why" }, ...[why].flat()));
}

const keyOf = (s, i, steps) => [i, s.status, s.attempts, s.task.notBefore,
	s.task.failureReason, s.task.cancelRequested,
	i === steps.length - 1].join("|");

// Show what is new in ${list}; the rest stays as it is.
export function draw(list, task) {
	const steps = take(task);
	steps.forEach((s, i) => {
		const old = list.children[i];
		if (old?.dataset.key === keyOf(s, i, steps))
			return;
		const fresh = row(s, i, steps);
		if (old)
			old.replaceWith(fresh);
		else
			list.append(fresh);
	});
	list.scrollTop = list.scrollHeight;
	if (list.scrollHeight > list.clientHeight)
		list.tabIndex = 0;
	else
		list.removeAttribute("tabindex");
}

export function sentenceOf(task) {
	const { word } = stateOf(task.status);
	if (task.status === "RUNNING")
		return `${task.type}: ${word}, ${attemptText({ attempts:
			task.attempts, task })}`;
	return task.failureReason ?
		`${task.type}: ${word}. ${task.failureReason}` :
		`${task.type}: ${word}`;
}
