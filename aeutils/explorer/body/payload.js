// Unpacks the compressed bytes that aeutils/explorer/payload.py packs, and finds the arrays in them.

export async function unpack(bytes) {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Response(stream).arrayBuffer();
}

const SIZES = { float16: 2, float32: 4, uint8: 1 };

// The array that an entry of the table of contents names; float16 is widened to a Float32Array.
export function arrayAt(buffer, entry) {
  const size = SIZES[entry?.dtype];
  if (!size) throw new Error(`an array of unknown kind: ${JSON.stringify(entry)}`);
  if (entry.start + entry.length * size > buffer.byteLength) {
    throw new Error(`an array ends at byte ${entry.start + entry.length * size}, and there are ${buffer.byteLength}`);
  }
  if (entry.dtype === "uint8") return new Uint8Array(buffer, entry.start, entry.length);
  if (entry.dtype === "float32") return new Float32Array(buffer, entry.start, entry.length);
  return Float32Array.from(new Uint16Array(buffer, entry.start, entry.length), fromHalf);
}

// IEEE 754 half precision: 1 bit sign, 5 bits exponent, 10 bits fraction.
export function fromHalf(bits) {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
