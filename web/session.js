// Logging in with a key, where the server wants one, and what it may do.
import * as api from "./api.js";
import { $, announce, busy, setText } from "./dom.js";

let entered = () => {};
let declined = false;
let scopes = new Set();

export const may = (scope) => scopes.has(scope);

// The style sheet hides what needs a scope that the key lacks.
function draw({ keys, known, id, scopes: list = [] }) {
	const button = $("session");
	scopes = new Set(list);
	document.body.dataset.may = list.join(" ");
	button.hidden = !keys;
	button.dataset.known = String(known);
	setText(button, known ? `Log out ${id ?? ""}`.trim() : "Log in");
}

export function ask(force = false) {
	if ($("login").open || (declined && !force))
		return;
	$("login-error").textContent = "";
	$("login").showModal();
	$("key").focus();
}

async function enter() {
	const field = $("key");
	try {
		const who = await api.login(field.value);
		field.value = "";
		draw(who);
		$("login").close();
		announce("Logged in");
		entered();
	} catch (err) {
		setText($("login-error"), err.status === 401 ?
			"This key is not known." : err.message);
		field.select();
	}
}

// What was read with the key goes with it.
async function leave() {
	await api.logout();
	location.replace(location.pathname + location.search);
}

export async function refresh() {
	const who = await api.session();
	draw(who);
	return !who.keys || who.known;
}

// wire(f): f() is called when somebody has logged in.
export function wire(changed) {
	entered = changed;
	addEventListener("tq:key-wanted", () => {
		draw({ keys: true, known: false });
		ask();
	});
	$("session").onclick = () => $("session").dataset.known === "true" ?
		busy($("session"), leave) : ask(true);
	$("login-form").addEventListener("submit", (e) => {
		e.preventDefault();
		busy(e.submitter ?? $("key"), enter);
	});
	$("login-cancel").onclick = () => $("login").close();
	$("login").addEventListener("close", () => {
		declined = $("session").dataset.known !== "true";
		$("session").focus();
	});
}
