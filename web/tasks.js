// Tasks: a filter, which stands in the address, and its pages.
import * as api from "./api.js";
import * as bulk from "./bulk.js";
import { $, badge, busy, canRedrive, h, isFinished, keyed, setBadge, setText,
	setTime, shortId, timeEl } from "./dom.js";
import { go, isId, taskHref } from "./route.js";
import { may } from "./session.js";

const PAGE = 50;
const LOOKS = 10;		// for a page that is not empty, at once
const names = ["status", "type", "queue", "label", "error", "errorKind",
	"group", "since", "until", "drained", "order"];

let filter = {};		// as the API has it
let id = "";			// or one task
let trail = [];			// the cursors of the pages before
let cursor = null;		// of this page
let next = null;		// of the one behind it
let chosen = new Set();
let shown = [];
let changed = () => {};
let loads = 0;

// -- rows --------------------------------------------------------------------

class Row {
	#badge = badge("PENDING");
	#type = h("strong", { class: "type" });
	#labels = h("span", { class: "labels" });
	#queue = h("td", { role: "cell", class: "c-queue" });
	#attempts = h("td", { role: "cell", class: "c-attempts" });
	#created = timeEl(new Date().toISOString());

	constructor(task) {
		const { taskId } = task;
		this.choose = h("input", { type: "checkbox",
			"aria-label": `Choose ${task.type} ${shortId(taskId)}` });
		this.choose.onchange = () => {
			chosen[this.choose.checked ? "add" : "delete"](taskId);
			drawChosen();
		};
		this.el = h("tr", { role: "row", "data-id": taskId },
			h("td", { role: "cell", class: "c-choose",
				"data-need": "submit" },
			h("label", { class: "hit" }, this.choose)),
			h("td", { role: "cell", class: "c-status" }, this.#badge),
			h("td", { role: "cell", class: "c-task" },
				h("a", { class: "open", href: taskHref(taskId),
					title: taskId }, this.#type, " ",
				h("span", { class: "mono" }, shortId(taskId))),
				this.#labels),
			this.#queue, this.#attempts,
			h("td", { role: "cell", class: "c-created" }, this.#created));
	}

	update(task) {
		setBadge(this.#badge, task.held ? "HELD" : task.status);
		setText(this.#type, task.type);
		setText(this.#queue, task.queue);
		setText(this.#attempts, `${task.attempts} of ${task.maxAttempts}`);
		setTime(this.#created, task.createdAt);
		setText(this.#labels, Object.entries(task.labels ?? {}).map(
			([k, v]) => `${k}=${v}`).join("  "));
		this.choose.checked = chosen.has(task.taskId);
	}
}

const drawRows = keyed(() => $("rows"), (t) => t.taskId, (t) => new Row(t));

// Rows don't move under the hand that is about to press something there.
const held = () => $("rows").matches(":hover") ||
	$("rows").contains(document.activeElement);

function drawEmpty() {
	const empty = shown.length === 0;
	const filtered = id !== "" || Object.keys(filter).some((k) => k !== "order");
	const room = $("no-rows");
	room.hidden = !empty;
	room.parentElement.querySelector("table").hidden = empty;
	setText(room.querySelector("[data-title]"), filtered ?
		"No such task" : "No tasks yet");
	setText(room.querySelector("[data-text]"), id !== "" && !isId(id) ?
		"An id has no such characters. A label is searched as name=value." :
		next !== null ?
		"None among those looked at so far; Older looks on." : filtered ?
		"Nothing fits this filter now." :
		"What is submitted, from here or a shell, is listed here.");
	$("all-actions").hidden = empty || id !== "";
}

function drawPager() {
	setText($("page-number"), `Page ${trail.length + 1}`);
	$("newer").disabled = trail.length === 0 && cursor === null;
	$("older").disabled = next === null;
	// A page may come short: looking on takes another request.
	setText($("tasks-order"), `${filter.order === "oldest" ?
		"by status, the next due first" : "the newest first"}${
		next !== null && shown.length > 0 && shown.length < PAGE ?
			", of those looked at so far; Older looks on" : ""}`);
}

// -- choosing ----------------------------------------------------------------

const chosenTasks = () => shown.filter((t) => chosen.has(t.taskId));

function drawChosen() {
	const tasks = chosenTasks();
	const bar = $("chosen-bar");
	bar.hidden = tasks.length === 0;
	setText(bar.querySelector("[data-text]"), `${tasks.length} chosen`);
	bar.querySelector("[data-do=redrive]").disabled = !tasks.some(canRedrive);
	bar.querySelector("[data-do=cancel]").disabled = tasks.every(isFinished);
	$("choose-all").checked = tasks.length > 0 && tasks.length === shown.length;
	$("choose-all").indeterminate = tasks.length > 0 &&
		tasks.length < shown.length;
}

function chooseAll(yes) {
	chosen = new Set(yes ? shown.map((t) => t.taskId) : []);
	for (const box of $("rows").querySelectorAll("input[type=checkbox]"))
		box.checked = yes;
	drawChosen();
}

async function act(button, verb) {
	const fits = verb === "redrive" ? canRedrive : (t) => !isFinished(t);
	const ids = chosenTasks().filter(fits).map((t) => t.taskId);
	await busy(button, () => bulk.each(verb, ids));
	chooseAll(false);
	$("tasks-title").focus();
	await refresh();
	changed();
}

// -- loading -----------------------------------------------------------------

// What is shown is of another filter until the answer is there.
function loadingNow(yes) {
	const room = $("rows").closest(".table-room");
	if (yes)
		room.setAttribute("aria-busy", "true");
	else
		room.removeAttribute("aria-busy");
}

// A page may be short, even empty, and not be the last one.
async function read() {
	if (id !== "")
		return { tasks: isId(id) ? await api.some([id]) : [], next: null };
	let page = { tasks: [], next: cursor };
	for (let i = 0; i < LOOKS; i++) {
		page = await api.list({ ...filter, cursor: page.next,
			limit: PAGE });
		if (page.next === null || page.tasks.length > 0)
			break;
	}
	return page;
}

export async function refresh() {
	const mine = ++loads;
	const page = await read();
	if (mine !== loads)
		return;
	const ids = new Map(page.tasks.map((t) => [t.taskId, t]));
	if (held() && shown.length > 0 && shown.some((t) => ids.has(t.taskId)))
		shown = shown.map((t) => ids.get(t.taskId) ?? t);
	else
		[shown, next] = [page.tasks, page.next];
	drawRows(shown);
	drawEmpty();
	drawPager();
	drawChosen();
	loadingNow(false);
}

// -- the address -------------------------------------------------------------

const localTime = (iso) => {
	const at = new Date(iso);
	return Number.isNaN(at.getTime()) ? "" : new Date(at.getTime() -
		at.getTimezoneOffset() * 60000).toISOString().slice(0, 19);
};

function showForm(params) {
	const form = $("filters");
	for (const field of form.elements) {
		const { name } = field;
		const value = params[name] ?? "";
		if (field.type === "checkbox")
			field.checked = value === field.value;
		else if (field.type === "datetime-local")
			field.value = value === "" ? "" : localTime(value);
		else if (name && field.localName === "select" && value !== "" &&
		    ![...field.options].some((o) => o.value === value))
			field.append(h("option", { value }, value));
		if (name && !["checkbox", "datetime-local"].includes(field.type))
			field.value = value;
	}
	$("f-search").value = params.id ?? params.label ?? "";
	const more = ["error", "group", "since", "until", "drained", "order"];
	if (more.some((name) => params[name]))
		$("more-filters").open = true;
	$("clear-filters").hidden = !names.some((n) => params[n]) && !params.id;
	$("kind-note").hidden = !params.errorKind;
	setText($("kind-note"), params.errorKind ?
		`Dead of: ${params.errorKind}` : "");
}

function readForm(params) {
	const form = new FormData($("filters"));
	const search = form.get("search").trim();
	const to = { errorKind: params.errorKind };
	for (const name of ["status", "queue", "type", "error", "group",
		"drained", "order"])
		to[name] = form.get(name);
	for (const name of ["since", "until"]) {
		const at = form.get(name);
		to[name] = at ? new Date(at).toISOString() : "";
	}
	// "k=v" is a label, "k=" one of any value; a word is an id.
	if (search.includes("="))
		to.label = search.replace(/=$/, "");
	else
		to.id = search;
	return to;
}

export const title = () => "Tasks";

export function enter({ params }) {
	const { trail: before = [] } = history.state ?? {};
	filter = Object.fromEntries(names.filter((n) => params[n])
		.map((n) => [n, params[n]]));
	id = params.id ?? "";
	// Whatever is under way answers to what was shown before.
	loads++;
	cursor = params.cursor ?? null;
	trail = cursor === null ? [] : before;
	next = null;
	shown = [];
	chosen = new Set();
	showForm(params);
	loadingNow(true);
}

const address = (at) => ({ ...filter, id, cursor: at });

function older() {
	const before = [...trail, cursor];
	go("tasks", address(next));
	history.replaceState({ trail: before }, "");
}

function newer() {
	const before = trail.slice(0, -1);
	go("tasks", address(trail.at(-1) ?? null));
	history.replaceState({ trail: before }, "");
}

export function wire(refreshNow, route) {
	const apply = () => go("tasks", readForm(route().params));
	changed = refreshNow;
	$("filters").addEventListener("change", apply);
	$("filters").addEventListener("submit", (e) => {
		e.preventDefault();
		apply();
	});
	$("clear-filters").onclick = () => {
		go("tasks");
		$("f-search").focus();
	};
	$("choose-all").onchange = () => chooseAll($("choose-all").checked);
	$("chosen-bar").addEventListener("click", (e) => {
		const verb = e.target.dataset.do;
		if (verb === "none") {
			chooseAll(false);
			$("choose-all").focus();
		} else if (verb) {
			act(e.target, verb);
		}
	});
	$("all-actions").addEventListener("click", (e) => {
		const verb = e.target.dataset.all;
		const { order, ...means } = filter;
		if (verb && may("operate"))
			bulk.ask(verb, means, refreshNow);
	});
	$("older").onclick = older;
	$("newer").onclick = newer;
}
