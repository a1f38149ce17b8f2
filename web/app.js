// The page: shows the view that the address names and keeps it fresh.
import * as api from "./api.js";
import * as bulk from "./bulk.js";
import * as dead from "./dead.js";
import * as detail from "./detail.js";
import { $, announce, setText } from "./dom.js";
import * as edit from "./edit.js";
import * as overview from "./overview.js";
import { href, parse } from "./route.js";
import * as session from "./session.js";
import * as submit from "./submit.js";
import * as summary from "./summary.js";
import * as tasks from "./tasks.js";

const EVERY = 2000;
const EVERY_MAX = 15000;

const views = { overview, tasks, dead, submit, task: detail };

let route = parse();
let entered = null;		// the route that is shown
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

// What all views want, and what this one does.
async function load() {
	const view = views[route.view];
	if (!session.may("read"))
		return view.refresh({ counts: [], workers: [] });
	const [{ counts }, { workers }] = await Promise.all([api.summary(),
		route.view === "overview" ? api.workers() : { workers: [] }]);
	summary.everywhere(counts);
	return view.refresh({ counts, workers });
}

// Ask for everything anew; what is asked meanwhile comes right after.
async function refresh() {
	if (loading) {
		again = true;
		return;
	}
	loading = true;
	clearTimeout(timer);
	try {
		await load();
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

// -- views -------------------------------------------------------------------

function mark() {
	for (const a of document.querySelectorAll(".views a")) {
		const here = a.dataset.view === route.view ||
			(a.dataset.view === "tasks" && route.view === "task");
		if (here)
			a.setAttribute("aria-current", "page");
		else
			a.removeAttribute("aria-current");
	}
}

// Show the view of the address.  Who comes by a link starts at its head; who
// merely filters stays where he is.
function navigate() {
	const before = entered;
	route = parse();
	if (!session.may("read") && session.may("submit"))
		route = { view: "submit", params: {} };
	if (route.view === "submit" && !session.may("submit"))
		route = { view: "overview", params: {} };
	const moved = before?.view !== route.view || before?.id !== route.id;
	if (moved && before)
		views[before.view].leave?.();
	entered = route;
	for (const name of Object.keys(views))
		$(name).hidden = name !== route.view;
	document.title = `${views[route.view].title(route)} · tq`;
	mark();
	views[route.view].enter(route);
	if (moved && before) {
		scrollTo(0, 0);
		$("view").focus({ preventScroll: true });
		announce(views[route.view].title(route));
	}
	return refresh();
}

async function start() {
	try {
		const known = await session.refresh();
		$("offline").hidden = true;
		if (known)
			return navigate();
		state("locked", "Log in to go on");
		$(route.view).hidden = false;
		show();
		session.ask();
	} catch (err) {
		failed(err);
		$("offline").hidden = false;
		show();
		timer = setTimeout(start, pause);
	}
}

// -- start -------------------------------------------------------------------

for (const a of document.querySelectorAll("a[data-api]"))
	a.href = api.url(a.dataset.api);
for (const button of document.querySelectorAll("dialog [data-close]"))
	button.onclick = () => button.closest("dialog").close();
// An id alone was a task's address once.
if (route.view === "task" && !location.hash.startsWith("#/"))
	history.replaceState(null, "", href("task", {}, route.id));
overview.wire(refresh);
tasks.wire(refresh, () => route);
dead.wire(refresh);
submit.wire();
bulk.wire();
edit.wire();
session.wire(() => {
	detail.again();
	submit.again();
	start();
});
addEventListener("hashchange", () => {
	// The link that skips to the content is no address.
	if (location.hash === "#view")
		history.replaceState(null, "", href(route.view, route.params, route.id));
	else if (entered)
		navigate();
});
document.addEventListener("visibilitychange", () => {
	clearTimeout(timer);
	if (!document.hidden)
		refresh();
});
start();
