// The page of tq-serve in a headless Chromium, as people use it.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { launch, root, Stage } from "./stage.mjs";

const photo = join(root, "tests/fixtures/photo.jpg");
const axe = readFileSync(createRequire(import.meta.url)
	.resolve("axe-core/axe.min.js"), "utf8");
let browser;

const scenes = [];

// A case: nothing may go wrong on its pages that it doesn't expect.
function scene(name, play) {
	scenes.push([name, async () => {
		const stage = new Stage(browser, name);
		try {
			await play(stage);
			assert.deepEqual(stage.troubles, []);
		} finally {
			await stage.close();
		}
	}]);
}

const state = (page, status) =>
	page.waitForSelector(`#detail .badge[data-status=${status}]`);
const kind = (page, name) => page.locator(`[name=kind][value=${name}]`)
	.check({ force: true });
const focus = (page, selector) => page.waitForFunction((s) =>
	document.activeElement.matches(s), selector);
const tabTo = async (page, selector) => {
	for (let i = 0; i < 60; i++) {
		if (await page.evaluate((s) =>
			document.activeElement.matches(s), selector))
			return;
		await page.keyboard.press("Tab");
	}
	assert.fail(`the Tab key doesn't lead to ${selector}`);
};

async function simulate(page, { seconds, rate, tries }) {
	await kind(page, "simulate");
	await page.fill("#seconds", String(seconds));
	await page.fill("#rate", String(rate));
	await page.fill("#tries", String(tries));
	await page.click("#send");
}

const timeline = (page) => page.locator(".timeline strong").allTextContents();

// How far an image of the page is from gray: the largest difference.
const colorOf = (page, selector) => page.$eval(selector, async (img) => {
	await img.decode();
	const canvas = document.createElement("canvas");
	canvas.width = img.naturalWidth;
	canvas.height = img.naturalHeight;
	const c = canvas.getContext("2d");
	c.drawImage(img, 0, 0);
	const { data } = c.getImageData(0, 0, canvas.width, canvas.height);
	let most = 0;
	for (let i = 0; i < data.length; i += 4)
		most = Math.max(most, Math.abs(data[i] - data[i + 1]),
			Math.abs(data[i] - data[i + 2]));
	return most;
});

const original = ".pictures figure:first-child img";
const gray = ".pictures figure:last-child img";

scene("a picture is submitted and turns gray", async (stage) => {
	const page = await stage.page(await stage.serve());
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

scene("a picture can be dropped, pasted, or be the sample", async (stage) => {
	const page = await stage.page(await stage.serve());
	const bytes = [...readFileSync(photo)];
	const hand = (type) => page.evaluate(([how, data]) => {
		const dt = new DataTransfer();
		dt.items.add(new File([new Uint8Array(data)], `${how}.jpg`,
			{ type: "image/jpeg" }));
		const init = { bubbles: true, cancelable: true };
		document.querySelector("#new").dispatchEvent(how === "paste" ?
			new ClipboardEvent("paste", { ...init, clipboardData: dt }) :
			new DragEvent("drop", { ...init, dataTransfer: dt }));
	}, [type, bytes]);
	const note = (text) => page.waitForFunction((t) =>
		document.querySelector("#file-note").textContent.includes(t), text);

	await kind(page, "text");
	await hand("paste");
	await note("paste.jpg");
	await page.waitForSelector("[value=picture]:checked",
		{ state: "attached" });
	await hand("drop");
	await note("drop.jpg");
	await page.click("#sample");
	await note("sample.jpg");
	await page.click("#send");
	await state(page, "pending");
});

scene("what can't be sent is said at the form", async (stage) => {
	const page = await stage.page(await stage.serve());
	const said = (text) => page.waitForFunction((t) => document
		.querySelector("#submit-error").textContent.includes(t), text);

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
});

scene("a failing task is retried, dies, and is sent round again",
	async (stage) => {
		const page = await stage.page(await stage.serve());
		const worker = stage.work();
		await simulate(page, { seconds: 0, rate: 100, tries: 2 });
		await state(page, "failed");
		// States that don't last may be told as one.
		const seen = await timeline(page);
		let at = 0;
		for (const step of ["Pending", "Running", "Retrying", "Running",
			"Failed"])
			if (seen[at] === step) at++;
		assert.equal(at, seen.length, seen.join());
		assert.equal(seen[0], "Pending");
		assert.equal(seen.at(-1), "Failed");
		await page.waitForSelector("#dead-list .why");
		assert.match(await page.textContent("#dead-list .why"),
			/failed as simulated/);
		await stage.shot(page, "dead");

		await worker.stop();
		await page.click("#dead-list button:has-text('Retry')");
		await state(page, "pending");
		assert.deepEqual(await timeline(page), [...seen, "Pending"]);
		stage.work();
		await state(page, "failed");
	});

scene("a task that is to be tried again says when", async (stage) => {
	const page = await stage.page(await stage.serve());
	stage.work("--on", "shy=echo retry-after 1h >&3; echo no >&2; exit 1");
	const id = await stage.submit({ type: "shy" });
	await page.click(`#rows [title="${id}"]`);
	await state(page, "retrying");
	assert.match(await page.textContent(".timeline .next"),
		/^Next try in (1h|60m)/);
	assert.ok(await page.getAttribute(".timeline .next time", "title"));
	await stage.shot(page, "retrying");
});

scene("all dead tasks that are shown are sent round again", async (stage) => {
	const page = await stage.page(await stage.serve());
	const worker = stage.work();
	for (let i = 0; i < 3; i++)
		await stage.submit({ type: "simulate", maxAttempts: 1,
			payload: { seconds: 0, failure_rate: 1 } });
	await page.waitForFunction(() => document
		.querySelectorAll("#dead-list li").length === 3);
	await worker.stop();
	await page.click("#redrive-shown");
	await page.waitForSelector("#no-dead:not([hidden])");
	await page.waitForFunction(() => document
		.querySelector("[data-of=waiting]").textContent === "3");
});

scene("without a worker it says how to start one", async (stage) => {
	const page = await stage.page(await stage.serve());
	const alarm = (yes) => page.waitForSelector(
		`#worker-line[data-alarm=${yes}]`);

	await alarm(true);
	assert.equal(await page.textContent("[data-command]"), "tq-work");
	const worker = stage.work();
	await alarm(false);
	await stage.submit({ type: "thumb", queue: "pics" });
	await alarm(true);
	assert.equal(await page.textContent("[data-command]"),
		"tq-work -q pics --on thumb=COMMAND");
	await worker.stop();
});

scene("a task is cancelled from the table and run after all",
	async (stage) => {
		const page = await stage.page(await stage.serve());
		await kind(page, "text");
		await page.fill("#text", "straße");
		await page.click("#send");
		await state(page, "pending");
		await page.click("#rows button:has-text('Cancel')");
		await state(page, "cancelled");
		stage.work();
		await page.click("#detail button:has-text('Retry')");
		await state(page, "completed");
		await page.waitForSelector(".pairs dd:has-text('STRASSE')");
		await page.waitForSelector("#rows .badge[data-status=completed]");
	});

scene("a running task is cancelled", async (stage) => {
	const page = await stage.page(await stage.serve());
	stage.work("--lease", "6s", "--on", "simulate=sleep 1000");
	await simulate(page, { seconds: 0, rate: 0, tries: 1 });
	await state(page, "running");
	await stage.shot(page, "running");
	await page.click("#detail button:has-text('Cancel')");
	await state(page, "cancelled");
});

scene("the table is filtered and paged", async (stage) => {
	const page = await stage.page(await stage.serve());
	const ids = [];
	const rows = () => page.locator("#rows .open").evaluateAll((all) =>
		all.map((el) => el.title));
	const shows = (n) => page.waitForFunction((want) => document
		.querySelectorAll("#rows tr").length === want, n);
	for (let i = 0; i < 19; i++)
		ids.push(await stage.submit({ type: i < 3 ? "simulate" :
			"text.transform", payload: { text: String(i) } }));
	for (const id of ids.slice(0, 5))
		await fetch(`${stage.url}/v1/tasks/${id}`, { method: "DELETE" });

	await page.waitForFunction(() => document.querySelectorAll(
		"#rows .badge[data-status=cancelled]").length === 5);
	const met = await rows();
	for (const n of [2, 3]) {
		await page.click("#older");
		await page.waitForSelector(`#page-number:has-text('Page ${n}')`);
		met.push(...await rows());
	}
	assert.equal(met.length, 19);
	assert.deepEqual([...new Set(met)].sort(), [...ids].sort());
	assert.ok(await page.isDisabled("#older"));
	await page.click("#newer");
	await shows(8);
	assert.deepEqual(await rows(), met.slice(8, 16));
	await page.selectOption("#by-status", "CANCELLED");
	await shows(5);
	assert.deepEqual((await rows()).sort(), ids.slice(0, 5).sort());
	await page.selectOption("#by-type", "simulate");
	await shows(3);
	await page.selectOption("#by-status", "FAILED");
	await page.waitForSelector("#no-rows:not([hidden])");
	assert.match(await page.textContent("#no-rows"), /No such task/);
});

scene("with keys it asks for one, and forgets it on request",
	async (stage) => {
		const keys = stage.path("keys");
		const hash = createHash("sha256").update("open sesame").digest("hex");
		writeFileSync(keys, `ali:${hash}:read,submit\n`, { mode: 0o600 });
		const page = await stage.page(await stage.serve("--keys", keys));
		stage.work();
		await focus(page, "#key");
		await page.fill("#key", "open barley");
		await page.keyboard.press("Enter");
		await page.waitForSelector("#login-error:has-text('not known')");
		await stage.expected(/status of 401/);
		await stage.shot(page, "asked");
		await page.fill("#key", "open sesame");
		await page.keyboard.press("Enter");
		await page.waitForSelector("#session:has-text('Log out ali')");
		await page.setInputFiles("#file", photo);
		await page.click("#send");
		await state(page, "completed");
		await page.waitForSelector(gray);
		const cookie = (await page.context().cookies())[0];
		assert.ok(cookie.httpOnly && cookie.sameSite === "Strict");

		await page.reload();
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

scene("it works from another origin, with keys", async (stage) => {
	const keys = stage.path("keys");
	const hash = createHash("sha256").update("open sesame").digest("hex");
	writeFileSync(keys, `ali:${hash}:read,submit\n`, { mode: 0o600 });
	const origin = await stage.serveElsewhere();
	await stage.serve("--keys", keys, "--cors", origin);
	stage.work();
	const page = await stage.page(origin);
	await page.fill("#key", "open barley");
	await page.keyboard.press("Enter");
	await page.waitForSelector("#login-error:has-text('not known')");
	await page.fill("#key", "open sesame");
	await page.keyboard.press("Enter");
	await page.waitForSelector("#session:has-text('Log out ali')");
	await page.setInputFiles("#file", photo);
	await page.click("#send");
	await state(page, "completed");
	await page.waitForSelector(gray);
	assert.ok(await colorOf(page, gray) < 4);
	await page.click("#detail button:has-text('Download')");
	assert.deepEqual(await page.context().cookies(), []);
});

scene("the keyboard alone is enough", async (stage) => {
	const page = await stage.page(await stage.serve());
	await page.keyboard.press("Tab");
	await focus(page, ".skip");
	await page.keyboard.press("Enter");
	await tabTo(page, "[name=kind]");
	await page.keyboard.press("ArrowRight");
	await tabTo(page, "#text");
	await page.keyboard.type("x");
	await tabTo(page, "#send");
	await page.keyboard.press("Enter");
	await state(page, "pending");
	await focus(page, "#send");
	await page.waitForSelector("#rows .open");
	await tabTo(page, "#rows .open");
	await page.keyboard.press("Enter");
	await focus(page, "#detail-title");
	await tabTo(page, "#detail .actions button");
	await page.keyboard.press("Enter");
	await state(page, "cancelled");
	await focus(page, "#detail-title");
	await tabTo(page, "#detail .actions button");
	assert.equal(await page.evaluate(() =>
		document.activeElement.textContent), "Retry");
});

scene("changes are announced", async (stage) => {
	const page = await stage.page(await stage.serve());
	await page.evaluate(() => {
		globalThis.said = [];
		new MutationObserver(() => globalThis.said.push(document
			.querySelector("#live").textContent))
			.observe(document.querySelector("#live"),
				{ childList: true });
	});
	const go = stage.path("go");
	stage.work("--on", `simulate=until [ -e ${go} ]; do sleep 0.1; done`);
	await simulate(page, { seconds: 0, rate: 0, tries: 3 });
	await state(page, "running");
	writeFileSync(go, "");
	await state(page, "completed");
	assert.deepEqual((await page.evaluate(() => globalThis.said))
		.filter((s) => !s.includes("Pending")), ["Submitted simulate",
		"simulate: Running, attempt 1 of 3", "simulate: Completed"]);
});

scene("task data is only ever text", async (stage) => {
	const page = await stage.page(await stage.serve());
	const evil = "<img src=x onerror=\"console.error('run')\"><b id=evil>";
	stage.work("--on", "evil=printf '%s' '<b id=evil>x</b>'");
	stage.work("--on", "bad=printf '%s' '<b id=evil>x</b>' >&2; exit 65");
	const id = await stage.submit({ type: "evil", payload: { [evil]: evil } });
	await stage.submit({ type: "bad", labels: { a: evil } });
	await page.waitForSelector("#dead-list .why:has-text('<b id=evil>')");
	await page.click(`#rows [title="${id}"]`);
	await page.waitForSelector(".words:has-text('<b id=evil>')");
	assert.equal(await page.locator("#evil, main img[src=x]").count(), 0);
});

scene("where event streams don't get through, it asks", async (stage) => {
	const page = await stage.page(await stage.serve());
	await page.route("**/events", (route) => route.abort());
	stage.work();
	await simulate(page, { seconds: 0, rate: 0, tries: 1 });
	await state(page, "completed");
	await stage.expected(/ERR_FAILED/);
});

scene("it says when the server is gone, and comes back", async (stage) => {
	const url = await stage.serveAnywhere();
	const page = await stage.page(url);
	await stage.submit({ type: "text.transform", payload: { text: "x" } });
	await page.waitForSelector("#rows tr");
	await stage.stopServing();
	await page.waitForSelector(
		"[data-state=down]:has-text(\"can't be reached\")");
	await stage.serve("--listen", new URL(url).host);
	await page.waitForSelector("[data-state=live]");
	await stage.expected(/ERR_CONNECTION_REFUSED|ERR_EMPTY_RESPONSE|ERR_CONNECTION_RESET/);
});

scene("an address with a task's id opens it", async (stage) => {
	const url = await stage.serve();
	const id = await stage.submit({ type: "text.transform",
		payload: { text: "x" } });
	const page = await stage.page(`${url}/#${id}`);
	await state(page, "pending");
	assert.equal(await page.textContent(".ident code"), id);
});

scene("nothing moves by itself or sideways", async (stage) => {
	const url = await stage.serve();
	stage.work();
	for (let i = 0; i < 9; i++)
		await stage.submit({ type: "a-type-with-a-name-that-is-quite-long",
			payload: { text: "x".repeat(300) } });
	for (const width of [320, 360, 768, 1280]) {
		const page = await stage.page(url, { patient: true,
			reducedMotion: "reduce", viewport: { width, height: 800 } });
		await page.waitForSelector("#rows tr");
		const shift = await page.evaluate(() => new Promise((done) =>
			new PerformanceObserver((list) => done(list.getEntries()
				.reduce((sum, e) => sum + e.value, 0)))
				.observe({ type: "layout-shift", buffered: true }) ??
			setTimeout(() => done(0), 300)));
		await page.click("#rows tr:last-child .open");
		await page.waitForSelector("#detail .words, #detail .pairs");
		await page.setInputFiles("#file", photo);
		await page.click("#send");
		await state(page, "completed");
		await page.waitForSelector(gray);
		const seen = await page.evaluate(() => ({
			over: document.documentElement.scrollWidth - innerWidth,
			moving: document.getAnimations().length }));
		assert.ok(shift < 0.05, `shifted by ${shift} at ${width}`);
		assert.ok(seen.over <= 0, `${seen.over} px too wide at ${width}`);
		assert.equal(seen.moving, 0);
		await stage.shot(page, width);
		await page.context().close();
	}
});

scene("axe finds nothing, light and dark, large and small", async (stage) => {
	const url = await stage.serve();
	stage.work();
	const check = async (page, what) => {
		await page.evaluate(axe);
		const { violations } = await page.evaluate(() =>
			globalThis.axe.run(document, { resultTypes: ["violations"] }));
		assert.deepEqual(violations.map((v) => `${what}: ${v.id}: ${v.help
		} ${v.nodes.map((n) => n.target).join(" | ")}`), []);
	};
	for (const colorScheme of ["light", "dark"]) {
		const page = await stage.page(url, { colorScheme });
		await check(page, `${colorScheme}, as it opens`);
		await simulate(page, { seconds: 0, rate: 100, tries: 2 });
		await state(page, "failed");
		await page.waitForSelector("#dead-list .why");
		await check(page, `${colorScheme}, a dead task`);
		await page.setViewportSize({ width: 360, height: 800 });
		await check(page, `${colorScheme}, on a phone`);
		await page.evaluate(() =>
			document.querySelector("#login").showModal());
		await check(page, `${colorScheme}, logging in`);
		await stage.shot(page, colorScheme);
	}
});

describe("the page", { concurrency: 3 }, () => {
	before(async () => { browser = await launch(); });
	after(() => browser?.close());
	for (const [name, play] of scenes)
		test(name, { timeout: 300000 }, play);
});
