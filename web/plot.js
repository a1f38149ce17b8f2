// A plot of an hour: a bar a minute, in the colors of what it counts.
import { setText } from "./dom.js";

const SVG = "http://www.w3.org/2000/svg";
const HEIGHT = 100;
const number = new Intl.NumberFormat();
const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit",
	minute: "2-digit" });

function rect(x, y, width, height, cls) {
	const el = document.createElementNS(SVG, "rect");
	for (const [name, value] of Object.entries({ x, y, width, height,
		class: cls }))
		el.setAttribute(name, value);
	return el;
}

function titled(el, text) {
	const title = document.createElementNS(SVG, "title");
	title.textContent = text;
	el.append(title);
	return el;
}

// Since when it counts: of a busy store the last hour is too much to look at.
export const since = (rates) => rates.atLeast ?
	`since ${clock.format(Date.parse(rates.knownSince))
	}; before that, too many to count` : "in the last hour";

const total = (list) => list.reduce((n, v) => n + v, 0);

// What stands at one minute: the bars, and a field to point at.
function minute(i, series, peak, at) {
	const els = [];
	let top = HEIGHT;
	for (const { name, counts } of series) {
		if (counts[i] === 0)
			continue;
		const height = Math.max(3, counts[i] / peak * HEIGHT);
		top -= height;
		els.push(rect(i * 10 + 1, Math.max(0, top), 8, height, name));
	}
	const words = series.map(({ word, counts }) =>
		`${number.format(counts[i])} ${word}`).join(", ");
	els.push(titled(rect(i * 10, 0, 10, HEIGHT, "field"),
		`${clock.format(at)}: ${words}`));
	return els;
}

// draw(figure, rates, series): each of ${series} is {name, word, counts}.
export function draw(figure, rates, series) {
	const n = series[0].counts.length;
	const sums = Array.from({ length: n }, (_, i) =>
		total(series.map((s) => s.counts[i])));
	const peak = Math.max(1, ...sums);
	const start = Date.parse(rates.start);
	const step = rates.stepSeconds * 1000;
	const lost = rates.atLeast ? Math.min(n, Math.ceil(
		(Date.parse(rates.knownSince) - start) / step)) : 0;
	const words = `${rates.atLeast ? "at least " : ""}${
		number.format(total(sums))}`;
	const svg = document.createElementNS(SVG, "svg");

	svg.setAttribute("viewBox", `0 0 ${n * 10} ${HEIGHT}`);
	svg.setAttribute("preserveAspectRatio", "none");
	svg.setAttribute("role", "img");
	svg.setAttribute("aria-label", `${words} ${since(rates)}, at most ${
		number.format(Math.max(...sums))} in a minute`);
	if (lost > 0)
		svg.append(titled(rect(0, 0, lost * 10, HEIGHT, "lost"),
			"too many to count"));
	for (let i = 0; i < n; i++)
		svg.append(...minute(i, series, peak, start + i * step));
	figure.querySelector(".bars").replaceChildren(svg);
	setText(figure.querySelector(".sum"), words);
	setText(figure.querySelector(".of"), since(rates));
	setText(figure.querySelector("[data-peak]"), total(sums) === 0 ?
		"nothing yet" : `at most ${number.format(Math.max(...sums))} a minute`);
}
