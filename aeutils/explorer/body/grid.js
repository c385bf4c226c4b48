// @ts-check
// What is known on a grid over the map: pure functions from numbers to cells, scales, arrows and ellipses.

/**
 * @import { Frame, Pair, Plane } from "./plane.js"
 */

/**
 * Codes in the middles of the cells, row after row from the upper left; of a code of one unit, one row will do.
 * @param {Plane} plane
 * @param {Float32Array} z says where the plane lies in the code's other directions
 * @param {Frame} frame
 * @param {number} n columns
 */
export function gridCodes(plane, z, frame, n, rows = plane.second ? n : 1) {
  return Array.from({ length: rows * n }, (_, i) => {
    const [column, row] = [i % n, Math.floor(i / n)];
    return plane.moved(z, ...frame.toPlane(((column + 0.5) / n) * frame.size, ((row + 0.5) / rows) * frame.size));
  });
}

/**
 * The cells of n columns in the order in which they are asked for: first one of each three by three, for a rough picture.
 * @param {number} cells
 * @param {number} n
 */
export function roughFirst(cells, n) {
  const all = Array.from({ length: cells }, (_, i) => i);
  return [...all.filter((i) => roughly(i, n, cells) === i), ...all.filter((i) => roughly(i, n, cells) !== i)];
}

/**
 * The cell that stands for cell i until that is known.
 * @param {number} i
 * @param {number} n
 * @param {number} cells
 */
export function roughly(i, n, cells) {
  const [column, row, rows] = [i % n, Math.floor(i / n), cells / n];
  /**
   * @param {number} at
   * @param {number} end
   */
  const middle = (at, end) => Math.min(at - (at % 3) + 1, end - 1);
  return middle(row, rows) * n + middle(column, n);
}

/**
 * The average of the values in each of n × n cells; NaN where there is none.
 * @param {ArrayLike<number>} us where each value stands
 * @param {ArrayLike<number>} vs
 * @param {ArrayLike<number>} values NaN: not known
 * @param {Pick<Frame, "low" | "high">} frame
 * @param {number} n
 */
export function cellMeans(us, vs, values, { low, high }, n) {
  const [sums, counts] = [new Float64Array(n * n), new Uint32Array(n * n)];
  for (let i = 0; i < values.length; i++) {
    const column = Math.floor(((us[i] - low[0]) / (high[0] - low[0])) * n);
    const row = Math.floor(((high[1] - vs[i]) / (high[1] - low[1])) * n);
    if (Number.isNaN(values[i]) || column < 0 || column >= n || row < 0 || row >= n) continue;
    sums[row * n + column] += values[i];
    counts[row * n + column]++;
  }
  return Float32Array.from(sums, (sum, cell) => (counts[cell] ? sum / counts[cell] : NaN));
}

/**
 * The lowest and the highest of the values that are known, or null if none is.
 * @param {Float32Array} values
 * @returns {Pair | null}
 */
export function extent(values) {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) if (Number.isFinite(value)) [low, high] = [Math.min(low, value), Math.max(high, value)];
  return low <= high ? [low, high] : null;
}

/**
 * A colour of a scale, as red, green and blue; between its steps in even parts.
 * @param {number} share from 0 to 1
 * @param {string[]} steps as #RRGGBB
 */
export function colourAt(share, steps) {
  const place = Math.min(1, Math.max(0, share)) * (steps.length - 1);
  const [below, above] = [Math.floor(place), Math.ceil(place)];
  return [1, 3, 5].map((at) => {
    const [a, b] = [steps[below], steps[above]].map((colour) => parseInt(colour.slice(at, at + 2), 16));
    return Math.round(a + (place - below) * (b - a));
  });
}

/**
 * From each code towards where it comes back, as an arrow on the screen: x and y of its two ends. The way is true up to
 * `most` pixels; a longer one is cut to that.
 * @param {Float32Array[]} codes
 * @param {(Float32Array | undefined)[]} back undefined: not known yet
 * @param {Plane} plane
 * @param {Frame} frame
 * @param {number} most
 */
export function arrows(codes, back, plane, frame, most) {
  /** @param {Float32Array} code */
  const place = (code) => {
    const [u, v] = plane.coordinates(code);
    return frame.toScreen(u, plane.second ? v : (frame.low[1] + frame.high[1]) / 2);
  };
  return codes.flatMap((code, i) => {
    const to = back[i];
    if (!to) return [];
    const [[x, y], [endX, endY]] = [place(code), place(to)];
    const length = Math.hypot(endX - x, endY - y);
    const part = length > most ? most / length : 1;
    return [[x, y, x + part * (endX - x), y + part * (endY - y)]];
  });
}

/**
 * An ellipse of one standard deviation: what a normal distribution with the standard deviation `sd` of each code unit
 * looks like along two directions of the code.
 * @param {Float32Array} sd
 * @param {ArrayLike<number>} first the direction along x, times what a unit of it is in pixels
 * @param {ArrayLike<number> | null} second the same along y; null: there is none
 * @returns {{ major: number, minor: number, angle: number }} half axes, and degrees from x to y
 */
export function ellipse(sd, first, second) {
  let [xx, xy, yy] = [0, 0, 0]; // the covariance
  for (let j = 0; j < sd.length; j++) {
    const variance = sd[j] ** 2;
    const [x, y] = [first[j], second ? second[j] : 0];
    xx += variance * x * x;
    xy += variance * x * y;
    yy += variance * y * y;
  }
  const [middle, apart] = [(xx + yy) / 2, Math.hypot((xx - yy) / 2, xy)];
  const angle = (Math.atan2(2 * xy, xx - yy) / 2) * (180 / Math.PI);
  return { major: Math.sqrt(middle + apart), minor: Math.sqrt(Math.max(0, middle - apart)), angle };
}

/**
 * Three digits, as people read them.
 * @param {number} value
 */
export function threeDigits(value) {
  if (!Number.isFinite(value)) return "–";
  const digits = value === 0 ? 0 : Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
  return value.toFixed(Math.min(digits, 6)).replace("-", "−");
}

/**
 * So many indices, from each kind in turn, and evenly chosen within a kind.
 * @param {number[]} kinds
 * @param {number} count
 */
export function inTurn(kinds, count) {
  /** @type {Map<number, number[]>} */
  const members = new Map();
  kinds.forEach((kind, i) => (members.get(kind) ?? members.set(kind, []).get(kind))?.push(i));
  const each = Math.ceil(count / members.size);
  const chosen = [...members.values()].map((all) => {
    const some = Math.min(each, all.length);
    return Array.from({ length: some }, (_, i) => all[Math.floor((i * all.length) / some)]);
  });
  const rounds = Array.from({ length: each }, (_, i) => chosen.flatMap((some) => some.slice(i, i + 1)));
  return rounds.flat().slice(0, count);
}
