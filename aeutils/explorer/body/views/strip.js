// @ts-check
// A row of pictures along an axis, with the first at its start and the last at its end. Pressing one goes to its place,
// and dragging goes along them; by keys one goes with the slider that stands below.

import { element } from "../dom.js";
import { Picture } from "../pictures.js";

/** @import { Shape } from "../pictures.js" */

export const EVERY = 120; // milliseconds between new pictures in strips while the hand moves: the one in hand comes first
const DRAG = 4; // pixels that a hand may move in a press

export class Strip {
  /**
   * @param {Shape} shape
   * @param {number} count of pictures
   * @param {(share: number) => void} goTo a share of the axis, from 0 to 1
   * @param {string[]} captions
   */
  constructor(shape, count, goTo, captions = []) {
    this.pictures = Array.from({ length: count }, () => new Picture(shape, "decoded picture"));
    this.root = element("div", { class: "aex-strip" }, ...this.pictures.map(({ canvas }, i) => (
      captions.length ? element("figure", {}, canvas, element("figcaption", {}, captions[i])) : canvas
    )));
    this.root.style.setProperty("--pictures", String(count));
    this.listen(goTo);
  }

  /** @param {(share: number) => void} goTo */
  listen(goTo) {
    let from = NaN; // where the hand went down
    let dragging = false;
    /** @param {MouseEvent} event */
    const at = ({ clientX }) => {
      const { left, width } = this.root.getBoundingClientRect();
      return Math.min(1, Math.max(0, (((clientX - left) / width) * this.pictures.length - 0.5) / (this.pictures.length - 1)));
    };
    this.root.addEventListener("pointerdown", (event) => {
      from = event.clientX;
      dragging = false;
    });
    this.root.addEventListener("pointermove", (event) => {
      if (!(event.buttons & 1) || Number.isNaN(from)) return;
      if (!dragging && Math.abs(event.clientX - from) <= DRAG) return;
      if (!dragging) this.root.setPointerCapture(event.pointerId);
      dragging = true;
      goTo(at(event));
    });
    this.root.addEventListener("pointercancel", () => (from = NaN));
    this.root.addEventListener("click", (event) => {
      from = NaN;
      const last = this.pictures.length - 1;
      if (!dragging) goTo(Math.round(at(event) * last) / last);
    });
  }

  /**
   * @param {number} i
   * @param {Float32Array} picture
   */
  draw(i, picture) {
    this.pictures[i].draw(picture);
  }

  /**
   * @param {number} i
   * @param {string} text
   */
  label(i, text) {
    this.pictures[i].label(text);
    this.pictures[i].canvas.title = text;
  }

  /** @param {number} i of the present one; -1 for none */
  mark(i) {
    this.pictures.forEach(({ canvas }, at) => canvas.classList.toggle("aex-now", at === i));
  }
}
