// Compare: what several models make of the same point, with what each is worth on all of the images.

import { choice, element, freshId, shown } from "./dom.js";
import { squaredDistance } from "./neighbours.js";
import { Picture } from "./pictures.js";

export class CompareView {
  constructor(state) {
    this.state = state;
    const { models } = state.subject;
    const id = freshId();
    this.slider = element("input", {
      id, type: "range", min: 0, max: models.length - 1, step: 1, value: 0,
      oninput: () => state.setModel(Number(this.slider.value)),
    });
    this.same = choice("The same", [["image", "image: each model decodes its own code of it"], ["code", "code: where the sizes agree"]], () => this.follow());
    this.cards = models.map((model) => this.card(model));
    this.root = element(
      "div", {},
      element("div", { class: "aex-row aex-walk-row" }, element("label", { for: id }, "Model in the other views"), this.slider, (this.name = element("output", { for: id }))),
      element("div", { class: "aex-row" }, this.same.root),
      element("div", { class: "aex-cards" }, ...this.cards.map((card) => card.root)),
      element("p", { class: "aex-note" }, `Below each picture: this picture's squared error; then averages over all ${state.subject.points.count.toLocaleString("en")} images.`),
    );
    state.on("model", () => this.followModel());
    state.on("code", () => this.follow());
    this.followModel();
  }

  card(model) {
    const { height, width } = this.state.subject;
    const picture = new Picture(height, width, `decoded by ${model.name}`, { "data-model": model.name });
    const error = element("p", { class: "aex-note" });
    const rows = Object.entries(model.measures).map(([name, value]) =>
      element("tr", {}, element("th", { scope: "row" }, name), element("td", {}, Number.isInteger(value) ? String(value) : shown(value))),
    );
    const root = element("div", { class: "aex-card" }, element("h4", {}, model.name), picture.canvas, error, element("table", {}, ...rows));
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
    this.slider.value = this.state.modelIndex;
    this.slider.setAttribute("aria-valuetext", this.state.model.name);
    this.name.textContent = this.state.model.name;
    this.cards.forEach((card, index) => card.root.classList.toggle("aex-now", index === this.state.modelIndex));
  }

  follow() {
    if (!this.open) return;
    const { subject, model, original, z } = this.state;
    if (original) this.image = original;
    const sameCode = this.same.select.value === "code";
    subject.models.forEach((other, index) => {
      const card = this.cards[index];
      const give = (code) => this.decode(card, other, code, sameCode ? null : this.image);
      if (sameCode || !this.image) {
        if (other.size === model.size) give(z);
        else this.cannot(card, `no code of ${model.size} units`);
      } else if (this.image.kind === "image") give(other.codes.subarray(this.image.index * other.size, (this.image.index + 1) * other.size));
      else other.engine.encode(this.image.pixels, (code, _, problem) => (code ? give(code) : this.cannot(card, problem)));
    });
  }

  decode(card, other, code, image) {
    other.engine.decode(code, (picture, _, problem) => {
      if (!picture) return this.cannot(card, problem);
      card.picture.draw(picture);
      const error = image?.pixels ? squaredDistance(picture, image.pixels) : null;
      card.error.textContent = error === null ? "" : `squared error ${shown(error)}`;
    }, "compare");
  }

  cannot(card, why) {
    card.picture.clear();
    card.error.textContent = why;
  }

  stop() {}
}
