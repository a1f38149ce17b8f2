// Dead tasks, those of the same error together, and the way back.
import * as api from "./api.js";
import * as bulk from "./bulk.js";
import { $, h, keyed, setText, setTime, timeEl } from "./dom.js";
import { go, href, taskHref } from "./route.js";

const number = new Intl.NumberFormat();
let queue = "";
let changed = () => {};

class Group {
	#count = h("span", { class: "tally" });
	#newest = timeEl(new Date().toISOString());
	#example = h("a", {}, "the newest");

	constructor({ type, error }) {
		const means = { status: "FAILED", type, queue, errorKind: error };
		const say = error || "no reason was given";
		this.el = h("li", {}, this.#count,
			h("div", { class: "what" },
				h("div", { class: "row" }, h("h2", {}, type),
					h("span", { class: "soft" }, this.#example, " ",
						this.#newest)),
				h("p", { class: "why clip", title: say }, say)),
			h("div", { class: "actions" },
				h("button", { type: "button", class: "quiet small",
					"data-need": "operate",
					"aria-label": `Retry all ${type}: ${say}`,
					onclick: () => bulk.ask("redrive", means,
						changed) }, "Retry all…"),
				h("a", { class: "button quiet small",
					href: href("tasks", means),
					"aria-label": `List ${type}: ${say}` }, "List"),
				h("button", { type: "button", class: "quiet small",
					"data-need": "operate",
					"aria-label": `Remove all ${type}: ${say}`,
					onclick: () => bulk.ask("purge", means,
						changed) }, "Remove…")));
	}

	update(f) {
		setText(this.#count, number.format(f.tasks));
		setTime(this.#newest, f.newest);
		this.#example.href = taskHref(f.taskId);
	}
}

const draw = keyed(() => $("dead-list"), (f) => `${queue} ${f.type} ${f.error}`,
	(f) => new Group(f));

export const title = () => "Dead tasks";

export async function refresh() {
	const mine = queue;
	const { failures, atLeast } = await api.failures({ queue: mine });
	if (mine !== queue)
		return;
	const n = failures.reduce((sum, f) => sum + f.tasks, 0);
	draw(failures);
	setText($("dead-sum"), n === 0 ? "\u00a0" : `${atLeast ? "at least " : ""}${
		number.format(n)}, of ${failures.length} error${
		failures.length === 1 ? "" : "s"}`);
	$("no-dead").hidden = n > 0;
	$("redrive-all").hidden = failures.length < 2;
}

export function enter({ params }) {
	const list = $("dead-queue");
	queue = params.queue ?? "";
	if (![...list.options].some((o) => o.value === queue))
		list.append(h("option", { value: queue }, queue));
	list.value = queue;
}

export function wire(refreshNow) {
	changed = () => {
		$("dead-title").focus();
		refreshNow();
	};
	$("dead-queue").onchange = () => go("dead", { queue: $("dead-queue").value });
	$("redrive-all").onclick = () => bulk.ask("redrive", { status: "FAILED",
		queue }, changed);
}
