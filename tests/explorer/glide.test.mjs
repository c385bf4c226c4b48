// Points that glide: from the spots on the screen where they stood, in time, and then nothing more.
import assert from "node:assert/strict";
import { test } from "node:test";

import { along, eased, Glide, seenIn } from "../../aeutils/explorer/body/glide.js";
import { Frame } from "../../aeutils/explorer/body/plane.js";

test("a place in another frame stands on the same spot of the screen", () => {
  const [before, after] = [new Frame(400), new Frame(400)];
  before.fit([[-1, 5], [2, 3]]);
  after.fit([[10, 20], [-7, 0]]);
  const { us, vs } = seenIn({ us: Float32Array.of(0, 4), vs: Float32Array.of(2.5, 3) }, before, after);
  for (const [i, place] of [[0, 2.5], [4, 3]].entries()) {
    const [wanted, found] = [before.toScreen(...place), after.toScreen(us[i], vs[i])];
    found.forEach((at, axis) => assert.ok(Math.abs(at - wanted[axis]) < 1e-3));
  }
});

test("the way is straight, and its pace begins and ends slowly", () => {
  const places = (...us) => ({ us: Float32Array.from(us), vs: Float32Array.from(us, (u) => -u) });
  const into = places(0, 0);
  along(places(0, 4), places(8, 0), 0.25, into);
  assert.deepEqual(into, places(2, 3));
  assert.deepEqual([eased(0), eased(0.5), eased(1)], [0, 0.5, 1]);
  assert.ok(eased(0.1) < 0.05 && eased(0.9) > 0.95);
});

test("points are drawn until they have arrived, and then no more", (t) => {
  let [time, waiting, drawn] = [0, null, []];
  t.mock.method(performance, "now", () => time);
  globalThis.requestAnimationFrame = (f) => (waiting = f);
  globalThis.cancelAnimationFrame = () => (waiting = null);
  const [from, to] = [{ us: Float32Array.of(0), vs: Float32Array.of(0) }, { us: Float32Array.of(10), vs: Float32Array.of(0) }];
  const glide = new Glide(() => drawn.push(glide.places ? glide.places.us[0] : "there"));
  glide.start(from, to, 400, (part) => part);
  assert.deepEqual([glide.places.us[0], glide.part], [0, 0]);
  for (time of [100, 200, 399, 500]) waiting();
  assert.deepEqual(drawn.map((at) => (at === "there" ? at : Math.round(at))), [3, 5, 10, "there"]);
  assert.deepEqual([waiting, glide.part, from.us[0]], [null, 1, 0]);
  glide.start(from, to, 400, eased);
  glide.stop();
  assert.equal(waiting, null);
});
