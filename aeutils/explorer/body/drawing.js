// @ts-check
// A drawing made into an image like MNIST's: the ink's box scaled to fit 20 × 20 pixels with its proportions kept, then
// moved by whole pixels so that its centre of mass comes nearest to where the published files have it (LeCun et al., the
// MNIST page): on the middle of pixel (14, 14), counted from 0, which is 14.5 pixels from the upper and the left edge.

/**
 * Returns `out` × `out` values; all black where there is no ink.
 * @param {Float32Array} ink values in [0, 1], size × size
 * @param {number} size
 */
export function centred(ink, size, out = 28) {
  const box = inkBox(ink, size);
  if (!box) return new Float32Array(out * out);
  const scale = Math.max(box.right - box.left, box.bottom - box.top) / ((20 / 28) * out); // ink pixels per image pixel
  const mass = centreOfMass(ink, size);
  /**
   * @param {number} edge
   * @param {number} centre
   */
  const corner = (edge, centre) => edge - Math.round(out / 2 + 0.5 - (centre - edge) / scale) * scale;
  return resampled(ink, size, out, scale, corner(box.left, mass.x), corner(box.top, mass.y));
}

/**
 * The drawing as it is, only smaller.
 * @type {typeof centred}
 */
export function asDrawn(ink, size, out = 28) {
  return resampled(ink, size, out, size / out, 0, 0);
}

/**
 * @param {Float32Array} ink
 * @param {number} size
 */
function inkBox(ink, size) {
  const box = { left: size, right: 0, top: size, bottom: 0 };
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      if (ink[y * size + x] < 0.1) continue;
      box.left = Math.min(box.left, x);
      box.right = Math.max(box.right, x + 1);
      box.top = Math.min(box.top, y);
      box.bottom = Math.max(box.bottom, y + 1);
    }
  }
  return box.right > 0 ? box : null;
}

/**
 * @param {Float32Array} ink
 * @param {number} size
 */
function centreOfMass(ink, size) {
  let [total, x, y] = [0, 0, 0];
  ink.forEach((value, i) => {
    total += value;
    x += value * ((i % size) + 0.5);
    y += value * (Math.floor(i / size) + 0.5);
  });
  return { x: x / total, y: y / total };
}

/**
 * Each image pixel is the average of the ink under it: `scale` ink pixels on a side, from (left, top) on.
 * @param {Float32Array} ink
 * @param {number} size
 * @param {number} out
 * @param {number} scale
 * @param {number} left
 * @param {number} top
 */
function resampled(ink, size, out, scale, left, top) {
  const image = new Float32Array(out * out);
  const samples = Math.ceil(3 * scale); // three in an ink pixel, or the place would be wrong by up to half of one
  for (let row = 0; row < out; row++) {
    for (let column = 0; column < out; column++) {
      let sum = 0;
      for (let sy = 0; sy < samples; sy++) {
        for (let sx = 0; sx < samples; sx++) {
          const x = Math.floor(left + (column + (sx + 0.5) / samples) * scale);
          const y = Math.floor(top + (row + (sy + 0.5) / samples) * scale);
          if (x >= 0 && x < size && y >= 0 && y < size) sum += ink[y * size + x];
        }
      }
      image[row * out + column] = sum / samples ** 2;
    }
  }
  return image;
}
