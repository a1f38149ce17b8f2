// The strip of numbers, whether anybody works, and the names that are chosen
// from: what every view wants of the counts.
import { $, h, setText } from "./dom.js";

const number = new Intl.NumberFormat();
const builtin = new Set(["image.grayscale", "text.transform", "simulate"]);

export const sum = (rows, ...names) => rows.reduce((n, row) =>
	n + names.reduce((m, name) => m + (row[name] ?? 0), 0), 0);

function drawNumbers(counts, list) {
	const values = {
		waiting: sum(counts, "PENDING", "RETRYING"),
		running: sum(counts, "RUNNING"),
		done: sum(counts, "COMPLETED"),
		dead: sum(counts, "FAILED"),
		workers: new Set(list.map((w) => w.worker)).size,
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

function alarm(text, command, waits = command !== null) {
	const line = $("worker-line");
	line.dataset.alarm = String(waits);
	setText(line.querySelector("p[data-text]"), text);
	line.querySelector("[data-start]").hidden = command === null;
	if (command !== null)
		setText(line.querySelector("[data-command]"), command);
}

function drawWorkers(counts, list) {
	const row = orphan(counts, list);
	if (list.length === 0 && row === undefined)
		return alarm("No worker is running.", commandFor(row), false);
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

export function draw(counts, workers) {
	drawNumbers(counts, workers);
	drawWorkers(counts, workers);
}

// Names that are only known from the store can be chosen, too.
function offer(list, names) {
	const there = new Set([...list.options].map((o) => o.value));
	for (const name of names)
		if (!there.has(name)) {
			there.add(name);
			list.append(h("option", { value: name },
				list.localName === "select" ? name : ""));
		}
}

// What the header and the forms of all views show.
export function everywhere(counts) {
	const dead = sum(counts, "FAILED");
	const count = document.querySelector("[data-dead]");
	const queues = counts.map((c) => c.queue);
	const types = counts.map((c) => c.type);
	count.hidden = dead === 0;
	setText(count, dead > 9999 ? "9999+" : String(dead));
	offer($("f-type"), types);
	offer($("types"), types);
	for (const id of ["f-queue", "dead-queue", "queue-names"])
		offer($(id), queues);
}
