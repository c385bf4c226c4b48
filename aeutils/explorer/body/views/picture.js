// @ts-check
// From the original to its code, to the decoded picture, to what is missed; and the nearest training image, with how far
// away it is: memory and invention told apart.

import { element, shown } from "../dom.js";
import { Gauge, gaugeEnd } from "../gauge.js";
import { squaredDistance } from "../neighbours.js";
import { Picture } from "../pictures.js";
import { labelText, NO_LABEL, usualOf } from "../subject.js";

/** @import { State } from "../state.js" */

const SEARCH_EVERY = 50; // milliseconds between searches for the neighbour while the hand moves, where they take long
const FIRST = 6; // units of a code that are written out
const WIDE = 560; // CSS pixels from which on the row has room for a fifth picture
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
    this.decoded = new Picture(state.subject, "decoded picture", { "data-role": "decoded" });
    this.near = new Picture(state.subject, "nearest training image", { "data-role": "nearest" });
    this.original = new Picture(state.subject, "original", { "data-role": "original" });
    this.difference = new Picture(state.subject, "difference", { "data-role": "difference" });
    this.gauge = new Gauge();
    this.code = element("div", { class: "aex-vector", role: "img" });
    this.codeText = element("figcaption");
    this.nearText = element("figcaption", { "data-told": "nearest" });
    this.originalText = element("figcaption", { "data-told": "original" });
    this.differenceText = element("span", { "data-told": "difference" });
    this.problem = element("p", { class: "aex-problem", role: "alert", hidden: true });
    this.spoken = element("p", { class: "aex-spoken", role: "status", "aria-live": "polite" });
    this.usual = element("p", { class: "aex-note" });
    const { channels } = state.subject;
    const arrow = () => element("span", { class: "aex-arrow", "aria-hidden": "true" }, "→");
    const signs = channels === 1 ? "red: too dark, blue: too bright" : "from grey, doubled: lighter is too bright";
    this.signs = element("span", { class: "aex-signs" }, signs);
    this.encoded = arrow();
    this.missed = arrow();
    this.first = element("figure", {}, this.original.canvas, this.originalText);
    this.differs = element("figure", {}, this.difference.canvas, element("figcaption", {}, this.differenceText, this.signs));
    this.pipeline = element(
      "div", { class: "aex-pipeline" },
      this.first, this.encoded,
      element("figure", { class: "aex-coded" }, this.code, this.codeText), arrow(),
      element("figure", {}, this.decoded.canvas, element("figcaption", {}, "decoded")), this.missed,
      this.differs,
    );
    this.nearest = element("figure", { class: "aex-near" }, this.near.canvas, this.nearText);
    this.told = element("div", { class: "aex-told" }, this.problem, element("div", { class: "aex-usual" }, this.gauge.root, this.usual), this.spoken);
    this.root = element(
      "div", { class: "aex-pictures" },
      this.pipeline, this.told,
    );
    this.arrange(false);
    const observer = new ResizeObserver(() => this.arrange(this.pipeline.clientWidth >= WIDE));
    observer.observe(this.pipeline);
    state.on("code", () => this.follow());
    signal.addEventListener("abort", () => {
      observer.disconnect();
      clearTimeout(this.trailing);
      clearTimeout(this.speaking);
    });
  }

  /**
   * The nearest training image stands in the row where there is room for it, else below.
   * @param {boolean} wide
   */
  arrange(wide) {
    if (this.nearest.parentElement === (wide ? this.pipeline : this.told)) return;
    if (wide) this.pipeline.append(this.nearest);
    else this.problem.after(this.nearest);
    if (wide) this.differs.lastElementChild?.append(this.signs);
    else this.usual.after(this.signs);
  }

  follow() {
    const { z, model } = this.state;
    this.showCode();
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

  showCode() {
    const { z, original, cause } = this.state;
    const numbers = [...z.slice(0, FIRST)].map((value) => element("span", {}, shown(value)));
    this.code.replaceChildren(...numbers, ...(z.length > FIRST ? [element("span", {}, "⋮")] : []));
    this.code.setAttribute("aria-label", codeText(z));
    this.codeText.textContent = `${z.length > FIRST ? `code, ${z.length} units` : "code"}${original ? "" : `, ${cause}`}`;
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
    this.showUsual(found.distance, training.labels?.[found.index] ?? NO_LABEL);
    this.state.setNearest(found);
  }

  /**
   * What such a distance usually is, among images of the class that the neighbour has: a 1 is near to others, a 2 far.
   * @param {number} distance
   * @param {number} label
   */
  showUsual(distance, label) {
    const { training, classes, points } = this.state.subject;
    const { usual } = this.state.model;
    const real = usualOf(training.usual, label);
    this.gauge.show(distance, usualOf(usual, label), real, gaugeEnd([training.usual, usual]));
    const one = `${points.name === "image" ? "an" : "a"} ${points.name}`;
    const some = (training.usual?.classes[label] ?? null) === null ? one : `${one} labelled ${classes[label]}`;
    this.usual.textContent = `${training.note}${real === null ? "" : ` Marked: the medians for ${some}.`}`;
  }

  showOriginal() {
    const { original } = this.state;
    const text = original ? `${original.text}${original.pixels ? "" : ", whose pixels did not come along"}` : "no original";
    if (!original?.pixels) this.original.clear();
    else this.original.draw(original.pixels);
    this.originalText.textContent = text;
    this.original.label(text);
    // What is not there leaves its place free, so that nothing moves under the hand.
    for (const part of [this.first, this.encoded, this.missed, this.differs]) part.classList.toggle("aex-absent", !original);
    const missed = original?.pixels && this.picture ? squaredDistance(this.picture, original.pixels) : null;
    this.differenceText.textContent = missed === null ? "difference" : `difference: squared error ${shown(missed)}`;
    this.difference.label(this.differenceText.textContent);
    if (missed === null || !original?.pixels || !this.picture) this.difference.clear();
    else this.difference.drawDifference(this.picture, original.pixels);
  }

  speak() {
    const { original } = this.state;
    const missed = original ? ` ${this.differenceText.textContent}.` : "";
    const source = original ? `Code of ${original.text}. ` : "";
    this.decoded.label(`decoded picture, like the ${this.nearName}`);
    this.spoken.textContent = `${source}${codeText(this.state.z)}. ${this.nearText.textContent}.${missed}`;
  }
}

/**
 * "z = (0.52, −1.30)"; of a long code the first units.
 * @param {Float32Array} z
 */
export function codeText(z) {
  const first = [...z.slice(0, FIRST)].map(shown).join(", ");
  return `z = (${first}${z.length > FIRST ? `, … ${z.length} units` : ""})`;
}
