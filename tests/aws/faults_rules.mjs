// tests/aws/faults_rules.mjs -- which fault a call gets, and what has passed.

// mulberry32: small, and the same everywhere.
function generator(seed) {
	let a = seed >>> 0;

	return () => {
		a = (a + 0x6d2b79f5) >>> 0;
		let t = Math.imul(a ^ (a >>> 15), a | 1);
		t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
		return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
	};
}

// "sqs.*Batch" as a regular expression.
export function pattern(text) {
	const plain = text.replace(/[.+?^${}()|[\]\\]/g, "\\$&");

	return new RegExp(`^${plain.replaceAll("*", ".*")}$`);
}

export class Rules {
	list = [];

	constructor(seed, kinds, states) {
		this.random = generator(seed);
		this.known = new Set([...Object.keys(kinds), ...Object.keys(states)]);
		this.isState = (rule) => rule.fault in states;
	}

	set(list) {
		this.list = list.map((rule) => {
			if (!this.known.has(rule.fault))
				throw new Error(`no fault "${rule.fault}"`);
			return { on: "*", ...rule, seen: 0, fired: 0 };
		});
		this.on = this.list.map((r) => pattern(r.on));
		this.match = this.list.map((r) => r.match && new RegExp(r.match));
	}

	// Those about the client, which hold beside the others.
	states(call) {
		return this.list.filter((r, i) => this.isState(r) && this.#fits(call, i));
	}

	// The rule that is to break the call, or null.
	pick(call) {
		let chosen = null;

		this.list.forEach((rule, i) => {
			if (this.isState(rule) || !this.#fits(call, i))
				return;
			rule.seen++;
			// Every rule draws, so that one does not shift the others.
			if (this.#fires(rule) && chosen === null)
				chosen = rule;
		});
		if (chosen !== null)
			chosen.fired++;
		return chosen;
	}

	#fits(call, i) {
		return this.on[i].test(`${call.service}.${call.action}`) &&
		    (!this.match[i] || this.match[i].test(call.body));
	}

	#fires(rule) {
		if (rule.nth !== undefined)
			return rule.seen === rule.nth;
		if (rule.every !== undefined)
			return rule.seen % rule.every === 0;
		if (rule.next !== undefined)
			return rule.fired < rule.next;
		return rule.p === undefined || this.random() < rule.p;
	}
}

// The words of a line about a record that is written.
function record(call) {
	const item = call.action === "PutItem" ? call.json().Item : undefined;

	return item === undefined ? {} : { pk: item.pk?.S, to: item.status?.S,
	    token: item.token?.N, owed: item.dlqOwed?.BOOL,
	    result: item.result?.S?.trim().replaceAll("\n", " ") };
}

export class Log {
	#all = [];

	// A line: at, in ms, it came; fault null if the call passed unharmed; status the stand-in's
	// answer, if it was asked; end what the client got: a status, "cut", or
	// "gone" if it had hung up.
	add(call) {
		const line = { n: this.#all.length + 1, at: Date.now(),
		    on: `${call.service}.${call.action}`, fault: null,
		    ...record(call) };

		this.#all.push(line);
		return line;
	}

	clear() {
		this.#all = [];
	}

	// Matching lines as text; fault: a name, "any", or "none".
	lines(params) {
		const on = pattern(params.get("on") ?? "*");
		const fault = params.get("fault");
		const fields = params.get("tsv")?.split(",");

		return this.#all.filter((l) => on.test(l.on) && (fault === null ||
		    (fault === "none" ? l.fault === null :
		    fault === "any" ? l.fault !== null : l.fault === fault)))
		    .map((l) => fields === undefined ? JSON.stringify(l) :
		    fields.map((f) => l[f] ?? "-").join("\t"));
	}
}
