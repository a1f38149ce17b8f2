// The picture and its gray copy, side by side.
import { bytes } from "./api.js";
import { h } from "./dom.js";

// Pictures submitted from here, so that they needn't be fetched back.
const own = new Map();
const OWN_MAX = 20;

export function keepPicture(id, file) {
	if (own.size >= OWN_MAX)
		own.delete(own.keys().next().value);
	own.set(id, file);
}

function frame(caption) {
	const room = h("div", { class: "frame" });
	return { room, figure: h("figure", {}, room,
		h("figcaption", {}, caption)) };
}

// Two frames; free() gives their memory back.
export class Pictures {
	#before = frame("Original");
	#after = frame("Gray");
	#urls = [];
	#asked = { before: false, after: false };
	#end = new AbortController();
	el = h("div", { class: "pictures" }, this.#before.figure,
		this.#after.figure);

	update(task) {
		this.#original(task);
		if (task.status === "COMPLETED" && task.output)
			this.#gray(task);
		else
			this.#wait(task);
	}

	free() {
		this.#end.abort();
		this.#urls.forEach((u) => URL.revokeObjectURL(u));
	}

	#show(room, blob, alt) {
		const src = URL.createObjectURL(blob);
		const img = h("img", { alt, src });
		this.#urls.push(src);
		img.addEventListener("error", () => room.replaceChildren(
			"Browsers can't show this format; it can be downloaded."));
		room.replaceChildren(img);
	}

	async #fetch(task, which, room, alt) {
		try {
			const blob = await bytes(task.taskId, which,
				this.#end.signal);
			this.#show(room, blob, alt);
		} catch (err) {
			if (err.name !== "AbortError")
				room.replaceChildren(err.message);
		}
	}

	#original(task) {
		if (this.#asked.before)
			return;
		const { room } = this.#before;
		const file = own.get(task.taskId);
		this.#asked.before = true;
		if (file)
			this.#show(room, file, "The picture that was submitted");
		else if (task.input?.startsWith("blob:"))
			this.#fetch(task, "input", room,
				"The picture that was submitted");
		else
			room.replaceChildren("It is not kept here.");
	}

	#gray(task) {
		if (this.#asked.after)
			return;
		this.#asked.after = true;
		this.#fetch(task, "output", this.#after.room,
			"The picture in gray");
	}

	#wait(task) {
		const words = { FAILED: "It did not work.",
			CANCELLED: "It was cancelled." };
		this.#asked.after = false;
		this.#after.room.replaceChildren(words[task.status] ??
			"It will show here.");
	}
}
