// The slow cases: every view at every width, in both schemes; another
// origin; a server that goes and comes back.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { checkAxe, colorOf, gray, keysFile, kind, login, photo, play,
	says, scene, simulate, state } from "./scenes.mjs";

scene("a picture can be dropped, pasted, or be the sample", async (stage) => {
	const page = await stage.page(`${await stage.serve()}/#/submit`);
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

	await kind(page, "text");
	await hand("paste");
	await says(page, "#file-note", "paste.jpg");
	await page.waitForSelector("[value=picture]:checked",
		{ state: "attached" });
	await hand("drop");
	await says(page, "#file-note", "drop.jpg");
	await page.click("#sample");
	await says(page, "#file-note", "sample.jpg");
	await page.click("#send");
	await state(page, "pending");
});

scene("a task that is to be tried again says when", async (stage) => {
	const url = await stage.serve();
	stage.work("--on", "shy=echo retry-after 1h >&3; echo no >&2; exit 1");
	const id = await stage.submit({ type: "shy" });
	const page = await stage.page(`${url}/#/task/${id}`);
	await state(page, "retrying");
	assert.match(await page.textContent(".timeline .next"),
		/^Next try in (1h|60m)/);
	assert.ok(await page.getAttribute(".timeline .next time", "title"));
	await stage.shot(page, "retrying");
});

scene("it works from another origin, with keys", async (stage) => {
	const keys = keysFile(stage, { ali: "read,submit,operate" });
	const origin = await stage.serveElsewhere();
	await stage.serve("--keys", keys, "--cors", origin);
	stage.work();
	const page = await stage.page(`${origin}/#/submit`);
	await page.fill("#key", "open barley");
	await page.keyboard.press("Enter");
	await says(page, "#login-error", "not known");
	await login(page, "ali");
	await page.setInputFiles("#file", photo);
	await page.click("#send");
	await state(page, "completed");
	await page.waitForSelector(gray);
	assert.ok(await colorOf(page, gray) < 4);
	await page.click("#watched button:has-text('Download')");
	assert.deepEqual(await page.context().cookies(), []);
});

scene("changes are announced", async (stage) => {
	const page = await stage.page(`${await stage.serve()}/#/submit`);
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
	stage.touch("go");
	await state(page, "completed");
	assert.deepEqual((await page.evaluate(() => globalThis.said))
		.filter((s) => !s.includes("Pending")), ["Submitted simulate",
		"simulate: Running, attempt 1 of 3", "simulate: Completed"]);
});

scene("where event streams don't get through, it asks", async (stage) => {
	const page = await stage.page(`${await stage.serve()}/#/submit`);
	await page.route("**/events", (route) => route.abort());
	stage.work();
	await simulate(page, { seconds: 0, rate: 0, tries: 1 });
	await state(page, "completed");
	await stage.expected(/ERR_FAILED/);
});

scene("it says when the server is gone, and comes back", async (stage) => {
	const url = await stage.serveAnywhere();
	const page = await stage.page(`${url}/#/tasks`);
	await stage.submit({ type: "text.transform", payload: { text: "x" } });
	await page.waitForSelector("#rows tr");
	await stage.stopServing();
	await page.waitForSelector(
		"[data-state=down]:has-text(\"can't be reached\")");
	await stage.serve("--listen", new URL(url).host);
	await page.waitForSelector("[data-state=live]");
	await stage.expected(
		/ERR_CONNECTION_REFUSED|ERR_EMPTY_RESPONSE|ERR_CONNECTION_RESET/);
});

// A store with something of everything; the addresses of all views.
async function setUp(stage) {
	const url = await stage.serve();
	const long = "a-type-with-a-name-that-is-quite-long-and-then-some-more";
	stage.work("--on", "x=echo no >&2; exit 1", "--on", "y=sleep 1000",
		"--on", "z=exit 65");
	const dead = await stage.submit({ type: "x", maxAttempts: 1,
		payload: { text: "x".repeat(300), deep: [{ a: 1 }] } });
	await stage.submit({ type: "z", labels: { shop: "paris" } });
	const running = await stage.submit({ type: "y" });
	const child = await stage.submit({ type: long, after: [running] });
	for (let i = 0; i < 9; i++)
		await stage.submit({ type: long, queue: "a-queue-of-a-long-name",
			labels: { a: "b".repeat(100) } });
	const ready = { "#/": ".runs li", "#/tasks": "#rows tr",
		"#/dead": "#dead-list li:nth-child(2)",
		[`#/task/${dead}`]: "#task .block.bad",
		[`#/task/${child}`]: "#task .edges li", "#/submit": "#send:visible" };
	return { url, ready };
}

scene("nothing moves by itself or sideways", async (stage) => {
	const { url, ready } = await setUp(stage);
	for (const width of [320, 360, 768, 1280])
		for (const [hash, there] of Object.entries(ready)) {
			const page = await stage.page(`${url}/${hash}`, { patient: true,
				reducedMotion: "reduce", viewport: { width, height: 800 } });
			await page.waitForSelector(there);
			const seen = await page.evaluate(() => new Promise((done) => {
				let shift = 0;
				new PerformanceObserver((list) => {
					for (const e of list.getEntries())
						shift += e.hadRecentInput ? 0 : e.value;
				}).observe({ type: "layout-shift", buffered: true });
				setTimeout(() => done({ shift,
					over: document.documentElement.scrollWidth - innerWidth,
					moving: document.getAnimations().length }), 500);
			}));
			const where = `${hash} at ${width}`;
			assert.ok(seen.over <= 0, `${seen.over} px too wide: ${where}`);
			assert.ok(seen.shift < 0.05, `shifted by ${seen.shift}: ${where}`);
			assert.equal(seen.moving, 0, where);
			await stage.shot(page, `${width}-${hash.replace(/\W+/g, "-")
				.slice(0, 12)}`);
			await page.context().close();
		}
});

scene("axe finds nothing, light and dark, large and small", async (stage) => {
	const { url, ready } = await setUp(stage);
	for (const colorScheme of ["light", "dark"]) {
		const page = await stage.page(url, { colorScheme });
		for (const width of [1280, 360]) {
			await page.setViewportSize({ width, height: 800 });
			for (const [hash, there] of Object.entries(ready)) {
				await page.goto(`${url}/${hash}`);
				await page.waitForSelector(there);
				await checkAxe(page, `${colorScheme}, ${width}, ${hash}`);
			}
			for (const id of ["login", "pause", "bulk", "edit"]) {
				await page.evaluate((d) => document.getElementById(d)
					.showModal(), id);
				await checkAxe(page, `${colorScheme}, ${width}, ${id}`);
				await page.evaluate((d) => document.getElementById(d)
					.close(), id);
			}
		}
		await stage.shot(page, colorScheme);
	}
});

play("the page, slowly");
