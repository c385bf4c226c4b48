// @ts-check
// Unpacks the compressed bytes that aeutils/explorer/payload.py packs, and finds the arrays in them.

/**
 * Where an array lies in the unpacked bytes: `start` in bytes, `length` in numbers.
 * @typedef {{ dtype: "float16" | "float32" | "uint8" | "uint16" | "int32", start: number, length: number }} Entry
 */

/** @param {Uint8Array<ArrayBuffer>} bytes */
export async function unpack(bytes) {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Response(stream).arrayBuffer();
}

const SIZES = { float16: 2, float32: 4, uint8: 1, uint16: 2, int32: 4 };

/**
 * The numbers that an entry of the table of contents names; float16 is widened.
 * @param {ArrayBuffer} buffer
 * @param {Entry} entry
 */
export function numbersAt(buffer, entry) {
  check(buffer, entry, "float16", "float32");
  if (entry.dtype === "float32") return new Float32Array(buffer, entry.start, entry.length);
  halves ??= Float32Array.from({ length: 2 ** 16 }, (_, bits) => fromHalf(bits));
  const bits = new Uint16Array(buffer, entry.start, entry.length);
  const numbers = new Float32Array(entry.length);
  for (let i = 0; i < bits.length; i++) numbers[i] = halves[bits[i]];
  return numbers;
}

/** @type {Float32Array | undefined} what each of the 65,536 of half precision stands for */
let halves;

/**
 * The bytes that an entry names: pixels.
 * @param {ArrayBuffer} buffer
 * @param {Entry} entry
 */
export function bytesAt(buffer, entry) {
  check(buffer, entry, "uint8");
  return new Uint8Array(buffer, entry.start, entry.length);
}

/**
 * One of the pictures that came as bytes, in [0, 1].
 * @param {Uint8Array} bytes of all of them, one after the other
 * @param {number} place
 * @param {number} pixels of each, over all channels
 */
export const pictureOf = (bytes, place, pixels) => Float32Array.from(bytes.subarray(place * pixels, (place + 1) * pixels), (byte) => byte / 255);

/**
 * The whole numbers that an entry names: labels.
 * @param {ArrayBuffer} buffer
 * @param {Entry} entry
 */
export function wholeNumbersAt(buffer, entry) {
  check(buffer, entry, "uint16");
  return new Uint16Array(buffer, entry.start, entry.length);
}

/**
 * The whole numbers that an entry names: places in other arrays.
 * @param {ArrayBuffer} buffer
 * @param {Entry} entry
 */
export function indicesAt(buffer, entry) {
  check(buffer, entry, "int32");
  return new Int32Array(buffer, entry.start, entry.length);
}

/**
 * @param {ArrayBuffer} buffer
 * @param {Entry} entry
 * @param {Entry["dtype"][]} kinds
 */
function check(buffer, entry, ...kinds) {
  if (!kinds.includes(entry?.dtype)) throw new Error(`an array of unknown kind: ${JSON.stringify(entry)}`);
  const end = entry.start + entry.length * SIZES[entry.dtype];
  if (end > buffer.byteLength) throw new Error(`an array ends at byte ${end}, and there are ${buffer.byteLength}`);
}

/**
 * IEEE 754 half precision: 1 bit sign, 5 bits exponent, 10 bits fraction.
 * @param {number} bits
 */
export function fromHalf(bits) {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
