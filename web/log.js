// What a task's attempts wrote to stderr; the last one's as it comes.
import { log } from "./api.js";
import { h, setText } from "./dom.js";

const EVERY = 2000;
const KEPT = 200000;		// characters that are shown

export class Log {
	#text = h("pre", { class: "log", tabindex: 0, "aria-label": "Log" });
	#choice = h("select", { "aria-label": "Log of attempt" });
	#bytes = 0;
	#timer = 0;
	#turn = 0;		// of reading it anew
	#key = "";
	#end = new AbortController();
	#task = null;
	el = h("div", { class: "block", hidden: true }, h("div", { class: "row" },
		h("h2", {}, "Log"), this.#choice), this.#text);

	constructor() {
		this.#choice.onchange = () => this.#again();
	}

	update(task) {
		const key = `${task.status} ${task.attempts} ${task.rev}`;
		this.#task = task;
		if (key === this.#key)
			return;
		this.#key = key;
		this.#attempts();
		if (this.#choice.value === "")
			this.#again();
	}

	free() {
		this.#end.abort();
		clearTimeout(this.#timer);
	}

	// Those whose log is kept.
	#attempts() {
		const past = (this.#task.history ?? []).filter((e) => e.log);
		const chosen = this.#choice.value;
		this.#choice.replaceChildren(h("option", { value: "" },
			"latest attempt"), ...past.map((e) => h("option",
			{ value: String(e.n) }, `attempt ${e.n}`)));
		this.#choice.value = past.some((e) => String(e.n) === chosen) ?
			chosen : "";
		this.#choice.hidden = past.length === 0;
	}

	#again() {
		clearTimeout(this.#timer);
		this.#bytes = 0;
		this.#read(++this.#turn);
	}

	// What an earlier turn asked for is not wanted any more.
	async #read(turn) {
		// One that never began has none; a 404 would be noise.
		if (this.#task.attempts === 0 && !this.#task.history)
			return;
		const attempt = this.#choice.value;
		const from = this.#bytes;
		const got = await log(this.#task.taskId, { attempt, from,
			signal: this.#end.signal }).catch(() => null);
		if (this.#end.signal.aborted || turn !== this.#turn)
			return;
		if (got !== null)
			this.#show(got, from);
		if (attempt === "" && this.#task.status === "RUNNING")
			this.#timer = setTimeout(() => this.#read(turn), EVERY);
	}

	#show({ text, whole }, from) {
		const room = this.#text;
		const low = room.scrollHeight - room.scrollTop - room.clientHeight < 8;
		const all = from > 0 && !whole ? room.textContent + text : text;
		this.#bytes = (from > 0 && !whole ? from : 0) +
			new TextEncoder().encode(text).length;
		setText(room, all.slice(-KEPT));
		this.el.hidden = room.textContent === "" && this.#choice.hidden;
		if (low)
			room.scrollTop = room.scrollHeight;
	}
}
