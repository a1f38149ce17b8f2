// The stage of the cases of page.test.mjs: a store, tq-serve, workers, a
// browser; all of a case ends with it.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync,
	writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { extname, join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

export const root = resolve(fileURLToPath(import.meta.url), "../../..");
export const web = join(root, "web");
const build = process.env.TQ_BUILD ?? join(root, "build");
const shots = process.env.TQ_SHOTS;

export const launch = () => chromium.launch({
	executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
	headless: true,
	args: ["--no-sandbox", "--disable-gpu", "--disable-quic",
		"--no-first-run", "--disable-background-networking",
		"--disable-component-update", "--disable-sync"],
});

async function end(child, signal = "SIGTERM") {
	if (child.exitCode !== null || child.signalCode !== null)
		return;
	const gone = once(child, "exit");
	child.kill(signal);
	await Promise.race([gone, setTimeout(10000, null, { ref: false })]);
	child.kill("SIGKILL");
	await gone;
}

// Serve a folder of files from an origin of its own.
async function otherOrigin(api) {
	const types = { ".html": "text/html", ".js": "text/javascript",
		".css": "text/css", ".svg": "image/svg+xml" };
	const server = createServer((req, res) => {
		const name = req.url === "/" ? "index.html" : req.url.slice(1);
		const path = join(web, name);
		if (!existsSync(path)) {
			res.writeHead(404).end();
			return;
		}
		res.writeHead(200, { "Content-Type": types[extname(path)],
			"Content-Security-Policy": "default-src 'none'; " +
			"script-src 'self'; style-src 'self'; img-src 'self' " +
			`blob: data:; connect-src ${api()}` });
		res.end(name === "config.js" ?
			`export const api = ${JSON.stringify(api())};` :
			readFileSync(path));
	});
	server.listen(0, "127.0.0.1");
	await once(server, "listening");
	return server;
}

export class Stage {
	#ends = [];
	#dir = mkdtempSync(join(tmpdir(), "tq-web-"));
	#troubles = [];		// console errors and the like
	#expected = [];

	constructor(browser, name) {
		this.browser = browser;
		this.name = name.replace(/[^A-Za-z0-9]+/g, "-");
		this.env = { ...process.env, HOME: this.#dir,
			TQ_STORE: `sqlite:${this.#dir}/tq.db` };
	}

	path = (name) => join(this.#dir, name);
	touch = (name) => writeFileSync(this.path(name), "");

	#spawn(tool, args) {
		const child = spawn(join(build, tool), args, { env: this.env,
			stdio: ["ignore", "ignore", "pipe"] });
		this.#ends.push(() => end(child));
		return child;
	}

	async serve(...args) {
		const where = args.includes("--listen") ? [] :
			["--listen", "127.0.0.1:0"];
		this.server = this.#spawn("tq-serve",
			["--web", web, ...where, ...args]);
		for await (const line of createInterface(this.server.stderr)) {
			const found = /listening on (http:\S+)/.exec(line);
			if (found) {
				this.server.stderr.resume();
				this.url = found[1];
				return this.url;
			}
			this.#troubles.push(`tq-serve: ${line}`);
		}
		throw new Error(`tq-serve didn't start: ${this.#troubles}`);
	}

	// At a port that nobody else gets while nobody listens at it: below
	// those that the kernel gives out.
	async serveAnywhere() {
		for (;;) {
			const port = 10000 + Math.floor(Math.random() * 20000);
			try {
				return await this.serve("--listen",
					`127.0.0.1:${port}`);
			} catch (err) {
				if (!/in use/.test(err.message))
					throw err;
				this.#troubles = [];
			}
		}
	}

	stopServing = () => end(this.server);

	work(...args) {
		const child = this.#spawn("tq-work", args);
		child.stderr.resume();
		return { stop: () => end(child) };
	}

	async serveElsewhere() {
		const server = await otherOrigin(() => this.url);
		this.#ends.push(() => new Promise((done) => {
			server.closeAllConnections();
			server.close(done);
		}));
		return `http://127.0.0.1:${server.address().port}`;
	}

	async submit(task) {
		const res = await fetch(`${this.url}/v1/tasks`, { method: "POST",
			headers: { "Content-Type": "application/json" },
			body: JSON.stringify(task) });
		assert.equal(res.status, 201);
		return (await res.json()).taskId;
	}

	// A page; what goes wrong on it is collected.  A patient one does not
	// show itself before it knows what to show, however slow all is.
	async page(url, { patient = false, ...options } = {}) {
		const context = await this.browser.newContext({ baseURL: this.url,
			viewport: { width: 1280, height: 900 },
			reducedMotion: "reduce", ...options });
		this.#ends.push(() => context.close());
		await context.addInitScript(() => {
			addEventListener("securitypolicyviolation", (e) =>
				console.error(`CSP: ${e.violatedDirective} ${
					e.blockedURI}`));
		});
		if (patient)
			await context.addInitScript(() => {
				const { setTimeout: real } = globalThis;
				globalThis.setTimeout = (f, ms) =>
					real(f, ms === 1500 ? 1e6 : ms);
			});
		const page = await context.newPage();
		page.setDefaultTimeout(60000);
		const home = new Set([this.url, new URL(url, this.url).origin]);
		page.on("console", (m) => {
			// A task may have no log; browsers say so as an error.
			if (["error", "warning"].includes(m.type()) &&
			    !/\/log(\?|$)/.test(m.location().url))
				this.#troubles.push(m.text());
		});
		page.on("pageerror", (e) => this.#troubles.push(e.stack));
		page.on("request", (r) => {
			const { protocol, origin } = new URL(r.url());
			if (protocol.startsWith("http") && !home.has(origin))
				this.#troubles.push(`asked ${r.url()}`);
		});
		await page.goto(url);
		// It shows itself sooner when all takes long.
		await page.waitForSelector("body[data-ready] #link-state[data-state]");
		return page;
	}

	// This case makes such troubles on purpose, now or later.
	async expected(pattern) {
		this.#expected.push(pattern);
		for (let i = 0; i < 600; i++) {
			if (this.#troubles.some((t) => pattern.test(t)))
				return;
			await setTimeout(100);
		}
		assert.fail(`nothing like ${pattern} happened: ${this.#troubles}`);
	}

	get troubles() {
		return this.#troubles.filter((t) =>
			!this.#expected.some((pattern) => pattern.test(t)));
	}

	async shot(page, name) {
		if (shots)
			await page.screenshot({ fullPage: true,
				path: join(shots, `${this.name}-${name}.png`) });
	}

	async close() {
		for (const f of this.#ends.reverse())
			await f();
		rmSync(this.#dir, { recursive: true, force: true });
	}
}
