// The manifold: a grid of decoded pictures under the map, computed in pieces so that the hand is never kept waiting.

import { element } from "./dom.js";
import { paint } from "./pictures.js";

export class Manifold {
  constructor(height, width) {
    Object.assign(this, { height, width, sheet: null, drawnFor: null, running: null });
  }

  // Decodes the grid for the frame, then calls done(); a call while another runs replaces it.
  async compute(frame, plane, z, engine, done) {
    this.running?.abort();
    const { signal } = (this.running = new AbortController());
    const n = Math.max(6, Math.round(frame.size / 30));
    const fixed = frame.copy();
    const codes = [];
    for (let row = 0; row < n; row++) {
      for (let column = 0; column < n; column++) {
        codes.push(plane.moved(z, ...fixed.toPlane(((column + 0.5) / n) * frame.size, ((row + 0.5) / n) * frame.size)));
      }
    }
    const sheet = element("canvas", { width: n * this.width, height: n * this.height });
    const context = sheet.getContext("2d", { willReadFrequently: true });
    const tile = context.createImageData(this.width, this.height);
    const put = (i, picture) => {
      paint(tile.data, picture);
      context.putImageData(tile, (i % n) * this.width, Math.floor(i / n) * this.height);
    };
    try {
      await engine.decodeMany(codes, put, signal);
    } catch {
      return; // the kernel does not answer: the picture's own view says so
    }
    if (signal.aborted) return;
    this.sheet = sheet;
    this.drawnFor = fixed;
    done();
  }

  // Shows the last grid where it belongs in the present frame, also while a new one is on its way.
  draw(canvas, frame) {
    const context = canvas.getContext("2d");
    context.clearRect(0, 0, canvas.width, canvas.height);
    if (!this.sheet) return;
    const ratio = canvas.width / frame.size;
    const [left, top] = frame.toScreen(this.drawnFor.low[0], this.drawnFor.high[1]);
    const [right, bottom] = frame.toScreen(this.drawnFor.high[0], this.drawnFor.low[1]);
    context.drawImage(this.sheet, left * ratio, top * ratio, (right - left) * ratio, (bottom - top) * ratio);
  }

  forget() {
    this.running?.abort();
    this.sheet = null;
  }
}
