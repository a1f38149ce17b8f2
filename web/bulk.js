// One verb over many tasks: those that were chosen, or all that a filter
// means, after a count of them.
import * as api from "./api.js";
import { $, announce, busy, h, setText, toast } from "./dom.js";

const AT_ONCE = 6;
const number = new Intl.NumberFormat();
const words = {
	redrive: { title: "Run again", verb: "Retry", done: "queued again" },
	cancel: { title: "Cancel", verb: "Cancel", done: "cancelled" },
	purge: { title: "Remove for good", verb: "Remove", done: "removed" },
};

const tasksOf = (n, more) => `${more ? "at least " : ""}${number.format(n)
} task${n === 1 ? "" : "s"}`;

// -- those that were chosen --------------------------------------------------

const one = { redrive: api.redrive, cancel: api.cancel };

export async function each(verb, ids) {
	const left = [...ids];
	const failed = [];
	const run = async () => {
		for (let id; (id = left.shift()) !== undefined;)
			await one[verb](id).catch((err) => failed.push(err));
	};
	await Promise.all(Array.from({ length: AT_ONCE }, run));
	const said = `${ids.length - failed.length} of ${ids.length} ${
		words[verb].done}`;
	toast(failed.length > 0 ? `${said}; ${failed[0].message}` : said);
	announce(said);
}

// -- all that a filter means -------------------------------------------------

let job = null;			// {verb, filter, done}

const labels = { type: "Type", queue: "Queue", status: "Status",
	label: "Label", error: "Error contains", errorKind: "Error",
	group: "Group", since: "Changed since", until: "Changed before",
	drained: "Drained" };

// ask(verb, filter, done): count first; done() when some were dealt with.
export async function ask(verb, filter, done) {
	const mine = job = { verb, done, filter: Object.fromEntries(
		Object.entries(filter).filter(([, v]) => v)) };
	const go = $("bulk-do");
	const known = Object.keys(mine.filter).filter((k) => labels[k]);
	if (!known.some((k) => k !== "queue"))
		mine.filter.all = true;
	setText($("bulk-title"), words[verb].title);
	setText(go, words[verb].verb);
	setText($("bulk-count"), "Counting…");
	setText($("bulk-error"), "");
	go.disabled = true;
	go.classList.toggle("danger", verb === "purge");
	$("bulk-filter").hidden = known.length === 0;
	$("bulk-filter").replaceChildren(...known.map((k) => h("div", {},
		h("dt", {}, labels[k]), h("dd", {}, mine.filter[k]))));
	$("bulk").showModal();
	try {
		const { tasks, more } = await api.bulk(verb, mine.filter, true);
		if (job !== mine)
			return;
		setText($("bulk-count"), tasks === 0 ? "No task matches now." :
			`${tasksOf(tasks, more)} match${tasks === 1 ? "es" : ""}.`);
		setText(go, `${words[verb].verb} ${tasksOf(tasks, more)}`);
		go.disabled = tasks === 0;
	} catch (err) {
		setText($("bulk-error"), err.message);
	}
}

async function run() {
	const mine = job;
	let n = 0;
	try {
		for (let more = true; more && job === mine;) {
			const part = await api.bulk(mine.verb, mine.filter);
			n += part.tasks;
			more = part.more;
			setText($("bulk-count"),
				`${tasksOf(n)} ${words[mine.verb].done} …`);
		}
		$("bulk").close();
		toast(`${tasksOf(n)} ${words[mine.verb].done}`);
		announce(`${tasksOf(n)} ${words[mine.verb].done}`);
	} catch (err) {
		setText($("bulk-error"), err.message);
	}
	mine.done();
}

export function wire() {
	$("bulk-form").addEventListener("submit", (e) => {
		e.preventDefault();
		busy($("bulk-do"), run);
	});
	// Closed meanwhile: what is done is done, the rest is left.
	$("bulk").addEventListener("close", () => { job = null; });
}
