// @ts-check
// The geodesic of a decoder: the way from one code to another on which the decoded picture changes least. Lengths are
// measured in pixels, that is, with the metric JᵀJ that the decoder's Jacobian J gives to the codes (Arvanitidis, Hansen
// and Hauberg, ICLR 2018; Shao, Kumar and Fletcher, CVPR Workshops 2018).

import { squaredDistance } from "./neighbours.js";
import { along } from "./paths.js";

/** @typedef {(code: Float32Array) => Float32Array} Decode */

export const MOST_UNITS = 64; // of a code: each step decodes so many pictures, and one more, at every place
const COARSE = 8; // parts that a way has at least where it is sought first
const ROUNDS = 30; // of each search, at most
const ENOUGH = 1e-3; // a round that saves no more than this share of the energy is the last one
const DAMPING = { first: 1e-2, least: 1e-6, most: 1e4 }; // of the mean curvature
const NUDGE = 1e-3; // for a finite difference, as a share of how far the ends are apart

/**
 * Of the pictures along a way: the sum of the squared distances from each to the next.
 * @param {Float32Array[]} pictures
 */
export const energyOf = (pictures) => gaps(pictures).reduce((sum, gap) => sum + gap, 0);

/**
 * How long the way is in pixels: the sum of the distances from each picture to the next.
 * @param {Float32Array[]} pictures
 */
export const lengthOf = (pictures) => gaps(pictures).reduce((sum, gap) => sum + Math.sqrt(gap), 0);

/** @param {Float32Array[]} pictures */
const gaps = (pictures) => pictures.slice(1).map((picture, i) => squaredDistance(picture, pictures[i]));

/**
 * Minimises the energy Σ ‖D(zᵢ₊₁) − D(zᵢ)‖² over the codes between the ends: first with few of them, then with all. Yields
 * each better way, with as many codes as the one at the start, and null after every decode in between, so that whoever
 * runs this can do it in pieces. It finds the minimum into which the start leads; there may be a lower one elsewhere. The
 * energy is lowest where pictures follow one another evenly, so a start that is as short already may cost more of it: if
 * it is shorter in the end, it is the last way.
 * @param {Float32Array[]} start codes of a way, from one end to the other
 * @param {Decode} decode
 * @returns {Generator<Float32Array[] | null, void>}
 */
export function* geodesic(start, decode) {
  const parts = start.length - 1;
  let way = start;
  for (const some of coarseFirst(parts)) {
    way = resampled(way, some);
    for (const better of relaxed(way, decode)) {
      if (better) way = better;
      yield better && resampled(better, parts);
    }
  }
  if (lengthOf(yield* decoded(start, decode)) < lengthOf(yield* decoded(way, decode))) yield start;
}

/**
 * The same number halved, as often as it goes; the smallest first.
 * @param {number} parts
 * @returns {number[]}
 */
const coarseFirst = (parts) => (parts % 2 || parts < 2 * COARSE ? [parts] : [...coarseFirst(parts / 2), parts]);

/**
 * @param {Float32Array[]} way
 * @param {number} parts
 */
const resampled = (way, parts) => Array.from({ length: parts + 1 }, (_, i) => along(way, i / parts));

/**
 * Gauss and Newton's method with Levenberg's damping: where a step would cost energy, a shorter one is tried.
 * @param {Float32Array[]} way
 * @param {Decode} decode
 * @returns {ReturnType<typeof geodesic>}
 */
function* relaxed(way, decode) {
  const apart = Math.sqrt(squaredDistance(way[0], way[way.length - 1]));
  let pictures = yield* decoded(way, decode);
  let energy = energyOf(pictures);
  let damping = DAMPING.first;
  for (let round = 0; round < ROUNDS && energy > 0; round++) {
    const system = yield* linearised(way, pictures, decode, NUDGE * apart);
    const before = energy;
    while (energy === before) {
      if (damping > DAMPING.most) return;
      const steps = solved(system, damping);
      const moved = way.map((code, i) => (steps[i - 1] ? code.map((value, j) => value + steps[i - 1][j]) : code));
      const tried = yield* decoded(moved, decode);
      if (energyOf(tried) < energy) {
        [way, pictures, energy] = [moved, tried, energyOf(tried)];
        damping = Math.max(DAMPING.least, damping / 10);
      } else damping *= 10;
    }
    yield way;
    if (energy > (1 - ENOUGH) * before) return;
  }
}

/**
 * @param {Float32Array[]} way
 * @param {Decode} decode
 * @returns {Generator<null, Float32Array[]>}
 */
function* decoded(way, decode) {
  const pictures = [];
  for (const code of way) {
    pictures.push(decode(code));
    yield null;
  }
  return pictures;
}

/**
 * The blocks of the linear system for the steps of the codes between the ends.
 * @typedef {object} System
 * @property {number} size of each block
 * @property {Float64Array[]} curvatures Jᵢᵀ Jᵢ, row after row
 * @property {Float64Array[]} couplings Jᵢᵀ Jᵢ₊₁; one less
 * @property {Float64Array[]} pulls Jᵢᵀ (D(zᵢ₊₁) − 2 D(zᵢ) + D(zᵢ₋₁)), half of what makes the energy fall fastest
 * @property {number} scale the mean of the curvatures' diagonals
 */

/**
 * @param {Float32Array[]} way
 * @param {Float32Array[]} pictures of its codes
 * @param {Decode} decode
 * @param {number} nudge
 * @returns {Generator<null, System>}
 */
function* linearised(way, pictures, decode, nudge) {
  const size = way[0].length;
  /** @type {System} */
  const system = { size, curvatures: [], couplings: [], pulls: [], scale: 0 };
  /** @type {Float32Array[]} */
  let before = []; // the Jacobian of the code before, column by column
  for (let i = 1; i < way.length - 1; i++) {
    const [last, here, next] = pictures.slice(i - 1, i + 2);
    const columns = [];
    for (let j = 0; j < size; j++) {
      const moved = way[i].slice();
      moved[j] += nudge;
      const by = moved[j] - way[i][j]; // rounded as the code is
      columns.push(decode(moved).map((value, pixel) => (value - here[pixel]) / by));
      yield null;
    }
    const bend = here.map((value, pixel) => next[pixel] - 2 * value + last[pixel]);
    system.curvatures.push(products(columns, columns));
    if (before.length) system.couplings.push(products(before, columns));
    system.pulls.push(products(columns, [bend]));
    before = columns;
  }
  const diagonals = system.curvatures.map((curvature) => trace(curvature, size));
  system.scale = diagonals.reduce((sum, value) => sum + value, 0) / (size * diagonals.length);
  return system;
}

/**
 * Steps of all codes between the ends, by block elimination (Golub and Van Loan, Matrix Computations, 4.5): of code i
 * 2 Jᵢᵀ Jᵢ stepᵢ − Jᵢᵀ Jᵢ₋₁ stepᵢ₋₁ − Jᵢᵀ Jᵢ₊₁ stepᵢ₊₁ = pullᵢ.
 * @param {System} system
 * @param {number} damping
 */
export function solved({ size, curvatures, couplings, pulls, scale }, damping) {
  const factors = [];
  const rests = [];
  for (let i = 0; i < curvatures.length; i++) {
    const block = curvatures[i].map((value) => 2 * value);
    for (let j = 0; j < size; j++) block[j * size + j] += damping * scale;
    const rest = pulls[i].slice();
    if (i) {
      // Of the block before, its inverse between the couplings: (L⁻¹ C)ᵀ (L⁻¹ C).
      const coupling = couplings[i - 1].slice();
      forwards(factors[i - 1], coupling, size, size);
      const known = rests[i - 1].slice();
      forwards(factors[i - 1], known, size, 1);
      for (let k = 0; k < size; k++) {
        for (let row = 0; row < size; row++) {
          const value = coupling[k * size + row];
          rest[row] += value * known[k];
          for (let column = 0; column < size; column++) block[row * size + column] -= value * coupling[k * size + column];
        }
      }
    }
    factors.push(cholesky(block, size));
    rests.push(rest);
  }
  /** @type {Float64Array[]} */
  const steps = [];
  for (let i = curvatures.length - 1; i >= 0; i--) {
    const step = rests[i].slice();
    if (i < couplings.length) {
      for (let row = 0; row < size; row++) for (let k = 0; k < size; k++) step[row] += couplings[i][row * size + k] * steps[i + 1][k];
    }
    forwards(factors[i], step, size, 1);
    backwards(factors[i], step, size);
    steps[i] = step;
  }
  return steps;
}

/**
 * L of a positive definite matrix L Lᵀ, in its lower half.
 * @param {Float64Array} matrix overwritten
 * @param {number} size
 */
function cholesky(matrix, size) {
  for (let column = 0; column < size; column++) {
    for (let row = column; row < size; row++) {
      let sum = matrix[row * size + column];
      for (let k = 0; k < column; k++) sum -= matrix[row * size + k] * matrix[column * size + k];
      matrix[row * size + column] = row === column ? Math.sqrt(Math.max(sum, Number.MIN_VALUE)) : sum / matrix[column * size + column];
    }
  }
  return matrix;
}

/**
 * Overwrites the columns of X with L⁻¹ X.
 * @param {Float64Array} factor
 * @param {Float64Array} x row after row
 * @param {number} size
 * @param {number} columns
 */
function forwards(factor, x, size, columns) {
  for (let row = 0; row < size; row++) {
    for (let column = 0; column < columns; column++) {
      let sum = x[row * columns + column];
      for (let k = 0; k < row; k++) sum -= factor[row * size + k] * x[k * columns + column];
      x[row * columns + column] = sum / factor[row * size + row];
    }
  }
}

/**
 * Overwrites x with L⁻ᵀ x.
 * @param {Float64Array} factor
 * @param {Float64Array} x
 * @param {number} size
 */
function backwards(factor, x, size) {
  for (let row = size - 1; row >= 0; row--) {
    let sum = x[row];
    for (let k = row + 1; k < size; k++) sum -= factor[k * size + row] * x[k];
    x[row] = sum / factor[row * size + row];
  }
}

/**
 * Aᵀ B of matrices that are given by their columns; row after row.
 * @param {Float32Array[]} a
 * @param {Float32Array[]} b
 */
function products(a, b) {
  const result = new Float64Array(a.length * b.length);
  const same = a === b;
  a.forEach((left, i) => {
    for (let j = same ? i : 0; j < b.length; j++) {
      const right = b[j];
      let sum = 0;
      for (let pixel = 0; pixel < left.length; pixel++) sum += left[pixel] * right[pixel];
      result[i * b.length + j] = sum;
      if (same) result[j * b.length + i] = sum;
    }
  });
  return result;
}

/**
 * @param {Float64Array} matrix
 * @param {number} size
 */
function trace(matrix, size) {
  let sum = 0;
  for (let j = 0; j < size; j++) sum += matrix[j * size + j];
  return sum;
}
