// A model that is asked of the kernel, and the state that all views share.
import assert from "node:assert/strict";
import { test } from "node:test";

import { Engine } from "../../aeutils/explorer/body/engine.js";
import { State } from "../../aeutils/explorer/body/state.js";

globalThis.requestAnimationFrame = () => 1;

const engine = (ask, size = 2) => new Engine({ name: "m", size, encoder: null, decoder: null, spread: false }, 0, { numbers: new Float32Array(), indices: new Int32Array() }, 3, ask);
const delivered = (model, operation, values) => new Promise((resolve) => model[operation](values, (...given) => resolve(given)));

test("what the kernel answers is delivered, and so is what stands in its way", async () => {
  const answering = engine(async () => Float32Array.of(5));
  const silent = engine(() => Promise.reject(new Error("no kernel")));
  for (const operation of ["decode", "encode"]) {
    assert.deepEqual(await delivered(answering, operation, Float32Array.of(1, 2)), [Float32Array.of(5), null]);
    assert.deepEqual(await delivered(silent, operation, Float32Array.of(1, 2)), [null, null, "no kernel"]);
  }
});

test("of many questions only the newest is asked", async () => {
  const asked = [];
  const model = engine(async (operation, index, values) => asked.push(values[0]) && values);
  for (const value of [1, 2, 3, 4]) model.decode(Float32Array.of(value), () => {});
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.deepEqual(asked, [1, 4]);
});

test("a drawing keeps its place in another model, whose code has another size, also before the kernel answers", async () => {
  const model = (size) => ({
    name: `of ${size}`,
    size,
    units: Array.from({ length: size }, () => ({ mean: 0.5 })),
    codeOf: () => new Float32Array(size),
    engine: engine(async () => new Float32Array(size).fill(9), size),
  });
  const points = { labels: null, pixels: new Uint8Array(3), pictures: 1, count: 1, name: "image" };
  const state = new State({ models: [model(2), model(3)], points, pixels: 3, classes: [] });
  const drawing = { kind: "drawing", pixels: new Float32Array(3), text: "your drawing" };
  state.setCode([1, 2], drawing);
  state.setModel(1);
  assert.deepEqual([...state.z], [0.5, 0.5, 0.5]);
  await new Promise((resolve) => setTimeout(resolve, 5));
  assert.deepEqual([...state.z], [9, 9, 9]);
  assert.equal(state.original, drawing);
});
