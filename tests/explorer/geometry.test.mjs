// Planes, frames, contours, ways, neighbours and drawings: the pure functions behind the views.
import assert from "node:assert/strict";
import { test } from "node:test";

import { niceTicks, tickText } from "../../aeutils/explorer/body/axis.js";
import { contour, density, heightsAt, levels, priorRadius, SHARES } from "../../aeutils/explorer/body/density.js";
import { paintDifference } from "../../aeutils/explorer/body/difference.js";
import { asDrawn, centred } from "../../aeutils/explorer/body/drawing.js";
import { gaugeEnd, gaugeMarks, gaugeText, leftPart } from "../../aeutils/explorer/body/gauge.js";
import { Neighbours, squaredDistance } from "../../aeutils/explorer/body/neighbours.js";
import { greatCircle, straight } from "../../aeutils/explorer/body/paths.js";
import { Frame, principalPlane, shares, unitPlane } from "../../aeutils/explorer/body/plane.js";
import { unitSpreads } from "../../aeutils/explorer/body/subject.js";

const near = (a, b, tolerance = 1e-4) => assert.ok(Math.abs(a - b) <= tolerance, `${a}, not ${b}`);

// A generator of numbers in [0, 1) with a fixed start (mulberry32).
function random(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const REACH = Float32Array.of(-1, 1, -2, 2, -3, 3);

test("moving in a plane changes nothing else", () => {
  const z = Float32Array.of(1, 2, 3);
  const units = unitPlane({ size: 3, reach: REACH, aside: null }, 2, 0);
  assert.deepEqual([...units.moved(z, 9, 8)], [8, 2, 9]);
  assert.deepEqual(units.reach, [[-3, 3], [-1, 1]]);
  const components = Float32Array.of(0.6, 0.8, 0, -0.8, 0.6, 0);
  const plane = principalPlane({ names: ["a", "b"], components, mean: Float32Array.of(1, 1, 1), reach: REACH });
  const moved = plane.moved(z, 5, -2);
  plane.coordinates(moved).forEach((value, i) => near(value, [5, -2][i]));
  near(moved[2], 3);
});

test("the axes say what share of the code's variance they have", () => {
  const codes = Float32Array.of(10, 0, 1, 14, 3, 1, 12, 3, 1, 16, 6, 1); // four codes of three units
  const model = { size: 3, reach: REACH, aside: null, units: unitSpreads(codes, 3), constant: null };
  const units = unitPlane(model, 0, 2);
  const { us, vs } = units.project(codes);
  near(shares([us], model.units)[0], 5 / 9.5); // NumPy's var: 5, 4.5 and 0
  assert.deepEqual(units.labels({ us, vs }, model), ["code unit 1 (53 % of the variance)", "code unit 3 (0 % of the variance)"]);
  const components = Float32Array.of(Math.SQRT1_2, Math.SQRT1_2, 0, -Math.SQRT1_2, Math.SQRT1_2, 0);
  const plane = principalPlane({ names: ["a", "b"], components, mean: Float32Array.of(13, 3, 1), reach: REACH });
  const projected = plane.project(codes);
  near(shares([projected.us], model.units)[0], 9.25 / 9.5);
  assert.deepEqual(plane.labels(projected, model), ["a (97 % of the variance)", "b (3 % of the variance)"]);
  assert.deepEqual(plane.labels(projected, { ...model, constant: "alike" }), ["a", "b"]);
  assert.deepEqual(plane.labels({ us: us.slice(0, 1), vs: vs.slice(0, 1) }, model), ["a", "b"], "one image does not vary");
  const little = units.labels({ us: us.map((u) => u / 30), vs }, model);
  assert.equal(little[0], "code unit 1 (under 1 % of the variance)");
});

test("a code of one unit has a map, too", () => {
  const aside = Float32Array.of(-1, 0.25, 0.5);
  const plane = unitPlane({ size: 1, reach: REACH, aside }, 0, 1);
  const { us, vs } = plane.project(Float32Array.of(3, 4, 5));
  assert.deepEqual([...us], [3, 4, 5]);
  assert.equal(vs, aside);
  assert.deepEqual(plane.names, ["code unit 1", ""]);
  assert.deepEqual([...plane.moved(Float32Array.of(3), 7, 99)], [7]);
  assert.deepEqual(plane.labels({ us, vs }, { units: [{ mean: 4, sd: 1, low: 3, high: 5, middle: [3, 5] }], constant: null }), plane.names);
});

test("the frame goes to the screen and back, and zooms about a point", () => {
  const frame = new Frame(400);
  frame.fit([[0, 99], [0, 0.99]]);
  assert.deepEqual([frame.low, frame.high], [[0, 0], [99, 0.99]]); // too different for one scale
  const place = frame.toPlane(...frame.toScreen(12, 0.3));
  near(place[0], 12);
  near(place[1], 0.3);
  const before = frame.toScreen(12, 0.3);
  frame.zoom(2, [12, 0.3]);
  frame.toScreen(12, 0.3).forEach((value, axis) => near(value, before[axis]));
  assert.deepEqual([frame.inside([-5, 20]), frame.inside([410, 900])], [[0, 20], [400, 400]]);
  assert.equal(frame.include(12, 0.3), false);
  assert.equal(frame.include(500, 0.3), true);
  near(frame.toScreen(500, 0.3)[0], 400);
});

test("zooming has ends, and leads back from beyond them", () => {
  const frame = new Frame(400);
  frame.fit([[0, 8], [0, 8]]);
  assert.deepEqual(frame.zooms, { out: true, in: true });
  for (let i = 0; i < 30; i++) frame.zoom(1.5, [2, 6]);
  near(frame.high[0] - frame.low[0], 0.08);
  assert.deepEqual(frame.zooms, { out: true, in: false });
  frame.toScreen(2, 6).forEach((value, axis) => near(value, [100, 100][axis], 0.01));
  for (let i = 0; i < 30; i++) frame.zoom(1 / 1.5, [2, 6]);
  near(frame.high[1] - frame.low[1], 32);
  assert.deepEqual(frame.zooms, { out: false, in: true });
  Object.assign(frame, { low: [0, 0], high: [0.01, 0.01] }); // as an address may say
  frame.zoom(2, [0, 0]);
  near(frame.high[0], 0.01);
  frame.zoom(1 / 2, [0, 0]);
  near(frame.high[0], 0.02);
});

test("an axis is marked with round numbers", () => {
  assert.deepEqual(niceTicks(-3.7, 4.2).map(tickText), ["−2", "0", "2", "4"]);
  assert.deepEqual(niceTicks(0, 27.6, 4), [0, 10, 20]);
  assert.deepEqual(niceTicks(0.011, 0.029).map(tickText), ["0.015", "0.02", "0.025"]);
});

test("two axes of about one length have one scale", () => {
  const frame = new Frame(100);
  frame.fit([[0, 4], [1, 3]]);
  assert.deepEqual([frame.low, frame.high], [[0, 0], [4, 4]]);
  assert.deepEqual(frame.toScreen(2, 2), [50, 50]);
});

test("density contours enclose the share they say, and the prior's radius too", () => {
  const next = random(1);
  const normal = () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
  const us = Float32Array.from({ length: 20000 }, normal);
  const vs = Float32Array.from({ length: 20000 }, normal);
  const [n, low, high] = [72, [-5, -5], [5, 5]];
  const grid = density(us, vs, low, high, n);
  const level = levels(heightsAt(grid, n, us, vs, low, high), [0.5])[0];
  const segments = contour(grid, n, level);
  const radii = segments.map(([x, y]) => Math.hypot(((x + 0.5) / n) * 10 - 5, ((y + 0.5) / n) * 10 - 5));
  near(radii.reduce((a, b) => a + b) / radii.length, priorRadius(0.5), 0.05);
  const inside = us.filter((u, i) => Math.hypot(u, vs[i]) < priorRadius(0.8)).length / us.length;
  near(inside, 0.8, 0.01);
});

test("so many of the points are inside a contour as it says, also of clusters that are narrow against the grid", () => {
  const next = random(4);
  const normal = () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
  const [n, low, high] = [72, [-5, -5], [5, 5]];
  const clusters = [[-3, -3, 0.1], [2, 1, 0.8], [2.5, -3, 0.3], [-2, 3, 0.15]];
  const points = Array.from({ length: 1000 }, (_, i) => clusters[i % 4]).map(([u, v, sd]) => [u + sd * normal(), v + sd * normal()]);
  const [us, vs] = [0, 1].map((axis) => Float32Array.from(points, (point) => point[axis]));
  const grid = density(us, vs, low, high, n);
  levels(heightsAt(grid, n, us, vs, low, high)).forEach((level, i) => {
    const segments = contour(grid, n, level);
    const inside = points.filter(([u, v]) => {
      const [x, y] = [(u + 5) / 10, (v + 5) / 10].map((share) => share * n - 0.5);
      const crossed = segments.filter(([x1, y1, x2, y2]) => y1 > y !== y2 > y && x1 + ((y - y1) / (y2 - y1)) * (x2 - x1) > x);
      return crossed.length % 2 === 1; // on the way to the right
    });
    near(inside.length / points.length, SHARES[i], 0.01);
  });
  assert.deepEqual([...heightsAt(grid, n, Float32Array.of(-9, 0), Float32Array.of(0, 5), low, high)], [0, 0], "outside");
});

test("ways start at A and end at B; the great circle keeps the length", () => {
  const a = Float32Array.of(3, 0, 0);
  const b = Float32Array.of(0, 3, 0);
  for (const way of [straight, greatCircle]) {
    way(a, b, 0).forEach((value, i) => near(value, a[i]));
    way(a, b, 1).forEach((value, i) => near(value, b[i]));
  }
  near(Math.hypot(...greatCircle(a, b, 0.5)), 3);
  near(Math.hypot(...straight(a, b, 0.5)), 3 / Math.SQRT2);
  assert.deepEqual([...greatCircle(a, Float32Array.of(-3, 0, 0), 0.5)], [0, 0, 0]); // opposite: the straight line
  assert.deepEqual([...greatCircle(new Float32Array(3), b, 0.5)], [0, 1.5, 0]); // no direction: the straight line
});

test("the nearest image is the one that an exhaustive search finds", () => {
  const next = random(2);
  for (const [pixels, width] of [[49, 49], [49, 7], [30, 5], [2352, 28]]) { // one row, a square, an oblong, colour
    const images = Uint8Array.from({ length: 200 * pixels }, () => (next() < 0.6 ? 0 : 255 * next()));
    const neighbours = new Neighbours(images, pixels, width);
    for (let trial = 0; trial < 50; trial++) {
      const sharp = trial % 2 ? 1.2 : 0.2; // and a flat one, as decoders draw them: all images are about as far
      const picture = Float32Array.from({ length: pixels }, () => next() * sharp - 0.1);
      const distances = Array.from({ length: 200 }, (_, i) => squaredDistance(picture, Array.from(images.subarray(i * pixels, (i + 1) * pixels), (v) => v / 255)));
      const found = neighbours.nearest(picture);
      assert.equal(found.index, distances.indexOf(Math.min(...distances)));
      near(found.distance, Math.min(...distances), 1e-3);
      const copy = neighbours.nearest(Float32Array.from(images.subarray(trial * pixels, (trial + 1) * pixels), (v) => v / 255));
      assert.equal(copy.index, trial);
      near(copy.distance, 0, 1e-6);
    }
  }
});

test("among pictures of grey on grey, where coarse versions tell little, most images are not compared, and none is missed", () => {
  const next = random(3);
  const [pixels, count] = [784, 200];
  const images = Uint8Array.from({ length: count * pixels }, () => (next() < 0.5 ? 0 : 255 * next()));
  const neighbours = new Neighbours(images, pixels, 28);
  const [start, way] = [0.4, 0.004].map((size) => Float32Array.from({ length: pixels }, () => size * next()));
  let compared = 0;
  for (let step = 0; step < 60; step++) {
    const picture = start.map((value, j) => value + (step % 30 < 25 ? step : -step) * way[j]); // now and then far away
    const before = neighbours.compared;
    const found = neighbours.nearest(picture);
    compared += Math.max(0, neighbours.compared - before);
    const distances = Array.from({ length: count }, (_, i) => squaredDistance(picture, Array.from(images.subarray(i * pixels, (i + 1) * pixels), (v) => v / 255)));
    assert.equal(found.index, distances.indexOf(Math.min(...distances)));
    near(found.distance, Math.min(...distances), 1e-3);
  }
  const passes = compared / images.length;
  assert.ok(passes < 30, `${passes} passes over all images in 60 searches`);
});

test("a drawing is scaled to 20 pixels and its centre of mass put where MNIST has it, wherever it was drawn", () => {
  const draw = (left, top, width, height) => {
    const ink = new Float32Array(168 * 168);
    for (let y = top; y < top + height; y++) for (let x = left; x < left + width; x++) ink[y * 168 + x] = 1;
    return ink;
  };
  for (const [left, top, width, height] of [[10, 20, 30, 60], [100, 90, 30, 60], [5, 5, 80, 160]]) {
    const image = centred(draw(left, top, width, height), 168);
    const rows = Array.from({ length: 28 }, (_, y) => image.subarray(28 * y, 28 * y + 28).some((value) => value > 0.5));
    assert.equal(rows.filter(Boolean).length, 20);
    let [total, x, y] = [0, 0, 0];
    image.forEach((value, i) => {
      total += value;
      x += value * ((i % 28) + 0.5);
      y += value * (Math.floor(i / 28) + 0.5);
    });
    near(x / total, 14.5, 0.55); // the middle of pixel 14, to half a pixel, as in the published files
    near(y / total, 14.5, 0.55);
  }
  // Whole pixels leave up to half a pixel in any one drawing; over many it must cancel.
  const next = random(5);
  let mean = 0;
  for (let trial = 0; trial < 100; trial++) {
    const [left, top, width, height] = [20, 20, 40 + 60 * next(), 40 + 60 * next()];
    const triangle = Float32Array.from({ length: 168 * 168 }, (_, i) => {
      const [x, y] = [((i % 168) - left) / width, (Math.floor(i / 168) - top) / height];
      return x >= 0 && y >= 0 && x + y <= 1 ? 1 : 0;
    });
    const image = centred(triangle, 168);
    const total = image.reduce((sum, value) => sum + value);
    mean += image.reduce((sum, value, i) => sum + value * ((i % 28) + 0.5), 0) / total / 100;
  }
  near(mean, 14.5, 0.15);
  assert.ok(centred(new Float32Array(168 * 168), 168).every((value) => value === 0));
  const corner = asDrawn(draw(0, 0, 6, 6), 168);
  near(corner[0], 1);
  near(corner.reduce((a, b) => a + b), 1);
});

test("the spread of code units", () => {
  const [first, second] = unitSpreads(Float32Array.of(1, 5, 3, 5), 2);
  assert.deepEqual(first, { mean: 2, sd: 1, low: 1, high: 3, middle: [1, 3] });
  assert.equal(second.sd, 0);
  const next = random(7);
  const [unit] = unitSpreads(Float32Array.from({ length: 20_000 }, next), 1);
  unit.middle.forEach((value, i) => near(value, [0.025, 0.975][i], 0.01));
});

test("what a grey decode misses is red where it is too dark, and blue where it is too bright", () => {
  const rgba = new Uint8ClampedArray(16);
  paintDifference(rgba, Float32Array.of(0, 1, 0.3, 0.5), Float32Array.of(1, 0, 0.3, 0.4), 1, "light");
  const colours = [0, 4, 8, 12].map((at) => [...rgba.subarray(at, at + 4)]);
  assert.deepEqual(colours, [[178, 24, 43, 255], [33, 102, 172, 255], [247, 247, 247, 255], [226, 233, 240, 255]]);
  paintDifference(rgba, new Float32Array(4), new Float32Array(4), 1, "dark");
  assert.deepEqual([...rgba.subarray(0, 4)], [21, 21, 21, 255]);
});

test("of colour the difference is doubled about grey, channel by channel", () => {
  const rgba = new Uint8ClampedArray(8);
  const [decoded, original] = [Float32Array.of(0, 1, 0.5, 0.2, 0, 0), Float32Array.of(1, 0.8, 0.5, 0.4, 0, 0.6)];
  paintDifference(rgba, decoded, original, 3, "light");
  assert.deepEqual([...rgba], [0, 128, 128, 255, 178, 76, 0, 255]);
});

test("the gauge's line is as long for every picture, and medians that are not known are left out", () => {
  const usual = { all: 20, classes: [null, 8, 24] };
  assert.equal(gaugeEnd([usual, null]), 30);
  assert.equal(gaugeEnd([null, null]), 0);
  const marks = gaugeMarks(45, 8, 24, 30);
  assert.deepEqual(marks.map(({ kind, at }) => [kind, at]), [["rebuilt", 8 / 30], ["real", 0.8], ["you", 1]]);
  assert.equal(gaugeText(marks), "Squared pixel distance to the nearest training image, from low to high: copy 0, reconstructions 8.00, real images 24.0, this picture 45.0.");
  assert.deepEqual(gaugeMarks(0, null, null, 0).map(({ kind, at }) => [kind, at]), [["you", 0]]);
});

test("a label of the gauge is centred on its mark, and ends with the line", () => {
  [0, 0.1, 0.2, 0.5, 0.8, 0.95, 1].forEach((at, i) => assert.ok(Math.abs(leftPart(at) - [0, 0.25, 0.5, 0.5, 0.5, 0.875, 1][i]) < 1e-9));
  for (const width of [0.1, 0.4]) {
    for (let at = 0; at <= 1; at += 0.01) {
      const left = at - leftPart(at) * width;
      assert.ok(left > -1e-9 && left + width < 1 + 1e-9);
    }
  }
});
