// Submitting and one task, in a headless Chromium, as people do it.
import assert from "node:assert/strict";
import { colorOf, count, gray, idsOf, kind, original, photo, play, says, scene,
	simulate, state, timeline } from "./scenes.mjs";

scene("a picture is submitted and turns gray", async (stage) => {
	const page = await stage.page(`${await stage.serve()}/#/submit`);
	stage.work();
	await page.setInputFiles("#file", photo);
	await page.waitForSelector("#preview:not([hidden])");
	await page.click("#send");
	await state(page, "completed");
	await page.waitForSelector(gray);
	assert.ok(await colorOf(page, original) > 40);
	assert.ok(await colorOf(page, gray) < 4);
	await stage.shot(page, "light");
});

scene("what can't be sent is said at the form", async (stage) => {
	const page = await stage.page(`${await stage.serve()}/#/submit`);
	const said = (text) => says(page, "#submit-error", text);

	await page.click("#send");
	await said("Choose a picture first");
	await page.setInputFiles("#file", { name: "notes.pdf",
		mimeType: "application/pdf", buffer: Buffer.from("%PDF") });
	await said("notes.pdf is no PNG");
	await page.setInputFiles("#file", { name: "fake.png",
		mimeType: "image/png", buffer: Buffer.from("no picture") });
	await page.click("#send");
	await said("not an image");
	await stage.expected(/status of 400/);
	await kind(page, "text");
	await page.fill("#text", "  ");
	await page.click("#send");
	await said("Write a text first");
	await kind(page, "any");
	await page.click("#send");
	await said("Say the type first");
	await page.fill("#any-type", "x");
	await page.fill("#any-payload", "{\"a\":");
	await page.click("#send");
	await said("The payload is no JSON");
});

scene("a task of any type: JSON as it was written, text, a file, options",
	async (stage) => {
		const page = await stage.page(`${await stage.serve()}/#/submit`);
		const of = async (id) => (await fetch(
			`${stage.url}/v1/tasks/${id}`)).text();
		const sent = async () => {
			await page.click("#send");
			return page.waitForSelector("#watched .ident a").then(
				(el) => el.textContent());
		};
		await kind(page, "any");
		await page.fill("#any-type", "mail");
		await page.fill("#any-queue", "post");
		await page.fill("#any-payload", "{\"n\": 12345678901234567890}");
		await page.click("#new summary");
		await page.fill("#any-prio", "7");
		await page.fill("#any-delay", "1h");
		await page.fill("#any-labels", "shop=paris n=1");
		const first = await sent();
		const text = await of(first);
		assert.match(text, /"payload":\{"n": 12345678901234567890\}/);
		assert.match(text, /"queue":"post".*"prio":7/);
		assert.match(text, /"labels":\{"shop":"paris","n":"1"\}/);
		await says(page, "#watched .pairs", "12345678901234567890");

		await page.check("[name=payload-kind][value=text]");
		await page.fill("#any-payload", "no {json");
		await page.fill("#any-after", first);
		await page.click("#send");
		await state(page, "blocked");
		await page.check("[name=payload-kind][value=file]");
		await page.fill("#any-after", "");
		await page.setInputFiles("#any-file", photo);
		await page.click("#send");
		await state(page, "pending");
		const { tasks } = await (await fetch(`${stage.url}/v1/tasks`)).json();
		assert.equal(tasks.length, 3);
		assert.match(tasks[0].input, /^blob:/);
		assert.equal(tasks[0].labels.fileName, "photo.jpg");
		assert.equal(tasks[1].payload, "no {json");
	});

scene("a failing task's attempts, log and end are shown, and it is run again",
	async (stage) => {
		const url = await stage.serve();
		const worker = stage.work("--on",
			"x=echo \"line $TQ_ATTEMPT\" >&2; exit 1");
		const id = await stage.submit({ type: "x", maxAttempts: 2,
			backoff: "1ms" });
		const page = await stage.page(`${url}/#/task/${id}`);
		await state(page, "failed");
		assert.deepEqual(await timeline(page), ["Pending", "Attempt 1",
			"Attempt 2", "Failed"]);
		await says(page, ".timeline", "exited with status 1");
		await says(page, ".log", "line 2");
		await page.selectOption("[aria-label='Log of attempt']", "1");
		await says(page, ".log", "line 1");
		await stage.shot(page, "dead");
		await worker.stop();
		await page.click("#task button:text-is('Retry')");
		await state(page, "pending");
		stage.work("--on", "x=true");
		await state(page, "completed");
	});

scene("a running task's log comes as it is written; it is cancelled",
	async (stage) => {
		const url = await stage.serve();
		const go = stage.path("go");
		stage.work("--lease", "6s", "--on", `x=echo first >&2; until [ -e ${go
		} ]; do sleep 0.1; done; echo second >&2; sleep 1000`);
		const id = await stage.submit({ type: "x" });
		const page = await stage.page(`${url}/#/task/${id}`);
		await state(page, "running");
		await says(page, ".log", "first");
		await stage.touch("go");
		await says(page, ".log", "second");
		assert.match(await page.textContent(".log"), /^first\nsecond\n$/);
		await stage.shot(page, "running");
		await page.click("#task button:text-is('Cancel')");
		await state(page, "cancelled");
	});

scene("what a task waits for is shown, and a task held, changed and released",
	async (stage) => {
		const url = await stage.serve();
		const parent = await stage.submit({ type: "p" });
		const id = await stage.submit({ type: "x", after: [parent] });
		const page = await stage.page(`${url}/#/task/${id}`);
		await state(page, "blocked");
		await says(page, ".edges", "p");
		await page.click(`.edges a[href$="${parent}"]`);
		await state(page, "pending");
		await says(page, ".side", "Waiting for it");
		await page.click("#task button:text-is('Hold')");
		await state(page, "held");
		await page.click("#task button:has-text('Edit')");
		await page.fill("#edit [name=timeout]", "soon");
		await page.click("#edit button:has-text('Save')");
		await says(page, "#edit-error", "timeout");
		await stage.expected(/status of 400/);
		await page.fill("#edit [name=timeout]", "90s");
		await page.fill("#edit [name=prio]", "8");
		await page.fill("#edit [name=labels]", "who=me");
		await page.fill("#edit [name=payload]", "{\"n\":9007199254740993}");
		await page.click("#edit button:has-text('Save')");
		await says(page, "#task .outcome", "9007199254740993");
		await says(page, "#task .side .pairs", "me");
		await page.click("#task button:text-is('Release')");
		await state(page, "pending");
		const task = await (await fetch(`${url}/v1/tasks/${parent}`)).json();
		assert.equal(task.prio, 8);
		assert.equal(task.held, undefined);
		await page.goBack();
		await state(page, "blocked");
		stage.work("--on", "p=true", "--on", "x=true");
		await state(page, "completed");
		await says(page, ".edges", "Completed");
	});

scene("task data is only ever text", async (stage) => {
	const url = await stage.serve();
	const evil = "<img src=x onerror=\"console.error('run')\"><b id=evil>";
	stage.work("--on", "evil=printf '%s' '<b id=evil>x</b>'",
		"--on", "bad=printf '%s' '<b id=evil>x</b>' >&2; exit 65");
	const id = await stage.submit({ type: "evil", payload: { [evil]: evil },
		labels: { a: evil } });
	await stage.submit({ type: "bad", labels: { a: evil } });
	const page = await stage.page(`${url}/#/dead`);
	await says(page, "#dead-list .why", "<b id=evil>");
	await page.click(".views [data-view=tasks]");
	await says(page, "#rows", "<img src=x");
	await page.click(`#rows [title="${id}"]`);
	await says(page, "#task .words", "<b id=evil>");
	assert.equal(await page.locator("#evil, main img[src=x]").count(), 0);
});

scene("an address with a task's id opens it, also as it once was",
	async (stage) => {
		const url = await stage.serve();
		const id = await stage.submit({ type: "text.transform",
			payload: { text: "x" } });
		const page = await stage.page(`${url}/#${id}`);
		await state(page, "pending");
		assert.equal(await page.textContent(".ident code"), id);
		assert.ok(page.url().endsWith(`/#/task/${id}`));
		await page.goto(`${url}/#/task/nobody`);
		await says(page, "#task .empty", "no such task nobody");
		await stage.expected(/status of 404/);
		await page.click("#task .empty a");
		await count(page, "#rows tr", 1);
		assert.deepEqual(await idsOf(page), [id]);
	});

scene("a text is worked on, a simulation dies in the end", async (stage) => {
	const page = await stage.page(`${await stage.serve()}/#/submit`);
	stage.work();
	await kind(page, "text");
	await page.fill("#text", "straße");
	await page.click("#send");
	await state(page, "completed");
	await says(page, "#watched .outcome", "STRASSE");
	await simulate(page, { seconds: 0, rate: 100, tries: 2 });
	await state(page, "failed");
	await says(page, ".block.bad", "failed as simulated");
});

play("the page, one task");
