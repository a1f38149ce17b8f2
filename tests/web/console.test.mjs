// Overview, tasks and dead tasks, in a headless Chromium, as operators use it.
import assert from "node:assert/strict";
import { checkAxe, count, focus, idsOf, keysFile, login, play, says, scene,
	state, tabTo } from "./scenes.mjs";

const dead = async (stage, n, payload) => {
	const ids = [];
	for (let i = 0; i < n; i++)
		ids.push(await stage.submit({ type: "x", maxAttempts: 1,
			payload: { n: i, ...payload } }));
	return ids;
};

scene("the overview has queues, plots, workers and what they run",
	async (stage) => {
		const page = await stage.page(await stage.serve());
		await page.waitForSelector("#no-queues:not([hidden])");
		await says(page, "#worker-line [data-command]", "tq-work");
		await stage.submit({ type: "thumb", queue: "pics" });
		await says(page, "#worker-line [data-command]",
			"tq-work -q pics --on thumb=COMMAND");
		stage.work("-q", "pics", "--on", "thumb=sleep 1000", "-j3");
		await says(page, ".runs", "thumb");
		await says(page, ".slots", "1 of 3 busy");
		await says(page, "#plot-created .sum", "1");
		assert.match(await page.getAttribute("#plot-created svg",
			"aria-label"), /^1 in the last hour, at most 1 in a minute$/);
		const id = await stage.submit({ type: "y", queue: "pics" });
		await fetch(`${stage.url}/v1/tasks/${id}`, { method: "DELETE" });
		await page.reload();
		await says(page, "#plot-ended [data-legend]",
			"0 completed, 0 dead, 1 cancelled in the last hour");
		// Of a busy store the last hour is too much to look at.
		const part = (hour) => ({ ...hour, atLeast: true,
			knownSince: new Date(Date.parse(hour.start) + 1800e3)
				.toISOString() });
		await page.route("**/v1/rates", async (to) => to.fulfill({
			json: part(await (await to.fetch()).json()) }));
		await page.reload();
		await says(page, "#plot-created .sum", "at least 2");
		await says(page, "#plot-created .of", "before that, too many to count");
		await says(page, "#plot-ended [data-legend]",
			"1 cancelled since ");
		await count(page, "#plot-created rect.lost[width='300']", 1);
		// A task that is not read yet is said to be nothing.
		await page.route("**/v1/tasks/**", () => {});
		await page.click(".runs a");
		await page.waitForSelector("#task .ident code");
		assert.deepEqual(await page.locator("#task .titled .badge:visible, " +
			"#task .actions button:visible, #task .pictures:visible")
			.count(), 0);
		await page.goBack();
		await page.unrouteAll({ behavior: "ignoreErrors" });
		await page.click(".runs a");
		await state(page, "running");
		await page.goBack();
		await page.click("#queue-rows .c-num a:text-is('1')");
		await count(page, "#rows tr", 1);
		await stage.shot(page, "overview");
	});

scene("Back leads through every view, and a reload stays", async (stage) => {
	const url = await stage.serve();
	const id = await stage.submit({ type: "x" });
	const page = await stage.page(url);
	const at = async (view, title) => {
		await page.waitForSelector(`#${view}:not([hidden])`);
		await page.waitForFunction((t) => document.title === t,
			`${title} · tq`);
		assert.equal(await page.locator("main > section:visible").count(), 1);
	};
	const views = [["overview", "Overview"], ["tasks", "Tasks"],
		["dead", "Dead tasks"], ["submit", "New task"]];
	for (const [view, title] of views) {
		await page.click(`.views [data-view=${view}]`);
		await at(view, title);
	}
	await page.click(".views [data-view=tasks]");
	await page.click(`#rows [data-id="${id}"] a`);
	await at("task", `Task ${id}`);
	await page.reload();
	await at("task", `Task ${id}`);
	await page.goBack();
	for (const [view, title] of [["tasks", "Tasks"], ...views.reverse()]) {
		await at(view, title);
		await page.goBack();
	}
});

scene("a server that does not answer is said, and asked again",
	async (stage) => {
		const page = await stage.page(await stage.serve());
		await page.waitForSelector("#overview:not([hidden])");
		await page.route("**/v1/**", (to) => to.abort());
		await page.reload();
		await page.waitForSelector("#offline:not([hidden])");
		await says(page, "#link-state", "can't be reached");
		await stage.expected(/ERR_FAILED/);
		await page.unrouteAll({ behavior: "ignoreErrors" });
		await page.waitForSelector("#overview:not([hidden])");
		await page.waitForSelector("#offline", { state: "hidden" });
	});

scene("a queue is paused with a reason and a time, and resumed",
	async (stage) => {
		const url = await stage.serve();
		await stage.submit({ type: "x", queue: "mail" });
		const page = await stage.page(url);
		const queue = async () => (await fetch(
			`${url}/v1/queues/mail`)).json();
		await page.click("#queue-rows button:has-text('Pause')");
		await focus(page, "#pause-reason");
		await page.fill("#pause-reason", "SES is down");
		await page.selectOption("#pause-for", "1h");
		await page.click("#pause button:has-text('Pause')");
		await says(page, "#queue-rows .sub", "Paused: SES is down, until");
		const { paused, reason, until } = await queue();
		assert.deepEqual([paused, reason], [true, "SES is down"]);
		assert.ok(Date.parse(until) > Date.now());
		await page.click("#queue-rows button:has-text('Resume')");
		await page.waitForSelector("#queue-rows button:has-text('Pause')");
		assert.equal((await queue()).paused, false);
	});

scene("tasks are filtered, searched and paged, and Back goes back",
	async (stage) => {
		const url = await stage.serve();
		const ids = [];
		for (let i = 0; i < 57; i++)
			ids.unshift(await stage.submit({ type: i < 3 ? "rare" : "x",
				queue: i % 2 ? "a" : "b", labels: { n: String(i) } }));
		for (const id of ids.slice(0, 5))
			await fetch(`${url}/v1/tasks/${id}`, { method: "DELETE" });
		const page = await stage.page(`${url}/#/tasks`);
		await count(page, "#rows tr", 50);
		assert.deepEqual(await idsOf(page), ids.slice(0, 50));
		await page.click("#older");
		await count(page, "#rows tr", 7);
		await says(page, "#page-number", "Page 2");
		assert.deepEqual(await idsOf(page), ids.slice(50));
		assert.ok(await page.isDisabled("#older"));
		await page.reload();
		await count(page, "#rows tr", 7);
		await page.click("#newer");
		await count(page, "#rows tr", 50);
		await says(page, "#page-number", "Page 1");

		await page.selectOption("#f-status", "CANCELLED");
		await count(page, "#rows tr", 5);
		await page.selectOption("#f-queue", "a");
		await count(page, "#rows tr", 2);
		await page.goBack();
		await count(page, "#rows tr", 5);
		assert.equal(await page.inputValue("#f-queue"), "");
		await page.click("#clear-filters");
		await page.selectOption("#f-type", "rare");
		await count(page, "#rows tr", 3);
		await page.fill("#f-search", "n=1");
		await page.keyboard.press("Enter");
		await count(page, "#rows tr", 1);
		assert.deepEqual(await idsOf(page), [ids[55]]);
		await page.fill("#f-search", ids[20]);
		await page.keyboard.press("Enter");
		await page.waitForSelector(`#rows [data-id="${ids[20]}"]`);
		await count(page, "#rows tr", 1);
		await page.fill("#f-search", "nobody");
		await page.keyboard.press("Enter");
		// Its words are there, unseen, before it has anything to say.
		await page.waitForSelector("#no-rows:has-text('No such task')");
		// An answer to the last filter is not taken for the next one's.
		const asked = [];
		let came;
		await page.route("**/v1/tasks?*", (to) => {
			if (asked.push(to) > 2)
				return to.continue();
			came();
		});
		let next = new Promise((resolve) => { came = resolve; });
		await page.selectOption("#f-status", "CANCELLED");
		await next;
		await page.click("#clear-filters");
		next = new Promise((resolve) => { came = resolve; });
		await asked[0].continue();
		await next;
		assert.equal(await page.getAttribute("#tasks .table-room",
			"aria-busy"), "true");
		await asked[1].continue();
		await page.waitForSelector("#tasks .table-room:not([aria-busy])");
		await count(page, "#rows tr", 50);
		await page.fill("#f-search", "what is this?");
		await page.keyboard.press("Enter");
		await says(page, "#no-rows", "An id has no such characters.");
	});

scene("many tasks are chosen and cancelled, and run again", async (stage) => {
	const url = await stage.serve();
	const ids = [];
	for (let i = 0; i < 4; i++)
		ids.push(await stage.submit({ type: "x" }));
	const page = await stage.page(`${url}/#/tasks`);
	await count(page, "#rows tr", 4);
	await page.check("#choose-all");
	await page.uncheck(`#rows [data-id="${ids[0]}"] input`);
	await says(page, "#chosen-bar", "3 chosen");
	assert.ok(await page.isDisabled("[data-do=redrive]"));
	await stage.shot(page, "chosen");
	await page.click("[data-do=cancel]");
	await count(page, "#rows [data-status=cancelled]", 3);
	await count(page, "#rows [data-status=pending]", 1);
	await says(page, "#toasts", "3 of 3 cancelled");
	await page.check(`#rows [data-id="${ids[1]}"] input`);
	await page.click("[data-do=redrive]");
	await count(page, "#rows [data-status=pending]", 2);
	await page.selectOption("#f-status", "CANCELLED");
	await count(page, "#rows tr", 2);
	await page.click("[data-all=redrive]");
	await says(page, "#bulk-count", "2 tasks match.");
	await page.click("#bulk-do");
	await says(page, "#no-rows", "No such task");
});

scene("dead tasks stand together by error, and a group is run again after a count",
	async (stage) => {
		const url = await stage.serve();
		const worker = stage.work("--on",
			"x=echo \"port $$: refused\" >&2; exit 1", "--on", "y=exit 65");
		await dead(stage, 3);
		await stage.submit({ type: "y" });
		const page = await stage.page(`${url}/#/dead`);
		await says(page, "#dead-sum", "4, of 2 errors");
		await says(page, "#dead-list li:first-child .tally", "3");
		await says(page, "[data-dead]", "4");
		await stage.shot(page, "dead");
		await worker.stop();
		await page.click("#dead-list li:first-child a:has-text('List')");
		await count(page, "#rows tr", 3);
		await says(page, "#kind-note", "port N: refused");
		await page.goBack();
		await page.click("#dead-list li:first-child button:has-text('Retry')");
		await says(page, "#bulk-count", "3 tasks match.");
		await says(page, "#bulk-filter", "port N: refused");
		await page.click("#bulk [data-close]");
		await page.click("#dead-list li:first-child button:has-text('Retry')");
		await says(page, "#bulk-do", "Retry 3 tasks");
		await page.click("#bulk-do");
		await says(page, "#dead-sum", "1, of 1 error");
		await page.click("#dead-list button:has-text('Remove')");
		await says(page, "#bulk-do", "Remove 1 task");
		await page.click("#bulk-do");
		await page.waitForSelector("#no-dead:not([hidden])");
		const { tasks } = await (await fetch(`${url}/v1/tasks`)).json();
		assert.deepEqual(tasks.map((t) => t.status),
			["PENDING", "PENDING", "PENDING"]);
	});

scene("a key sees and does only what it may", async (stage) => {
	const keys = keysFile(stage, { reader: "read", ops: "read,operate",
		sender: "submit", ali: "read,submit" });
	const url = await stage.serve("--keys", keys);
	const post = { method: "POST", body: "{\"type\":\"x\",\"queue\":\"q\"}",
		headers: { "Content-Type": "application/json",
			Authorization: "Bearer key-ali" } };
	const { taskId } = await (await fetch(`${url}/v1/tasks`, post)).json();
	const as = async (id, hash = "#/") => {
		const page = await stage.page(`${url}/${hash}`);
		await focus(page, "#key");
		await login(page, id);
		return page;
	};
	const seen = (page, ...list) => Promise.all(list.map(
		(s) => page.locator(s).first().isVisible()));

	let page = await as("reader");
	await page.waitForSelector("#queue-rows tr");
	assert.deepEqual(await seen(page, ".views [data-view=submit]",
		"#queue-rows button"), [false, false]);
	await page.goto(`${url}/#/task/${taskId}`);
	await state(page, "pending");
	assert.deepEqual(await seen(page, "#task .actions button"), [false]);
	await page.goto(`${url}/#/submit`);
	await page.waitForSelector("#overview:not([hidden]) #queue-rows tr");
	assert.deepEqual(await seen(page, "#submit"), [false]);
	page = await as("ops");
	await page.waitForSelector("#queue-rows button:visible");
	await page.goto(`${url}/#/task/${taskId}`);
	await state(page, "pending");
	assert.deepEqual(await seen(page, "#task button:text-is('Hold')",
		"#task button:text-is('Cancel')"), [true, false]);
	page = await as("sender", "#/dead");
	await page.waitForSelector("#submit:not([hidden])");
	assert.deepEqual(await seen(page, ".views [data-view=tasks]", "#dead"),
		[false, false]);
	await page.check("[name=kind][value=text]", { force: true });
	await page.click("#send");
	await says(page, "#toasts", "Submitted");
	assert.equal(await page.locator("#watched .ident").count(), 0);
	assert.deepEqual(stage.troubles.filter((t) => !/401/.test(t)), []);
});

scene("with keys it asks for one, and forgets it on request",
	async (stage) => {
		const url = await stage.serve("--keys",
			keysFile(stage, { ali: "read,submit" }));
		const page = await stage.page(`${url}/#/submit`);
		await focus(page, "#key");
		await page.fill("#key", "open barley");
		await page.keyboard.press("Enter");
		await says(page, "#login-error", "not known");
		await stage.expected(/status of 401/);
		await stage.shot(page, "asked");
		await login(page, "ali");
		await page.check("[name=kind][value=text]", { force: true });
		await page.click("#send");
		await state(page, "pending");
		const cookie = (await page.context().cookies())[0];
		assert.ok(cookie.httpOnly && cookie.sameSite === "Strict");

		await page.goto(`${url}/#/tasks`);
		await page.waitForSelector("#rows tr");
		await page.evaluate(() => { globalThis.old = true; });
		await page.click("#session");
		await page.waitForFunction(() => !globalThis.old);
		await page.waitForSelector("[data-state=locked]");
		assert.deepEqual(await page.context().cookies(), []);
		assert.equal(await page.locator("#rows tr, .pictures").count(), 0);
		await focus(page, "#key");
		await page.click("#login-cancel");
		await focus(page, "#session");
	});

scene("the keyboard alone is enough", async (stage) => {
	const page = await stage.page(await stage.serve());
	await page.setViewportSize({ width: 320, height: 640 });
	await page.keyboard.press("Tab");
	await focus(page, ".skip");
	await page.keyboard.press("Enter");
	await focus(page, "#view");
	await page.focus(".brand");
	await tabTo(page, "[data-view=submit]");
	await page.keyboard.press("Enter");
	await focus(page, "#view");
	await tabTo(page, "[name=kind]");
	await page.keyboard.press("ArrowRight");
	await tabTo(page, "#text");
	await page.keyboard.type("x");
	await tabTo(page, "#send");
	await page.keyboard.press("Enter");
	await state(page, "pending");
	await focus(page, "#send");
	await page.focus(".brand");
	await tabTo(page, "[data-view=tasks]");
	await page.keyboard.press("Enter");
	await page.waitForSelector("#rows .open");
	await tabTo(page, "#rows input");
	await page.keyboard.press("Space");
	await says(page, "#chosen-bar", "1 chosen");
	await tabTo(page, "#rows .open");
	await page.keyboard.press("Enter");
	await state(page, "pending");
	await tabTo(page, "#task [data-need=submit]:not([hidden])");
	await page.keyboard.press("Enter");
	await state(page, "cancelled");
	await focus(page, "#detail-title");
});

scene("axe finds nothing in any view", async (stage) => {
	const url = await stage.serve();
	stage.work("--on", "x=echo no >&2; exit 1");
	const [id] = await dead(stage, 1);
	const page = await stage.page(url);
	await says(page, "[data-dead]", "1");
	await checkAxe(page, "overview");
	for (const [hash, ready] of Object.entries({ "#/tasks": "#rows tr",
		"#/dead": "#dead-list li", [`#/task/${id}`]: "#task .block.bad",
		"#/submit": "#send:visible" })) {
		await page.goto(`${url}/${hash}`);
		await page.waitForSelector(ready);
		await checkAxe(page, hash);
	}
});

play("the console");
