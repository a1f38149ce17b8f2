// Follow one task: by its event stream, and by asking where that fails.
import { events, getTask } from "./api.js";
import { isFinished } from "./dom.js";
import { taskOf } from "./json.js";

const sleep = (ms, signal) => new Promise((done) => {
	const timer = setTimeout(done, ms);
	signal.addEventListener("abort", () => { clearTimeout(timer); done(); },
		{ once: true });
});

// Tell each state; true when the last one has come.
async function stream(id, signal, tell) {
	for await (const event of events(id, signal)) {
		const task = taskOf(event.data);
		if (!task.taskId)
			continue;
		tell(task);
		if (isFinished(task))
			return true;
	}
	return false;
}

async function follow(id, signal, tell) {
	let pause = 1000;
	while (!signal.aborted) {
		const ended = await stream(id, signal, tell).catch(() => false);
		if (signal.aborted || ended)
			return;
		const task = await getTask(id, signal).catch((err) => {
			if (err.status >= 400 && err.status < 500 &&
			    err.status !== 429)
				throw err;
			return null;
		});
		if (task)
			tell(task);
		if (task && isFinished(task))
			return;
		await sleep(pause, signal);
		pause = task ? 1000 : Math.min(pause * 2, 10000);
	}
}

// watch("id", {task, failed}): returns what ends it.
export function watch(id, { task, failed }) {
	const end = new AbortController();
	const tell = (t) => {
		if (!end.signal.aborted)
			task(t);
	};
	follow(id, end.signal, tell).catch((err) => {
		if (!end.signal.aborted)
			failed(err);
	}).finally(() => end.abort());
	return end;
}
