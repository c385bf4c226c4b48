// @ts-check
// Layers of the map that say what the decoder does: a coloured field under the points with its legend, arrows, ellipses.

import { drawn, element, flat } from "./dom.js";
import { messageOf } from "./engine.js";
import { arrows, cellMeans, colourAt, ellipse, extent, gridCodes, inTurn, roughFirst, roughly, threeDigits } from "./grid.js";
import { imageOf, NO_LABEL } from "./subject.js";
import { SCALE } from "./theme.js";

/**
 * @import { Legend } from "./legend.js"
 * @import { Frame, Plane } from "./plane.js"
 * @import { Drawing, ShownImage, State } from "./state.js"
 * @import { Subject } from "./subject.js"
 * @import { Quantity, Survey } from "./survey.js"
 */

const CELLS = 30; // in each direction
const ARROWS = 15;
const POSTERIORS = 40; // images whose posterior is drawn

/** @type {Record<Quantity, { name: string, text: string }>} */
export const MEASURED = {
  distance: {
    name: "distance to training",
    text: "How far each decoded picture is from the nearest training image, in squared pixel distance. Dark: like an image that was trained on; bright: like none. Thin strokes are always dark.",
  },
  trip: {
    name: "round trip",
    text: "How far from z the code comes back, |z − encode(decode(z))|, in the code's unit. Dark: the encoder takes the picture for what it was decoded from; bright: for something else.",
  },
  error: {
    name: "squared error",
    text: "How badly the images in each cell are rebuilt, as squared error per image, on average. Empty: no image there.",
  },
};

/** @typedef {{ values: Float32Array, known: number, frame: Frame, rows: number, smooth: boolean }} Sheet */

/** @typedef {{ code: Float32Array, sd: Float32Array }} Posterior its mean and its standard deviation in each code unit */

export class Field {
  /**
   * @param {State} state
   * @param {Survey} survey
   * @param {{ sheet: () => void, overlay: () => void }} changed told when there is more to draw
   */
  constructor(state, survey, changed) {
    this.state = state;
    this.survey = survey;
    this.changed = changed;
    /** @type {Sheet | null} */
    this.sheet = null;
    /** @type {{ codes: Float32Array[], back: Float32Array[] } | null} */
    this.field = null;
    /** @type {Map<number, Float32Array>} model -> error of each image whose pixels are here, NaN where not known */
    this.errors = new Map();
    /** @type {Map<number, (Posterior & { image: number })[]>} model -> those of evenly chosen images, as far as they are known */
    this.posteriors = new Map();
    /** @type {{ model: number, of: ShownImage | Drawing | null, posterior: Posterior | null }} that of the image that is looked at */
    this.lookedAt = { model: -1, of: null, posterior: null };
    /** @type {Record<"sheet" | "arrows" | "ellipses", AbortController | null>} what is on its way */
    this.running = { sheet: null, arrows: null, ellipses: null };
    this.due = { sheet: 0, overlay: 0 }; // frames that were asked for
    this.small = element("canvas");
    this.bar = element("span", { class: "aex-bar" });
    this.bar.style.background = `linear-gradient(to right, ${SCALE.join(", ")})`;
    this.numbers = ["low", "middle", "high"].map((name) => element("span", { "data-end": name }));
    this.layer = element("span", { class: "aex-layer-name" });
    this.scale = element("div", { class: "aex-scale", hidden: true }, element("div", {}, this.bar, element("div", { class: "aex-ends" }, ...this.numbers)), this.layer);
    this.said = element("p", { class: "aex-note aex-said", role: "status" });
  }

  /**
   * Measures the field for the frame, rough first; a call while another runs replaces it.
   * @param {Quantity} quantity
   * @param {Frame} frame
   * @param {Plane} plane
   */
  async compute(quantity, frame, plane) {
    const { signal } = this.starts("sheet");
    const { z, modelIndex } = this.state;
    const fixed = frame.copy();
    delete this.scale.dataset.shows;
    this.layer.textContent = MEASURED[quantity].name;
    this.said.textContent = MEASURED[quantity].text;
    try {
      if (quantity === "error") await this.rebuild(fixed, plane, signal);
      else {
        const codes = gridCodes(plane, z, fixed, CELLS);
        const order = roughFirst(codes.length, CELLS);
        const sheet = { values: new Float32Array(codes.length).fill(NaN), known: 0, frame: fixed, rows: codes.length / CELLS, smooth: true };
        const rough = order.findIndex((cell) => roughly(cell, CELLS, codes.length) !== cell);
        await this.survey.measure({ quantity, model: modelIndex, codes: order.map((cell) => codes[cell]) }, (i, value) => {
          const cell = order[i];
          sheet.values[cell] = quantity === "distance" ? value[0] : away(codes[cell], value);
          if (++sheet.known < rough) return; // the last one is better than a few cells
          this.sheet = sheet;
          this.show("sheet");
        }, signal);
      }
    } catch (error) {
      if (signal.aborted) return;
      this.sheet = null;
      this.said.textContent = `This layer cannot be shown: ${messageOf(error)}.`;
    }
    if (signal.aborted) return;
    this.changed.sheet();
    this.scale.dataset.shows = quantity; // all of it, for whoever looks from outside
  }

  /**
   * The errors of the images: measured once for a model, and averaged for each frame.
   * @param {Frame} frame
   * @param {Plane} plane
   * @param {AbortSignal} signal
   */
  async rebuild(frame, plane, signal) {
    const { subject: { points }, model, modelIndex } = this.state;
    const places = Array.from({ length: points.pictures }, (_, place) => place);
    const images = places.map((place) => imageOf(place, points));
    const { us, vs } = plane.project(model.codes);
    const [u, v] = [images.map((image) => us[image]), images.map((image) => vs[image])];
    const errors = this.errors.get(modelIndex) ?? new Float32Array(places.length).fill(NaN);
    const average = () => {
      this.sheet = { values: cellMeans(u, v, errors, frame, CELLS), known: 0, frame, rows: CELLS, smooth: false };
      this.show("sheet");
    };
    if (!this.errors.has(modelIndex)) {
      const codes = images.map((image) => model.codeOf(image).slice());
      await this.survey.measure({ quantity: "error", model: modelIndex, codes, places }, (i, [error]) => {
        errors[i] = error;
        if (i % 100 === 99) average();
      }, signal);
      if (signal.aborted) return;
      this.errors.set(modelIndex, errors);
    }
    average();
  }

  /**
   * Measures the round trips on the arrows' grid.
   * @param {Frame} frame
   * @param {Plane} plane
   */
  async computeArrows(frame, plane) {
    const { signal } = this.starts("arrows");
    const { z, modelIndex } = this.state;
    const codes = gridCodes(plane, z, frame, ARROWS);
    /** @type {Float32Array[]} */
    const back = [];
    try {
      await this.survey.measure({ quantity: "trip", model: modelIndex, codes }, (i, code) => (back[i] = code), signal);
    } catch {
      return; // the kernel does not answer: the picture's own view says so
    }
    if (signal.aborted) return;
    this.field = { codes, back };
    this.changed.overlay();
  }

  /** Finds the posteriors of some images of every class, once for a model; each is drawn when it is known. */
  async computeEllipses() {
    const { subject: { points }, model, modelIndex } = this.state;
    if (!model.spread || this.posteriors.has(modelIndex)) return;
    const { signal } = this.starts("ellipses");
    const places = inTurn(Array.from({ length: points.pictures }, (_, place) => points.labels?.[imageOf(place, points)] ?? 0), POSTERIORS);
    /** @type {(Posterior & { image: number })[]} */
    const found = [];
    this.posteriors.set(modelIndex, found);
    signal.addEventListener("abort", () => found.length < places.length && this.posteriors.delete(modelIndex)); // next time all of them
    await this.survey.measure({ quantity: "posterior", model: modelIndex, codes: [], places }, (i, both) => {
      found.push({ image: imageOf(places[i], points), code: both.subarray(0, model.size), sd: both.subarray(model.size) });
      this.show("overlay");
    }, signal);
  }

  /** @param {"sheet" | "arrows" | "ellipses"} what */
  starts(what) {
    this.running[what]?.abort();
    return (this.running[what] = new AbortController());
  }

  /**
   * However much comes in, it is drawn once per frame of the screen.
   * @param {"sheet" | "overlay"} what
   */
  show(what) {
    this.due[what] ||= requestAnimationFrame(() => {
      this.due[what] = 0;
      this.changed[what]();
    });
  }

  /** Without a field there is no legend. */
  hide() {
    this.running.sheet?.abort();
    this.sheet = null;
    this.scale.hidden = true;
    this.said.textContent = "";
  }

  /** When the plane or the model is another. */
  forget() {
    Object.values(this.running).forEach((running) => running?.abort());
    this.sheet = this.field = null;
    Object.values(this.due).forEach(cancelAnimationFrame);
    this.due = { sheet: 0, overlay: 0 };
  }

  /**
   * Draws the last field where it belongs in the present frame, also while a new one is on its way, and its legend.
   * @param {HTMLCanvasElement} canvas
   * @param {Frame} frame
   */
  draw(canvas, frame) {
    const context = flat(canvas);
    context.clearRect(0, 0, canvas.width, canvas.height);
    const range = this.sheet && extent(this.sheet.values);
    this.scale.hidden = !range;
    if (!this.sheet || !range) return;
    const { values, rows, smooth, frame: { low, high } } = this.sheet;
    const [lowest, highest] = range;
    [lowest, (lowest + highest) / 2, highest].forEach((value, i) => (this.numbers[i].textContent = threeDigits(value)));
    this.small.width = CELLS;
    this.small.height = rows;
    const image = new ImageData(CELLS, rows);
    for (let i = 0; i < values.length; i++) {
      const known = Number.isFinite(values[i]) || !smooth ? values[i] : values[roughly(i, CELLS, values.length)];
      if (!Number.isFinite(known)) continue;
      image.data.set([...colourAt((known - lowest) / (highest - lowest || 1), SCALE), 255], 4 * i);
    }
    flat(this.small).putImageData(image, 0, 0);
    const ratio = canvas.width / frame.size;
    const [left, top] = frame.toScreen(low[0], high[1]);
    const [right, bottom] = frame.toScreen(high[0], low[1]);
    context.imageSmoothingEnabled = smooth;
    context.drawImage(this.small, left * ratio, top * ratio, (right - left) * ratio, (bottom - top) * ratio);
  }

  /**
   * The arrows as one path, in the light and in the ink that keep it apart from every ground.
   * @param {Frame} frame
   * @param {Plane} plane
   */
  arrows(frame, plane) {
    if (!this.field) return [];
    const { codes, back } = this.field;
    const d = arrows(codes, back, plane, frame, (0.85 * frame.size) / ARROWS).map(arrowPath).join("");
    return ["aex-arrows-rim", "aex-arrows"].map((name) => drawn("path", { d, class: name }));
  }

  /**
   * The posteriors of evenly chosen images, and in front that of the image that is looked at.
   * @param {Frame} frame
   * @param {Plane} plane
   * @param {Legend} legend whose colours they have
   */
  ellipses(frame, plane, legend) {
    const { model, modelIndex, subject: { points: { labels } } } = this.state;
    if (!model.spread) return [];
    const all = (this.posteriors.get(modelIndex) ?? []).flatMap(({ image, ...posterior }) => {
      const label = labels?.[image] ?? NO_LABEL;
      if (legend.only.size && !legend.only.has(label)) return [];
      return [{ ...posterior, name: "aex-posterior-of", style: `stroke: ${legend.colourOf(label)}` }];
    });
    const lookedAt = this.posteriorLookedAt();
    if (lookedAt) all.push({ ...lookedAt, name: "aex-posterior-of aex-looked-at", style: "" });
    const [scaleX, scaleY] = [0, 1].map((axis) => frame.size / (frame.high[axis] - frame.low[axis]));
    const [first, second] = [plane.first.map((value) => value * scaleX), plane.second?.map((value) => -value * scaleY) ?? null];
    return all.map(({ code, sd, name, style }) => {
      const [u, v] = plane.coordinates(code);
      const [x, y] = frame.toScreen(u, plane.second ? v : 0);
      const { major, minor, angle } = ellipse(sd, first, second);
      return drawn("ellipse", { rx: Math.max(0.5, major), ry: Math.max(0.5, minor), transform: `translate(${x} ${y}) rotate(${angle})`, class: name, style });
    });
  }

  /** A single image, which may be a drawing that no worker has: encoded here, once. */
  posteriorLookedAt() {
    const { model, modelIndex, original } = this.state;
    if (this.lookedAt.model === modelIndex && this.lookedAt.of === original) return this.lookedAt.posterior;
    this.lookedAt = { model: modelIndex, of: original, posterior: null };
    if (original?.pixels) model.engine.encode(original.pixels, (code, sd) => code && sd && (this.lookedAt.posterior = { code, sd }));
    return this.lookedAt.posterior;
  }
}

/**
 * How far two codes are apart.
 * @param {Float32Array} a
 * @param {Float32Array} b
 */
const away = (a, b) => Math.hypot(...a.map((value, j) => value - b[j]));

/**
 * An arrow as part of a path; one that goes nowhere is a dot.
 * @param {number[]} ends
 */
function arrowPath([x1, y1, x2, y2]) {
  const [dx, dy] = [x2 - x1, y2 - y1];
  const length = Math.hypot(dx, dy);
  /** @param {number} value */
  const cut = (value) => value.toFixed(1);
  if (length < 1.5) return `M${cut(x1)} ${cut(y1)}h0.01`;
  const head = Math.min(5, 0.5 * length) / length;
  /** @param {number} side */
  const barb = (side) => `M${cut(x2)} ${cut(y2)}L${cut(x2 - head * (dx + side * 0.6 * dy))} ${cut(y2 - head * (dy - side * 0.6 * dx))}`;
  return `M${cut(x1)} ${cut(y1)}L${cut(x2)} ${cut(y2)}${barb(1)}${barb(-1)}`;
}
