// The place that an address names: written, read again, and refused where it is damaged.
import assert from "node:assert/strict";
import { test } from "node:test";

import { placeText, readPlace } from "../../aeutils/explorer/body/place.js";

const SUBJECT = { models: [{ name: "plain & wide, 50 %", size: 3 }, { name: "b", size: 1 }], points: { count: 50 }, classes: ["a", "b"] };
const VIEWS = ["traversal", "draw"];
const read = (text) => readPlace(text, SUBJECT, VIEWS);

test("what is written is read", () => {
  const place = { model: 0, view: "draw", image: null, code: [0.5, -1.3, 123456], axes: [2, 0], frame: [-1, -2.5, 1e-7, 3], show: "sheet", classes: [1, 0], layers: ["points", "contours:density"] };
  const text = placeText(place, SUBJECT);
  assert.equal(text, "model=plain%20%26%20wide,%2050%20%25&view=draw&code=0.5,-1.3,123460&axes=3,1&frame=-1,-2.5,1e-7,3&show=sheet&classes=1,0&layers=points,contours:density");
  assert.deepEqual(read(text), { ...place, code: [0.5, -1.3, 123460] });
  assert.equal(placeText(read(text), SUBJECT), text);
  const at = { ...place, image: 7, axes: null, frame: null, layers: [] };
  assert.deepEqual(read(placeText(at, SUBJECT)), { ...at, code: null });
});

test("what is not said stays as it is", () => {
  const nothing = { model: null, view: null, image: null, code: null, axes: null, frame: null, show: null, classes: null, layers: null };
  assert.deepEqual(read(""), nothing);
  assert.deepEqual(read("view=draw"), { ...nothing, view: "draw" });
});

for (const [text, told] of [
  ["zoom=3", /“zoom”/], ["model=c", /no model “c”/], ["view=film", /no view “film”/], ["image=50", /no image 50/], ["image=1.5", /no image/],
  ["image=", /needs numbers/], ["code=1,2", /2 numbers, not 3/], ["code=1,x,2", /needs numbers/], ["code=1,,2", /needs numbers/],
  ["model=b&code=1,2,3", /3 numbers, not 1/], ["axes=1,1", /no axes 1,1/], ["axes=0,1", /no axes/], ["frame=0,0,0,1", /corner/], ["frame=0,0,NaN,1", /needs numbers/],
  ["show=film", /sliders or sheet/], ["classes=0,2", /no classes 0,2/], ["classes=1", /no classes/],
]) {
  test(`a damaged place is refused: ${text}`, () => assert.throws(() => read(text), told));
}
