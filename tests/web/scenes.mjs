// Parts shared by the cases: scenes on stages of their own, hands for a page.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { launch, root, Stage } from "./stage.mjs";

export const photo = join(root, "tests/fixtures/photo.jpg");
const axe = readFileSync(createRequire(import.meta.url)
	.resolve("axe-core/axe.min.js"), "utf8");
const scenes = [];
let browser;

// A case: nothing may go wrong on its pages that it doesn't expect.
export function scene(name, play) {
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

export function play(what) {
	describe(what, { concurrency: 3 }, () => {
		before(async () => { browser = await launch(); });
		after(() => browser?.close());
		for (const [name, f] of scenes)
			test(name, { timeout: 900000 }, f);
	});
}

export const state = (page, status) => page.waitForSelector(
	`.detail:visible .titled .badge[data-status=${status}]`);
export const kind = (page, name) => page.locator(`[name=kind][value=${name}]`)
	.check({ force: true });
export const focus = (page, selector) => page.waitForFunction((s) =>
	document.activeElement.matches(s), selector);
export const says = (page, selector, text) => page.waitForFunction(([s, t]) =>
	document.querySelector(s)?.textContent.includes(t), [selector, text]);
export const count = (page, selector, n) => page.waitForFunction(([s, want]) =>
	document.querySelectorAll(s).length === want, [selector, n]);
export const idsOf = (page) => page.locator("#rows tr").evaluateAll((all) =>
	all.map((el) => el.dataset.id));
export const timeline = (page) => page.locator(
	".detail:visible .timeline strong").allTextContents();

export async function tabTo(page, selector) {
	for (let i = 0; i < 60; i++) {
		if (await page.evaluate((s) =>
			document.activeElement.matches(s), selector))
			return;
		await page.keyboard.press("Tab");
	}
	assert.fail(`the Tab key doesn't lead to ${selector}`);
}

export async function simulate(page, { seconds, rate, tries }) {
	await kind(page, "simulate");
	await page.fill("#seconds", String(seconds));
	await page.fill("#rate", String(rate));
	await page.fill("#tries", String(tries));
	await page.click("#send");
}

// A keys file: {id: "scopes[:bounds]"}; the key of ID is "key-ID".
export function keysFile(stage, keys) {
	const path = stage.path("keys");
	writeFileSync(path, Object.entries(keys).map(([id, may]) => `${id}:${
		createHash("sha256").update(`key-${id}`).digest("hex")}:${may}\n`)
		.join(""), { mode: 0o600 });
	return path;
}

export async function login(page, id) {
	await page.fill("#key", `key-${id}`);
	await page.keyboard.press("Enter");
	await page.waitForSelector(`#session:has-text('Log out ${id}')`);
}

export async function checkAxe(page, what) {
	await page.evaluate(axe);
	const { violations } = await page.evaluate(() =>
		globalThis.axe.run(document, { resultTypes: ["violations"] }));
	assert.deepEqual(violations.map((v) => `${what}: ${v.id}: ${v.help
	} ${v.nodes.map((n) => n.target).join(" | ")}`), []);
}

// How far an image of the page is from gray: the largest difference.
export const colorOf = (page, selector) => page.$eval(selector, async (img) => {
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

export const original = ".pictures figure:first-child img";
export const gray = ".pictures figure:last-child img";
