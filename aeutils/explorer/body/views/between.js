// @ts-check
// Between: from A to B along the straight line or the great circle, with what happens to error and distance on the way.

import { niceTicks, tickText } from "../axis.js";
import { button, choice, drawn, element, freshId, shown } from "../dom.js";
import { inPieces, messageOf } from "../engine.js";
import { squaredDistance } from "../neighbours.js";
import { greatCircle, straight } from "../paths.js";
import { Picture } from "../pictures.js";
import { NO_LABEL } from "../subject.js";

/** @import { State } from "../state.js" */

const PICTURES = 11;
const PLACES = 41; // where error and distance are measured: every fourth place has a picture
// The chart, in its own units. The pictures above it stand in the middle over their places, as the style sheet has it.
const LEFT = 50;
const WIDTH = 480;
const RIGHT = 30;
const HEIGHT = 120;

export class BetweenView {
  /** @param {State} state */
  constructor(state) {
    this.state = state;
    this.open = false;
    this.started = false;
    this.t = 0;
    /** @type {[Float32Array, Float32Array]} */
    this.ends = [state.z, state.z];
    /** @type {[number, number]} */
    this.images = [0, 0]; // whose codes the ends are, or were before they were moved
    /** @type {number[]} */
    this.distances = [];
    /** @type {number[]} */
    this.errors = [];
    /** @type {AbortController | null} */
    this.running = null;
    this.way = straight;
    this.pictures = Array.from({ length: PICTURES }, () => new Picture(state.subject, "decoded picture"));
    const id = freshId();
    this.slider = element("input", {
      id, type: "range", min: 0, max: 1, step: 0.005, value: 0, "aria-valuetext": "at A",
      oninput: () => this.walkTo(Number(this.slider.value)),
    });
    const ways = choice("Way", [["straight", "straight line"], ["circle", "great circle"]], (value) => {
      const onTheWay = this.onTheWay();
      this.way = value === "circle" ? greatCircle : straight;
      this.measure();
      if (onTheWay) this.walkTo(this.t); // who was on the old way is on the new one
    });
    this.chart = drawn("svg", { class: "aex-chart", viewBox: `0 0 ${LEFT + WIDTH + RIGHT} ${HEIGHT + 46}`, role: "img" });
    this.note = element("p", { class: "aex-note" });
    this.root = element(
      "div", { class: "aex-between" },
      element(
        "div", { class: "aex-row" },
        button("Set A to this point", () => this.setEnd(0)),
        button("Set B to this point", () => this.setEnd(1)),
        button("Two random images", () => this.randomEnds()),
        ways.root,
      ),
      element("div", { class: "aex-strip" }, ...this.pictures.map((picture) => picture.canvas)),
      element("div", { class: "aex-walk-slider" }, element("label", { for: id }, "A"), this.slider, element("span", { "aria-hidden": "true" }, "B")),
      this.chart, this.note,
    );
    state.on("model", () => {
      if (this.started) this.takeImages();
    });
    state.on("code", () => {
      if (this.open) this.drawChart();
    });
  }

  show() {
    this.open = true;
    if (!this.started) this.start();
    this.measure();
  }

  hide() {
    this.open = false;
    this.stop();
    this.state.walk = null;
    this.state.change("ends");
  }

  /** A is where we are, B an image of another class; the same at every start. */
  start() {
    this.started = true;
    const { original, model, subject, z } = this.state;
    const { labels, count } = subject.points;
    const here = original?.kind === "image" ? original.index : 0;
    const other = labels ? labels.findIndex((label) => label !== labels[here] && label !== NO_LABEL) : -1;
    this.images = [here, other >= 0 ? other : (here + 1) % count];
    this.ends = [Float32Array.from(z), model.codeOf(this.images[1])];
  }

  /** A new model gives the two images new codes. */
  takeImages() {
    const { model } = this.state;
    this.ends = [model.codeOf(this.images[0]), model.codeOf(this.images[1])];
    this.measure();
  }

  randomEnds() {
    const { count } = this.state.subject.points;
    this.images = [Math.floor(Math.random() * count), Math.floor(Math.random() * count)];
    this.takeImages();
    this.walkTo(this.t);
  }

  /** @param {number} end 0 for A, 1 for B */
  setEnd(end) {
    if (this.state.original?.kind === "image") this.images[end] = this.state.original.index;
    this.ends[end] = Float32Array.from(this.state.z);
    this.measure();
    this.goTo(end);
  }

  /**
   * From the map: an end in the hand, and the picture follows it.
   * @param {number} end
   * @param {Float32Array} code
   */
  moveEnd(end, code) {
    this.ends[end] = code;
    this.measure();
    this.walkTo(end);
  }

  /** @param {number} t */
  at(t) {
    return this.way(...this.ends, t);
  }

  onTheWay() {
    const { z } = this.state;
    return z.length === this.ends[0].length && this.at(this.t).every((value, j) => Math.abs(value - z[j]) <= 1e-4 * (1 + Math.abs(value)));
  }

  /** @param {number} t */
  walkTo(t) {
    this.goTo(t);
    this.state.setCode(this.at(t));
  }

  /** @param {number} t */
  goTo(t) {
    this.t = t;
    this.slider.value = String(t);
    this.slider.setAttribute("aria-valuetext", t === 0 ? "at A" : t === 1 ? "at B" : `${Math.round(100 * t)} percent of the way`);
  }

  /** Decodes the way, then measures it; both in pieces. A new way stops the old one. */
  async measure() {
    if (!this.open) return;
    this.stop();
    const { signal } = (this.running = new AbortController());
    const { model, subject } = this.state;
    const codes = Array.from({ length: PLACES }, (_, i) => this.at(i / (PLACES - 1)));
    this.state.walk = { codes, moveEnd: (end, code) => this.moveEnd(end, code) };
    this.state.change("ends");
    this.distances = [];
    this.errors = [];
    this.chart.dataset.ready = "false";
    /** @type {Float32Array[]} */
    const decoded = [];
    const every = (PLACES - 1) / (PICTURES - 1);
    try {
      await model.engine.decodeMany(codes, (i, picture) => {
        decoded[i] = picture;
        if (i % every) return;
        this.pictures[i / every].draw(picture);
        this.pictures[i / every].label(`${Math.round((100 * i) / (PLACES - 1))} percent of the way from A to B`);
      }, signal);
      await inPieces(PLACES, (i) => (this.distances[i] = subject.training.neighbours.nearest(decoded[i]).distance), signal);
      if (model.engine.local) await inPieces(PLACES, (i) => (this.errors[i] = this.error(decoded[i])), signal);
    } catch (error) {
      this.note.textContent = messageOf(error);
      return;
    }
    if (signal.aborted) return;
    this.drawChart();
    this.chart.dataset.ready = "true";
    this.explain();
  }

  /**
   * What the model makes of its own picture: far from its images it does not find its way back. Of local models only,
   * which deliver at once.
   * @param {Float32Array} picture
   */
  error(picture) {
    const { engine } = this.state.model;
    let result = NaN;
    engine.encode(picture, (code) => {
      if (code) engine.decode(code, (again) => (result = again ? squaredDistance(picture, again) : NaN));
    });
    return result;
  }

  drawChart() {
    const here = this.onTheWay();
    this.pictures.forEach((picture, i) => picture.canvas.classList.toggle("aex-now", here && i === Math.round(this.t * (PICTURES - 1))));
    if (this.distances.length !== PLACES) return;
    const usual = this.state.model.usual?.all;
    const marks = niceTicks(0, 1.05 * Math.max(...this.distances, ...this.errors, usual ?? 0), 4);
    const top = marks[marks.length - 1] + (marks[1] - marks[0]);
    /** @param {number} t */
    const x = (t) => LEFT + t * WIDTH;
    /** @param {number} value */
    const y = (value) => 8 + HEIGHT * (1 - value / top);
    /**
     * @param {number[]} values
     * @param {string} kind
     */
    const line = (values, kind) => drawn("polyline", { class: `aex-line ${kind}`, points: values.map((value, i) => `${x(i / (PLACES - 1)).toFixed(1)},${y(value).toFixed(1)}`).join(" ") });
    /**
     * @param {number} value
     * @param {string} kind
     */
    const across = (value, kind) => drawn("line", { x1: x(0), x2: x(1), y1: y(value), y2: y(value), class: kind });
    /**
     * @param {string} words
     * @param {number} left
     * @param {number} base
     * @param {string} anchor
     */
    const text = (words, left, base, anchor, more = {}) => drawn("text", { x: left, y: base, "text-anchor": anchor, ...more }, words);
    /** @type {SVGElement[]} */
    const parts = [
      ...marks.map((value) => across(value, value ? "aex-grid" : "aex-axis")),
      ...marks.map((value) => text(tickText(value), LEFT - 6, y(value) + 4, "end")),
      ...[0, 0.25, 0.5, 0.75, 1].map((t) => text(String(t), x(t), HEIGHT + 24, "middle")),
      text("share of the way from A to B", x(0.5), HEIGHT + 40, "middle"),
      text("squared distance", 0, 0, "middle", { transform: `translate(12 ${8 + HEIGHT / 2}) rotate(-90)` }),
      line(this.distances, "aex-distance"),
    ];
    if (this.errors.length) parts.push(line(this.errors, "aex-error"));
    if (usual) parts.push(across(usual, "aex-typical"));
    if (here) parts.push(drawn("line", { x1: x(this.t), x2: x(this.t), y1: 8, y2: y(0), class: "aex-here" }));
    this.chart.replaceChildren(...parts);
  }

  explain() {
    const { name } = this.state.subject.training;
    const usual = this.state.model.usual?.all;
    /** @param {number[]} values */
    const highest = (values) => `${shown(Math.max(...values))} at most`;
    const parts = [element("span", { class: "aex-key aex-distance" }, "━"), ` squared pixel distance to the nearest ${name} (${highest(this.distances)})`];
    if (this.errors.length) parts.push("; ", element("span", { class: "aex-key aex-error" }, "┅"), ` squared error when the model reconstructs the picture (${highest(this.errors)})`);
    if (usual) parts.push("; ", element("span", { class: "aex-key" }, "┄"), ` the model's reconstructions' median distance (${shown(usual)})`);
    this.note.replaceChildren(...parts, ".");
    this.chart.setAttribute("aria-label", this.note.textContent ?? "");
  }

  stop() {
    this.running?.abort();
  }
}
