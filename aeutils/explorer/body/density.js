// @ts-check
// Contours: where the codes are dense, and where the prior is. Pure functions from coordinates to lines.

export const SHARES = [0.5, 0.8, 0.95]; // the part of the images (or of the prior) that a contour encloses

/** @import { Pair } from "./plane.js" */

/**
 * How many points lie near each of n × n grid places between low and high, smoothed; row 0 is at the lowest v.
 * @param {Float32Array} us
 * @param {Float32Array} vs
 * @param {Pair} low
 * @param {Pair} high
 */
export function density(us, vs, low, high, n = 72, width = 2) {
  const grid = new Float32Array(n * n);
  for (let i = 0; i < us.length; i++) {
    const column = Math.floor(((us[i] - low[0]) / (high[0] - low[0])) * n);
    const row = Math.floor(((vs[i] - low[1]) / (high[1] - low[1])) * n);
    if (column >= 0 && column < n && row >= 0 && row < n) grid[row * n + column] += 1;
  }
  const bell = [];
  for (let d = -3 * width; d <= 3 * width; d++) bell.push(Math.exp((-d * d) / (2 * width * width)));
  const total = bell.reduce((a, b) => a + b);
  return blur(blur(grid, n, bell, total, 1, n), n, bell, total, n, 1);
}

/**
 * One of the two passes: `step` from one place of a line to the next, `line` from line to line.
 * @param {Float32Array} grid
 * @param {number} n
 * @param {number[]} bell
 * @param {number} total
 * @param {number} step
 * @param {number} line
 */
function blur(grid, n, bell, total, step, line) {
  const result = new Float32Array(n * n);
  const reach = (bell.length - 1) / 2;
  for (let l = 0; l < n; l++) {
    for (let i = 0; i < n; i++) {
      let sum = 0;
      for (let d = Math.max(-reach, -i); d <= Math.min(reach, n - 1 - i); d++) sum += bell[d + reach] * grid[l * line + (i + d) * step];
      result[l * line + i * step] = sum / total;
    }
  }
  return result;
}

/**
 * The height of the grid at each point, between its places in even parts; 0 outside.
 * @param {Float32Array} grid as `density` returns it
 * @param {number} n
 * @param {Float32Array} us
 * @param {Float32Array} vs
 * @param {Pair} low
 * @param {Pair} high
 */
export function heightsAt(grid, n, us, vs, low, high) {
  return us.map((u, i) => {
    const x = ((u - low[0]) / (high[0] - low[0])) * n - 0.5; // a place of the grid is the middle of its cell
    const y = ((vs[i] - low[1]) / (high[1] - low[1])) * n - 0.5;
    const [column, row] = [Math.floor(x), Math.floor(y)];
    if (column < 0 || row < 0 || column + 1 >= n || row + 1 >= n) return 0;
    const [right, up, at] = [x - column, y - row, row * n + column];
    return (1 - up) * ((1 - right) * grid[at] + right * grid[at + 1]) + up * ((1 - right) * grid[at + n] + right * grid[at + n + 1]);
  });
}

/**
 * The heights above which each share of the points lies. The smoothed grid is lower and wider than what it is made of, so
 * the points themselves are counted.
 * @param {Float32Array} heights of the points
 */
export function levels(heights, shares = SHARES) {
  const sorted = Float32Array.from(heights).sort().reverse();
  return shares.map((share) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]);
}

/**
 * Marching squares: line segments [x1, y1, x2, y2] in grid units along `level`.
 * @param {Float32Array} grid
 * @param {number} n
 * @param {number} level
 */
export function contour(grid, n, level) {
  /** @type {[number, number, number, number][]} */
  const segments = [];
  /**
   * @param {number} x
   * @param {number} y
   */
  const at = (x, y) => grid[y * n + x] - level;
  for (let y = 0; y + 1 < n; y++) {
    for (let x = 0; x + 1 < n; x++) {
      const corners = [at(x, y), at(x + 1, y), at(x + 1, y + 1), at(x, y + 1)];
      const places = [[x, y], [x + 1, y], [x + 1, y + 1], [x, y + 1]];
      const cuts = [];
      for (let side = 0; side < 4; side++) {
        const [a, b] = [corners[side], corners[(side + 1) % 4]];
        if (a > 0 === b > 0) continue;
        const t = a / (a - b);
        const [p, q] = [places[side], places[(side + 1) % 4]];
        cuts.push([p[0] + t * (q[0] - p[0]), p[1] + t * (q[1] - p[1])]);
      }
      for (let i = 0; i + 1 < cuts.length; i += 2) segments.push([cuts[i][0], cuts[i][1], cuts[i + 1][0], cuts[i + 1][1]]);
    }
  }
  return segments;
}

/**
 * The radius of the circle that holds a share of a standard normal distribution in two dimensions.
 * @param {number} share
 */
export const priorRadius = (share) => Math.sqrt(-2 * Math.log(1 - share));
