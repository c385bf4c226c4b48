// @ts-check
// What the decoder missed, as a picture.

/** @typedef {[red: number, green: number, blue: number]} Colour */

// Red below and blue above 0, as in the collection's figures (AROUND_0 in aeutils/figures/look.py); where both agree, paper.
/** @type {Record<"light" | "dark", { below: Colour, same: Colour, above: Colour }>} */
const COLOURS = {
  light: { below: [178, 24, 43], same: [247, 247, 247], above: [33, 102, 172] },
  dark: { below: [255, 112, 92], same: [21, 21, 21], above: [92, 176, 255] },
};

/**
 * Decoded minus original into RGBA bytes. Grey images: with its sign, red where the decode is too dark, blue where it is
 * too bright. Colour: grey where both agree, and from there twice the difference, channel by channel.
 * @param {Uint8ClampedArray} rgba
 * @param {Float32Array} decoded in [0, 1], channel by channel
 * @param {Float32Array} original
 * @param {number} channels
 * @param {"light" | "dark"} theme
 */
export function paintDifference(rgba, decoded, original, channels, theme) {
  const pixels = decoded.length / channels;
  const { below, same, above } = COLOURS[theme];
  for (let i = 0; i < pixels; i++) {
    for (let channel = 0; channel < 3; channel++) {
      const at = i + (channels === 3 ? channel * pixels : 0);
      const difference = Math.max(-1, Math.min(1, decoded[at] - original[at]));
      const end = difference < 0 ? below : above;
      const size = Math.abs(difference);
      rgba[4 * i + channel] = channels === 3 ? 127.5 + 255 * difference : same[channel] + size * (end[channel] - same[channel]);
    }
    rgba[4 * i + 3] = 255;
  }
}
