// @ts-check
// Pictures onto canvases: 0 black, 1 white, or red, green and blue one behind the other; one canvas pixel for each of the
// image's, enlarged by the style sheet.

import { paintDifference } from "./difference.js";
import { element, flat } from "./dom.js";
import { isDark } from "./theme.js";

/** @typedef {{ channels: number, height: number, width: number }} Shape of an image: 1 channel or 3, and its pixels */

export class Picture {
  /**
   * @param {Shape} shape
   * @param {string} label what a screen reader says
   */
  constructor({ channels, height, width }, label, attributes = {}) {
    this.channels = channels;
    this.canvas = element("canvas", { width, height, role: "img", "aria-label": label, class: "aex-picture", ...attributes });
    this.context = flat(this.canvas, { willReadFrequently: true }); // kept in memory: cheap to write often
    this.image = this.context.createImageData(width, height);
    this.clear();
  }

  /** @param {Float32Array | Uint8Array} values in [0, 1], or bytes; channel by channel */
  draw(values) {
    paint(this.image.data, values, this.channels);
    this.context.putImageData(this.image, 0, 0);
    this.canvas.dataset.empty = "false";
  }

  /**
   * @param {Float32Array} decoded
   * @param {Float32Array} original
   */
  drawDifference(decoded, original) {
    paintDifference(this.image.data, decoded, original, this.channels, isDark() ? "dark" : "light");
    this.context.putImageData(this.image, 0, 0);
    this.canvas.dataset.empty = "false";
  }

  clear() {
    this.context.clearRect(0, 0, this.canvas.width, this.canvas.height);
    this.canvas.dataset.empty = "true";
  }

  /** @param {string} text */
  label(text) {
    this.canvas.setAttribute("aria-label", text);
  }
}

/**
 * An image into RGBA bytes, which round and clip by themselves.
 * @param {Uint8ClampedArray} rgba
 * @param {Float32Array | Uint8Array} values
 * @param {number} channels
 */
export function paint(rgba, values, channels) {
  const scale = values instanceof Uint8Array ? 1 : 255;
  const pixels = values.length / channels;
  const [green, blue] = channels === 3 ? [pixels, 2 * pixels] : [0, 0]; // how far behind the first channel they are
  for (let i = 0, at = 0; i < pixels; i++, at += 4) {
    rgba[at] = values[i] * scale;
    rgba[at + 1] = values[i + green] * scale;
    rgba[at + 2] = values[i + blue] * scale;
    rgba[at + 3] = 255;
  }
}
