// The table of recent tasks.
import { cancel, redrive } from "./api.js";
import * as detail from "./detail.js";
import { $, badge, busy, canRedrive, h, isFinished, setBadge, setText, setTime,
	shortId, timeEl, toast } from "./dom.js";
import * as recent from "./recent.js";

const PAGE = 8;
const rows = new Map();		// by task id
let filter = { status: "", type: "" };
let places = [];		// where the pages up to this one begin
let page = null;		// what is shown
let some = () => true;		// are there tasks of a status?
let changed = () => {};
let turn = Promise.resolve();	// of the loads

class Row {
	badge = badge("PENDING");
	type = h("span", { class: "type" });
	when = timeEl(new Date().toISOString());
	changed = timeEl(new Date().toISOString());
	attempts = h("td", { role: "cell", class: "c-attempts" });
	cancel = h("button", { type: "button", class: "quiet small" }, "Cancel");
	retry = h("button", { type: "button", class: "quiet small" }, "Retry");

	constructor(id) {
		this.open = h("button", { type: "button", class: "open", title: id,
			onclick: () => detail.open(id, { task: this.task,
				focus: true }) },
			this.type, h("span", { class: "mono" }, shortId(id)),
			h("span", { class: "when" }, this.when));
		this.cancel.onclick = () => this.#act(this.cancel, cancel);
		this.retry.onclick = () => this.#act(this.retry, redrive);
		this.el = h("tr", { role: "row" }, h("td", { role: "cell", class: "c-status" }, this.badge),
			h("td", { role: "cell", class: "c-task" }, this.open), this.attempts,
			h("td", { role: "cell", class: "c-changed" }, this.changed),
			h("td", { role: "cell", class: "c-actions" }, this.cancel, this.retry));
		this.id = id;
	}

	update(task) {
		this.task = task;
		setBadge(this.badge, task.status);
		setText(this.type, task.type);
		setText(this.attempts, `${task.attempts} of ${task.maxAttempts}`);
		setTime(this.when, task.updatedAt);
		setTime(this.changed, task.updatedAt);
		this.#hide(this.cancel, isFinished(task), `Cancel ${task.type}`);
		this.#hide(this.retry, !canRedrive(task), `Retry ${task.type}`);
		if (detail.shownId() === this.id)
			this.el.setAttribute("aria-current", "true");
		else
			this.el.removeAttribute("aria-current");
		detail.seen(task);
	}

	#hide(button, hidden, label) {
		if (hidden && document.activeElement === button)
			this.open.focus();
		button.hidden = hidden;
		button.setAttribute("aria-label", `${label} ${shortId(this.id)}`);
	}

	async #act(button, verb) {
		await busy(button, () => verb(this.id));
		if (detail.shownId() === this.id)
			detail.again();
		changed();
	}
}

function rowOf(task) {
	let row = rows.get(task.taskId);
	if (!row)
		rows.set(task.taskId, row = new Row(task.taskId));
	row.update(task);
	return row;
}

// Rows don't move under the hand that is about to press one of their buttons.
const held = () => $("rows").matches(":hover") ||
	$("rows").contains(document.activeElement);

function draw(tasks, moved) {
	const body = $("rows");
	if (!moved && held() && body.children.length > 0) {
		for (const task of tasks)
			if (rows.has(task.taskId))
				rowOf(task);
		return;
	}
	const wanted = tasks.map((task) => rowOf(task).el);
	const same = wanted.length === body.children.length &&
		wanted.every((el, i) => el === body.children[i]);
	if (!same)
		body.replaceChildren(...wanted);
	const ids = new Set(tasks.map((task) => task.taskId));
	for (const id of rows.keys())
		if (!ids.has(id))
			rows.delete(id);
}

function drawEmpty(empty) {
	const filtered = filter.status !== "" || filter.type !== "";
	const room = $("no-rows");
	room.hidden = !empty;
	room.parentElement.querySelector("table").hidden = empty;
	setText(room.querySelector("[data-title]"), filtered ?
		"No such task" : "No tasks yet");
	setText(room.querySelector("[data-text]"), filtered ?
		"Nothing fits this filter now." :
		"What is submitted, from here or a shell, is listed here.");
}

function drawPager() {
	setText($("page-number"), `Page ${places.length}`);
	$("newer").disabled = places.length === 1;
	$("older").disabled = !page.more;
}

// One after the other, so that what is shown is of the place it is taken for.
function inTurn(work) {
	const mine = turn.then(work);
	turn = mine.catch(() => {});
	return mine;
}

async function load(moved) {
	page = await recent.page(places[places.length - 1], filter.type,
		PAGE, some);
	draw(page.tasks, moved);
	drawEmpty(page.tasks.length === 0);
	drawPager();
}

// refresh(counts): ${counts} say which statuses need asking for at all.
export function refresh(counts) {
	some = (status) => counts.some((c) => c[status] > 0);
	return inTurn(() => load(false));
}

// A newer record of one task has come.
export function patch(task) {
	const row = rows.get(task.taskId);
	if (row && task.rev > row.task.rev)
		row.update(task);
}

function turnPage(button, change) {
	return busy(button, async () => {
		await inTurn(async () => {
			await change();
			await load(true);
		});
		if (button.disabled)
			$(button.id === "newer" ? "older" : "newer").focus();
	});
}

function choose() {
	filter = { status: $("by-status").value, type: $("by-type").value };
	places = [recent.start(filter)];
	return load(true);
}

const goOlder = async () => places.push(await recent.after(
	places[places.length - 1], page, filter.type));
const goNewer = () => places.pop();

// wire(f): f() is called when a task was changed from here.
export function wire(done) {
	changed = done;
	$("filters").addEventListener("change", () => {
		inTurn(choose).catch((err) => toast(err.message));
	});
	$("filters").addEventListener("submit", (e) => e.preventDefault());
	$("older").onclick = () => turnPage($("older"), goOlder);
	$("newer").onclick = () => turnPage($("newer"), goNewer);
	// Browsers bring back what was chosen before a reload.
	$("filters").reset();
	places = [recent.start(filter)];
}
