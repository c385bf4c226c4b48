// @ts-check
// Ways from one code to another. t runs from 0 (the first) to 1 (the last).

/**
 * @param {Float32Array} a
 * @param {Float32Array} b
 * @param {number} t
 */
export function straight(a, b, t) {
  return Float32Array.from(a, (value, j) => value + t * (b[j] - value));
}

/**
 * The great circle: the direction turns evenly from a's to b's around the origin (Shoemake, SIGGRAPH 1985), and the
 * length, which his unit vectors have in common, changes evenly. Without a direction, or with opposite ones, there is no
 * such circle: then the way is straight.
 * @type {typeof straight}
 */
export function greatCircle(a, b, t) {
  const [lengthA, lengthB] = [Math.hypot(...a), Math.hypot(...b)];
  const cosine = a.reduce((sum, value, j) => sum + value * b[j], 0) / (lengthA * lengthB);
  const angle = Math.acos(Math.min(1, Math.max(-1, cosine)));
  const sine = Math.sin(angle);
  if (!(sine > 1e-4)) return straight(a, b, t);
  const [fromA, fromB] = [Math.sin((1 - t) * angle) / sine / lengthA, Math.sin(t * angle) / sine / lengthB];
  const length = lengthA + t * (lengthB - lengthA);
  return Float32Array.from(a, (value, j) => length * (fromA * value + fromB * b[j]));
}

/**
 * Along several codes, straight from each to the next; each of these parts takes the same share of t.
 * @param {Float32Array[]} codes two or more
 * @param {number} t
 */
export function along(codes, t) {
  const place = t * (codes.length - 1);
  const i = Math.min(Math.floor(place), codes.length - 2);
  return straight(codes[i], codes[i + 1], place - i);
}
