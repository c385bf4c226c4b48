// @ts-check
// Between: from A to B along the straight line, the great circle or the geodesic of the decoder, with what happens to
// error and distance on the way.

import { niceTicks, tickText } from "../axis.js";
import { button, choice, drawn, element, freshId, shown, spare } from "../dom.js";
import { inPieces, messageOf } from "../engine.js";
import { lengthOf, MOST_UNITS } from "../geodesic.js";
import { squaredDistance } from "../neighbours.js";
import { along, greatCircle, straight } from "../paths.js";
import { NO_LABEL } from "../subject.js";
import { Strip } from "./strip.js";

/**
 * @import { State } from "../state.js"
 * @import { Survey } from "../survey.js"
 */

/** @typedef {"straight" | "circle" | "geodesic"} Way */

/** @type {[Way, string][]} */
const WAYS = [["straight", "straight line"], ["circle", "great circle"], ["geodesic", "geodesic"]];
const PICTURES = 11;
const PLACES = 41; // where error and distance are measured: every fourth place has a picture
const HEIGHT = 150; // of the chart without its texts, in pixels; it is as wide as the style sheet has it, below the pictures

export class BetweenView {
  /**
   * @param {State} state
   * @param {Survey} survey
   */
  constructor(state, survey) {
    this.state = state;
    this.survey = survey;
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
    /** @type {Way} */
    this.way = "straight";
    /** @type {Partial<Record<Way, number>>} how long each is in pixels, as far as it is known */
    this.lengths = {};
    /** @type {{ codes: Float32Array[], final: boolean } | null} the geodesic between these ends, as far as it is known */
    this.geodesic = null;
    this.strip = new Strip(state.subject, PICTURES, (share) => this.walkTo(share));
    const id = freshId();
    this.slider = element("input", {
      id, type: "range", min: 0, max: 1, step: 0.005, value: 0, "aria-valuetext": "at A",
      oninput: () => this.walkTo(Number(this.slider.value)),
    });
    this.ways = choice("Way", WAYS, (value) => this.staying(() => {
      this.way = /** @type {Way} */ (value);
      this.measure();
    }));
    this.chart = drawn("svg", { class: "aex-chart", role: "img", "aria-label": "error and distance on the way, not yet measured" });
    this.lengthsNote = element("p", { class: "aex-note aex-lengths" });
    this.key = element("p", { class: "aex-note aex-key" });
    this.problem = element("p", { class: "aex-problem", role: "alert", hidden: true });
    this.root = element(
      "div", { class: "aex-between" },
      element(
        "div", { class: "aex-row" },
        button(["Set A", spare(" to this point")], () => this.setEnd(0)),
        button(["Set B", spare(" to this point")], () => this.setEnd(1)),
        button("Two random images", () => this.randomEnds()),
        this.ways.root,
      ),
      this.strip.root,
      element("div", { class: "aex-walk-slider" }, element("label", { for: id }, "A"), this.slider, element("span", { "aria-hidden": "true" }, "B")),
      this.problem, this.key, this.chart, this.lengthsNote,
    );
    state.on("model", () => {
      this.offerWays();
      if (this.started) this.takeImages();
    });
    state.on("code", () => {
      if (this.open) this.drawChart();
    });
    this.offerWays();
  }

  /** The geodesic only where it can be found, and why not where it cannot. */
  offerWays() {
    const { decoder, size } = this.state.model;
    const why = decoder ? (size > MOST_UNITS ? `only for codes of up to ${MOST_UNITS} units` : "") : "not where Python decodes";
    const [option] = [...this.ways.select.options].filter(({ value }) => value === "geodesic");
    option.disabled = Boolean(why);
    option.textContent = why ? `geodesic: ${why}` : "geodesic";
    if (why && this.way === "geodesic") this.way = "straight";
    this.ways.select.value = this.way;
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
    this.setEnds(Float32Array.from(z), model.codeOf(this.images[1]));
  }

  /**
   * @param {Float32Array} a
   * @param {Float32Array} b
   */
  setEnds(a, b) {
    this.ends = [a, b];
    this.lengths = {};
    this.geodesic = null;
  }

  /** A new model gives the two images new codes. */
  takeImages() {
    const { model } = this.state;
    this.setEnds(model.codeOf(this.images[0]), model.codeOf(this.images[1]));
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
    this.moveEndTo(end, Float32Array.from(this.state.z));
    this.goTo(end);
  }

  /**
   * From the map: an end in the hand, and the picture follows it.
   * @param {number} end
   * @param {Float32Array} code
   */
  moveEnd(end, code) {
    this.moveEndTo(end, code);
    this.walkTo(end);
  }

  /**
   * @param {number} end
   * @param {Float32Array} code
   */
  moveEndTo(end, code) {
    const [a, b] = this.ends;
    if (end) this.setEnds(a, code);
    else this.setEnds(code, b);
    this.measure();
  }

  /** @param {number} t */
  at(t) {
    return this.codeOn(this.way, t);
  }

  /**
   * @param {Way} way
   * @param {number} t
   */
  codeOn(way, t) {
    if (way === "circle") return greatCircle(...this.ends, t);
    return way === "geodesic" && this.geodesic ? along(this.geodesic.codes, t) : straight(...this.ends, t);
  }

  /** @param {Way} way */
  placesOn(way) {
    return Array.from({ length: PLACES }, (_, i) => this.codeOn(way, i / (PLACES - 1)));
  }

  onTheWay() {
    const { z } = this.state;
    return z.length === this.ends[0].length && this.at(this.t).every((value, j) => Math.abs(value - z[j]) <= 1e-4 * (1 + Math.abs(value)));
  }

  /**
   * Who was on the old way is on the new one.
   * @param {() => void} change
   */
  staying(change) {
    const onTheWay = this.onTheWay();
    change();
    if (onTheWay && !this.onTheWay()) this.walkTo(this.t);
  }

  /** @param {number} t */
  walkTo(t) {
    this.goTo(t);
    this.state.setCode(this.at(t), null, `${Math.round(100 * t)} % from A to B`);
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
    this.distances = [];
    this.errors = [];
    this.chart.dataset.ready = "false";
    this.problem.hidden = true;
    this.showOnMap();
    try {
      if (this.way === "geodesic") await this.findGeodesic(signal);
      const decoded = await this.drawPictures(signal);
      await inPieces(PLACES, (i) => (this.distances[i] = subject.training.neighbours.nearest(decoded[i]).distance), signal);
      if (model.engine.local) await inPieces(PLACES, (i) => (this.errors[i] = this.error(decoded[i])), signal);
      if (signal.aborted) return;
      this.drawChart();
      this.chart.dataset.ready = "true";
      this.explain();
      await this.measureLengths(signal);
    } catch (error) {
      this.problem.textContent = messageOf(error);
      this.problem.hidden = false;
    }
  }

  showOnMap() {
    this.state.walk = { codes: this.placesOn(this.way), moveEnd: (end, code) => this.moveEnd(end, code) };
    this.state.change("ends");
  }

  /**
   * Into the row of pictures; returns all that are decoded on the way.
   * @param {AbortSignal} signal
   */
  drawPictures(signal) {
    const every = (PLACES - 1) / (PICTURES - 1);
    return this.decode(this.way, signal, (i, picture) => {
      if (i % every) return;
      this.strip.draw(i / every, picture);
      this.strip.label(i / every, `${Math.round((100 * i) / (PLACES - 1))} percent of the way from A to B`);
    });
  }

  /**
   * The pictures along a way, and how long it is.
   * @param {Way} way
   * @param {AbortSignal} signal
   * @param {(i: number, picture: Float32Array) => void} progress
   */
  async decode(way, signal, progress = () => {}) {
    /** @type {Float32Array[]} */
    const decoded = [];
    await this.state.model.engine.decodeMany(this.placesOn(way), (i, picture) => {
      decoded[i] = picture;
      progress(i, picture);
    }, signal);
    if (signal.aborted) return decoded;
    this.lengths[way] = lengthOf(decoded);
    this.showLengths();
    return decoded;
  }

  /**
   * Of the ways that need not be sought.
   * @param {AbortSignal} signal
   */
  async measureLengths(signal) {
    for (const way of /** @type {const} */ (["straight", "circle"])) {
      if (!signal.aborted && this.lengths[way] === undefined) await this.decode(way, signal);
    }
  }

  /**
   * From the shorter of the other ways on; each that is shorter still is shown.
   * @param {AbortSignal} signal
   */
  async findGeodesic(signal) {
    if (this.geodesic?.final) return;
    await this.measureLengths(signal);
    if (signal.aborted) return;
    const { modelIndex, model } = this.state;
    const { straight: line = 0, circle = Infinity } = this.lengths;
    let drawing = false;
    /** @param {Float32Array[]} codes */
    const take = async (codes) => {
      this.staying(() => (this.geodesic = { codes, final: false }));
      this.showOnMap();
      if (drawing) return;
      drawing = true;
      await this.drawPictures(signal);
      drawing = false;
    };
    const start = this.placesOn(circle < line ? "circle" : "straight");
    take(start);
    await this.survey.measure({ quantity: "geodesic", model: modelIndex, codes: start }, (_, flat) => {
      take(start.map((_, i) => flat.slice(i * model.size, (i + 1) * model.size)));
    }, signal);
    if (this.geodesic && !signal.aborted) this.geodesic.final = true;
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
    this.strip.mark(here ? Math.round(this.t * (PICTURES - 1)) : -1);
    if (this.distances.length !== PLACES) return;
    const usual = this.state.model.usual?.all;
    const marks = niceTicks(0, 1.05 * Math.max(...this.distances, ...this.errors, usual ?? 0), 4);
    const top = marks[marks.length - 1] + (marks[1] - marks[0]);
    /** @param {number} t */
    const x = (t) => `${100 * t}%`;
    /** @param {number} value */
    const y = (value) => 8 + HEIGHT * (1 - value / top);
    /**
     * @param {number[]} values
     * @param {string} kind
     */
    const line = (values, kind) => drawn("polyline", { class: `aex-line ${kind}`, points: values.map((value, i) => `${i},${y(value).toFixed(1)}`).join(" ") });
    /**
     * @param {number} value
     * @param {string} kind
     */
    const across = (value, kind) => drawn("line", { x1: x(0), x2: x(1), y1: y(value), y2: y(value), class: kind });
    /**
     * @param {string} words
     * @param {number | string} left
     * @param {number} base
     * @param {string} anchor
     */
    const text = (words, left, base, anchor, more = {}) => drawn("text", { x: left, y: base, "text-anchor": anchor, ...more }, words);
    const curves = drawn("svg", { viewBox: `0 0 ${PLACES - 1} ${HEIGHT + 8}`, preserveAspectRatio: "none", height: HEIGHT + 8 }, line(this.distances, "aex-distance"));
    if (this.errors.length) curves.append(line(this.errors, "aex-error"));
    /** @type {SVGElement[]} */
    const parts = [
      ...marks.map((value) => across(value, value ? "aex-grid" : "aex-axis")),
      ...marks.map((value) => text(tickText(value), -6, y(value) + 4, "end")),
      ...[0, 0.25, 0.5, 0.75, 1].map((t) => text(String(t), x(t), HEIGHT + 24, "middle")),
      text("share of the way from A to B", x(0.5), HEIGHT + 40, "middle"),
      text("squared distance", 0, 0, "middle", { transform: `translate(-35 ${8 + HEIGHT / 2}) rotate(-90)` }),
      curves,
    ];
    if (usual) parts.push(across(usual, "aex-typical"));
    if (here) parts.push(drawn("line", { x1: x(this.t), x2: x(this.t), y1: 8, y2: y(0), class: "aex-here" }));
    this.chart.replaceChildren(...parts);
  }

  showLengths() {
    const known = WAYS.flatMap(([way, name]) => {
      const length = this.lengths[way];
      const sought = way === "geodesic" && !this.geodesic?.final ? " (being sought)" : "";
      return length === undefined ? [] : [" · ", element("span", { "data-way": way }, `${name} ${shown(length)}${sought}`)];
    });
    const found = this.way === "geodesic" ? ". The geodesic is the shortest way near the one that it was sought from; there may be a shorter one elsewhere, and it need not keep to the images." : ".";
    this.lengthsNote.replaceChildren("Length in pixel distance: ", ...known.slice(1), found);
  }

  explain() {
    const { name } = this.state.subject.training;
    const usual = this.state.model.usual?.all;
    /** @param {number[]} values */
    const highest = (values) => `${shown(Math.max(...values))} at most`;
    /** @type {[kind: string, name: string, told: string][]} */
    const lines = [["aex-distance", `to the nearest ${name}`, `squared pixel distance to the nearest ${name} (${highest(this.distances)})`]];
    if (this.errors.length) lines.push(["aex-error", "error when reconstructed again", `squared error when the model reconstructs the picture (${highest(this.errors)})`]);
    if (usual) lines.push(["aex-typical", "usual for reconstructions", `the model's reconstructions' median distance (${shown(usual)})`]);
    this.key.replaceChildren(...lines.map(([kind, words, told]) => {
      const sample = drawn("svg", { width: 30, height: 8, "aria-hidden": "true" }, drawn("line", { class: `aex-line ${kind}`, x1: 0, x2: 30, y1: 4, y2: 4 }));
      return element("span", { title: told }, sample, words);
    }));
    this.chart.setAttribute("aria-label", `${lines.map(([, , told]) => told).join("; ")}.`);
  }

  stop() {
    this.running?.abort();
  }
}
