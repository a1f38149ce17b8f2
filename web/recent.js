// Tasks of all states, the latest change first.
//
// A store keeps its lists by state (it has no index over all of them), so
// that this merges one list for each.  A place is where each list goes on:
// {PENDING: cursor, ...}; a state that is missing from it has ended.
import { list } from "./api.js";

export const states = ["RUNNING", "RETRYING", "PENDING", "FAILED", "CANCELLED",
	"COMPLETED"];

export const start = (filter) => Object.fromEntries(
	(filter.status ? [filter.status] : states).map((s) => [s, null]));

// A page may be short, even empty, and not be the last one.
async function read(status, cursor, type, limit) {
	const tasks = [];
	let next = cursor;
	do {
		const page = await list({ status, type, cursor: next,
			limit: limit - tasks.length });
		tasks.push(...page.tasks);
		next = page.next;
	} while (next !== null && tasks.length < limit);
	return { status, tasks, next, used: 0 };
}

function takeLatest(heads) {
	let best = null;
	for (const head of heads) {
		const task = head.tasks[head.used];
		if (task && (best === null || task.updatedAt >
		    best.tasks[best.used].updatedAt))
			best = head;
	}
	return best?.tasks[best.used++];
}

// One page from ${place} on.  ${some(status)}: can there be any?
export async function page(place, type, size, some) {
	const heads = await Promise.all(Object.entries(place)
		.filter(([status]) => some(status))
		.map(([status, cursor]) => read(status, cursor, type, size)));
	const tasks = [];
	const seen = new Set();
	for (let t; tasks.length < size && (t = takeLatest(heads));) {
		// One that has just changed its state may be in two lists.
		if (!seen.has(t.taskId))
			tasks.push(t);
		seen.add(t.taskId);
	}
	return { tasks, heads, more: heads.some((h) =>
		h.used < h.tasks.length || h.next !== null) };
}

// The place behind a page.
export async function after(place, { heads }, type) {
	const next = { ...place };
	for (const { status, used, tasks, next: cursor } of heads) {
		if (used === tasks.length)
			next[status] = cursor;
		else if (used > 0)
			next[status] = (await read(status, place[status], type,
				used)).next;
		if (used === tasks.length && cursor === null)
			delete next[status];
	}
	return next;
}
