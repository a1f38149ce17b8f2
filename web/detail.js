// One task: its states as they change, its pictures or result, what can be
// done with it.
import { bytes, cancel, redrive } from "./api.js";
import { $, announce, badge, busy, canRedrive, copyButton, h, isFinished,
	setBadge, setText, timeEl, toast } from "./dom.js";
import { Pictures } from "./pictures.js";
import { draw, sentenceOf } from "./timeline.js";
import { watch } from "./watch.js";

let shown = null;		// the View
let changed = () => {};		// see onChange()

// f(task): its state is another; f(): something was done.
export const onChange = (f) => { changed = f; };
export const shownId = () => shown?.id ?? null;

// A flat object reads best as pairs; anything else as JSON.
function values(v) {
	if (typeof v === "string")
		return h("p", { class: "words" }, v);
	const flat = v !== null && typeof v === "object" && !Array.isArray(v) &&
		Object.values(v).every((x) => x === null || typeof x !== "object");
	if (!flat)
		return h("pre", {}, JSON.stringify(v, null, 2));
	return h("dl", { class: "pairs" }, ...Object.entries(v).map(([k, x]) =>
		h("div", {}, h("dt", {}, k), h("dd", {}, String(x)))));
}

class Block {
	#key = null;
	#body = h("div");
	constructor(title, extra = "") {
		this.el = h("div", { class: `block ${extra}`, hidden: true },
			h("h3", {}, title), this.#body);
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

class View {
	title = h("h2", { id: "detail-title", tabindex: -1 }, "Task");
	badge = badge("PENDING");
	times = h("span", {});
	states = h("ol", { class: "timeline", "aria-label": "States" });
	pictures = new Pictures();
	payload = new Block("Payload");
	result = new Block("Result");
	reason = new Block("Why it failed", "bad");
	progress = new Block("Progress");
	record = h("pre", { tabindex: 0, "aria-label": "Record" });
	cancel = h("button", { type: "button", class: "quiet" }, "Cancel");
	retry = h("button", { type: "button", class: "primary" }, "Retry");
	download = h("button", { type: "button", class: "quiet" }, "Download");
	#watch = null;
	#said = "";

	constructor(id) {
		this.id = id;
		this.cancel.onclick = () => this.#act(this.cancel, cancel);
		this.retry.onclick = () => this.#act(this.retry, redrive);
		this.download.onclick = () => busy(this.download,
			() => this.#save());
		this.el = h("div", {},
			h("div", { class: "card-head" }, this.title, this.badge),
			h("div", { class: "ident" }, h("code", {}, id),
				copyButton(() => id), this.times),
			h("div", { class: "panes" }, this.states,
				h("div", { class: "outcome" }, this.pictures.el,
					this.progress.el, this.payload.el,
					this.result.el, this.reason.el)),
			h("div", { class: "actions" }, this.retry, this.cancel,
				this.download),
			h("details", {}, h("summary", {}, "Record"), this.record));
	}

	follow() {
		this.#watch?.abort();
		this.#watch = watch(this.id, {
			task: (task) => this.update(task),
			failed: (err) => this.#failed(err),
		});
	}

	// Its record was read elsewhere, as the table is.
	seen(task) {
		if (this.task && task.rev > this.task.rev &&
		    this.#watch?.signal.aborted)
			this.follow();
	}

	update(task) {
		if (this.task && task.rev < this.task.rev)
			return;
		this.task = { ...this.task?.rev === task.rev ? this.task : {},
			...task };
		this.#head(task);
		draw(this.states, task);
		this.#outcome(task);
		this.#buttons(task);
		setText(this.record, JSON.stringify(this.task, null, 2));
		const words = sentenceOf(task);
		if (words === this.#said)
			return;
		this.#said = words;
		announce(words);
		changed(task);
	}

	close() {
		this.#watch?.abort();
		this.pictures.free();
	}

	#head(task) {
		setText(this.title, task.type);
		setBadge(this.badge, task.status);
		if (!this.times.firstChild)
			this.times.append("submitted ", timeEl(task.createdAt),
				task.queue === "default" ? "" :
				` on queue ${task.queue}`);
	}

	#outcome(task) {
		const isPicture = task.type === "image.grayscale";
		this.pictures.el.hidden = !isPicture;
		if (isPicture)
			this.pictures.update(task);
		if (task.payload !== undefined)
			this.payload.set(isEmpty(task.payload) ? undefined :
				task.payload, values);
		this.result.set(task.result, values);
		this.reason.set(task.status === "FAILED" ?
			task.failureReason : undefined,
			(text) => h("pre", {}, text));
		this.progress.set(task.status === "RUNNING" ? task.progress :
			undefined, progressOf);
	}

	#buttons(task) {
		this.#hide(this.cancel, isFinished(task));
		this.#hide(this.retry, !canRedrive(task));
		this.#hide(this.download, !task.output);
	}

	// Focus must not fall off the page with a button.
	#hide(button, hidden) {
		if (hidden && document.activeElement === button)
			this.title.focus();
		button.hidden = hidden;
	}

	async #act(button, verb) {
		await busy(button, () => verb(this.id));
		this.follow();
		changed();
	}

	async #save() {
		const blob = await bytes(this.id, "output");
		const href = URL.createObjectURL(blob);
		const ext = { "image/png": ".png", "image/jpeg": ".jpg",
			"image/bmp": ".bmp" }[blob.type] ?? "";
		h("a", { href, download: `${this.id}${ext}` }).click();
		setTimeout(() => URL.revokeObjectURL(href), 10000);
	}

	#failed(err) {
		if (err.status === 404 && !this.task) {
			toast(err.message);
			close();
		} else if (err.status !== 401) {
			toast(err.message);
		}
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

export const seen = (task) => {
	if (shown?.id === task.taskId)
		shown.seen(task);
};

function show(view) {
	const room = $("detail").querySelector("[data-part=task]");
	shown?.close();
	shown = view;
	$("detail").querySelector("[data-part=empty]").hidden = view !== null;
	room.hidden = view === null;
	room.replaceChildren(...view ? [view.el] : []);
}

export function close() {
	show(null);
	history.replaceState(null, "", location.pathname + location.search);
}

// Open a task; ${task} is its record as far as it is known.
export function open(id, { task, focus } = {}) {
	if (shown?.id !== id) {
		show(new View(id));
		if (task?.createdAt)
			shown.update(task);
		shown.follow();
		history.replaceState(null, "", `#${id}`);
	}
	const narrow = matchMedia("(max-width: 50rem)").matches;
	const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
	if (focus)
		shown.title.focus({ preventScroll: true });
	if (narrow || focus)
		$("detail").scrollIntoView({ block: narrow ? "start" : "nearest",
			behavior: calm ? "instant" : "smooth" });
	changed();
}

// The session has changed: what failed may work now.
export const again = () => shown?.follow();
