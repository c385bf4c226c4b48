// @ts-check
// The manifold: a grid of decoded pictures under the map, computed in pieces so that the hand is never kept waiting.

import { element, flat } from "./dom.js";
import { gridCodes } from "./grid.js";
import { paint } from "./pictures.js";

/**
 * @import { Engine } from "./engine.js"
 * @import { Shape } from "./pictures.js"
 * @import { Frame, Plane } from "./plane.js"
 */

export class Manifold {
  /** @param {Shape} shape of an image */
  constructor({ channels, height, width }) {
    this.channels = channels;
    this.height = height;
    this.width = width;
    /** @type {{ canvas: HTMLCanvasElement, frame: Frame } | null} */
    this.sheet = null;
    /** @type {AbortController | null} */
    this.running = null;
  }

  /**
   * Decodes the grid for the frame, then calls done(); a call while another runs replaces it.
   * @param {Frame} frame
   * @param {Plane} plane
   * @param {Float32Array} z
   * @param {Engine} engine
   * @param {() => void} done
   */
  async compute(frame, plane, z, engine, done) {
    this.running?.abort();
    const { signal } = (this.running = new AbortController());
    const n = Math.max(6, Math.round(frame.size / 30));
    const fixed = frame.copy();
    const codes = gridCodes(plane, z, fixed, n, n);
    const canvas = element("canvas", { width: n * this.width, height: n * this.height });
    const context = flat(canvas, { willReadFrequently: true });
    const tile = context.createImageData(this.width, this.height);
    /**
     * @param {number} i
     * @param {Float32Array} picture
     */
    const put = (i, picture) => {
      paint(tile.data, picture, this.channels);
      context.putImageData(tile, (i % n) * this.width, Math.floor(i / n) * this.height);
    };
    try {
      await engine.decodeMany(codes, put, signal);
    } catch {
      return; // the kernel does not answer: the picture's own view says so
    }
    if (signal.aborted) return;
    this.sheet = { canvas, frame: fixed };
    done();
  }

  /**
   * Shows the last grid where it belongs in the present frame, also while a new one is on its way.
   * @param {HTMLCanvasElement} canvas
   * @param {Frame} frame
   */
  draw(canvas, frame) {
    const context = flat(canvas);
    context.clearRect(0, 0, canvas.width, canvas.height);
    if (!this.sheet) return;
    const { low, high } = this.sheet.frame;
    const ratio = canvas.width / frame.size;
    const [left, top] = frame.toScreen(low[0], high[1]);
    const [right, bottom] = frame.toScreen(high[0], low[1]);
    context.drawImage(this.sheet.canvas, left * ratio, top * ratio, (right - left) * ratio, (bottom - top) * ratio);
  }

  forget() {
    this.running?.abort();
    this.sheet = null;
  }
}
