// @ts-check
// Points that glide from where they were to where they are, so that one sees where each of them went.

/**
 * @import { Frame, Pair } from "./plane.js"
 * @typedef {{ us: Float32Array, vs: Float32Array }} Places in the plane
 */

export const GLIDE = 400; // milliseconds

/**
 * The places in another frame at which these points would stand on the same spots of the screen.
 * @param {Places} places
 * @param {Pick<Frame, "low" | "high">} frame
 * @param {Pick<Frame, "low" | "high">} other
 * @returns {Places}
 */
export function seenIn({ us, vs }, frame, other) {
  const [u, v] = [0, 1].map((axis) => {
    const scale = (other.high[axis] - other.low[axis]) / (frame.high[axis] - frame.low[axis]);
    return { scale, shift: other.low[axis] - scale * frame.low[axis] };
  });
  return { us: us.map((at) => u.shift + u.scale * at), vs: vs.map((at) => v.shift + v.scale * at) };
}

/**
 * A part of the way from one to the other, from 0 to 1.
 * @param {Places} from
 * @param {Places} to
 * @param {number} part
 * @param {Places} into
 */
export function along(from, to, part, into) {
  for (const axis of /** @type {const} */ (["us", "vs"])) {
    const [a, b, c] = [from[axis], to[axis], into[axis]];
    for (let i = 0; i < c.length; i++) c[i] = a[i] + part * (b[i] - a[i]);
  }
}

/**
 * How far one is after this part of the time: slow, fast, slow.
 * @param {number} part
 */
export const eased = (part) => part * part * (3 - 2 * part);

/**
 * The same at an even pace, for one glide after another.
 * @param {number} part
 */
export const even = (part) => part;

export class Glide {
  /** @param {() => void} draw called for each frame of the screen while points glide, and when they have arrived */
  constructor(draw) {
    this.draw = draw;
    /** @type {Places | null} where the points are; null: where they belong */
    this.places = null;
    this.part = 1; // of the way that is done
    this.frame = 0; // that was asked for
  }

  /**
   * @param {Places} from
   * @param {Places} to
   * @param {number} time
   * @param {(part: number) => number} pace
   */
  start(from, to, time, pace) {
    this.stop();
    const started = performance.now();
    const places = (this.places = { us: from.us.slice(), vs: from.vs.slice() });
    this.part = 0;
    const step = () => {
      const part = Math.min(1, (performance.now() - started) / time);
      if (part === 1) this.stop();
      else {
        this.part = pace(part);
        along(from, to, this.part, places);
        this.frame = requestAnimationFrame(step);
      }
      this.draw();
    };
    this.frame = requestAnimationFrame(step);
  }

  stop() {
    cancelAnimationFrame(this.frame);
    this.places = null;
    this.part = 1;
  }
}

/** Whether the reader has asked for less motion. */
export const lessMotion = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
