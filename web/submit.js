// The form: a picture, a text, or a simulated task.
import * as api from "./api.js";
import { $, announce, busy } from "./dom.js";
import { keepPicture } from "./pictures.js";

const MAX = 64 * 1024 * 1024;
const formats = new Map([["png", "image/png"], ["jpg", "image/jpeg"],
	["jpeg", "image/jpeg"], ["bmp", "image/bmp"],
	["pgm", "image/x-portable-graymap"], ["ppm", "image/x-portable-pixmap"],
	["pnm", "image/x-portable-anymap"]]);

let picture = null;		// a File or Blob
let previewUrl = null;

const kindOf = () => new FormData($("submit")).get("kind");

function fail(text) {
	$("submit-error").textContent = text;
}

function showKind() {
	for (const el of document.querySelectorAll("#submit [data-kind]"))
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
	document.querySelector("#submit [value=picture]").checked = true;
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
		if (!dragged(e))
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
		if (!dragged(e))
			return;
		e.preventDefault();
		choose(e.dataTransfer.files[0]);
	});
	addEventListener("paste", (e) => {
		const file = [...e.clipboardData.files].find(
			(f) => f.type.startsWith("image/"));
		if (!file)
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
};

// wire(done): done(task) is called for each that was submitted.
export function wire(done) {
	wirePictures();
	wireSliders();
	for (const radio of $("submit").elements.kind)
		radio.addEventListener("change", showKind);
	$("submit").addEventListener("submit", (e) => {
		e.preventDefault();
		fail("");
		busy($("send"), async () => {
			try {
				done(await senders[kindOf()]());
			} catch (err) {
				fail(err.message);
			}
		});
	});
	showKind();
}
