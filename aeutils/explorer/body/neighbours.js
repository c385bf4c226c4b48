// @ts-check
// The training image nearest to a picture, by squared distance summed over the pixels.

const PAYS = 4; // so many pixels are compared, in passes over all images, before a landmark is set

/**
 * Two images differ at least by what their coarse versions do, the sums over square blocks of pixels, and the lengths of
 * what is left of them without those. Most images are given up for that alone. Of the others the pixels are compared in
 * order of how much they vary, until they are farther away than the best so far.
 *
 * Of grey on grey, as a model draws that has not learnt, neither tells much. So where searching gets dear, the distances
 * of all images from the picture that was sought are kept: it is a landmark, and an image is no nearer to another picture
 * than to the landmark less what these two are apart (the triangle inequality). The answer is exact.
 */
export class Neighbours {
  /**
   * @param {Uint8Array} images one after the other
   * @param {number} pixels of each
   * @param {number} width of an image
   */
  constructor(images, pixels, width = pixels) {
    const n = images.length / pixels;
    this.count = n;
    this.pixels = pixels;
    this.order = mostVariedFirst(images, n, pixels);
    this.images = new Uint8Array(images.length);
    for (let i = 0, to = 0; i < n; i++) {
      for (const pixel of this.order) this.images[to++] = images[i * pixels + pixel];
    }
    this.blocks = blocksOf(pixels, width);
    this.size = 4 * Math.ceil((1 + this.blocks.weights.length) / 4); // so that they can be compared four at a time
    this.coarse = new Float32Array(n * this.size);
    for (let i = 0; i < n; i++) coarsen(images, i * pixels, this.blocks, this.coarse, i * this.size);
    this.last = 0; // a picture that moved a little mostly has the same neighbour: a good first guess
    /** @type {{ picture: Float32Array, distances: Float32Array } | null} */
    this.landmark = null;
    this.compared = 0; // pixels, since there is this landmark
    this.wanted = new Float32Array(pixels);
    this.scaled = new Float32Array(pixels);
    this.wantedCoarse = new Float32Array(this.size);
  }

  /** @param {ArrayLike<number>} picture values in [0, 1] */
  nearest(picture) {
    const { pixels, images, order, wanted, scaled, coarse, wantedCoarse, size, count, landmark } = this;
    for (let j = 0; j < pixels; j++) scaled[j] = picture[j] * 255;
    for (let j = 0; j < pixels; j++) wanted[j] = scaled[order[j]];
    coarsen(scaled, 0, this.blocks, wantedCoarse, 0);
    const block = Math.ceil(pixels / 14);
    let index = -1;
    let best = Infinity;
    let reach = Infinity; // its root, and what rounding may do to what is compared with it
    let limit = Infinity;
    /** @param {number} i */
    const consider = (i) => {
      let sum = 0;
      for (let from = 0; from < pixels; from += block) {
        const to = Math.min(pixels, from + block);
        for (let j = from, at = i * pixels + from; j < to; j++, at++) {
          const difference = wanted[j] - images[at];
          sum += difference * difference;
        }
        this.compared += block;
        if (sum >= best) return;
      }
      best = sum;
      reach = Math.sqrt(best) + 0.1;
      limit = reach ** 2;
      index = i;
    };
    consider(this.last);
    const apart = landmark ? Math.sqrt(squaredDistance(wanted, landmark.picture)) : 0;
    for (let i = 0; i < count; i++) {
      if (landmark && landmark.distances[i] - apart > reach) continue;
      let sum = 0;
      for (let j = 0, at = i * size; j < size && sum < limit; j += 4, at += 4) {
        const a = wantedCoarse[j] - coarse[at];
        const b = wantedCoarse[j + 1] - coarse[at + 1];
        const c = wantedCoarse[j + 2] - coarse[at + 2];
        const d = wantedCoarse[j + 3] - coarse[at + 3];
        sum += a * a + b * b + (c * c + d * d);
      }
      if (sum < limit) consider(i);
    }
    this.last = index;
    if (this.compared > PAYS * images.length) this.setLandmark();
    return { index, distance: best / 255 ** 2 };
  }

  /** At the picture that was sought last. */
  setLandmark() {
    const { pixels, images, wanted, count } = this;
    const distances = Float32Array.from({ length: count }, (_, i) => Math.sqrt(squaredDistance(wanted, images.subarray(i * pixels, (i + 1) * pixels))));
    this.landmark = { picture: wanted.slice(), distances };
    this.compared = 0;
  }
}

/**
 * About 49 square blocks: the block of each pixel, and for each block the weight with which its sum counts, so that the
 * squared difference of two sums is at most the squared difference of the pixels (Cauchy and Schwarz).
 * @param {number} pixels
 * @param {number} width
 */
function blocksOf(pixels, width) {
  const side = Math.max(1, Math.round(Math.sqrt(pixels) / 7));
  const across = Math.ceil(width / side);
  const of = Uint32Array.from({ length: pixels }, (_, j) => Math.floor(Math.floor(j / width) / side) * across + Math.floor((j % width) / side));
  const counts = new Float64Array(across * Math.ceil(pixels / width / side));
  of.forEach((block) => counts[block]++);
  return { of, weights: counts.map((count) => 1 / Math.sqrt(count)), sums: new Float64Array(counts.length) };
}

/**
 * The length of what is left without the blocks' sums, and these.
 * @param {ArrayLike<number>} values
 * @param {number} from where the image begins
 * @param {ReturnType<typeof blocksOf>} blocks
 * @param {Float32Array} out
 * @param {number} to where they are put
 */
function coarsen(values, from, { of, weights, sums }, out, to) {
  sums.fill(0);
  let rest = 0;
  for (let j = 0; j < of.length; j++) {
    sums[of[j]] += values[from + j];
    rest += values[from + j] ** 2;
  }
  for (let b = 0; b < weights.length; b++) {
    const sum = sums[b] * weights[b];
    out[to + 1 + b] = sum;
    rest -= sum * sum;
  }
  out[to] = Math.sqrt(Math.max(0, rest));
}

/**
 * @param {Uint8Array} images
 * @param {number} n
 * @param {number} pixels
 */
function mostVariedFirst(images, n, pixels) {
  const sum = new Float64Array(pixels);
  const square = new Float64Array(pixels);
  for (let i = 0, at = 0; i < n; i++) {
    for (let j = 0; j < pixels; j++, at++) {
      sum[j] += images[at];
      square[j] += images[at] * images[at];
    }
  }
  const variance = sum.map((total, j) => square[j] / n - (total / n) ** 2);
  return Uint32Array.from(variance.keys()).sort((a, b) => variance[b] - variance[a]);
}

/**
 * @param {ArrayLike<number>} a
 * @param {ArrayLike<number>} b
 */
export function squaredDistance(a, b) {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] - b[i]) ** 2;
  return sum;
}
