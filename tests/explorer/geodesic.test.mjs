// Geodesics: of decoders whose shortest ways are known, and the linear system that each step solves.
import assert from "node:assert/strict";
import { test } from "node:test";

import { energyOf, geodesic, lengthOf, solved } from "../../aeutils/explorer/body/geodesic.js";
import { along, straight } from "../../aeutils/explorer/body/paths.js";

const near = (a, b, tolerance = 1e-4) => assert.ok(Math.abs(a - b) <= tolerance, `${a}, not ${b}`);
const wayOf = (a, b, parts = 40) => Array.from({ length: parts + 1 }, (_, i) => straight(Float32Array.from(a), Float32Array.from(b), i / parts));

// The last way, and how often a better one was found.
function found(start, decode) {
  let [way, times] = [start, 0];
  for (const better of geodesic(start, decode)) {
    if (!better) continue;
    assert.equal(better.length, start.length);
    [way, times] = [better, times + 1];
  }
  assert.ok(lengthOf(way.map(decode)) <= lengthOf(start.map(decode)));
  return { way, times };
}

const sphere = ([theta, phi]) => Float32Array.of(Math.sin(theta) * Math.cos(phi), Math.sin(theta) * Math.sin(phi), Math.cos(theta));

test("along several codes, each part takes the same share", () => {
  const codes = [[0, 0], [1, 0], [1, 3]].map((code) => Float32Array.from(code));
  assert.deepEqual([0, 0.25, 0.5, 0.75, 1].map((t) => [...along(codes, t)]), [[0, 0], [0.5, 0], [1, 0], [1, 1.5], [1, 3]]);
});

test("of a linear decoder the geodesic is the straight line, evenly walked", () => {
  const decode = ([x, y, z]) => Float32Array.of(x + 2 * y, x - y, 3 * y, x, 0.5 * y + z);
  const line = wayOf([1, 0, -1], [-2, 3, 1]);
  const bent = line.map((code, i) => (i % 40 ? code.map((value, j) => value + Math.sin(i * (j + 1))) : code));
  const { way } = found(bent, decode);
  way.forEach((code, i) => code.forEach((value, j) => near(value, line[i][j], 0.02)));
  near(lengthOf(way.map(decode)), Math.sqrt(3 ** 2 + 6 ** 2 + 9 ** 2 + 3 ** 2 + 3.5 ** 2), 1e-3);
});

test("a start that is shorter stays, however unevenly it is walked", () => {
  const decode = ([x, y]) => Float32Array.of(x, y, 0.01 * Math.sin(40 * x)); // hardly bent: rounding decides
  for (let k = 0; k < 6; k++) {
    const uneven = wayOf([0, 0], [k - 2.5, 2]).map((_, i) => straight(Float32Array.of(0, 0), Float32Array.of(k - 2.5, 2), (i / 40) ** 2));
    found(uneven, decode);
  }
});

test("on a sphere it is the great circle", () => {
  for (const [a, b] of [[[1, 0], [1, 2]], [[0.6, 0.2], [1.2, 2.2]]]) {
    const line = wayOf(a, b);
    const { way, times } = found(line, sphere);
    const [from, to] = [sphere(a), sphere(b)];
    const angle = Math.acos(from.reduce((sum, value, j) => sum + value * to[j], 0));
    assert.ok(times >= 3, "on the way there it can be seen");
    near(lengthOf(way.map(sphere)), angle, 2e-3 * angle);
    assert.ok(lengthOf(line.map(sphere)) > 1.02 * angle);
    // Each of its points lies in the plane of the two ends and the middle.
    const normal = [0, 1, 2].map((j) => from[(j + 1) % 3] * to[(j + 2) % 3] - from[(j + 2) % 3] * to[(j + 1) % 3]);
    way.forEach((code) => near(sphere(code).reduce((sum, value, j) => sum + value * normal[j], 0), 0, 0.02));
    const gaps = way.slice(1).map((code, i) => lengthOf([sphere(way[i]), sphere(code)]));
    near(Math.max(...gaps) / Math.min(...gaps), 1, 0.05);
  }
});

test("round a hill, as far as that is shorter", () => {
  const decode = ([x, y]) => Float32Array.of(x, y, 3 * Math.exp(-(x * x + y * y)));
  const line = wayOf([-2, 0.1], [2, 0.1]);
  const { way } = found(line, decode);
  assert.ok(lengthOf(way.map(decode)) < 0.75 * lengthOf(line.map(decode)));
  assert.ok(way[20][1] > 0.8, "on the side on which it began");
  assert.deepEqual([way[0], way[40]], [line[0], line[40]]);
});

test("units that the decoder does not look at stay as they are; ends that are one stay one", () => {
  const line = wayOf([1, 0, 5], [1, 2, 7]);
  const { way } = found(line, ([theta, phi]) => sphere([theta, phi]));
  way.forEach((code, i) => near(code[2], line[i][2], 1e-3));
  assert.equal(found(wayOf([1, 1], [1, 1]), sphere).times, 0);
});

test("codes of 32 units, and a decoder with kinks", () => {
  const [size, hidden, pixels] = [32, 24, 60];
  const weights = (n, scale) => Float32Array.from({ length: n }, (_, i) => scale * Math.sin(12.9898 * (i + 1) * (1 + (i % 7))));
  const [first, second] = [weights(hidden * size, 0.3), weights(pixels * hidden, 0.8)];
  const layer = (matrix, rows, x, f) => Float32Array.from({ length: rows }, (_, row) => f(x.reduce((sum, value, j) => sum + value * matrix[row * x.length + j], 0)));
  const decode = (z) => layer(second, pixels, layer(first, hidden, z, (x) => Math.max(0, x)), (x) => 1 / (1 + Math.exp(-x)));
  const line = wayOf(weights(size, 2), [...weights(size, 2)].reverse());
  const pictures = found(line, decode).way.map(decode);
  assert.ok(energyOf(pictures) < 0.7 * energyOf(line.map(decode)));
  near(lengthOf(pictures) ** 2 / (40 * energyOf(pictures)), 1, 0.03); // evenly walked
});

test("the steps solve the whole system", () => {
  const [size, blocks] = [3, 4];
  const column = (seed) => Float32Array.from({ length: 7 }, (_, i) => Math.sin(seed * 7.3 + i * (1 + seed / 3)));
  const columns = Array.from({ length: blocks }, (_, i) => [0, 1, 2].map((j) => column(3 * i + j + 1)));
  const dot = (a, b) => a.reduce((sum, value, k) => sum + value * b[k], 0);
  const product = (a, b) => Float64Array.from(a.flatMap((left) => b.map((right) => dot(left, right))));
  const system = {
    size, scale: 2,
    curvatures: columns.map((all) => product(all, all)),
    couplings: columns.slice(1).map((all, i) => product(columns[i], all)),
    pulls: columns.map((_, i) => Float64Array.of(1, i, -2)),
  };
  const steps = solved(system, 0.1);
  for (let i = 0; i < blocks; i++) {
    for (let row = 0; row < size; row++) {
      let sum = 0.2 * steps[i][row];
      for (let k = 0; k < size; k++) {
        sum += 2 * system.curvatures[i][row * size + k] * steps[i][k];
        if (i) sum -= system.couplings[i - 1][k * size + row] * steps[i - 1][k];
        if (i + 1 < blocks) sum -= system.couplings[i][row * size + k] * steps[i + 1][k];
      }
      near(sum, system.pulls[i][row], 1e-9);
    }
  }
});
