// Undo and redo: which steps are kept, and where one comes to.
import assert from "node:assert/strict";
import { test } from "node:test";

import { Steps } from "../../aeutils/explorer/body/steps.js";

const steps = (most) => new Steps(0, (a, b) => a === b, most);

test("steps are taken back and taken again", () => {
  const walk = steps();
  assert.ok(!walk.has(-1) && !walk.has(1) && walk.go(-1) === null);
  [1, 1, 2].forEach((step) => walk.take(step)); // where one is already is no step
  assert.deepEqual([walk.go(-1), walk.go(-1), walk.go(-1)], [1, 0, null]);
  assert.deepEqual([walk.go(1), walk.go(1), walk.go(1)], [1, 2, null]);
});

test("a new step ends what could be taken again, but the same place does not", () => {
  const walk = steps();
  [1, 2, 3].forEach((step) => walk.take(step));
  walk.go(-1);
  walk.take(2);
  assert.ok(walk.has(1));
  walk.go(-1);
  walk.take(9);
  assert.ok(!walk.has(1));
  assert.deepEqual([walk.go(-1), walk.go(-1)], [1, 0]);
});

test("the oldest steps are forgotten", () => {
  const walk = steps(3);
  [1, 2, 3, 4].forEach((step) => walk.take(step));
  assert.deepEqual([walk.go(-1), walk.go(-1), walk.go(-1)], [3, 2, null]);
  const long = steps();
  for (let step = 1; step <= 500; step++) long.take(step);
  let count = 0;
  while (long.go(-1) !== null) count++;
  assert.equal(count, 99);
});
