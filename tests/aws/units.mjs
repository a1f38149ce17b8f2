// tests/aws/units.mjs -- what DynamoDB would charge, and where it would throttle:
// the rules, and a proxy that keeps them in front of a stand-in that knows none.
//
//	node units.mjs PORT FILE [LIMITS]
//
// PORT is DynamoDB's, FILE gets the proxy's own.  LIMITS is JSON: {"key": units a
// second that a key of the index takes, "table": ... that the table does}.
// GET /units answers {"write", "index", "read", "calls", "throttled", "kinds"}, of
// all calls since the last; they are nought from then on.  Kinds are what was
// written and read of items whose keys begin with "t#", "b#", ...
//
// From the DynamoDB Developer Guide: "Item sizes and formats"; "Read/write
// capacity mode" (a write costs a unit for each KiB begun, of the bigger of the
// item before and after; a consistent read one for each 4 KiB, a query half of
// that for all it reads); "Global secondary indexes", "Write capacity" (an entry
// made, removed or changed costs one write of its size; one whose key changes
// two; none where nothing of it changes); "Throttling" (an index that is hot
// throttles writes of its table; reasons as the API names them).
import http from "node:http";
import { renameSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const KIB = 1024;
const OVERHEAD = 100;	// of an index entry

const utf8 = (s) => Buffer.byteLength(s);

export function valueSize(v) {
  const [type, is] = Object.entries(v)[0];
  switch (type) {
  case "S": return utf8(is);
  case "B": return Buffer.from(is, "base64").length;
  case "N": {
    const digits = is.replace(/[-.]/g, "").replace(/^0+|0+$/g, "").length;
    return Math.min(21, Math.ceil(digits / 2) + 1 + (is[0] === "-" ? 1 : 0));
  }
  case "M": return 3 + Object.keys(is).length + itemSize(is);
  case "L": return 3 + is.reduce((n, x) => n + 1 + valueSize(x), 0);
  default: return 1;
  }
}

export const itemSize = (item) => Object.entries(item).reduce((n, [k, v]) =>
  n + utf8(k) + valueSize(v), 0);

const units = (bytes, of = KIB) => Math.max(1, Math.ceil(bytes / of));

// The index's entry of an item; undefined: it has none.
export function entry(item, index) {
  if (!item || index.keys.some((k) => !(k in item))) return undefined;
  return Object.fromEntries(["pk", ...index.keys, ...index.fields]
    .filter((k) => k in item).map((k) => [k, item[k]]));
}

const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);

// The cost of a write that makes ${now} of ${old} (undefined: no item): of the
// table, and of each key of the index.
export function writeCost(old, now, index) {
  const table = units(Math.max(old ? itemSize(old) : 0, now ? itemSize(now) : 0));
  const keys = [];
  const was = entry(old, index), is = entry(now, index);
  const put = (e) => keys.push([e[index.keys[0]].S, units(itemSize(e) + OVERHEAD)]);
  if (was && is && same(was, is)) return { table, keys };
  if (was && is && index.keys.every((k) => same(was[k], is[k]))) {
    put(itemSize(was) > itemSize(is) ? was : is);
    return { table, keys };
  }
  if (was) put(was);
  if (is) put(is);
  return { table, keys };
}

export const readCost = (item) => units(item ? itemSize(item) : 0, 4 * KIB);
export const queryCost = (items) =>
  units(items.reduce((n, i) => n + itemSize(i), 0), 4 * KIB) / 2;

// So many units a second, of which what was left of five minutes may be used at
// once on AWS; here of one second, which is stricter.
export class Bucket {
  constructor(rate) { this.rate = rate; this.left = rate; this.at = Date.now(); }
  take(n) {
    const now = Date.now();
    this.left = Math.min(this.rate, this.left + (now - this.at) * this.rate / 1000);
    this.at = now;
    if (this.left <= 0) return false;
    this.left -= n;	// what is bigger than the rest is done, and owed
    return true;
  }
}

// -- the proxy --------------------------------------------------------------

function serve(port, file, limits) {
  const tables = new Map();	// name: { index, items, account }
  let seen;
  const anew = () => { seen = { write: 0, index: 0, read: 0, calls: {},
    throttled: 0, kinds: {} }; };
  anew();
  const table = (name) => {
    if (!tables.has(name))
      tables.set(name, { name, items: new Map(), keys: new Map(), index:
        { keys: ["gsi", "ringAt"], fields: [] },
        all: limits.table ? new Bucket(limits.table) : null });
    return tables.get(name);
  };
  const kind = (pk, what, n) => {
    const k = seen.kinds[pk.slice(0, 2)] ??= { write: 0, index: 0, read: 0 };
    k[what] += n;
  };
  const isHot = (t, key) => {
    if (!limits.key) return false;
    if (!t.keys.has(key)) t.keys.set(key, new Bucket(limits.key));
    const b = t.keys.get(key);
    b.take(0);
    return b.left <= 0;
  };
  const throttled = (t, reason) => {
    seen.throttled++;
    const arn = `arn:aws:dynamodb:us-east-1:000000000000:table/${t.name}`;
    return [400, { __type: "com.amazonaws.dynamodb.v20120810#" +
      "ThrottlingException", message: "Throughput exceeds the current " +
      "throughput limit", throttlingReasons: [{ reason, resource:
      reason.startsWith("Index") ? `${arn}/index/by-status` : arn }] }];
  };
  // A write of ${now} over what is there: refused, or its cost.
  const judge = (t, pk, now) => {
    const cost = writeCost(t.items.get(pk), now, t.index);
    if (cost.keys.some(([key]) => isHot(t, key)))
      return { no: throttled(t, "IndexWriteKeyRangeThroughputExceeded") };
    if (t.all && !t.all.take(0)) return { no: throttled(t,
      "TableWriteMaxOnDemandThroughputExceeded") };
    return { cost };
  };
  const charge = (t, pk, now, cost) => {
    let index = 0;
    for (const [key, n] of cost.keys) {
      index += n;
      if (limits.key) t.keys.get(key).take(n);
    }
    if (t.all) t.all.take(cost.table);
    seen.write += cost.table;
    seen.index += index;
    kind(pk, "write", cost.table + index);
    kind(pk, "index", index);
    if (now) t.items.set(pk, now); else t.items.delete(pk);
    return index;
  };
  // The answer, with what it cost in it.
  const told = (t, answer, n, index, q) => q.ReturnConsumedCapacity === "INDEXES" ?
    { ...answer, ConsumedCapacity: { TableName: t.name, CapacityUnits: n + index,
      Table: { CapacityUnits: n }, GlobalSecondaryIndexes:
      { "by-status": { CapacityUnits: index } } } } : answer;

  function after(action, q, status, a, ready) {
    if (action === "CreateTable" && status === 200) {
      const g = q.GlobalSecondaryIndexes[0];
      table(q.TableName).index = { keys: g.KeySchema.map((k) => k.AttributeName),
        fields: g.Projection.NonKeyAttributes };
      return a;
    }
    const t = q.TableName && table(q.TableName);
    if (ready) {
      if (status !== 200) {	// a failed condition costs the table alone
        seen.write += ready.cost.table;
        return a;
      }
      const index = charge(t, ready.pk, ready.now, ready.cost);
      return told(t, a, ready.cost.table, index, q);
    }
    if (status !== 200) return a;
    if (action === "GetItem") {
      const n = readCost(a.Item);
      seen.read += n;
      kind(q.Key.pk.S, "read", n);
      return told(t, a, n, 0, q);
    }
    if (action === "Query") {
      const n = queryCost(a.Items ?? []);
      seen.read += n;
      return told(t, a, 0, n, q);
    }
    if (action === "BatchGetItem")
      for (const items of Object.values(a.Responses))
        for (const item of items) {
          seen.read += readCost(item);
          kind(item.pk.S, "read", readCost(item));
        }
    return a;
  }

  const server = http.createServer((req, res) => {
    const parts = [];
    req.on("data", (d) => parts.push(d)).on("end", () => {
      if (req.method === "GET" && req.url === "/units") {
        res.end(JSON.stringify(seen));
        return anew();
      }
      const body = Buffer.concat(parts);
      const action = (req.headers["x-amz-target"] ?? "").split(".")[1];
      const q = body.length > 0 ? JSON.parse(body) : {};
      let ready;
      seen.calls[action] = (seen.calls[action] ?? 0) + 1;
      if (action === "PutItem" || action === "DeleteItem") {
        const pk = (q.Item ?? q.Key).pk.S;
        const is = judge(table(q.TableName), pk, q.Item);
        if (is.no) return send(res, ...is.no);
        ready = { pk, now: q.Item, cost: is.cost };
      }
      const headers = { ...req.headers, "accept-encoding": "identity" };
      http.request({ port, host: "127.0.0.1", method: req.method, path: req.url,
        headers }, (back) => {
        const got = [];
        back.on("data", (d) => got.push(d)).on("end", () => {
          const text = Buffer.concat(got).toString();
          let a = text;
          try { a = JSON.parse(text); } catch { return send(res, back.statusCode, text); }
          send(res, back.statusCode, after(action, q, back.statusCode, a, ready));
        });
      }).on("error", () => res.destroy()).end(body);
    });
  });
  function send(res, status, answer) {
    const text = typeof answer === "string" ? answer : JSON.stringify(answer);
    res.writeHead(status, { "content-type": "application/x-amz-json-1.0",
      date: new Date().toUTCString(), "x-amzn-requestid": "UNITS" });
    res.end(text);
  }
  server.keepAliveTimeout = 60000;
  server.listen(0, "127.0.0.1", () => {
    writeFileSync(`${file}.new`, `${server.address().port}\n`);
    renameSync(`${file}.new`, file);
  });
}

if (import.meta.url === pathToFileURL(process.argv[1]).href)
  serve(process.argv[2], process.argv[3], JSON.parse(process.argv[4] ?? "{}"));
