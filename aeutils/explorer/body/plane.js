// @ts-check
// The map's plane: which two directions of the code it shows, and the frame of it that is on the screen.

/**
 * @import { Model } from "./subject.js"
 * @typedef {[number, number]} Pair two numbers: of a place (u, v) or (x, y), or the two ends of a range
 */

/** A plane through `origin` along two orthonormal directions in code space. A code of one unit has no second one. */
export class Plane {
  /**
   * @param {Float32Array} first
   * @param {Float32Array | null} second
   * @param {Float32Array} origin
   * @param {string[]} names of the two axes
   * @param {Pair[]} reach the ends of what is shown of each axis
   * @param {{ principal?: boolean, aside?: Float32Array | null }} more whether these are principal axes; where each image
   *   stands, if there is no second direction
   */
  constructor(first, second, origin, names, reach, { principal = false, aside = null } = {}) {
    this.first = first;
    this.second = second;
    this.origin = origin;
    this.names = names;
    this.reach = reach;
    this.principal = principal;
    this.aside = aside;
  }

  /**
   * (u, v) of a code.
   * @param {Float32Array} z
   * @returns {Pair}
   */
  coordinates(z) {
    let u = 0;
    let v = 0;
    for (let j = 0; j < z.length; j++) {
      u += (z[j] - this.origin[j]) * this.first[j];
      if (this.second) v += (z[j] - this.origin[j]) * this.second[j];
    }
    return [u, v];
  }

  /**
   * The code at (u, v) that agrees with z in every other direction.
   * @param {Float32Array} z
   * @param {number} u
   * @param {number} v
   */
  moved(z, u, v) {
    const [oldU, oldV] = this.coordinates(z);
    return Float32Array.from(z, (value, j) => value + (u - oldU) * this.first[j] + (this.second ? (v - oldV) * this.second[j] : 0));
  }

  /**
   * u and v of every code, as two arrays.
   * @param {Float32Array} codes
   */
  project(codes) {
    const size = this.origin.length;
    const n = codes.length / size;
    const us = new Float32Array(n);
    const vs = new Float32Array(n);
    for (let i = 0; i < n; i++) [us[i], vs[i]] = this.coordinates(codes.subarray(i * size, (i + 1) * size));
    return { us, vs: this.aside ?? vs };
  }

  /**
   * The names with the share that each axis has in the variance of the whole code, where that varies.
   * @param {ReturnType<Plane["project"]>} projected of all codes
   * @param {Pick<Model, "units" | "constant">} model
   */
  labels({ us, vs }, { units, constant }) {
    if (!this.second || constant || us.length === 1) return this.names;
    return shares([us, vs], units).map((share, axis) => `${this.names[axis]} (${percent(share)} of the variance)`);
  }
}

/**
 * What part of the variance of a whole code lies along each of some directions; of principal axes it is the explained
 * variance ratio. `Plane.shares` in aeutils/explorer/plane.py is the same.
 * @param {Float32Array[]} places of all images along each direction
 * @param {{ sd: number }[]} units of the code
 */
export function shares(places, units) {
  const total = units.reduce((sum, { sd }) => sum + sd * sd, 0);
  return places.map((values) => variance(values) / total);
}

/** @param {Float32Array} values */
function variance(values) {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
}

/** @param {number} share */
const percent = (share) => (share > 0 && share < 0.01 ? "under 1 %" : `${Math.round(100 * share)} %`);

/**
 * @param {Float32Array} reach
 * @param {number} index
 * @returns {Pair}
 */
const ends = (reach, index) => [reach[2 * index], reach[2 * index + 1]];

/**
 * The plane of two code units.
 * @param {Pick<Model, "size" | "reach" | "aside">} model
 * @param {number} i
 * @param {number} j
 */
export function unitPlane({ size, reach, aside }, i, j) {
  /** @param {number} index */
  const unit = (index) => Float32Array.from({ length: size }, (_, at) => (at === index ? 1 : 0));
  const origin = new Float32Array(size);
  if (size === 1) return new Plane(unit(0), null, origin, ["code unit 1", ""], [ends(reach, 0), ends(reach, 1)], { aside });
  return new Plane(unit(i), unit(j), origin, [`code unit ${i + 1}`, `code unit ${j + 1}`], [ends(reach, i), ends(reach, j)]);
}

/**
 * The plane of the two widest principal axes, as Python found it.
 * @param {Omit<NonNullable<Model["principal"]>, "sds">} principal
 */
export function principalPlane({ names, components, mean, reach }) {
  const size = mean.length;
  return new Plane(components.subarray(0, size), components.subarray(size, 2 * size), mean, names, [ends(reach, 0), ends(reach, 1)], { principal: true });
}

// How far the map zooms: out to four times what it shows at first, in to a hundredth of it.
const FARTHEST = 1 / 4;
const NEAREST = 100;

/** The part of the plane on the screen: `low` and `high` corners in plane units, `size` in CSS pixels, v upwards. */
export class Frame {
  /** @param {number} size */
  constructor(size) {
    this.size = size;
    /** @type {Pair} */
    this.low = [-1, -1];
    /** @type {Pair} */
    this.high = [1, 1];
    this.whole = 2; // how much of the first axis `fit` shows
  }

  /**
   * Shows what the plane reaches; `Plane.frame` in aeutils/explorer/plane.py does the same.
   * @param {Pair[]} reach
   */
  fit([[lowU, highU], [lowV, highV]]) {
    let [du, dv] = [highU - lowU, highV - lowV];
    if (Math.max(du, dv) < 3 * Math.min(du, dv)) du = dv = Math.max(du, dv); // one scale for both where that costs little
    const [u, v] = [(lowU + highU) / 2, (lowV + highV) / 2];
    this.low = [u - du / 2, v - dv / 2];
    this.high = [u + du / 2, v + dv / 2];
    this.whole = du;
  }

  /**
   * @param {number} u
   * @param {number} v
   * @returns {Pair}
   */
  toScreen(u, v) {
    return [
      ((u - this.low[0]) / (this.high[0] - this.low[0])) * this.size,
      (1 - (v - this.low[1]) / (this.high[1] - this.low[1])) * this.size,
    ];
  }

  /**
   * @param {number} x
   * @param {number} y
   * @returns {Pair}
   */
  toPlane(x, y) {
    return [
      this.low[0] + (x / this.size) * (this.high[0] - this.low[0]),
      this.low[1] + (1 - y / this.size) * (this.high[1] - this.low[1]),
    ];
  }

  /**
   * The place on the map that is nearest to one on the screen.
   * @param {Pair} place
   * @returns {Pair}
   */
  inside([x, y]) {
    return [Math.min(this.size, Math.max(0, x)), Math.min(this.size, Math.max(0, y))];
  }

  /** How much larger than at first everything is. */
  get magnified() {
    return this.whole / (this.high[0] - this.low[0]);
  }

  /** Whether the map can still be zoomed out, and in. */
  get zooms() {
    return { out: this.magnified > FARTHEST * 1.0001, in: this.magnified < NEAREST / 1.0001 };
  }

  /**
   * Grows the map about a place, as far as it goes.
   * @param {number} wanted
   * @param {Pair} place
   */
  zoom(wanted, [u, v]) {
    const now = this.magnified;
    const factor = Math.min(Math.max(now, NEAREST), Math.max(Math.min(now, FARTHEST), now * wanted)) / now;
    this.low = [u - (u - this.low[0]) / factor, v - (v - this.low[1]) / factor];
    this.high = [u + (this.high[0] - u) / factor, v + (this.high[1] - v) / factor];
  }

  /**
   * @param {number} du
   * @param {number} dv
   */
  pan(du, dv) {
    this.low = [this.low[0] + du, this.low[1] + dv];
    this.high = [this.high[0] + du, this.high[1] + dv];
  }

  /**
   * Moves the frame just so far that (u, v) is inside; returns whether it moved.
   * @param {number} u
   * @param {number} v
   */
  include(u, v) {
    const [du, dv] = [u, v].map((at, axis) => Math.min(0, at - this.low[axis]) + Math.max(0, at - this.high[axis]));
    if (du === 0 && dv === 0) return false;
    this.pan(du, dv);
    return true;
  }

  copy() {
    return Object.assign(new Frame(this.size), { low: [...this.low], high: [...this.high] });
  }
}
