// Dead tasks with their reasons, and the way back.
import { list, redrive } from "./api.js";
import * as detail from "./detail.js";
import { $, announce, busy, h, setText, shortId, timeEl, toast } from
	"./dom.js";

const SHOWN = 5;
const items = new Map();	// by task id and rev
let tell = () => {};

function item(task) {
	const title = h("strong", {}, task.type);
	const retry = h("button", { type: "button", class: "quiet small",
		"aria-label": `Retry ${task.type} ${shortId(task.taskId)}` },
		"Retry");
	const look = h("button", { type: "button", class: "quiet small",
		"aria-label": `Details of ${task.type} ${shortId(task.taskId)}`,
		onclick: () => detail.open(task.taskId, { task, focus: true }) },
		"Details");
	retry.onclick = () => busy(retry, async () => {
		await redrive(task.taskId);
		toast(`${task.type} is queued again`);
		detail.open(task.taskId, { task });
		detail.again();
		$("dead-title").focus();
		tell();
	});
	return h("li", {},
		h("div", { class: "row" }, title, timeEl(task.finishedAt ??
			task.updatedAt)),
		h("p", { class: "why clip", title: task.failureReason ?? "" },
			task.failureReason ?? "No reason was given."),
		h("div", { class: "actions" }, retry, look));
}

export async function refresh() {
	const { tasks, next } = await list({ status: "FAILED", limit: SHOWN });
	const keys = tasks.map((t) => `${t.taskId}/${t.rev}`);
	for (const key of items.keys())
		if (!keys.includes(key))
			items.delete(key);
	tasks.forEach((t, i) => {
		if (!items.has(keys[i]))
			items.set(keys[i], item(t));
	});
	const wanted = keys.map((key) => items.get(key));
	const now = [...$("dead-list").children];
	if (wanted.length !== now.length || wanted.some((el, i) => el !== now[i]))
		$("dead-list").replaceChildren(...wanted);
	$("no-dead").hidden = tasks.length > 0;
	$("redrive-shown").hidden = tasks.length < 2;
	$("redrive-shown").onclick = () => redriveAll(tasks);
	$("more-dead").hidden = next === null;
	setText($("more-dead"), "There are more: tq-dlq list shows all.");
}

function redriveAll(tasks) {
	return busy($("redrive-shown"), async () => {
		const done = await Promise.allSettled(
			tasks.map((t) => redrive(t.taskId)));
		const n = done.filter((d) => d.status === "fulfilled").length;
		const failed = done.find((d) => d.status === "rejected");
		const words = `${n} of ${tasks.length} queued again`;
		toast(failed ? `${words}; ${failed.reason.message}` : words);
		announce(words);
		$("dead-title").focus();
		tell();
	});
}

export function wire(changed) {
	tell = changed;
}
