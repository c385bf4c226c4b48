// @ts-check
// Directions of the code along which a sheet of pictures steps: its units, or the principal axes of all images' codes.

import { squaredDistance } from "./neighbours.js";

/**
 * @import { Model } from "./subject.js"
 * @typedef {{ name: string, way: ArrayLike<number>, sd: number }} Direction `way` has the length 1; `sd`: the standard
 *   deviation of all images' codes along it
 */

/** How far a sheet goes, in standard deviations. */
export const STEPS = [-2, -1.5, -1, -0.5, 0, 0.5, 1, 1.5, 2];

/**
 * The widest first.
 * @param {Pick<Model, "size" | "units" | "principal">} model
 * @param {boolean} principal whether principal axes are wanted; where there are none, units will do
 * @param {number} most
 * @returns {Direction[]}
 */
export function directions({ size, units, principal: axes }, principal, most) {
  /** @type {Direction[]} */
  const all = principal && axes
    ? Array.from(axes.sds, (sd, i) => ({ name: `axis ${i + 1}`, way: axes.components.subarray(i * size, (i + 1) * size), sd }))
    : units.map(({ sd }, j) => ({ name: `unit ${j + 1}`, way: Float32Array.from({ length: size }, (_, at) => (at === j ? 1 : 0)), sd }));
  return all.sort((a, b) => b.sd - a.sd).slice(0, most);
}

/**
 * The two codes farthest from z along a direction.
 * @param {Float32Array} z
 * @param {Direction} direction
 */
export function endsAlong(z, direction) {
  const codes = codesAlong(z, direction);
  return [codes[0], codes[codes.length - 1]];
}

/**
 * Those that change the picture most come first.
 * @template T
 * @param {T[]} all
 * @param {Float32Array} middle the picture that they start from
 * @param {Float32Array[]} ends two pictures of each, as `endsAlong` has their codes
 */
export function byEffect(all, middle, ends) {
  const effects = all.map((_, i) => squaredDistance(ends[2 * i], middle) + squaredDistance(ends[2 * i + 1], middle));
  return all.map((one, i) => ({ one, effect: effects[i] })).sort((a, b) => b.effect - a.effect).map(({ one }) => one);
}

/**
 * The codes at each of the steps from z.
 * @param {Float32Array} z
 * @param {Direction} direction
 */
export const codesAlong = (z, { way, sd }) => STEPS.map((step) => Float32Array.from(z, (value, j) => value + step * sd * way[j]));

/**
 * By how much a pixel changes at most from the middle picture to any other.
 * @param {Float32Array[]} pictures
 */
export function largestChange(pictures) {
  const middle = pictures[(pictures.length - 1) / 2];
  let largest = 0;
  for (const picture of pictures) for (let i = 0; i < middle.length; i++) largest = Math.max(largest, Math.abs(picture[i] - middle[i]));
  return largest;
}
