// @ts-check
// Compare: what several models make of the same point, with what each is worth on all of the images.

import { button, choice, element, shown } from "../dom.js";
import { squaredDistance } from "../neighbours.js";
import { Picture } from "../pictures.js";

/**
 * @import { Drawing, ShownImage, State } from "../state.js"
 * @import { Model } from "../subject.js"
 * @typedef {{ root: HTMLElement, picture: Picture, error: HTMLElement }} Card
 */

export class CompareView {
  /** @param {State} state */
  constructor(state) {
    this.state = state;
    this.open = false;
    const { models } = state.subject;
    this.same = choice("At an image", [["image", "each model uses its own code of it"], ["code", "every model reads this one's code"]], () => this.follow());
    this.place = element("p", { class: "aex-note", role: "status" });
    this.original = new Picture(state.subject, "original");
    this.cards = models.map((model, index) => this.card(model, index));
    this.root = element(
      "div", {},
      element("div", { class: "aex-row" }, this.same.root),
      this.place,
      element(
        "div", { class: "aex-cards" },
        element("div", { class: "aex-card" }, element("h2", {}, "original"), this.original.canvas),
        ...this.cards.map((card) => card.root),
      ),
      element("p", { class: "aex-note" }, `Below each picture its squared error; in the table, averages over ${state.subject.measured.toLocaleString("en")} images.`),
    );
    state.on("model", () => this.followModel());
    state.on("code", () => this.follow());
    this.followModel();
  }

  /**
   * @param {Model} model
   * @param {number} index
   * @returns {Card}
   */
  card(model, index) {
    const picture = new Picture(this.state.subject, `decoded by ${model.name}`, { "data-model": model.name });
    const error = element("p", { class: "aex-note" });
    const rows = Object.entries(model.measures).map(([name, value]) =>
      element("tr", {}, element("th", { scope: "row" }, name), element("td", {}, Number.isInteger(value) ? String(value) : shown(value))),
    );
    const root = element("div", { class: "aex-card" }, element("h2", {}, button(model.name, () => this.state.setModel(index), { title: "show this model on the map" })), picture.canvas, error, element("table", {}, ...rows));
    return { root, picture, error };
  }

  show() {
    this.open = true;
    this.follow();
  }

  hide() {
    this.open = false;
  }

  followModel() {
    this.cards.forEach((card, index) => card.root.classList.toggle("aex-now", index === this.state.modelIndex));
  }

  /** At an image, each model's own code of it or one code for all; elsewhere there is only the code. */
  follow() {
    if (!this.open) return;
    const { subject, model, original, z } = this.state;
    const own = original && this.same.select.value === "image";
    this.place.textContent = original ? `At ${original.text}.` : `Moved by hand: every model with ${model.size} code units reads the same code.`;
    if (original?.pixels) this.original.draw(original.pixels);
    else this.original.clear();
    subject.models.forEach((other, index) => {
      const card = this.cards[index];
      /** @param {Float32Array} code */
      const give = (code) => this.decode(card, other, code, original);
      if (!own) {
        if (other.size === model.size) give(z);
        else this.cannot(card, `no code of ${model.size} units`);
      } else if (original.kind === "image") give(other.codeOf(original.index));
      else other.engine.encode(original.pixels, (code, _, problem) => (code ? give(code) : this.cannot(card, problem)));
    });
  }

  /**
   * @param {Card} card
   * @param {Model} other
   * @param {Float32Array} code
   * @param {ShownImage | Drawing | null} image
   */
  decode(card, other, code, image) {
    other.engine.decode(code, (picture, _, problem) => {
      if (!picture) {
        this.cannot(card, problem);
        return;
      }
      card.picture.draw(picture);
      const error = image?.pixels ? squaredDistance(picture, image.pixels) : null;
      card.error.textContent = error === null ? "" : `squared error ${shown(error)}`;
    }, "compare");
  }

  /**
   * @param {Card} card
   * @param {string | undefined} why
   */
  cannot(card, why) {
    card.picture.clear();
    card.error.textContent = why ?? "";
  }

  stop() {}
}
