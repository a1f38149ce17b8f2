// One task: its states as they change, its pictures or result, its log, what
// it waits for, what can be done with it.
import * as api from "./api.js";
import { $, announce, badge, busy, canRedrive, copyButton, h, isFinished,
	setBadge, setText, span, timeEl, toast } from "./dom.js";
import { Edges } from "./edges.js";
import * as edit from "./edit.js";
import { member, pretty } from "./json.js";
import { Log } from "./log.js";
import { Pictures } from "./pictures.js";
import { href, taskHref } from "./route.js";
import { draw, sentenceOf } from "./timeline.js";
import { watch } from "./watch.js";

// A flat object reads best as pairs; anything else as JSON.  ${text} is its
// bytes.
function values([v, text]) {
	if (typeof v === "string")
		return h("p", { class: "words" }, v);
	const flat = v !== null && typeof v === "object" && !Array.isArray(v) &&
		Object.values(v).every((x) => x === null || typeof x !== "object");
	if (!flat)
		return h("pre", { tabindex: 0 }, pretty(text));
	return pairs(Object.entries(v).map(([k, x]) => [k,
		typeof x === "number" ? member(text, k) : String(x)]));
}

const pairs = (list) => h("dl", { class: "pairs" }, ...list.map(([k, x]) =>
	h("div", {}, h("dt", {}, k), h("dd", {}, x))));

class Block {
	#key = null;
	#body = h("div");
	constructor(title, extra = "") {
		this.el = h("div", { class: `block ${extra}`, hidden: true },
			h("h2", {}, title), this.#body);
	}
	set(value, make) {
		const key = JSON.stringify(value) ?? null;
		if (key === this.#key)
			return;
		this.#key = key;
		this.el.hidden = value === undefined;
		this.#body.replaceChildren(...value === undefined ? [] :
			[make(value)]);
	}
}

const isEmpty = (v) => v !== null && typeof v === "object" &&
	Object.keys(v).length === 0;

// What else the record says, as pairs of words; undefined is left out.
function facts(t) {
	const list = [["Queue", t.queue], ["Group", t.group],
		["Priority", t.prio], ["Worker", t.worker],
		["Attempts", `${t.attempts} of ${t.maxAttempts}`],
		["Took", t.startedAt && t.finishedAt ? span(Date.parse(t.finishedAt)
			- Date.parse(t.startedAt)) : undefined],
		["Time limit", t.timeout], ["Backoff", t.backoff],
		["Not started after", t.expiresAt], ["Trace", t.traceparent],
		["Parent", t.parent], ["Command", t.argv?.join(" ")],
		...Object.entries(t.labels ?? {})];
	return list.filter(([, v]) => v !== undefined);
}

// ${whole}: with log, edges and facts; ${changed}(task) when it has changed.
export class View {
	badge = badge("PENDING");
	times = h("span", {});
	states = h("ol", { class: "timeline", "aria-label": "States" });
	pictures = new Pictures();
	payload = new Block("Payload");
	result = new Block("Result");
	reason = new Block("Why it failed", "bad");
	progress = new Block("Progress");
	facts = new Block("About");
	log = new Log();
	edges = new Edges();
	record = h("pre", { tabindex: 0, "aria-label": "Record" });
	cancel = this.#button("Cancel", api.cancel, "submit");
	retry = this.#button("Retry", api.redrive, "submit", "primary");
	hold = this.#button("Hold", (id) => api.edit(id, { held: true }));
	release = this.#button("Release", (id) => api.edit(id, { held: false }));
	change = h("button", { type: "button", class: "quiet",
		"data-need": "operate", onclick: () => edit.ask(this.task,
			() => this.#done()) }, "Edit…");
	download = h("button", { type: "button", class: "quiet",
		onclick: () => busy(this.download, () => this.#save()) }, "Download");
	#watch = null;
	#said = "";

	constructor(id, { whole, changed = () => {}, gone = () => {} }) {
		this.id = id;
		this.whole = whole;
		this.changed = changed;
		this.gone = gone;
		this.title = h(whole ? "h1" : "h2", { id: whole ? "detail-title" :
			"watched-title", tabindex: -1 }, "Task");
		// Nothing is known yet.
		this.badge.hidden = true;
		this.change.hidden = true;
		this.download.hidden = true;
		this.pictures.el.hidden = whole;
		this.el = h("div", {},
			h("div", { class: "card-head" },
				h("div", { class: "titled" }, this.title, this.badge),
				h("div", { class: "actions" }, this.retry, this.release,
					this.hold, this.change, this.cancel, this.download)),
			h("div", { class: "ident" }, whole ? h("code", {}, id) :
				h("a", { href: taskHref(id), class: "mono" }, id),
			copyButton(() => id), this.times),
			h("div", { class: "panes" },
				h("div", { class: "side" }, this.states,
					whole ? this.edges.el : null,
					whole ? this.facts.el : null),
				h("div", { class: "outcome" }, this.pictures.el,
					this.progress.el, this.reason.el, this.result.el,
					this.payload.el, this.log.el)),
			whole ? h("details", {}, h("summary", {}, "Record"),
				this.record) : null);
	}

	#button(text, verb, need = "operate", cls = "quiet") {
		const button = h("button", { type: "button", class: cls,
			"data-need": need, hidden: true }, text);
		button.onclick = async () => {
			await busy(button, () => verb(this.id));
			this.#done();
		};
		return button;
	}

	#done() {
		this.follow();
		this.changed();
	}

	follow() {
		this.#watch?.abort();
		this.#watch = watch(this.id, {
			task: (task) => this.update(task),
			failed: (err) => this.#failed(err),
		});
	}

	update(task) {
		if (this.task && task.rev < this.task.rev)
			return;
		// What the events leave out was read with the record before.
		for (const name of ["payload", "payloadText"])
			if (task[name] === undefined && this.task?.[name] !== undefined)
				Object.defineProperty(task, name, { value: this.task[name],
					enumerable: name === "payload" });
		this.task = task;
		this.#head(task);
		draw(this.states, task);
		this.#outcome(task);
		this.#buttons(task);
		setText(this.record, JSON.stringify(task, null, 2));
		const words = sentenceOf(task);
		if (words === this.#said)
			return;
		this.#said = words;
		announce(words);
		this.changed(task);
	}

	close() {
		this.#watch?.abort();
		this.pictures.free();
		this.log.free();
	}

	#head(task) {
		setText(this.title, task.type);
		this.badge.hidden = false;
		setBadge(this.badge, task.held ? "HELD" : task.status);
		if (!this.times.firstChild)
			this.times.append("submitted ", timeEl(task.createdAt), " on ",
				h("a", { href: href("tasks", { queue: task.queue }) },
					task.queue));
	}

	#outcome(task) {
		const isPicture = task.type === "image.grayscale";
		this.pictures.el.hidden = !isPicture;
		if (isPicture)
			this.pictures.update(task);
		this.payload.set(task.payload === undefined || isEmpty(task.payload) ?
			undefined : [task.payload, task.payloadText], values);
		this.result.set(task.result === undefined ? undefined :
			[task.result, task.resultText], values);
		this.reason.set(task.status === "FAILED" ?
			task.failureReason : undefined,
		(text) => h("pre", { tabindex: 0 }, text));
		this.progress.set(task.status === "RUNNING" ? task.progress :
			undefined, progressOf);
		this.log.update(task);
		if (!this.whole)
			return;
		this.facts.set(facts(task), pairs);
		this.edges.update(task);
	}

	#buttons(task) {
		const { status, held = false } = task;
		this.#hide(this.cancel, isFinished(task));
		this.#hide(this.retry, !canRedrive(task));
		this.#hide(this.hold, status !== "PENDING" || held);
		this.#hide(this.release, !held);
		this.#hide(this.change, !["PENDING", "RETRYING", "BLOCKED",
			"FAILED"].includes(status));
		this.#hide(this.download, !task.output);
	}

	// Focus must not fall off the page with a button.
	#hide(button, hidden) {
		if (hidden && document.activeElement === button)
			this.title.focus();
		button.hidden = hidden;
	}

	async #save() {
		const blob = await api.bytes(this.id, "output");
		const url = URL.createObjectURL(blob);
		const ext = { "image/png": ".png", "image/jpeg": ".jpg",
			"image/bmp": ".bmp" }[blob.type] ?? "";
		h("a", { href: url, download: `${this.id}${ext}` }).click();
		setTimeout(() => URL.revokeObjectURL(url), 10000);
	}

	#failed(err) {
		if (err.status === 404)
			this.gone(err);
		else if (err.status !== 401)
			toast(err.message);
	}
}

function progressOf(p) {
	const bar = h("progress", { "aria-label": "Progress" });
	if (p.done !== undefined && p.total > 0) {
		bar.max = p.total;
		bar.value = p.done;
	}
	return h("div", {}, bar, p.text ? h("p", {}, p.text) : null);
}

// -- the view of one task ----------------------------------------------------

let shown = null;

export const title = ({ id }) => `Task ${id}`;

function showGone(err) {
	const gone = $("task").querySelector("[data-part=gone]");
	gone.hidden = false;
	setText(gone.querySelector("[data-title]"), err.message);
	$("task").querySelector("[data-part=task]").replaceChildren();
}

export function enter({ id }) {
	shown?.close();
	shown = new View(id, { whole: true, gone: showGone });
	$("task").querySelector("[data-part=gone]").hidden = true;
	$("task").querySelector("[data-part=task]").replaceChildren(shown.el);
	shown.follow();
}

export function leave() {
	shown?.close();
	shown = null;
	$("task").querySelector("[data-part=task]").replaceChildren();
}

// It follows its events; nothing else changes.
export async function refresh() {}

// The session has changed: what failed may work now.
export const again = () => shown?.follow();
