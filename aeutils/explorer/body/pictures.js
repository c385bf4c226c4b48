// @ts-check
// Arrays of grey values onto canvases: 0 black, 1 white, one canvas pixel for each value, enlarged by the style sheet.

import { element, flat } from "./dom.js";

export class Picture {
  /**
   * @param {number} height in pixels of the image
   * @param {number} width
   * @param {string} label what a screen reader says
   */
  constructor(height, width, label, attributes = {}) {
    this.canvas = element("canvas", { width, height, role: "img", "aria-label": label, class: "aex-picture", ...attributes });
    this.context = flat(this.canvas, { willReadFrequently: true }); // kept in memory: cheap to write often
    this.image = this.context.createImageData(width, height);
    this.clear();
  }

  /** @param {Float32Array | Uint8Array} values in [0, 1], or bytes */
  draw(values) {
    paint(this.image.data, values);
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
 * Grey values into RGBA bytes, which round and clip by themselves.
 * @param {Uint8ClampedArray} rgba
 * @param {Float32Array | Uint8Array} values
 */
export function paint(rgba, values) {
  const scale = values instanceof Uint8Array ? 1 : 255;
  for (let i = 0, at = 0; i < values.length; i++, at += 4) {
    rgba[at] = rgba[at + 1] = rgba[at + 2] = values[i] * scale;
    rgba[at + 3] = 255;
  }
}
