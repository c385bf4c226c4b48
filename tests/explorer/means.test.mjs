// Arithmetic with codes: the classes' means, what is added of them, and which is nearest.
import assert from "node:assert/strict";
import { test } from "node:test";

import { added, classMeans, meansByDistance, shareOf } from "../../aeutils/explorer/body/means.js";
import { NO_LABEL, usualOf } from "../../aeutils/explorer/body/subject.js";

const codes = Float32Array.of(1, 10, 3, 30, 5, 50, -7, 70, 100, 100);
const means = classMeans(codes, 2, Uint16Array.of(4, 0, 4, 0, NO_LABEL));

test("each class that has images has a mean; without a label there is no class", () => {
  assert.deepEqual(means.map(({ label, count, code }) => [label, count, ...code]), [[0, 2, -2, 50], [4, 2, 3, 30]]);
});

test("what is added is t times the difference, and the start is kept", () => {
  const start = Float32Array.of(1, 1);
  const [from, to] = means.map(({ code }) => code);
  assert.deepEqual([0, 1, -1, 0.5].map((t) => [...added(start, t, from, to)]), [[1, 1], [6, -19], [-4, 21], [3.5, -9]]);
  assert.deepEqual([...start], [1, 1]);
});

test("how much was added is found again, where nothing else was", () => {
  const start = Float32Array.of(1, 1);
  const [from, to] = means.map(({ code }) => code);
  for (const t of [0, 0.37, -1, 2]) assert.ok(Math.abs(shareOf(added(start, t, from, to), start, from, to) - t) < 1e-6);
  assert.equal(shareOf(Float32Array.of(1.01, 1), start, from, to), null);
  const large = [[3e4, 2e4, 7], [0.1, -9e4, 3], [5e4, 0.3, 2]].map((code) => Float32Array.from(code));
  assert.ok(Math.abs(shareOf(added(large[0], 0.6, large[1], large[2]), ...large) - 0.6) < 1e-5);
  assert.equal(shareOf(Float32Array.of(1, 1, 1), start, from, to), null);
  assert.equal(shareOf(start, start, from, from), 0);
});

test("the nearest mean comes first", () => {
  const found = meansByDistance(Float32Array.of(3, 34), means);
  assert.deepEqual(found.map(({ mean }) => mean.label), [4, 0]);
  assert.equal(found[0].distance, 4);
});

test("what is usual of a class, or of all where that is not known", () => {
  const usual = { all: 5, classes: [7, null] };
  assert.deepEqual([0, 1, 9, NO_LABEL].map((label) => usualOf(usual, label)), [7, 5, 5, 5]);
  assert.equal(usualOf(null, 0), null);
});
