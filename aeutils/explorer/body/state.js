// @ts-check
// What all views share: the code that is looked at, where it came from, and which model decodes it.

import { pictureOf } from "./payload.js";
import { labelText, NO_LABEL, pictureAt } from "./subject.js";

/** @import { Subject } from "./subject.js" */

/**
 * What a code is the code of. Of very many images the pixels do not come along.
 * @typedef {{ kind: "image", index: number, pixels: Float32Array | null, text: string }} ShownImage
 * @typedef {{ kind: "drawing", pixels: Float32Array, text: string }} Drawing
 */

/**
 * The way from A to B, while that view is open; `moveEnd` is for the hand that has an end (0 or 1) of it on the map.
 * @typedef {{ codes: Float32Array[], moveEnd: (end: number, code: Float32Array) => void }} Walk
 */

/** @typedef {Pick<State, "modelIndex" | "z" | "original" | "cause">} Here where one is */

/**
 * The arrow of the arithmetic, while that view is open: `at` gives the code where so much of it is added, and t is how much
 * that is now, within `reach`; `moveTo` is for the hand that has its head on the map.
 * @typedef {{ t: number, reach: [least: number, most: number], at: (t: number) => Float32Array, moveTo: (t: number) => void }} Arrow
 */

/** @typedef {{ index: number, distance: number }} Nearest of the training images, and its squared distance */

/** @typedef {"model" | "code" | "nearest" | "ends" | "place"} Change of the model, the code, the image nearest to its picture, the walk's or the arrow's ends, the map's frame or layers, or the open view */

export class State {
  /** @param {Subject} subject */
  constructor(subject) {
    this.subject = subject;
    this.firstModel = subject.film ? subject.models.length - 1 : 0; // of a film the end, as on its still
    this.modelIndex = this.firstModel;
    this.playing = false; // whether a film moves on by itself
    this.z = this.model.codeOf(subject.points.first).slice();
    /** @type {ShownImage | Drawing | null} */
    this.original = this.imageAt(subject.points.first);
    this.cause = ""; // what set a code that is not that of anything
    /** @type {Walk | null} */
    this.walk = null;
    /** @type {Arrow | null} */
    this.arrow = null;
    /** @type {Nearest | null} what the decoded picture is nearest to, as it was last looked for */
    this.nearest = null;
    /** @type {Map<Change, (() => void)[]>} */
    this.listeners = new Map();
    /** @type {Set<Change>} */
    this.changed = new Set();
    this.frame = 0;
  }

  get model() {
    return this.subject.models[this.modelIndex];
  }

  /**
   * Calls f in the next frame after such a change.
   * @param {Change} event
   * @param {() => void} f
   */
  on(event, f) {
    this.listeners.set(event, [...(this.listeners.get(event) ?? []), f]);
  }

  /**
   * However often something changes, the views follow once per frame.
   * @param {Change[]} events
   */
  change(...events) {
    events.forEach((event) => this.changed.add(event));
    if (!this.frame) this.frame = requestAnimationFrame(() => this.tell());
  }

  tell() {
    this.frame = 0;
    const changed = new Set(this.changed);
    this.changed.clear();
    for (const event of /** @type {const} */ (["model", "code", "nearest", "ends", "place"])) {
      if (changed.has(event)) (this.listeners.get(event) ?? []).forEach((f) => f());
    }
  }

  /**
   * @param {ArrayLike<number>} z
   * @param {ShownImage | Drawing | null} original what it is the code of, if anything
   * @param {string} cause else: what set it, in a few words
   */
  setCode(z, original = null, cause = "moved by hand") {
    this.z = Float32Array.from(z);
    this.original = original;
    this.cause = original ? "" : cause;
    this.change("code");
  }

  /** @param {Nearest} nearest */
  setNearest(nearest) {
    this.nearest = nearest;
    this.change("nearest");
  }

  /**
   * An image of the map, as `original`.
   * @param {number} index
   * @returns {ShownImage}
   */
  imageAt(index) {
    const { points, pixels, classes } = this.subject;
    const label = points.labels?.[index];
    const told = label === undefined ? "" : `, ${label === NO_LABEL ? "" : "label "}${labelText(classes, label)}`;
    const place = pictureAt(index, points);
    return {
      kind: "image",
      index,
      pixels: place < 0 ? null : pictureOf(points.pixels, place, pixels),
      text: `${points.name} [${index}]${told}`,
    };
  }

  /** @param {number} index */
  goToImage(index) {
    this.setCode(this.model.codeOf(index), this.imageAt(index));
  }

  /**
   * The same image, or the same code, in another model.
   * @param {number} index
   */
  setModel(index) {
    if (index === this.modelIndex) return;
    const before = this.model;
    this.turnTo(index);
    const { original } = this;
    if (original?.kind === "image") this.goToImage(original.index);
    else {
      if (before.size !== this.model.size) this.setCode(this.model.units.map((unit) => unit.mean), null, "mean of the codes"); // until there is a better one
      if (original) this.model.engine.encode(original.pixels, (code) => code && this.modelIndex === index && this.setCode(code, original));
    }
    this.change("model", "code", "ends");
  }

  /**
   * Ways and arrows were those of the other model's codes; their views make new ones.
   * @param {number} index
   */
  turnTo(index) {
    this.modelIndex = index;
    this.walk = this.arrow = null;
  }

  /** @returns {Here} */
  get here() {
    return { modelIndex: this.modelIndex, z: this.z, original: this.original, cause: this.cause };
  }

  /** @param {Here} here where one was */
  goBack({ modelIndex, z, original, cause }) {
    if (modelIndex !== this.modelIndex) {
      this.turnTo(modelIndex);
      this.change("model", "ends");
    }
    this.setCode(z, original, cause);
  }

  stop() {
    cancelAnimationFrame(this.frame);
    this.listeners.clear();
  }
}
