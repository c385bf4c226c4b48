// What the decoder does, on a grid over the map: cells, scales, arrows, ellipses, and who measures them.
import assert from "node:assert/strict";
import { test } from "node:test";

import { Engine } from "../../aeutils/explorer/body/engine.js";
import { arrows, cellMeans, colourAt, ellipse, extent, gridCodes, inTurn, roughFirst, roughly, threeDigits } from "../../aeutils/explorer/body/grid.js";
import { Neighbours } from "../../aeutils/explorer/body/neighbours.js";
import { Frame, principalPlane, unitPlane } from "../../aeutils/explorer/body/plane.js";
import { serve, Survey, Surveyor } from "../../aeutils/explorer/body/survey.js";

const near = (a, b, tolerance = 1e-4) => assert.ok(Math.abs(a - b) <= tolerance, `${a}, not ${b}`);
const REACH = Float32Array.of(0, 3, 0, 3);
const frameOf = (low, high) => Object.assign(new Frame(300), { low, high });

test("the grid's codes lie in the middles of its cells, row after row from the upper left", () => {
  const plane = unitPlane({ size: 3, reach: Float32Array.of(0, 3, 0, 3, 0, 3), aside: null }, 2, 0);
  const codes = gridCodes(plane, Float32Array.of(7, 8, 9), frameOf([0, 0], [3, 6]), 3);
  assert.equal(codes.length, 9);
  assert.deepEqual([...codes[0]], [5, 8, 0.5]);
  assert.deepEqual([...codes[5]], [3, 8, 2.5]);
  const line = unitPlane({ size: 1, reach: REACH, aside: Float32Array.of(0) }, 0, 1);
  assert.deepEqual(gridCodes(line, Float32Array.of(7), frameOf([0, 0], [3, 3]), 3).map(([value]) => value), [0.5, 1.5, 2.5]);
});

test("rough first: every cell once, and one of each three by three stands for the others", () => {
  for (const [n, rows] of [[30, 30], [15, 15], [30, 1], [4, 4]]) {
    const order = roughFirst(n * rows, n);
    assert.deepEqual([...order].sort((a, b) => a - b), Array.from({ length: n * rows }, (_, i) => i));
    const rough = new Set(order.slice(0, Math.ceil(n / 3) * Math.ceil(rows / 3)));
    for (let i = 0; i < n * rows; i++) {
      const other = roughly(i, n, n * rows);
      assert.ok(rough.has(other));
      assert.ok(Math.abs((i % n) - (other % n)) <= 2 && Math.abs(Math.floor(i / n) - Math.floor(other / n)) <= 2);
    }
  }
});

test("values are averaged in their cells; where there is none the cell is empty", () => {
  const values = Float32Array.of(1, 3, 10, NaN, 99);
  const means = cellMeans([0.1, 0.2, 1.9, 1.9, 5], [0.1, 0.3, 1.9, 1.9, 1], values, { low: [0, 0], high: [2, 2] }, 2);
  assert.deepEqual([...means], [NaN, 10, 2, NaN]); // the first row is the upper one
  assert.deepEqual(extent(means), [2, 10]);
  assert.equal(extent(Float32Array.of(NaN)), null);
});

test("a scale has its own colours at its steps, and even parts between them", () => {
  const steps = ["#000000", "#0A1420", "#FFFFFF"];
  assert.deepEqual([0, 0.25, 0.5, 1, 7].map((share) => colourAt(share, steps)), [[0, 0, 0], [5, 10, 16], [10, 20, 32], [255, 255, 255], [255, 255, 255]]);
  assert.deepEqual([0, 0.01234, 3.456, 25.66, 1234.5, -0.5].map(threeDigits), ["0", "0.0123", "3.46", "25.7", "1235", "−0.500"]);
});

test("an arrow goes where the code comes back, and a long one is cut to the same direction", () => {
  const plane = unitPlane({ size: 2, reach: REACH, aside: null }, 0, 1);
  const frame = frameOf([0, 0], [3, 3]); // 100 pixels a unit, upwards
  const codes = [Float32Array.of(1, 1), Float32Array.of(1, 1), Float32Array.of(2, 2), Float32Array.of(0, 0)];
  const back = [Float32Array.of(1.1, 1), Float32Array.of(4, 5), Float32Array.of(2, 2)];
  const found = arrows(codes, back, plane, frame, 50);
  assert.equal(found.length, 3); // the fourth is not known yet
  const wanted = [[100, 200, 110, 200], [100, 200, 130, 160], [200, 100, 200, 100]];
  found.forEach((ends, i) => ends.forEach((value, j) => near(value, wanted[i][j])));
});

test("an ellipse's axes are those of the posterior's shadow on the plane", () => {
  const sd = Float32Array.of(3, 1, 2);
  const flat = ellipse(sd, [10, 0, 0], [0, -10, 0]);
  near(flat.major, 30);
  near(flat.minor, 10);
  near(Math.abs(flat.angle) % 180, 0);
  // Turned by 45 degrees in the first two units, with screen's y downwards: the long axis goes down to the right.
  const [c, s] = [Math.SQRT1_2, Math.SQRT1_2];
  const turned = ellipse(sd, [c, s, 0], [s, -c, 0]);
  near(turned.major, 3);
  near(turned.minor, 1);
  near(turned.angle, 45);
  // Against the definition, for an oblique plane: the variance along any direction of the screen.
  const plane = principalPlane({ names: ["", ""], components: Float32Array.of(0.6, 0.8, 0, 0, 0, 1), mean: new Float32Array(3), reach: REACH });
  const [first, second] = [plane.first.map((value) => 7 * value), plane.second.map((value) => -4 * value)];
  const { major, minor, angle } = ellipse(sd, first, second);
  for (const degrees of [0, 30, 90, 135]) {
    const [x, y] = [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)];
    const variance = sd.reduce((sum, value, j) => sum + value ** 2 * (x * first[j] + y * second[j]) ** 2, 0);
    const from = ((degrees - angle) * Math.PI) / 180;
    near((major * Math.cos(from)) ** 2 + (minor * Math.sin(from)) ** 2, variance, 1e-3);
  }
  assert.equal(ellipse(Float32Array.of(2), [3], null).minor, 0);
  assert.equal(ellipse(Float32Array.of(2), [3], null).major, 6);
});

// Two pixels; the decoder is x = z, the encoder z = x / 2. Another model has, behind it, the pixels as standard deviations.
const constants = { numbers: Float32Array.of(0.5), indices: new Int32Array() };
const input = { op: "input", of: [], shape: [1, 2] };
const entry = {
  name: "m", size: 2, spread: false, constants,
  decoder: [input, { op: "same", of: [0], shape: [2] }],
  encoder: [input, { op: "constant", of: [], shape: [1], at: 0 }, { op: "binary", f: "mul", of: [0, 1], shape: [1, 2] }],
};
const variational = {
  ...entry, spread: true,
  encoder: [...entry.encoder, { op: "cat", of: [2, 0], shape: [1, 4], outer: 1 }],
};
const training = Uint8Array.of(0, 0, 255, 255);
const images = Uint8Array.of(0, 255);
const subjectOf = (model, ask) => ({
  models: [{ ...model, engine: new Engine(model, 0, constants, 2, ask) }],
  training: { pixels: training, neighbours: new Neighbours(training, 2, 2) },
  points: { pixels: images }, pixels: 2, width: 2,
});
const CODES = [Float32Array.of(0, 0), Float32Array.of(1, 0.5)];
const QUESTIONS = [
  [{ quantity: "distance", model: 0, codes: CODES }, [[0], [0.25]]],
  [{ quantity: "trip", model: 0, codes: CODES }, [[0, 0], [0.5, 0.25]]],
  [{ quantity: "error", model: 0, codes: CODES, places: [0, 0] }, [[1], [1.25]]],
];
const POSTERIORS = { quantity: "posterior", model: 0, codes: [], places: [0, 0] };
const BENT = { quantity: "geodesic", model: 0, codes: [[0, 0], [1, 0], [1, 0.5], [1, 1]].map((code) => Float32Array.from(code)) };
const nobody = () => Promise.reject(new Error("nobody is asked"));

async function measured(survey, question) {
  const found = [];
  await survey.measure(question, (i, value) => (found[i] = [...value]), new AbortController().signal);
  return found;
}

test("what is measured on the page, of the kernel in one question, and by a worker, is the same", async () => {
  const asked = [];
  const kernel = async (operation, _, values) => {
    asked.push(operation);
    return Float32Array.from(values, (value) => (operation === "encode" ? value / 2 : value));
  };
  const far = { ...entry, decoder: null, encoder: null };
  // What a Worker is, in this thread: messages are copied, and answered later.
  const made = [];
  globalThis.Worker = class {
    constructor() {
      made.push(this);
      this.inside = { onmessage: null, postMessage: (report) => setTimeout(() => this.onmessage({ data: structuredClone(report) })) };
      serve(this.inside);
    }
    postMessage(data) {
      const copy = structuredClone(data);
      setTimeout(() => this.inside.onmessage({ data: copy }));
    }
    terminate() {}
  };
  const life = new AbortController();
  const surveys = [subjectOf(entry, nobody), subjectOf(far, kernel)].map((subject) => new Survey(subject, null, life.signal));
  const working = new Survey(subjectOf(entry, nobody), "() => modules", life.signal);
  for (const [question, wanted] of QUESTIONS) {
    for (const survey of [...surveys, working]) assert.deepEqual(await measured(survey, question), wanted, question.quantity);
  }
  assert.deepEqual(asked, ["decode", "decode", "encode", "decode"]);
  assert.equal(made.length, 1);
  for (const source of [null, "() => modules"]) {
    const found = await measured(new Survey(subjectOf(variational, nobody), source, life.signal), POSTERIORS);
    assert.deepEqual(found, [[0, 0.5, 0, 1], [0, 0.5, 0, 1]]);
  }
  assert.equal(made.length, 2, "and a worker found the second ones");
  for (const survey of [surveys[0], working]) {
    const [way] = await measured(survey, BENT); // what was found last
    way.forEach((value, i) => near(value, Math.floor(i / 2) / 3, 0.01));
  }
  delete globalThis.Worker;
});

test("where a worker may not be started, the page measures by itself", async () => {
  for (const refuses of ["at once", "later"]) {
    globalThis.Worker = class {
      constructor() {
        if (refuses === "at once") throw new Error("forbidden");
      }
      postMessage() {
        setTimeout(() => this.onerror({ preventDefault() {} }));
      }
      terminate() {}
    };
    const survey = new Survey(subjectOf(entry, nobody), "() => modules", new AbortController().signal);
    for (const [question, wanted] of QUESTIONS) assert.deepEqual(await measured(survey, question), wanted);
  }
  delete globalThis.Worker;
});

test("a question that was taken back is answered no further, and one that the kernel refuses is refused", async () => {
  const stop = new AbortController();
  const surveyor = new Surveyor(subjectOf(entry, nobody).models.map(({ engine }) => engine), new Neighbours(training, 2, 2), images, 2);
  const found = [];
  await surveyor.measure({ quantity: "distance", model: 0, codes: CODES }, (i) => found.push(i) && stop.abort(), stop.signal);
  assert.deepEqual(found, [0]);
  const survey = new Survey(subjectOf({ ...entry, decoder: null }, nobody), null, new AbortController().signal);
  await assert.rejects(measured(survey, QUESTIONS[0][0]), /nobody is asked/);
  await assert.rejects(measured(survey, POSTERIORS), /posterior is not known/);
  await assert.rejects(measured(survey, BENT), /decoder is not known/);
});

test("from every kind come as many, whatever order they stand in", () => {
  const digits = Array.from({ length: 1000 }, (_, i) => i % 10); // every 25th would be a 0 or a 5
  const some = inTurn(digits, 40);
  for (let kind = 0; kind < 10; kind++) assert.equal(some.filter((i) => digits[i] === kind).length, 4);
  assert.equal(new Set(some).size, 40);
  assert.deepEqual(inTurn([0, 0, 0, 0], 2), [0, 2], "one kind: evenly");
  assert.deepEqual(inTurn([7, 7, 7, 8], 4), [0, 3, 1], "of a rare kind all there are; of the others no more than its share");
});
