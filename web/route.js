// Addresses: "#/tasks?status=FAILED" is a view and what it is to show, so
// that Back, a reload and a link in a chat all lead to the same.
const names = ["overview", "tasks", "dead", "task", "submit"];
const idForm = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$/;

export const isId = (text) => idForm.test(text);

// A view's address; ${params} without those that are empty.
export function href(view, params = {}, id = "") {
	const q = new URLSearchParams();
	for (const [name, value] of Object.entries(params))
		if (value !== "" && value != null && value !== false)
			q.set(name, String(value));
	const text = q.toString();
	const path = view === "overview" ? "" : view;
	return `#/${path}${id ? `/${encodeURIComponent(id)}` : ""}${
		text ? `?${text}` : ""}`;
}

export const taskHref = (id) => href("task", {}, id);

function unescape(text) {
	try {
		return decodeURIComponent(text);
	} catch {
		return text;
	}
}

// {view, id, params} of an address; of "#ID", too, as it once was.
export function parse(hash = location.hash) {
	const [path, query = ""] = hash.replace(/^#\/?/, "").split("?");
	const [name, ...rest] = path.split("/").map(unescape);
	const params = Object.fromEntries(new URLSearchParams(query));
	if (name === "task" && isId(rest[0] ?? ""))
		return { view: "task", id: rest[0], params };
	if (names.includes(name) && name !== "task")
		return { view: name, params };
	if (!hash.startsWith("#/") && isId(name) && !document.getElementById(name))
		return { view: "task", id: name, params };
	return { view: "overview", params };
}

export function go(view, params, id) {
	const to = href(view, params, id);
	if (location.hash === to)
		dispatchEvent(new HashChangeEvent("hashchange"));
	else
		location.hash = to;
}
