// Between: from A to B along the straight line or the great circle, with what happens to error and distance on the way.

import { button, choice, drawn, element, freshId, shown } from "./dom.js";
import { inPieces } from "./engine.js";
import { squaredDistance } from "./neighbours.js";
import { greatCircle, straight } from "./paths.js";
import { Picture } from "./pictures.js";

const PICTURES = 11;
const PLACES = 41; // where error and distance are measured: every fourth place has a picture
const WIDTH = 480;
const HEIGHT = 130;

export class BetweenView {
  constructor(state) {
    this.state = state;
    this.t = 0;
    this.way = straight;
    const { height, width } = state.subject;
    this.pictures = Array.from({ length: PICTURES }, () => new Picture(height, width, "decoded picture"));
    const id = freshId();
    this.slider = element("input", {
      id, type: "range", min: 0, max: 1, step: 0.005, value: 0, "aria-valuetext": "at A",
      oninput: () => this.walkTo(Number(this.slider.value)),
    });
    this.way_ = choice("Way", [["straight", "straight line"], ["circle", "great circle"]], (value) => {
      this.way = value === "circle" ? greatCircle : straight;
      this.measure();
    });
    this.chart = drawn("svg", { class: "aex-chart", viewBox: `0 0 ${WIDTH + 56} ${HEIGHT + 40}`, role: "img" });
    this.note = element("p", { class: "aex-note" });
    this.root = element(
      "div", {},
      element(
        "div", { class: "aex-row" },
        button("A is here", () => this.setEnd(0)),
        button("B is here", () => this.setEnd(1)),
        button("Two random images", () => this.randomEnds()),
        this.way_.root,
      ),
      element("div", { class: "aex-strip" }, ...this.pictures.map((picture) => picture.canvas)),
      element("div", { class: "aex-row aex-walk-row" }, element("label", { for: id }, "A"), this.slider, element("span", { "aria-hidden": "true" }, "B")),
      this.chart, this.note,
    );
    state.on("model", () => this.ends && this.startAgain());
  }

  show() {
    this.open = true;
    if (!this.ends) this.startAgain();
    else this.measure();
  }

  hide() {
    this.open = false;
    this.stop();
    this.state.walk = null;
    this.state.change("ends");
  }

  // The images that stand for A and B, or codes; a new model gives the images new codes.
  startAgain() {
    this.images ??= this.differentImages();
    const { codes, size } = this.state.model;
    this.ends = this.images.map((index) => Float32Array.from(codes.subarray(index * size, (index + 1) * size)));
    this.measure();
  }

  // Two images of different classes, the same at every start.
  differentImages() {
    const { labels, count } = this.state.subject.points;
    const second = labels ? labels.findIndex((label) => label !== labels[0]) : 1;
    return [0, Math.min(count - 1, Math.max(0, second))];
  }

  randomEnds() {
    const { count } = this.state.subject.points;
    this.images = [0, 1].map(() => Math.floor(Math.random() * count));
    this.startAgain();
  }

  setEnd(end) {
    this.ends[end] = Float32Array.from(this.state.z);
    if (this.state.original?.kind === "image") this.images[end] = this.state.original.index;
    this.measure();
  }

  at(t) {
    return this.way(...this.ends, t);
  }

  walkTo(t) {
    this.t = t;
    this.slider.setAttribute("aria-valuetext", t === 0 ? "at A" : t === 1 ? "at B" : `${Math.round(100 * t)} percent of the way`);
    this.state.setCode(this.at(t));
    this.drawChart();
  }

  // Decodes the way, then measures it; both in pieces. A new way stops the old one.
  async measure() {
    if (!this.open) return;
    this.stop();
    const { signal } = (this.running = new AbortController());
    const { model, subject } = this.state;
    const codes = Array.from({ length: PLACES }, (_, i) => this.at(i / (PLACES - 1)));
    this.state.walk = { codes };
    this.state.change("ends");
    this.distances = [];
    this.errors = [];
    this.chart.dataset.ready = "false";
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
      this.note.textContent = error.message;
      return;
    }
    if (signal.aborted) return;
    this.drawChart();
    this.chart.dataset.ready = "true";
    this.explain();
  }

  // What the model makes of its own picture: far from its images it does not find its way back.
  error(picture) {
    const { engine } = this.state.model;
    let result = NaN;
    engine.encode(picture, (code) => engine.decode(code, (again) => (result = squaredDistance(picture, again))));
    return result;
  }

  drawChart() {
    if (this.distances?.length !== PLACES) return;
    const top = 1.15 * Math.max(...this.distances, ...this.errors, this.state.subject.training.typical ?? 0);
    const x = (i) => 50 + (i / (PLACES - 1)) * WIDTH;
    const y = (value) => 8 + HEIGHT * (1 - value / top);
    const line = (values, kind) => drawn("polyline", { class: `aex-line ${kind}`, points: values.map((value, i) => `${x(i).toFixed(1)},${y(value).toFixed(1)}`).join(" ") });
    const text = (words, at, more = {}) => drawn("text", { x: at[0], y: at[1], ...more }, words);
    const parts = [
      drawn("line", { x1: x(0), x2: x(PLACES - 1), y1: y(0), y2: y(0), class: "aex-axis" }),
      text("0", [44, y(0) + 4], { "text-anchor": "end" }),
      text(shown(top), [44, y(top) + 6], { "text-anchor": "end" }),
      text("A", [x(0), HEIGHT + 24], { "text-anchor": "middle" }),
      text("B", [x(PLACES - 1), HEIGHT + 24], { "text-anchor": "middle" }),
      line(this.distances, "aex-distance"),
      drawn("line", { x1: x(this.t * (PLACES - 1)), x2: x(this.t * (PLACES - 1)), y1: 8, y2: y(0), class: "aex-here" }),
    ];
    if (this.errors.length) parts.push(line(this.errors, "aex-error"));
    const { typical } = this.state.subject.training;
    if (typical) parts.push(drawn("line", { x1: x(0), x2: x(PLACES - 1), y1: y(typical), y2: y(typical), class: "aex-typical" }));
    this.chart.replaceChildren(...parts);
  }

  explain() {
    const { typical, name } = this.state.subject.training;
    const highest = (values) => `${shown(Math.max(...values))} at most`;
    const parts = [element("span", { class: "aex-key aex-distance" }, "━"), ` squared pixel distance to the nearest ${name} (${highest(this.distances)})`];
    if (this.errors.length) parts.push("; ", element("span", { class: "aex-key aex-error" }, "┅"), ` squared error when the model reconstructs the picture (${highest(this.errors)})`);
    if (typical) parts.push("; ", element("span", { class: "aex-key" }, "┄"), ` a real image's median distance to its nearest ${name} (${shown(typical)})`);
    this.note.replaceChildren(...parts, ".");
    this.chart.setAttribute("aria-label", this.note.textContent);
  }

  stop() {
    this.running?.abort();
  }
}
