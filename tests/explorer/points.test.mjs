// Which images of the map have room for a sign. Run: node --test tests/explorer/points.test.mjs
import { test } from "node:test";
import assert from "node:assert/strict";

import { Frame } from "../../aeutils/explorer/body/plane.js";
import { withRoom } from "../../aeutils/explorer/body/points.js";

const N = 3000;
const ROOM = 14;
const frame = Object.assign(new Frame(400), { low: [-1, -1], high: [1, 1] });
const near = Object.assign(new Frame(400), { low: [0.2, 0.2], high: [0.3, 0.3] });
const random = (seed) => () => (seed = (seed * 16807) % 2147483647) / 2147483647; // Park and Miller
const next = random(7);
const places = { us: Float32Array.from({ length: N }, () => 2.4 * next() - 1.2), vs: Float32Array.from({ length: N }, () => 2.4 * next() - 1.2) };

/** @param {Frame} frame */
const on = (frame, i) => frame.toScreen(places.us[i], places.vs[i]);

test("signs are as far apart as they need, and whoever has none has one too near", () => {
  const signed = withRoom(frame, places, ROOM, () => true);
  assert.ok(signed.length > 300);
  const apart = (i, j) => Math.hypot(on(frame, i)[0] - on(frame, j)[0], on(frame, i)[1] - on(frame, j)[1]);
  for (const [k, i] of signed.entries()) for (const j of signed.slice(0, k)) assert.ok(apart(i, j) >= ROOM);
  const inside = Array.from({ length: N }, (_, i) => i).filter((i) => on(frame, i).every((at) => at >= 0 && at < frame.size));
  assert.ok(inside.length < N);
  for (const i of inside) assert.ok(signed.includes(i) || signed.some((j) => apart(i, j) < ROOM));
});

test("near enough, all have room; only those that are wanted are looked at", () => {
  const inside = Array.from({ length: N }, (_, i) => i).filter((i) => on(near, i).every((at) => at >= 0 && at < near.size));
  assert.deepEqual(withRoom(near, places, 1, () => true).sort((a, b) => a - b), inside);
  assert.ok(inside.length > 3);
  const even = withRoom(frame, places, ROOM, (i) => i % 2 === 0);
  assert.ok(even.length > 200 && even.every((i) => i % 2 === 0));
});
