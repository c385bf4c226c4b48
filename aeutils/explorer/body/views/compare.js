// @ts-check
// Compare: what several models make of the same point, with what each is worth on all of the images; the smallest of their
// squared errors is bold.

import { button, choice, element, shown } from "../dom.js";
import { squaredDistance } from "../neighbours.js";
import { Picture } from "../pictures.js";

/**
 * @import { Drawing, ShownImage, State } from "../state.js"
 * @import { Model } from "../subject.js"
 * @typedef {{ cell: HTMLElement, value: number | null }} Cell of a table
 * @typedef {{ root: HTMLElement, picture: Picture, problem: HTMLElement, here: Cell, mean: Cell }} Card `here` and `mean`: the
 *   squared error of this image, and of all of them
 */

const ERROR = "squared error"; // among a model's measures

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
    );
    markSmallest(this.cards.map(({ mean }) => mean));
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
    const { subject } = this.state;
    const picture = new Picture(subject, `decoded by ${model.name}`, { "data-model": model.name });
    const problem = element("p", { class: "aex-note", hidden: true });
    const { [ERROR]: error, ...others } = model.measures;
    /** @type {Cell} */
    const here = { cell: element("td", { "data-error": "here" }), value: null };
    /** @type {Cell} */
    const mean = { cell: element("td", { "data-error": "mean" }, shown(error)), value: error };
    /**
     * @param {string} name
     * @param {HTMLElement} cell
     */
    const row = (name, cell) => element("tr", {}, element("th", { scope: "row" }, name), cell);
    const table = element(
      "table", {},
      element(
        "tbody", {},
        element("tr", {}, element("th", { scope: "rowgroup", colspan: 2, class: "aex-of" }, ERROR)),
        row("this image", here.cell), row(`mean of ${subject.measured.toLocaleString("en")} images`, mean.cell),
      ),
      element("tbody", {}, ...Object.entries(others).map(([name, value]) => row(name, element("td", {}, Number.isInteger(value) ? String(value) : shown(value))))),
    );
    const root = element("div", { class: "aex-card" }, element("h2", {}, button(model.name, () => this.state.setModel(index), { title: "show this model on the map" })), picture.canvas, problem, table);
    return { root, picture, problem, here, mean };
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
      this.tell(card, image?.pixels ? squaredDistance(picture, image.pixels) : null);
    }, "compare");
  }

  /**
   * @param {Card} card
   * @param {string | undefined} why
   */
  cannot(card, why) {
    card.picture.clear();
    this.tell(card, null, why);
  }

  /**
   * @param {Card} card
   * @param {number | null} error
   */
  tell(card, error, problem = "") {
    card.problem.textContent = problem;
    card.problem.hidden = !problem;
    card.here.value = error;
    card.here.cell.textContent = error === null ? "–" : shown(error);
    markSmallest(this.cards.map(({ here }) => here));
  }

  stop() {}
}

/**
 * Only where they differ in what is shown.
 * @param {Cell[]} cells
 */
function markSmallest(cells) {
  const known = cells.flatMap(({ value }) => (value === null ? [] : [value]));
  const smallest = shown(Math.min(...known));
  const differ = known.some((value) => shown(value) !== smallest);
  cells.forEach(({ cell, value }) => cell.classList.toggle("aex-best", differ && value !== null && shown(value) === smallest));
}
