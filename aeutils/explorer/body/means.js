// @ts-check
// The mean code of each class, which arithmetic with codes is done with.

import { squaredDistance } from "./neighbours.js";
import { NO_LABEL } from "./subject.js";

/** @typedef {{ label: number, count: number, code: Float32Array }} Mean of so many images */

/**
 * The means of all classes that have images, in the order of their labels.
 * @param {Float32Array} codes one after the other
 * @param {number} size
 * @param {Uint16Array} labels
 * @returns {Mean[]}
 */
export function classMeans(codes, size, labels) {
  /** @type {Map<number, { count: number, sum: Float64Array }>} */
  const classes = new Map();
  labels.forEach((label, image) => {
    if (label === NO_LABEL) return;
    const known = classes.get(label) ?? { count: 0, sum: new Float64Array(size) };
    classes.set(label, known);
    known.count++;
    for (let j = 0; j < size; j++) known.sum[j] += codes[image * size + j];
  });
  return [...classes]
    .sort(([a], [b]) => a - b)
    .map(([label, { count, sum }]) => ({ label, count, code: Float32Array.from(sum, (total) => total / count) }));
}

/**
 * How far a code is from each mean, the nearest first.
 * @param {Float32Array} code
 * @param {Mean[]} means
 */
export function meansByDistance(code, means) {
  return means.map((mean) => ({ mean, distance: Math.sqrt(squaredDistance(code, mean.code)) })).sort((a, b) => a.distance - b.distance);
}

/**
 * The t at which a code is reached by what `added` does, or null where it does not lie there.
 * @param {Float32Array} code
 * @param {Float32Array} start
 * @param {Float32Array} from
 * @param {Float32Array} to
 */
export function shareOf(code, start, from, to) {
  if (code.length !== start.length) return null;
  let [along, whole] = [0, 0];
  for (let j = 0; j < code.length; j++) {
    const way = to[j] - from[j];
    along += (code[j] - start[j]) * way;
    whole += way * way;
  }
  const t = whole > 0 ? along / whole : 0;
  const there = added(start, t, from, to);
  const rounding = 1e-6 * Math.hypot(...start, ...from, ...to);
  return code.every((value, j) => Math.abs(value - there[j]) <= rounding) ? t : null;
}

/**
 * start + t (to − from)
 * @param {Float32Array} start
 * @param {number} t
 * @param {Float32Array} from
 * @param {Float32Array} to
 */
export const added = (start, t, from, to) => start.map((value, j) => value + t * (to[j] - from[j]));
