// What dynalite gets wrong, and a way to fill it.
//
// It tells two entries of an index with the same key apart by 24 bits of a hash of
// their items' keys: of 2,500 tasks of one millisecond the index then lacks one in
// one run of six.  Here by the whole hash.
//
//	POST /copies?table=T&pk=t%23ID&n=N
//
// makes N copies of that record: ID-1 ..., each a millisecond later in the index.
// By requests a hundred thousand of them would take minutes.
import http from "node:http";
import Module from "node:module";
import { promisify } from "node:util";

let db, store;

const load = Module._extensions[".js"];
Module._extensions[".js"] = (module, file) => {
	if (!file.endsWith("/dynalite/db/index.js")) return load(module, file);
	const compile = module._compile;
	module._compile = (text, ...more) => {
		const whole = text.replace(".digest('hex').slice(0, 6)", ".digest('hex')");
		if (whole === text) throw new Error("dynalite: another hash of an index's keys");
		return compile.call(module, whole, ...more);
	};
	load(module, file);
	db = module.exports;
	const create = db.create;
	db.create = (options) => { store = create(options); return store; };
};

const writer = (to) => promisify(to.batch.bind(to));

async function copy(name, pk, n) {
	const table = await promisify(store.getTable)(name);
	const items = store.getItemDb(name);
	const item = await promisify(items.get.bind(items))(db.createKey({ pk: { S: pk } }, table));
	const [index] = table.GlobalSecondaryIndexes;
	const entries = store.getIndexDb("global", name, index.IndexName);
	for (let i = 1; i <= n;) {
		const ops = [[], []];
		for (; ops[0].length < 1000 && i <= n; i++) {
			const one = { ...item, pk: { S: `${pk}-${i}` }, taskId: { S: `${item.taskId.S}-${i}` },
				ringAt: { N: String(Number(item.ringAt.N) + i) } };
			ops[0].push({ type: "put", key: db.createKey(one, table), value: one });
			for (const put of db.getIndexActions([index], null, one, table).puts)
				ops[1].push({ type: "put", key: put.key, value: put.item });
		}
		await writer(items)(ops[0]);
		await writer(entries)(ops[1]);
	}
}

const emit = http.Server.prototype.emit;
http.Server.prototype.emit = function (event, req, res) {
	const [path, text = ""] = req?.url?.split("?") ?? [];
	if (event !== "request" || path !== "/copies") return emit.apply(this, arguments);
	const q = new URLSearchParams(text);
	req.resume();
	copy(q.get("table"), q.get("pk"), Number(q.get("n"))).then(() => res.end(),
		(e) => { res.statusCode = 500; res.end(`${e.stack}\n`); });
	return true;
};
