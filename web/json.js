// JSON as it was written: numbers of tasks may be larger than ours.

// The text of a member of the object ${text}; undefined if it has none.
export function member(text, name) {
	const token = /"(?:[^"\\]|\\.)*"|[{}[\],:]/g;
	let depth = 0;
	let key = null;		// of the member we are in, at depth 1
	let last = null;
	let start = 0;
	for (let m; (m = token.exec(text)) !== null;) {
		const [t] = m;
		if (depth === 1 && key === name && (t === "," || t === "}"))
			return text.slice(start, m.index).trim();
		if (t === "{" || t === "[") {
			depth++;
		} else if (t === "}" || t === "]") {
			depth--;
		} else if (depth === 1 && t === ":" && key === null) {
			key = JSON.parse(last);
			start = token.lastIndex;
		} else if (depth === 1 && t === ",") {
			key = null;
		}
		last = t;
	}
	return undefined;
}

// ${text} with a member a line; numbers and strings stay as they are.
export function pretty(text) {
	const token = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g;
	let depth = 0;
	let out = "";
	const line = () => `\n${"  ".repeat(depth)}`;
	for (const [t] of text.matchAll(token)) {
		if (t === "}" || t === "]")
			depth--;
		const close = (t === "}" || t === "]") && !/[{[]$/.test(out);
		out += (close || (/[{[,]$/.test(out) && t !== "}" && t !== "]") ?
			line() : "") + t + (t === ":" ? " " : "");
		if (t === "{" || t === "[")
			depth++;
	}
	return out;
}

// A task of its text; payloadText and resultText have their bytes.
export function taskOf(text) {
	const task = JSON.parse(text);
	for (const name of ["payload", "result"])
		Object.defineProperty(task, `${name}Text`,
			{ value: member(text, name), enumerable: false });
	return task;
}

// ${to} as JSON, with ${payload}, which is JSON already, among its members.
export function withPayload(to, payload) {
	JSON.parse(payload);	// throws what is wrong with it
	const text = JSON.stringify(to);
	return `${text.slice(0, -1)}${text === "{}" ? "" : ","}"payload":${
		payload}}`;
}
