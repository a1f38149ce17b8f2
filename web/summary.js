// The strip of numbers, and whether anybody works.
import { summary, workers } from "./api.js";
import { $, h, setText, wireCopy } from "./dom.js";

const number = new Intl.NumberFormat();
const builtin = new Set([...$("by-type").options].map((o) => o.value));
const known = new Set(builtin);

const sum = (rows, ...names) => rows.reduce((n, row) =>
	n + names.reduce((m, name) => m + (row[name] ?? 0), 0), 0);

function drawNumbers(counts, list) {
	const values = {
		waiting: sum(counts, "PENDING", "RETRYING"),
		running: sum(counts, "RUNNING"),
		done: sum(counts, "COMPLETED"),
		dead: sum(counts, "FAILED") - sum(counts, "drained"),
		workers: list.length,
	};
	for (const [name, value] of Object.entries(values))
		setText($("summary").querySelector(`[data-of=${name}]`),
			number.format(Math.max(0, value)));
	$("summary").lastElementChild.dataset.on = String(list.length > 0);
}

// Work that nobody takes: its row of the counts, or undefined.
const orphan = (counts, list) => counts.find((c) =>
	sum([c], "PENDING", "RETRYING") > 0 && !list.some((w) =>
		w.queue === c.queue && w.types.split(" ").includes(c.type)));

// What to type, so that ${row}'s tasks are run.
function commandFor(row) {
	const queue = row && row.queue !== "default" ? ` -q ${row.queue}` : "";
	const handler = row && !builtin.has(row.type) ?
		` --on ${row.type}=COMMAND` : "";
	return `tq-work${queue}${handler}`;
}

function alarm(text, command) {
	const line = $("worker-line");
	line.dataset.alarm = String(command !== null);
	setText(line.querySelector("p[data-text]"), text);
	line.querySelector("[data-start]").hidden = command === null;
	if (command !== null)
		setText(line.querySelector("[data-command]"), command);
}

function drawWorkers(counts, list) {
	const row = orphan(counts, list);
	if (list.length === 0)
		return alarm("No worker is running, so tasks wait.",
			commandFor(row));
	if (row !== undefined)
		return alarm(`No worker takes ${row.type} on queue ${row.queue
		}, so its tasks wait.`, commandFor(row));
	const slots = sum(list, "slots");
	return alarm(`${list.length === 1 ? "One worker is" :
		`${list.length} workers are`} running, with ${slots} slot${
		slots === 1 ? "" : "s"}.`, null);
}

// Types that are only known from the store can be chosen, too.
function drawTypes(counts) {
	for (const { type } of counts) {
		if (known.has(type))
			continue;
		known.add(type);
		$("by-type").append(h("option", { value: type }, type));
	}
}

export async function refresh() {
	const [{ counts }, { workers: list }] =
		await Promise.all([summary(), workers()]);
	drawNumbers(counts, list);
	drawWorkers(counts, list);
	drawTypes(counts);
	return counts;
}

export function wire() {
	const line = $("worker-line");
	wireCopy(line.querySelector("[data-copy]"),
		() => line.querySelector("[data-command]").textContent);
}
