// What a task waits for, and what waits for it.
import { edges } from "./api.js";
import { badge, h, shortId } from "./dom.js";
import { taskHref } from "./route.js";

const number = new Intl.NumberFormat();

function item(e, note) {
	return h("li", {}, e.status ? badge(e.status) :
		h("span", { class: "badge" }, "Gone"),
	h("a", { href: taskHref(e.taskId) }, e.type ? h("strong", {}, e.type) : null,
		e.type ? " " : null, h("span", { class: "mono", title: e.taskId }, shortId(e.taskId))),
	note ? h("span", { class: "soft" }, note) : null);
}

function noteOf(p) {
	if (p.met)
		return p.status === p.metBy ? "" : `met: ${p.metBy.toLowerCase()}`;
	return p.anyEnd ? "its end, however it ends" : "";
}

function list(title, items, all) {
	return items.length === 0 ? null : h("div", {}, h("h2", {}, title),
		h("ul", { class: "edges" }, ...items),
		all > items.length ? h("p", { class: "soft" },
			`and ${number.format(all - items.length)} more`) : null);
}

export class Edges {
	#key = "";
	el = h("div", { class: "block", hidden: true });

	// Again when it was told of another state: its parents' may be, too.
	async update(task) {
		const key = `${task.rev}`;
		if (key === this.#key)
			return;
		this.#key = key;
		const e = await edges(task.taskId).catch(() => null);
		if (e === null || key !== this.#key)
			return;
		const lists = [
			list("Waits for", e.parents.map((p) => item(p, noteOf(p))),
				e.parentsInAll),
			list("Waiting for it", e.children.map((c) => item(c)),
				e.childrenInAll)].filter((l) => l !== null);
		this.el.hidden = lists.length === 0;
		this.el.replaceChildren(...lists);
	}
}
