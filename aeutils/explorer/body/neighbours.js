// @ts-check
// The training image nearest to a picture, by squared distance summed over the pixels.

/**
 * The pixels are compared in order of how much they vary, and an image is given up as soon as it is farther away than
 * the best so far. The answer is exact; most images are given up after a fraction of their pixels.
 */
export class Neighbours {
  /**
   * @param {Uint8Array} images one after the other
   * @param {number} pixels of each
   */
  constructor(images, pixels) {
    const n = images.length / pixels;
    this.count = n;
    this.pixels = pixels;
    this.order = mostVariedFirst(images, n, pixels);
    this.images = new Uint8Array(images.length);
    for (let i = 0, to = 0; i < n; i++) {
      for (const pixel of this.order) this.images[to++] = images[i * pixels + pixel];
    }
    this.last = 0; // a picture that moved a little mostly has the same neighbour: a good first guess
    this.wanted = new Float32Array(pixels);
  }

  /** @param {ArrayLike<number>} picture values in [0, 1] */
  nearest(picture) {
    const { pixels, images, order, wanted } = this;
    for (let j = 0; j < pixels; j++) wanted[j] = picture[order[j]] * 255;
    const block = Math.ceil(pixels / 14);
    let index = -1;
    let best = Infinity;
    /** @param {number} i */
    const consider = (i) => {
      let sum = 0;
      for (let from = 0; from < pixels; from += block) {
        const to = Math.min(pixels, from + block);
        for (let j = from, at = i * pixels + from; j < to; j++, at++) {
          const difference = wanted[j] - images[at];
          sum += difference * difference;
        }
        if (sum >= best) return;
      }
      best = sum;
      index = i;
    };
    consider(this.last);
    for (let i = 0; i < this.count; i++) consider(i);
    this.last = index;
    return { index, distance: best / 255 ** 2 };
  }
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
