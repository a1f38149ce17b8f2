// Overview: the numbers, the last hour, queues, workers and what they run.
import * as api from "./api.js";
import { $, announce, badge, busy, h, keyed, setText, setTime, shortId,
	span, timeEl, toast, wireCopy } from "./dom.js";
import * as plot from "./plot.js";
import { href, taskHref } from "./route.js";
import { draw as drawSummary, sum } from "./summary.js";

const RATES_EVERY = 15000;
const RUNNING_SHOWN = 100;
const number = new Intl.NumberFormat();

let ratesAt = 0;
let changed = () => {};

// -- the last hour -----------------------------------------------------------

async function refreshRates() {
	if (Date.now() - ratesAt < RATES_EVERY)
		return;
	ratesAt = Date.now();
	const r = await api.rates({});
	const of = (name, word = name) => ({ name, word, counts: r[name] });
	const count = (name) => number.format(r[name].reduce((n, v) => n + v, 0));
	plot.draw($("plot-created"), r, [of("created")]);
	plot.draw($("plot-ended"), r, [of("completed"), of("failed", "dead"),
		of("cancelled")]);
	setText($("plot-ended").querySelector("[data-legend]"),
		`${count("completed")} completed, ${count("failed")} dead, ${
			count("cancelled")} cancelled ${plot.since(r)}`);
}

// -- queues ------------------------------------------------------------------

// One row per queue of what is counted by queue and type.
function queuesOf(counts, controls) {
	const all = new Map(controls.map((c) => [c.queue, { ...c, waiting: 0,
		blocked: 0, running: 0, dead: 0, types: 0, oldest: null }]));
	for (const c of counts) {
		const q = all.get(c.queue);
		if (!q)
			continue;
		q.waiting += sum([c], "PENDING", "RETRYING");
		q.blocked += sum([c], "BLOCKED");
		q.running += sum([c], "RUNNING");
		q.dead += sum([c], "FAILED");
		q.types++;
		if (c.oldestDue && (!q.oldest || c.oldestDue < q.oldest))
			q.oldest = c.oldestDue;
	}
	return [...all.values()].sort((a, b) => (b.waiting > 0) - (a.waiting > 0)
		|| a.queue.localeCompare(b.queue));
}

class QueueRow {
	#name = h("a", { class: "strong" });
	#note = h("span", { class: "sub" });
	#waiting = h("a");
	#running = h("a");
	#dead = h("a");
	#oldest = h("td", { role: "cell", class: "c-oldest", "data-label": "Oldest" });
	#turn = h("button", { type: "button", class: "quiet small",
		"data-need": "operate" });

	constructor({ queue }) {
		const cell = (label, el) => h("td", { role: "cell", class: "c-num",
			"data-label": label }, el);
		this.#name.textContent = queue;
		this.#name.href = href("tasks", { queue });
		this.#waiting.href = href("tasks", { queue,
			status: "PENDING,RETRYING" });
		this.#running.href = href("tasks", { queue, status: "RUNNING" });
		this.#dead.href = href("dead", { queue });
		this.#turn.onclick = () => this.#change();
		this.el = h("tr", { role: "row" },
			h("td", { role: "cell", class: "c-queue" }, this.#name,
				this.#note),
			cell("Waiting", this.#waiting), cell("Running", this.#running),
			cell("Dead", this.#dead), this.#oldest,
			h("td", { role: "cell", class: "c-actions" }, this.#turn));
	}

	update(q) {
		this.queue = q;
		this.el.dataset.paused = String(q.paused);
		setText(this.#waiting, number.format(q.waiting));
		setText(this.#running, number.format(q.running));
		setText(this.#dead, number.format(q.dead));
		this.#dead.classList.toggle("bad", q.dead > 0);
		setText(this.#oldest, q.oldest ?
			span(Date.now() - Date.parse(q.oldest)) : "–");
		this.#oldest.title = q.oldest ?? "nothing is due";
		setText(this.#turn, q.paused ? "Resume" : "Pause");
		this.#turn.setAttribute("aria-label", `${this.#turn.textContent
			} ${q.queue}`);
		setText(this.#note, this.#words(q));
	}

	#words(q) {
		if (q.paused)
			return `Paused${q.reason ? `: ${q.reason}` : ""}${q.until ?
				`, until ${new Date(q.until).toLocaleTimeString()}` : ""}`;
		const parts = [`${q.types} type${q.types === 1 ? "" : "s"}`];
		if (q.blocked > 0)
			parts.push(`${number.format(q.blocked)} blocked`);
		if (q.rate > 0)
			parts.push(`at most ${q.rateText}`);
		for (const [type, max] of Object.entries(q.limits))
			parts.push(`${type} at most ${max}`);
		return parts.join(", ");
	}

	#change() {
		if (!this.queue.paused)
			return askPause(this.queue.queue);
		return busy(this.#turn, async () => {
			await api.setQueue(this.queue.queue, { paused: false });
			announce(`${this.queue.queue} is resumed`);
			changed();
		});
	}
}

const drawQueues = keyed(() => $("queue-rows"), (q) => q.queue,
	(q) => new QueueRow(q));

// -- pausing -----------------------------------------------------------------

let pausing = null;

function askPause(queue) {
	pausing = queue;
	setText($("pause-title"), `Pause ${queue}`);
	setText($("pause-error"), "");
	$("pause-form").reset();
	$("pause").showModal();
	$("pause-reason").focus();
}

async function pause() {
	try {
		await api.setQueue(pausing, { paused: true,
			reason: $("pause-reason").value || null,
			...$("pause-for").value ? { for: $("pause-for").value } :
				{ until: null } });
		$("pause").close();
		announce(`${pausing} is paused`);
		toast(`${pausing} is paused`);
		changed();
	} catch (err) {
		setText($("pause-error"), err.message);
	}
}

// -- workers -----------------------------------------------------------------

class WorkerRow {
	#busy = h("span", { class: "soft nums" });
	#meter = h("meter", { min: 0, "aria-label": "Slots in use" });
	#runs = h("ul", { class: "runs" });
	#drawRuns = keyed(() => this.#runs, (t) => t.taskId, (t) => new Run(t));

	constructor({ worker, queue, types, startedAt, gone }) {
		const [host, pid] = worker.split(":");
		const name = pid ? `${host}, process ${pid}` : worker;
		this.el = h("li", {}, h("div", { class: "row" },
			h("strong", { title: worker }, name),
			gone ? h("span", { class: "bad" }, "not seen for a minute") :
				h("span", { class: "slots" }, this.#meter, this.#busy)),
		h("p", { class: "sub" }, gone ? "" : `takes ${types
			.split(" ").join(", ")} on ${queue}, since `,
		gone ? "" : timeEl(startedAt)), this.#runs);
	}

	update(w) {
		if (w.slots) {
			this.#meter.max = w.slots;
			this.#meter.value = w.busy;
			setText(this.#busy, `${w.busy} of ${w.slots} busy`);
		}
		this.#drawRuns(w.runs);
	}
}

class Run {
	constructor(t) {
		this.el = h("li", {}, badge("RUNNING"),
			h("a", { href: taskHref(t.taskId), title: t.taskId },
				h("strong", {}, t.type), " ",
				h("span", { class: "mono" }, shortId(t.taskId))),
			this.since = timeEl(t.startedAt ?? t.updatedAt));
	}

	update(t) {
		setTime(this.since, t.startedAt ?? t.updatedAt);
	}
}

const drawWorkers = keyed(() => $("worker-list"), (w) => w.key,
	(w) => new WorkerRow(w));

// Who runs what; tasks of a worker that is gone are shown, too.
function workersOf(list, running) {
	const all = list.map((w) => ({ ...w, key: `${w.worker}/${w.queue}`,
		runs: running.filter((t) => t.worker === w.worker &&
			t.queue === w.queue) }));
	for (const t of running) {
		if (all.some((w) => w.runs.includes(t)))
			continue;
		const key = `gone/${t.worker}`;
		const gone = all.find((w) => w.key === key);
		if (gone)
			gone.runs.push(t);
		else
			all.push({ key, worker: t.worker ?? "A worker", gone: true,
				runs: [t] });
	}
	return all;
}

// -- all of it ---------------------------------------------------------------

export const title = () => "Overview";

export async function refresh({ counts, workers }) {
	const [queues, running] = await Promise.all([api.queues(),
		sum(counts, "RUNNING") === 0 ? { tasks: [] } :
			api.list({ status: "RUNNING", limit: RUNNING_SHOWN }),
		refreshRates()]);
	const all = queuesOf(counts, queues);
	const who = workersOf(workers, running.tasks);
	drawSummary(counts, workers);
	drawQueues(all);
	drawWorkers(who);
	$("no-queues").hidden = all.length > 0;
	document.querySelector(".queues").hidden = all.length === 0;
	$("no-workers").hidden = who.length > 0;
}

export function enter() {
	ratesAt = 0;
}

export function wire(refreshNow) {
	const line = $("worker-line");
	changed = refreshNow;
	wireCopy(line.querySelector("[data-copy]"),
		() => line.querySelector("[data-command]").textContent);
	$("pause-form").addEventListener("submit", (e) => {
		e.preventDefault();
		busy(e.submitter ?? $("pause-reason"), pause);
	});
}
