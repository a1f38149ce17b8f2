// The form: a picture, a text, a simulated task, or one of any type.
import * as api from "./api.js";
import { View } from "./detail.js";
import { $, announce, busy, toast } from "./dom.js";
import { labelsOf } from "./edit.js";
import { withPayload } from "./json.js";
import { keepPicture } from "./pictures.js";
import { may } from "./session.js";

const MAX = 64 * 1024 * 1024;
const formats = new Map([["png", "image/png"], ["jpg", "image/jpeg"],
	["jpeg", "image/jpeg"], ["bmp", "image/bmp"],
	["pgm", "image/x-portable-graymap"], ["ppm", "image/x-portable-pixmap"],
	["pnm", "image/x-portable-anymap"]]);

let picture = null;		// a File or Blob
let previewUrl = null;

const kindOf = () => new FormData($("submit-form")).get("kind");

function fail(text) {
	$("submit-error").textContent = text;
}

function showKind() {
	for (const el of document.querySelectorAll("#submit-form [data-kind]"))
		el.hidden = el.dataset.kind !== kindOf();
	fail("");
}

// -- pictures ----------------------------------------------------------------

function typeOf(file) {
	const ext = file.name?.split(".").pop().toLowerCase();
	const known = [...formats.values()];
	return known.includes(file.type) ? file.type : formats.get(ext);
}

const sizeText = (n) => n < 1e6 ? `${Math.ceil(n / 1e3)} kB` :
	`${(n / 1e6).toFixed(1)} MB`;

function choose(file) {
	const type = typeOf(file);
	if (!type)
		return fail(`${file.name ?? "This"} is no PNG, JPEG, BMP or PNM ` +
			"picture");
	if (file.size > MAX)
		return fail(`${file.name ?? "This picture"} is larger than 64 MiB`);
	picture = file.type === type ? file :
		new File([file], file.name, { type });
	URL.revokeObjectURL(previewUrl);
	previewUrl = URL.createObjectURL(picture);
	$("preview").src = previewUrl;
	$("preview").alt = `Preview of ${file.name ?? "the picture"}`;
	fail("");
	const words = `${file.name ?? "Pasted picture"}, ${sizeText(file.size)}`;
	$("file-note").querySelector("[data-text]").textContent = words;
	return announce(`Chosen: ${words}`);
}

function showPreview(yes) {
	$("preview").hidden = !yes;
	$("drop").querySelector(".drop-empty").hidden = yes;
}

function choosePictureKind() {
	document.querySelector("#submit-form [value=picture]").checked = true;
	showKind();
}

// A picture for those who have none at hand: hills under a low sun.
function paintSample() {
	const canvas = document.createElement("canvas");
	const [w, hgt] = [canvas.width, canvas.height] = [960, 720];
	const c = canvas.getContext("2d");
	const sky = c.createLinearGradient(0, 0, 0, hgt);
	[["#274690", 0], ["#e76f51", .55], ["#f4d58d", .7]].forEach(
		([color, at]) => sky.addColorStop(at, color));
	c.fillStyle = sky;
	c.fillRect(0, 0, w, hgt);
	c.fillStyle = "#fff1c9";
	c.beginPath();
	c.arc(w * .66, hgt * .5, 70, 0, 7);
	c.fill();
	["#8c4a6b", "#5b3a6e", "#2f6f5e", "#173f3a"].forEach((color, i) => {
		c.fillStyle = color;
		c.beginPath();
		c.moveTo(0, hgt);
		for (let x = 0; x <= w; x += 8)
			c.lineTo(x, hgt * (.6 + i * .1) + 38 * Math.sin(
				x / (150 - i * 18) + i * 2) + 14 * Math.sin(x / 41 + i));
		c.lineTo(w, hgt);
		c.fill();
	});
	return new Promise((done) => canvas.toBlob((blob) => done(
		new File([blob], "sample.jpg", { type: "image/jpeg" })),
		"image/jpeg", .9));
}

function wirePictures() {
	const drop = $("new");
	$("file").addEventListener("change", () => {
		if ($("file").files.length > 0)
			choose($("file").files[0]);
	});
	$("preview").addEventListener("load", () => showPreview(true));
	$("preview").addEventListener("error", () => showPreview(false));
	$("sample").addEventListener("click", async () =>
		choose(await paintSample()));
	const dragged = (e) => e.dataTransfer?.types.includes("Files");
	addEventListener("dragover", (e) => {
		if (!dragged(e) || $("submit").hidden)
			return;
		e.preventDefault();
		choosePictureKind();
		drop.classList.add("over");
	});
	addEventListener("dragleave", (e) => {
		if (e.relatedTarget === null)
			drop.classList.remove("over");
	});
	addEventListener("drop", (e) => {
		drop.classList.remove("over");
		if (!dragged(e) || $("submit").hidden)
			return;
		e.preventDefault();
		choose(e.dataTransfer.files[0]);
	});
	addEventListener("paste", (e) => {
		const file = [...e.clipboardData.files].find(
			(f) => f.type.startsWith("image/"));
		if (!file || $("submit").hidden)
			return;
		e.preventDefault();
		choosePictureKind();
		choose(file);
	});
}

// -- sliders -----------------------------------------------------------------

const units = { seconds: " s", rate: " %", tries: "" };

function wireSliders() {
	for (const [id, unit] of Object.entries(units)) {
		const out = document.querySelector(`output[for=${id}]`);
		const show = () => {
			out.textContent = $(id).value + unit;
			$(id).setAttribute("aria-valuetext", out.textContent);
		};
		$(id).addEventListener("input", show);
		show();
	}
}

// -- any type ----------------------------------------------------------------

const payloadKind = () => new FormData($("submit-form")).get("payload-kind");

function showPayload() {
	for (const el of document.querySelectorAll("#submit-form [data-payload]"))
		el.hidden = !el.dataset.payload.split(" ").includes(payloadKind());
}

const blank = (v) => v === "" || v === undefined;

// What the form asks for beside the payload.
function anyTask() {
	const text = (id) => $(id).value.trim();
	const after = text("any-after").split(/[\s,]+/).filter((w) => w !== "");
	const task = { type: text("any-type"), queue: text("any-queue"),
		delay: text("any-delay"),
		prio: text("any-prio") && Number(text("any-prio")),
		maxAttempts: text("any-tries") && Number(text("any-tries")),
		labels: text("any-labels") && labelsOf(text("any-labels")),
		after: after.length > 0 ? after : "" };
	if (task.type === "")
		throw new Error("Say the type first");
	return Object.fromEntries(Object.entries(task)
		.filter(([, v]) => !blank(v)));
}

function sendAny() {
	const task = anyTask();
	const text = $("any-payload").value;
	if (payloadKind() === "text")
		return api.submit({ ...task, payload: text, payloadKind: "text" });
	if (payloadKind() === "file") {
		if ($("any-file").files.length === 0)
			throw new Error("Choose a file first");
		return api.submitFile(task, $("any-file").files[0]);
	}
	try {
		return api.submit(withPayload(task, text.trim() || "{}"));
	} catch (err) {
		throw new Error(`The payload is no JSON: ${err.message}`);
	}
}

// -- sending -----------------------------------------------------------------

const senders = {
	async picture() {
		if (!picture)
			throw new Error("Choose a picture first, or use the sample");
		const task = await api.submitPicture(picture);
		keepPicture(task.taskId, picture);
		return task;
	},
	text() {
		const text = $("text").value;
		if (text.trim() === "")
			throw new Error("Write a text first");
		return api.submit({ type: "text.transform", payload: { text } });
	},
	simulate() {
		return api.submit({ type: "simulate",
			payload: { seconds: Number($("seconds").value),
				failure_rate: Number($("rate").value) / 100 },
			maxAttempts: Number($("tries").value) });
	},
	any: sendAny,
};

// -- the view ----------------------------------------------------------------

let watched = null;

function watch(task) {
	const room = $("watched");
	announce(`Submitted ${task.type}`);
	if (!may("read"))
		return toast(`Submitted ${task.taskId}`);
	watched?.close();
	watched = new View(task.taskId, { whole: false });
	room.querySelector("[data-part=empty]").hidden = true;
	room.querySelector("[data-part=task]").hidden = false;
	room.querySelector("[data-part=task]").replaceChildren(watched.el);
	watched.follow();
	if (matchMedia("(max-width: 50rem)").matches)
		room.scrollIntoView({ block: "start" });
	return undefined;
}

export const title = () => "New task";
export function enter() {}
export async function refresh() {}
export const again = () => watched?.follow();

export function wire() {
	wirePictures();
	wireSliders();
	for (const radio of $("submit-form").elements.kind)
		radio.addEventListener("change", showKind);
	for (const radio of $("submit-form").elements["payload-kind"])
		radio.addEventListener("change", showPayload);
	$("submit-form").addEventListener("submit", (e) => {
		e.preventDefault();
		fail("");
		busy($("send"), async () => {
			try {
				watch(await senders[kindOf()]());
			} catch (err) {
				fail(err.message);
			}
		});
	});
	showKind();
	showPayload();
}
