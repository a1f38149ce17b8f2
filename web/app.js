// The page: puts its parts together and keeps them fresh.
import * as api from "./api.js";
import * as dead from "./dead.js";
import * as detail from "./detail.js";
import { $, announce, isFinished, setText } from "./dom.js";
import * as session from "./session.js";
import * as submit from "./submit.js";
import * as summary from "./summary.js";
import * as tasks from "./tasks.js";

const EVERY = 2000;
const EVERY_MAX = 15000;

let timer = 0;
let pause = EVERY;
let loading = false;
let again = false;

function state(name, text) {
	$("link-state").dataset.state = name;
	setText($("link-state").querySelector("[data-text]"), text);
}

function failed(err) {
	pause = Math.min(pause * 2, EVERY_MAX);
	if (err.status === 401)
		state("locked", "Log in to go on");
	else
		state("down", err.message);
}

// The page shows when it is known what it is to show, or that takes long.
function show() {
	document.body.dataset.ready = "true";
}
setTimeout(show, 1500);

// Ask for everything anew; what is asked meanwhile comes right after.
async function refresh() {
	if (loading) {
		again = true;
		return;
	}
	loading = true;
	clearTimeout(timer);
	try {
		const counts = await summary.refresh();
		await Promise.all([tasks.refresh(counts), dead.refresh()]);
		pause = EVERY;
		state("live", "Live");
	} catch (err) {
		failed(err);
	}
	loading = false;
	show();
	if (!document.hidden && $("link-state").dataset.state !== "locked")
		timer = setTimeout(refresh, again ? 0 : pause);
	again = false;
}

async function start() {
	try {
		if (await session.refresh())
			return refresh();
		state("locked", "Log in to go on");
		show();
		session.ask();
	} catch (err) {
		failed(err);
		show();
		timer = setTimeout(start, pause);
	}
}

function openFromAddress() {
	const id = decodeURIComponent(location.hash.slice(1));
	if (/^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$/.test(id) && !$(id))
		detail.open(id);
}

for (const a of document.querySelectorAll("a[data-api]"))
	a.href = api.url(a.dataset.api);
submit.wire((task) => {
	announce(`Submitted ${task.type}`);
	detail.open(task.taskId);
	refresh();
});
summary.wire();
tasks.wire(refresh);
dead.wire(refresh);
detail.onChange((task) => {
	if (task)
		tasks.patch(task);
	if (!task || isFinished(task))
		refresh();
});
session.wire(() => {
	detail.again();
	start();
});
addEventListener("hashchange", openFromAddress);
document.addEventListener("visibilitychange", () => {
	clearTimeout(timer);
	if (!document.hidden)
		refresh();
});
openFromAddress();
start();
