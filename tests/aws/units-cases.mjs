// tests/aws/units-cases.mjs -- the rules of units.mjs, by numbers that DynamoDB's
// manual gives or that follow from it.  Says nothing, or throws.
import assert from "node:assert/strict";

import { Bucket, entry, itemSize, queryCost, readCost, valueSize, writeCost }
  from "./units.mjs";

const index = { keys: ["gsi", "ringAt"], fields: ["type", "rings"] };
const item = (more = {}, fill = 0) => ({ pk: { S: "t#1" }, gsi: { S: "q#PENDING#0" },
  ringAt: { N: "1700000120000" }, type: { S: "x" }, ...more,
  ...(fill > 0 ? { payload: { S: "x".repeat(fill) } } : {}) });

// Bytes, as DynamoDB counts them.
assert.equal(valueSize({ S: "gr\u00fcn" }), 5);
assert.equal(valueSize({ N: "27" }), 2);
assert.equal(valueSize({ N: "-27" }), 3);
assert.equal(valueSize({ N: "1700000000000" }), 2);
assert.equal(valueSize({ B: "AAAA" }), 3);
assert.equal(valueSize({ BOOL: true }), 1);
assert.equal(valueSize({ M: { a: { S: "bc" } } }), 3 + 1 + 3);
assert.equal(valueSize({ L: [{ S: "ab" }, { S: "c" }] }), 3 + 2 + 3);
assert.equal(itemSize({ pk: { S: "abc" }, n: { N: "1" } }), 2 + 3 + 1 + 2);

// A unit for each KiB begun, of the bigger item.
const of = (old, now) => {
  const c = writeCost(old, now, index);
  return [c.table, ...c.keys.map(([key, n]) => `${key} ${n}`)];
};
const exactly = 1024 - itemSize(item()) - "payload".length;
assert.deepEqual(of(undefined, item({}, exactly)), [1, "q#PENDING#0 1"]);
assert.deepEqual(of(undefined, item({}, exactly + 1)), [2, "q#PENDING#0 1"]);
assert.deepEqual(of(item({}, 3000), item()), [3]);
assert.deepEqual(of(item({}, 3000), undefined), [3, "q#PENDING#0 1"]);

// The index: made 1, key changed 2, projected attribute changed 1, removed 1,
// nothing 0; an item without its keys has no entry.
assert.deepEqual(of(undefined, item()), [1, "q#PENDING#0 1"]);
assert.deepEqual(of(item(), item({ gsi: { S: "q#COMPLETED#0" } })),
  [1, "q#PENDING#0 1", "q#COMPLETED#0 1"]);
assert.deepEqual(of(item(), item({ ringAt: { N: "5" } })),
  [1, "q#PENDING#0 1", "q#PENDING#0 1"]);
assert.deepEqual(of(item(), item({ rings: { N: "-3" } })), [1, "q#PENDING#0 1"]);
assert.deepEqual(of(item(), item({ worker: { S: "w" } })), [1]);
assert.deepEqual(of(undefined, { pk: { S: "b#1" }, body: { S: "x" } }), [1]);
assert.equal(entry({ pk: { S: "a" }, gsi: { S: "b" } }, index), undefined);

// Reads: 4 KiB a unit; of a query half a unit for all that it gives.
assert.equal(readCost(undefined), 1);
assert.equal(readCost(item({}, 4096)), 2);
assert.equal(queryCost([]), 0.5);
assert.equal(itemSize(item()), 36);
assert.equal(queryCost(Array.from({ length: 300 }, () => item())), 1.5);

// Limits: what is left of a second, and no more until it comes back.
const b = new Bucket(10);
assert.ok(b.take(9) && b.take(3));
assert.ok(!b.take(1));
b.at -= 1000;
assert.ok(b.take(1));
