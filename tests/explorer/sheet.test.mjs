// The sheet of pictures: its directions, the codes along them, and when a row says that nothing changes.
import assert from "node:assert/strict";
import { test } from "node:test";

import { byEffect, codesAlong, directions, endsAlong, largestChange, STEPS } from "../../aeutils/explorer/body/directions.js";

const unit = (sd) => ({ mean: 0, sd, low: 0, high: 0, middle: [0, 0] });
const principal = { components: Float32Array.of(0.6, 0.8, 0, -0.8, 0.6, 0), sds: Float32Array.of(3, 0.5), mean: new Float32Array(3), reach: new Float32Array(4), names: ["", ""] };
const model = { size: 3, units: [unit(0.2), unit(5), unit(1)], principal };

test("directions are code units or principal axes, the widest first", () => {
  assert.deepEqual(directions(model, false, 32).map(({ name, sd }) => [name, sd]), [["unit 2", 5], ["unit 3", 1], ["unit 1", 0.2]]);
  assert.deepEqual(directions(model, false, 1).map(({ way }) => [...way]), [[0, 1, 0]]);
  assert.deepEqual(directions(model, true, 32).map(({ name, sd }) => [name, sd]), [["axis 1", 3], ["axis 2", 0.5]]);
  assert.deepEqual([...directions(model, true, 32)[1].way], [...principal.components.subarray(3)]);
  assert.equal(directions({ ...model, principal: null }, true, 32)[0].name, "unit 2", "where there are no axes");
});

test("steps are so many standard deviations from where one is, and nothing else changes", () => {
  const z = Float32Array.of(1, 2, 3);
  const codes = codesAlong(z, directions(model, false, 32)[1]);
  assert.deepEqual(codes.map(([a, b]) => [a, b]), STEPS.map(() => [1, 2]));
  assert.deepEqual(codes.map((code) => code[2]), [1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5, 5]);
});

test("the largest change is that of one pixel, in either direction, from the middle", () => {
  const pictures = [[0.5, 0.5], [0.5, 0.25], [0.625, 0.5]].map((values) => Float32Array.from(values));
  assert.equal(largestChange(pictures), 0.25);
  assert.equal(largestChange([pictures[0], pictures[0], pictures[0]]), 0);
});

test("rows come in the order of what their ends do to the picture", () => {
  const z = Float32Array.of(1, 2, 3);
  assert.deepEqual(endsAlong(z, directions(model, false, 32)[1]).map((code) => [...code]), [[1, 2, 1], [1, 2, 5]]);
  const pictures = [[0, 0.1], [0, 0], [0.5, 0], [0, -0.6], [0.2, 0.2], [0.2, 0.2]].map((values) => Float32Array.from(values));
  assert.deepEqual(byEffect(["a", "b", "c"], new Float32Array(2), pictures), ["b", "c", "a"]);
});
