// @ts-check
// The decoded picture, beside the nearest training image and the original: memory and invention told apart.

import { element, shown } from "../dom.js";
import { squaredDistance } from "../neighbours.js";
import { Picture } from "../pictures.js";
import { labelText, NO_LABEL } from "../subject.js";

/** @import { State } from "../state.js" */

const SEARCH_EVERY = 50; // milliseconds between searches for the neighbour while the hand moves, where they take long
const SPOKEN_AFTER = 500; // milliseconds of rest after which a screen reader is told

export class PictureView {
  /**
   * @param {State} state
   * @param {AbortSignal} signal
   */
  constructor(state, signal) {
    this.state = state;
    /** @type {Float32Array | null} */
    this.picture = null;
    this.nearIndex = -1;
    this.nearName = "";
    this.trailing = 0; // timers
    this.speaking = 0;
    this.searched = 0; // when the neighbour was last looked for, and what that takes, in milliseconds
    this.cost = 0;
    this.hovered = -1;
    this.decoded = new Picture(state.subject, "decoded picture", { "data-role": "decoded" });
    this.near = new Picture(state.subject, "nearest training image", { "data-role": "nearest" });
    this.original = new Picture(state.subject, "original", { "data-role": "original" });
    this.code = element("p", { class: "aex-code" });
    this.nearText = element("figcaption");
    this.originalText = element("figcaption");
    this.problem = element("p", { class: "aex-problem", role: "alert", hidden: true });
    this.spoken = element("p", { class: "aex-spoken", role: "status", "aria-live": "polite" });
    this.usual = element("p", { class: "aex-note" });
    const { training } = state.subject;
    this.root = element(
      "div", { class: "aex-pictures" },
      element("figure", { class: "aex-main" }, this.decoded.canvas, element("figcaption", {}, "decoded")),
      this.code, this.problem,
      element(
        "div", { class: "aex-pair" },
        element("figure", {}, this.near.canvas, this.nearText),
        element("figure", {}, this.original.canvas, this.originalText),
      ),
      this.usual,
      element("p", { class: "aex-note" }, training.note),
      this.spoken,
    );
    state.on("code", () => this.follow());
    signal.addEventListener("abort", () => {
      clearTimeout(this.trailing);
      clearTimeout(this.speaking);
    });
  }

  follow() {
    const { z, model } = this.state;
    this.code.textContent = codeText(z);
    model.engine.decode(z, (picture, _, problem) => {
      this.problem.hidden = Boolean(picture);
      if (!picture) {
        this.problem.textContent = problem ?? "";
        return;
      }
      this.picture = picture;
      this.decoded.draw(picture);
      this.decoded.canvas.dataset.code = z.join(" "); // which code this is the picture of, for whoever looks from outside
      this.search();
      this.showOriginal();
      clearTimeout(this.speaking);
      this.speaking = setTimeout(() => this.speak(), SPOKEN_AFTER);
    });
  }

  /**
   * The nearest training image is looked for after the picture is on the screen: for every picture where that is quick,
   * else now and then, and once more at rest.
   */
  search() {
    if (this.cost > 4) clearTimeout(this.trailing);
    else if (this.trailing) return;
    const wait = this.cost > 4 ? Math.max(0, SEARCH_EVERY - (performance.now() - this.searched)) : 0;
    this.trailing = setTimeout(() => {
      this.trailing = 0;
      this.searchNow();
    }, wait);
  }

  searchNow() {
    if (!this.picture) return;
    const { training, classes } = this.state.subject;
    const started = performance.now();
    const found = training.neighbours.nearest(this.picture);
    this.searched = performance.now();
    this.cost = 0.8 * this.cost + 0.2 * (this.searched - started);
    if (found.index !== this.nearIndex) {
      this.nearIndex = found.index;
      const { pixels } = this.state.subject;
      this.near.draw(training.pixels.subarray(found.index * pixels, (found.index + 1) * pixels));
      this.nearName = `nearest ${training.name}${training.labels ? ` (${labelText(classes, training.labels[found.index])})` : ""}`;
      this.near.label(this.nearName);
    }
    this.nearText.textContent = `${this.nearName}: squared pixel distance ${shown(found.distance)}`;
    const label = training.labels?.[found.index] ?? NO_LABEL;
    this.usual.textContent = this.usualDistance(label === NO_LABEL ? null : label);
  }

  /**
   * What such a distance usually is, among images of the class that the neighbour has: a 1 is near to others, a 2 far.
   * @param {number | null} label
   */
  usualDistance(label) {
    const { training, classes, points } = this.state.subject;
    const { usual } = this.state.model;
    if (!usual || !training.usual) return "";
    const ofClass = label === null ? null : training.usual.classes[label];
    const real = ofClass ?? training.usual.all;
    const rebuilt = (label === null ? null : usual.classes[label]) ?? usual.all;
    const one = `${points.name === "image" ? "an" : "a"} ${points.name}`;
    const some = label === null || ofClass === null ? one : `${one} labelled ${classes[label]}`;
    return `Usual (median) for ${some}: ${shown(rebuilt)} from this model's reconstruction, ${shown(real)} from the image itself.`;
  }

  /** @param {number} index of the image under the pointer; -1 for none */
  hover(index) {
    this.hovered = index;
    this.showOriginal();
  }

  showOriginal() {
    const { original: own } = this.state;
    const hovering = this.hovered >= 0 && !(own?.kind === "image" && own.index === this.hovered);
    const original = hovering ? this.state.imageAt(this.hovered) : own;
    const text = original ? (hovering ? `under the pointer: ${original.text}` : original.text) + (original.pixels ? "" : ", whose pixels did not come along") : "point at an image to see it";
    if (!original?.pixels) this.original.clear();
    else this.original.draw(original.pixels);
    const error = !hovering && original?.pixels && this.picture ? squaredDistance(this.picture, original.pixels) : null;
    this.originalText.textContent = error === null ? text : `${text}: squared error ${shown(error)}`;
    this.original.label(text);
  }

  speak() {
    const { original } = this.state;
    const source = original ? `Code of ${original.text}. ` : "";
    this.decoded.label(`decoded picture, like the ${this.nearName}`);
    this.spoken.textContent = `${source}${codeText(this.state.z)}. ${this.nearText.textContent}.`;
  }
}

/**
 * "z = (0.52, −1.30)"; of a long code the first units.
 * @param {Float32Array} z
 */
export function codeText(z) {
  const first = [...z.slice(0, 6)].map(shown).join(", ");
  return `z = (${first}${z.length > 6 ? `, … ${z.length} units` : ""})`;
}
