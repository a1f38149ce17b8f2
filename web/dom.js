// Small helpers: elements, words for states, times that keep themselves
// right, messages.  Text from tasks is only ever set as text.

const SVG = "http://www.w3.org/2000/svg";

export const $ = (id) => document.getElementById(id);

// h("p", {class: "note", onclick: f}, "text", child, null)
export function h(tag, props, ...children) {
	const el = document.createElement(tag);
	for (const [name, value] of Object.entries(props ?? {})) {
		if (value == null || value === false)
			continue;
		if (name.startsWith("on"))
			el.addEventListener(name.slice(2), value);
		else
			el.setAttribute(name, value === true ? "" : value);
	}
	el.append(...children.filter((c) => c != null));
	return el;
}

export function icon(name, extra = "") {
	const svg = document.createElementNS(SVG, "svg");
	const use = document.createElementNS(SVG, "use");
	svg.setAttribute("class", `icon ${extra}`.trim());
	svg.setAttribute("aria-hidden", "true");
	use.setAttribute("href", `#i-${name}`);
	svg.append(use);
	return svg;
}

// A list whose elements stay while their items do, so that nobody loses the
// focus: keyed(room, keyOf, make)(items), where make(item) is {el, update()}.
export function keyed(room, keyOf, make) {
	const all = new Map();
	return (items) => {
		const keys = items.map(keyOf);
		for (const key of all.keys())
			if (!keys.includes(key))
				all.delete(key);
		const wanted = items.map((item, i) => {
			if (!all.has(keys[i]))
				all.set(keys[i], make(item));
			all.get(keys[i]).update?.(item);
			return all.get(keys[i]).el;
		});
		const now = room().children;
		if (wanted.length !== now.length ||
		    wanted.some((el, i) => el !== now[i]))
			room().replaceChildren(...wanted);
	};
}

// Change the text only if it differs, so that nothing is announced twice.
export function setText(el, text) {
	if (el.textContent !== text)
		el.textContent = text;
}

// -- states ------------------------------------------------------------------

const states = {
	PENDING: { word: "Pending", icon: "pending" },
	BLOCKED: { word: "Blocked", icon: "blocked" },
	HELD: { word: "Held", icon: "held" },
	RUNNING: { word: "Running", icon: "running" },
	RETRYING: { word: "Retrying", icon: "retrying" },
	COMPLETED: { word: "Completed", icon: "completed" },
	FAILED: { word: "Failed", icon: "failed" },
	CANCELLED: { word: "Cancelled", icon: "cancelled" },
};
const finished = new Set(["COMPLETED", "FAILED", "CANCELLED"]);

export const stateOf = (status) =>
	states[status] ?? { word: String(status), icon: "pending" };
export const isFinished = (task) => finished.has(task.status);
export const canRedrive = (task) =>
	task.status === "FAILED" || task.status === "CANCELLED";

export function badge(status) {
	const el = h("span", { class: "badge" });
	setBadge(el, status);
	return el;
}

export function setBadge(el, status) {
	const { word, icon: name } = stateOf(status);
	if (el.dataset.status === status.toLowerCase())
		return;
	el.dataset.status = status.toLowerCase();
	el.replaceChildren(icon(name), word);
}

export const shortId = (id) =>
	id.length > 20 ? `${id.slice(0, 8)}…${id.slice(-6)}` : id;

// -- times -------------------------------------------------------------------

const relative = new Intl.RelativeTimeFormat("en", { numeric: "always",
	style: "narrow" });
const exact = new Intl.DateTimeFormat(undefined, { dateStyle: "medium",
	timeStyle: "long" });

export function ago(at, now = Date.now()) {
	const s = Math.round((at - now) / 1000);
	const abs = Math.abs(s);
	if (abs < 3)
		return "just now";
	if (abs < 60)
		return relative.format(s, "second");
	if (abs < 3600)
		return relative.format(Math.round(s / 60), "minute");
	if (abs < 86400)
		return relative.format(Math.round(s / 3600), "hour");
	return relative.format(Math.round(s / 86400), "day");
}

export function span(ms) {
	const s = Math.max(0, ms) / 1000;
	if (s < 1)
		return `${Math.round(s * 1000)} ms`;
	if (s < 10)
		return `${s.toFixed(1)} s`;
	if (s < 90)
		return `${Math.round(s)} s`;
	if (s < 5400)
		return `${Math.round(s / 60)} min`;
	return `${Math.round(s / 3600)} h`;
}

const tellers = { ago: (at) => ago(at), "in": countdown };

function countdown(at) {
	const s = Math.ceil((at - Date.now()) / 1000);
	if (s <= 0)
		return "now";
	return s < 60 ? `in ${s} s` : ago(at);
}

// A time that says "5 min ago" (or, as "in", "in 4 s"), and stays right.
export function timeEl(iso, as = "ago") {
	const el = h("time", { "data-as": as });
	setTime(el, iso);
	return el;
}

export function setTime(el, iso) {
	const at = Date.parse(iso);
	if (el.dateTime !== iso) {
		el.dateTime = iso;
		el.title = exact.format(at);
	}
	setText(el, tellers[el.dataset.as](at));
}

setInterval(() => {
	if (document.hidden)
		return;
	for (const el of document.querySelectorAll("time[data-as]"))
		setText(el, tellers[el.dataset.as](Date.parse(el.dateTime)));
}, 1000);

// -- messages ----------------------------------------------------------------

// Say it to screen readers only; the page shows it elsewhere.
export function announce(text) {
	$("live").textContent = text;
}

export function toast(text) {
	const el = h("p", { class: "toast" }, text);
	$("toasts").append(el);
	setTimeout(() => el.remove(), 6000);
}

// Run something that a button asked for.  Meanwhile the button does nothing,
// but stays where the keyboard's focus is.
export async function busy(button, work) {
	if (button.hasAttribute("aria-disabled"))
		return undefined;
	button.setAttribute("aria-disabled", "true");
	try {
		return await work();
	} catch (err) {
		toast(err.message);
		return undefined;
	} finally {
		button.removeAttribute("aria-disabled");
	}
}

export function copyButton(textOf, label = "Copy") {
	const button = h("button", { type: "button", class: "quiet small" },
		label);
	wireCopy(button, textOf);
	return button;
}

export function wireCopy(button, textOf) {
	const label = button.textContent;
	button.addEventListener("click", async () => {
		try {
			await navigator.clipboard.writeText(textOf());
			button.textContent = "Copied";
			announce("Copied");
		} catch {
			toast(`Copying is not allowed here: ${textOf()}`);
		}
		setTimeout(() => { button.textContent = label; }, 1500);
	});
}
