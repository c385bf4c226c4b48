// @ts-check
// Arithmetic: what leads from the mean code of one class to that of another is added, as much of it as one likes, to the
// code where one stands.

import { tickText } from "../axis.js";
import { button, choice, element, freshId, shown } from "../dom.js";
import { added, classMeans, meansByDistance, shareOf } from "../means.js";
import { Picture } from "../pictures.js";
import { labelText, NO_LABEL, usualOf } from "../subject.js";
import { EVERY, Strip } from "./strip.js";

/**
 * @import { Mean } from "../means.js"
 * @import { Drawing, ShownImage, State } from "../state.js"
 * @import { Model } from "../subject.js"
 */

const [LEAST, MOST] = [-1, 2]; // of t
const STEPS = [-1, -0.5, 0, 0.5, 1, 1.5, 2]; // that have a picture

export class ArithmeticView {
  /** @param {State} state */
  constructor(state) {
    this.state = state;
    this.open = false;
    this.t = 0;
    /** @type {Pick<State, "original" | "cause"> & { code: Float32Array }} where t = 0 is */
    this.start = { code: state.z, original: state.original, cause: state.cause };
    /** @type {Map<Model, Mean[]>} */
    this.known = new Map();
    /** @type {AbortController | null} */
    this.running = null;
    this.later = 0; // a timer
    const { subject } = state;
    /** @type {[string, string][]} */
    const names = this.means.map(({ label }) => [String(label), labelText(subject.classes, label)]);
    const [from, to] = ["From class", "to class"].map((name) => choice(name, names, () => {
      this.lookAlong();
      this.move(this.t);
      state.change("place");
    }));
    this.from = from.select;
    this.to = to.select;
    this.meanPictures = ["from", "to"].map((name) => new Picture(subject, "mean code, decoded", { "data-mean": name }));
    this.meanTexts = this.meanPictures.map(() => element("figcaption"));
    this.help = element("p", { class: "aex-note" });
    this.strip = new Strip(subject, STEPS.length, (share) => this.move(LEAST + share * (MOST - LEAST)), STEPS.map(tickText));
    const id = freshId();
    this.slider = element("input", {
      id, type: "range", min: LEAST, max: MOST, step: 0.01, value: 0,
      oninput: () => this.move(Number(this.slider.value)),
    });
    this.value = element("output", { for: id });
    this.codeText = element("p", { "data-told": "mean" });
    this.pictureText = element("p", { "data-told": "invention" });
    this.root = element(
      "div", { class: "aex-arithmetic" },
      element("div", { class: "aex-row" }, from.root, to.root, button("Back to t = 0", () => this.move(0))),
      element(
        "div", { class: "aex-sum" },
        ...this.meanPictures.map((picture, i) => element("figure", {}, picture.canvas, this.meanTexts[i])),
        this.help,
      ),
      this.strip.root,
      element("div", { class: "aex-t" }, this.slider, element("label", { for: id }, "t ="), " ", this.value),
      this.codeText, this.pictureText,
    );
    this.usable = this.means.length > 1; // classes that images of the map are of
    if (!this.usable) {
      this.root.replaceChildren(element("p", { class: "aex-note" }, "Arithmetic needs images of two classes on the map."));
      return;
    }
    const { original } = state;
    const own = original?.kind === "image" ? (subject.points.labels?.[original.index] ?? NO_LABEL) : NO_LABEL;
    const first = this.means.find(({ label }) => label === own) ?? this.means[0];
    this.from.value = String(first.label);
    this.to.value = String(this.means.find((mean) => mean !== first)?.label);
    state.on("model", () => {
      this.start.code = new Float32Array(); // of the other model
      this.lookAlong();
    });
    state.on("code", () => this.follow());
    state.on("nearest", () => this.tell());
  }

  get means() {
    const { model, subject: { points } } = this.state;
    const means = this.known.get(model) ?? classMeans(model.codes, model.size, points.labels ?? new Uint16Array());
    this.known.set(model, means);
    return means;
  }

  /** Their labels, as a place names them. */
  get classes() {
    return this.usable ? /** @type {[number, number]} */ ([Number(this.from.value), Number(this.to.value)]) : null;
  }

  /** @param {[number, number]} labels those that have images are chosen */
  take(labels) {
    [this.from, this.to].forEach((select, i) => {
      if (this.means.some(({ label }) => label === labels[i])) select.value = String(labels[i]);
    });
    if (this.open) this.show();
  }

  /** The two chosen ones. */
  get ends() {
    return [this.from, this.to].map(({ value }) => /** @type {Mean} */ (this.means.find(({ label }) => String(label) === value)));
  }

  show() {
    this.open = this.usable;
    if (!this.open) return;
    this.follow();
    this.showArrow();
    this.lookAlong();
  }

  hide() {
    this.open = false;
    this.stop();
    this.state.arrow = null;
    this.state.change("ends");
  }

  /** @param {number} t */
  at(t) {
    const [from, to] = this.ends;
    return added(this.start.code, t, from.code, to.code);
  }

  /** @param {number} t */
  move(t) {
    this.t = within(t);
    if (this.t) this.state.setCode(this.at(this.t), null, `sum, t = ${shown(this.t)}`);
    else this.state.setCode(this.start.code, this.start.original, this.start.cause);
    this.showArrow();
  }

  /** Whatever else moved the code sets a new start, unless it went along the arrow, as undo does. */
  follow() {
    if (!this.open) return;
    const { z, original, cause } = this.state;
    const moved = this.start.code.length !== z.length || this.at(this.t).some((value, j) => value !== z[j]);
    if (moved) {
      const [from, to] = this.ends;
      const t = original ? null : shareOf(z, this.start.code, from.code, to.code);
      const along = t !== null && Math.abs(t - within(t)) < 1e-4;
      if (!along) this.start = { code: z, original, cause };
      this.t = along ? within(t) : 0;
      this.showArrow();
      this.lookAlong();
    }
    this.slider.value = String(this.t);
    this.slider.setAttribute("aria-valuetext", shown(this.t));
    this.value.textContent = shown(this.t);
    this.strip.mark(STEPS.indexOf(Math.round(2 * this.t) / 2));
    this.tell();
  }

  showArrow() {
    this.state.arrow = { t: this.t, reach: [LEAST, MOST], at: (t) => this.at(t), moveTo: (t) => this.move(t) };
    this.state.change("ends");
  }

  /** The two means, and the pictures along the arrow; while the hand moves, only now and then. */
  lookAlong() {
    this.later ||= setTimeout(() => {
      this.later = 0;
      this.lookAlongNow();
    }, EVERY);
  }

  lookAlongNow() {
    this.running?.abort();
    if (!this.open) return;
    const { signal } = (this.running = new AbortController());
    const { model, subject: { classes, points } } = this.state;
    const names = this.ends.map(({ label }) => labelText(classes, label));
    this.ends.forEach(({ count }, i) => {
      const text = `mean code of ${names[i]}`;
      this.meanPictures[i].label(`${text}, decoded`);
      this.meanTexts[i].textContent = `${text} (${count.toLocaleString("en")} ${points.name}${count === 1 ? "" : "s"}), decoded`;
    });
    this.help.textContent = `z + t · (mean code of ${names[1]} − mean code of ${names[0]}), from the code z where you stand: drag the arrow's head on the map, or t. Whatever else moves the point sets a new z.`;
    STEPS.forEach((t, i) => this.strip.label(i, `decoded at t = ${tickText(t)}`));
    const pictures = [...this.meanPictures, ...this.strip.pictures];
    const codes = [...this.ends.map(({ code }) => code), ...STEPS.map((t) => this.at(t))];
    model.engine.decodeMany(codes, (i, picture) => pictures[i].draw(picture), signal).catch(() => {}); // the kernel: said elsewhere
  }

  /** What has come out: near which mean, and how far from anything that is known. */
  tell() {
    if (!this.open) return;
    const { z, model, nearest, subject: { classes, training } } = this.state;
    /** @param {number} label */
    const name = (label) => labelText(classes, label);
    const [first, second] = meansByDistance(z, this.means).map(({ mean, distance }) => `that of ${name(mean.label)} (${shown(distance)} away)`);
    this.codeText.textContent = `Of all classes' mean codes the nearest is ${first}, then ${second}.`;
    if (!nearest) return;
    const label = training.labels?.[nearest.index] ?? NO_LABEL;
    const usual = usualOf(model.usual, label);
    const told = `The decoded picture is ${shown(nearest.distance)} (squared pixel distance) from the nearest ${training.name}${label === NO_LABEL ? "" : `, labelled ${name(label)}`}`;
    const verdict = nearest.distance > (usual ?? 0) ? "farther than reconstructions usually are, so like no image that was trained on" : "no farther than reconstructions usually are";
    this.pictureText.textContent = usual === null ? `${told}.` : `${told}: ${verdict} (median ${shown(usual)}).`;
  }

  stop() {
    clearTimeout(this.later);
    this.later = 0;
    this.running?.abort();
  }
}

/** @param {number} t */
const within = (t) => Math.min(MOST, Math.max(LEAST, t));
