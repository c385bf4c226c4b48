// @ts-check
// The map and pad: the codes of the images; where the hand is, there the code is.

import { niceTicks, tickText } from "../axis.js";
import { contour, density, heightsAt, levels, priorRadius, SHARES } from "../density.js";
import { button, choice, drawn, element, freshId, tick } from "../dom.js";
import { Field, MEASURED } from "../field.js";
import { eased, even, Glide, GLIDE, lessMotion, seenIn } from "../glide.js";
import { Legend } from "../legend.js";
import { Manifold } from "../manifold.js";
import { Frame, principalPlane, unitPlane } from "../plane.js";
import { Picture } from "../pictures.js";
import { drawPoints, NO_SIGN, roomOf, signs, signSprite, THUMBNAIL, thumbnail, withRoom } from "../points.js";
import { NO_LABEL, pictureAt } from "../subject.js";
import { isDark } from "../theme.js";
import { PERIOD } from "./film.js";

/**
 * @import { Pair, Plane } from "../plane.js"
 * @import { Place } from "../place.js"
 * @import { State } from "../state.js"
 * @import { Quantity, Survey } from "../survey.js"
 */

/** @typedef {"nothing" | "manifold" | Quantity} Under what lies under the points */

const NEAR = 14; // how close, in CSS pixels, the pointer must be to an image
const END = 10; // the same for an end of the walk, or the head of the arrow
const FINGER = 22; // and for a finger
const TWICE = 400; // milliseconds within which two taps are one gesture
/** @type {Pair[]} where on its contour each share is written, right and down: they are not to lie on one another */
const TOWARDS = [[0, -1], [1, 0], [0, 1]];
/** @type {Record<string, Pair>} */
const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
/** @type {[Under, string][]} */
const UNDER = [
  ["nothing", "none"],
  ["manifold", "decoded pictures"],
  ...Object.entries(MEASURED).map(([quantity, { name }]) => /** @type {[Under, string]} */ ([/** @type {Under} */ (quantity), name])),
];
const MAP_HELP =
  "Map of the codes. Arrow keys move the point, with Shift ten times as far; Enter jumps to the nearest image; " +
  "plus and minus zoom, 0 shows everything. Drag with Shift to move the map; double-click an image to take its code.";
const MOUSE_HELP =
  "Drag to move the point · double-click an image to take its code · arrow keys · +\u00a0−\u00a0or\u00a0Ctrl\u00a0+\u00a0wheel to zoom · " +
  "Shift\u00a0+\u00a0drag to shift the map";
const TOUCH_HELP =
  "Drag to move the point · tap an image twice to take its code · two fingers zoom and shift the map · to scroll the page, " +
  "begin beside the map";

export class MapView {
  /**
   * @param {State} state
   * @param {Survey} survey
   * @param {AbortSignal} signal
   */
  constructor(state, survey, signal) {
    const { subject } = state;
    this.state = state;
    const quick = subject.models.every((model) => model.decoder); // asking the kernel for hundreds of pictures is not
    this.layers = { points: true, under: /** @type {Under} */ (quick ? "manifold" : "nothing"), arrows: false, ellipses: false, contours: "none" };
    this.frame = new Frame(400);
    this.glide = new Glide(() => this.drawGlide());
    this.manifold = new Manifold(subject);
    this.field = new Field(state, survey, { sheet: () => this.drawUnder(), overlay: () => this.drawOverlay() });
    /** @type {Pair} the two code units that were chosen for a map of units */
    this.chosen = [0, 1];
    /** @type {Record<string, HTMLInputElement | HTMLSelectElement>} of each layer: a box to tick, or a choice whose first option is none */
    this.controls = {};
    /** @type {{ paths: { d: string, at: number[] }[], whole: Frame } | null} contours of the density, and where their shares are written */
    this.spread = null;
    /** @type {Float32Array | null} the code without what it has in the plane */
    this.offPlane = null;
    this.marks = signs(subject.classes);
    /** @type {number[]} images that have room for a sign, in the frame where they belong */
    this.signed = [];
    this.original = state.original; // whose posterior is drawn in front
    this.hovered = -1;
    this.shown = state.model;
    this.followed = state.model; // the one whose code was last followed
    /** @type {Pair} where the cursor is on the screen, and where it was when another model came */
    this.cursorAt = [0, 0];
    this.cursorFrom = this.cursorAt;
    this.later = 0; // a timer
    this.moving = 0; // a frame that was asked for
    /** @type {Map<number, Pair>} what is down on the map: the pointer's id -> its place */
    this.fingers = new Map();
    /** @type {"code" | "end" | "head" | "map" | "pinch" | null} what the hand moves */
    this.dragging = null;
    /** @type {Pair} where the hand was */
    this.before = [0, 0];
    this.tapped = { time: 0, place: this.before }; // where a finger was last lifted
    this.end = -1; // of the walk, in the hand: 0 for A, 1 for B

    this.manifoldCanvas = element("canvas", { class: "aex-layer aex-manifold", "aria-hidden": "true" });
    this.pointsCanvas = element("canvas", { class: "aex-layer", "aria-hidden": "true" });
    this.below = drawn("svg", { class: "aex-below", "aria-hidden": "true" }); // the points
    this.overlay = drawn("svg", { class: "aex-layer aex-overlay", "aria-hidden": "true" });
    this.invitation = element("span", { class: "aex-invitation" }, "drag me"); // until the point has moved, in whatever way
    this.began = state.z;
    this.cursor = element("div", { class: "aex-cursor", "aria-hidden": "true" }, this.invitation);
    this.ring = element("div", { class: "aex-ring", "aria-hidden": "true", hidden: true });
    this.seen = new Picture(subject, "image under the pointer");
    this.seenText = element("span");
    this.tip = element("div", { class: "aex-tip", "aria-hidden": "true", hidden: true }, this.seen.canvas, this.seenText);
    this.message = element("p", { class: "aex-map-message", role: "status", hidden: true });
    this.pad = element(
      "div",
      { class: "aex-pad", tabindex: "0", role: "application", "aria-roledescription": "map", "aria-label": MAP_HELP },
      this.manifoldCanvas, this.below, this.pointsCanvas, this.overlay, this.ring, this.cursor, this.tip, this.message,
    );
    this.legend = new Legend(subject.points.labels, subject.classes, () => this.draw());
    this.axes = element("span", { class: "aex-axes" });
    this.zoomOut = button("−", () => this.zoom(1 / 1.5), { "aria-label": "Zoom out" });
    this.zoomIn = button("+", () => this.zoom(1.5), { "aria-label": "Zoom in" });
    this.help = element("div", { class: "aex-note aex-help", id: freshId(), hidden: true }, element("p", { class: "aex-for-mouse" }, MOUSE_HELP), element("p", { class: "aex-for-touch" }, TOUCH_HELP));
    this.helper = button("?", () => this.showHelp(), { "aria-label": "How to use the map", "aria-expanded": "false", "aria-controls": this.help.id });
    this.choices = element("details", { class: "aex-layers", open: true }, element("summary", {}, "Layers"), element("div", { class: "aex-row" }, ...this.layerChoices()));
    this.beside = true; // whether there is a second column
    this.buttons = this.zoomButtons();
    this.fieldNote = element("p", { class: "aex-note", role: "status" });
    this.contourNote = element("p", { class: "aex-note aex-contour-note", role: "status" });
    this.root = element(
      "div", { class: "aex-map" },
      element("div", { class: "aex-row aex-head" }, this.axes, this.field.scale, this.buttons),
      element("div", { class: "aex-pad-frame" }, this.help, this.pad),
      this.legend.root,
      this.choices,
      this.field.said, this.fieldNote, this.contourNote,
      element("p", { class: "aex-note" }, subject.points.note),
    );

    this.plane = this.firstPlane();
    this.labels = this.plane.names;
    /** @type {ReturnType<Plane["project"]>} */
    this.projected = { us: new Float32Array(), vs: new Float32Array() };
    this.choosePlane(this.plane);
    this.listen(signal);
    state.on("model", () => this.showModel());
    state.on("code", () => this.followCode());
    state.on("ends", () => this.drawOverlay());
    this.root.addEventListener("change", () => state.change("place"), { signal });
    const observer = new ResizeObserver(() => this.resize());
    observer.observe(this.pad);
    signal.addEventListener("abort", () => {
      observer.disconnect();
      this.glide.stop();
      this.manifold.forget();
      this.field.forget();
      clearTimeout(this.later);
    });
  }

  zoomButtons() {
    return element("span", { class: "aex-buttons" }, this.zoomOut, this.zoomIn, button("Fit", () => this.showAll(), { "aria-label": "Fit: show the whole map" }), this.helper);
  }

  /** It lies over the map, until the hand goes there. */
  showHelp(on = this.help.hidden) {
    this.help.hidden = !on;
    this.helper.setAttribute("aria-expanded", String(on));
  }

  layerChoices() {
    const contours = choice("Contours", [["none", "none"], ["density", "where the codes are"], ["prior", "prior N(0, I)"]], (value) => {
      this.layers.contours = value;
      this.drawOverlay();
    });
    const under = choice("Background", UNDER, (value) => {
      this.layers.under = /** @type {Under} */ (value);
      this.manifold.forget();
      this.field.hide();
      this.drawOverlay(); // what it says of the background
      this.computeUnder();
    });
    under.select.value = this.layers.under;
    under.root.classList.add("aex-under");
    const arrows = tick("Arrows", false, (on) => {
      this.layers.arrows = on;
      if (on) this.field.computeArrows(this.frame.copy(), this.plane);
      else this.drawOverlay();
    });
    const ellipses = tick("Posteriors", false, (on) => {
      this.layers.ellipses = on;
      if (on) this.field.computeEllipses();
      this.drawOverlay();
    });
    ellipses.root.hidden = !this.state.subject.models.some((model) => model.variational);
    const points = tick("Points", true, (on) => {
      this.layers.points = on;
      this.draw();
    });
    this.controls = { points: points.box, under: under.select, arrows: arrows.box, ellipses: ellipses.box, contours: contours.select };
    return [under.root, points.root, arrows.root, ellipses.root, contours.root];
  }

  // ---- what is shown

  /** The plane that Python found: of the widest principal axes, or of the code's own first units. */
  firstPlane() {
    const { principal } = this.state.model;
    return principal ? principalPlane(principal) : this.unitsPlane();
  }

  unitsPlane() {
    return unitPlane(this.state.model, ...this.units);
  }

  /**
   * The units that were chosen, where this model has them.
   * @returns {Pair}
   */
  get units() {
    return this.chosen.every((unit) => unit < this.state.model.size) ? this.chosen : [0, 1];
  }

  /** Another model: its points glide from where those of the last one were. In a film nothing else moves. */
  showModel() {
    const { model, playing, subject: { film } } = this.state;
    if (this.shown === model) return;
    this.shown = model;
    const [places, frame, { second }] = [this.glide.places ?? this.projected, this.frame.copy(), this.plane];
    this.cursorFrom = this.cursorAt;
    this.hover(-1);
    if (film) this.choosePlane(this.plane.principal ? this.firstPlane() : this.unitsPlane(), true);
    else this.choosePlane(this.firstPlane());
    if (!second || !this.plane.second || !this.layers.points || lessMotion()) return;
    this.glide.start(seenIn(places, frame, this.frame), this.projected, playing ? PERIOD : GLIDE, playing ? even : eased);
    this.drawPlaces();
  }

  /**
   * @param {Plane} plane
   * @param {boolean} stays whether it is the one that was there, of another checkpoint
   */
  choosePlane(plane, stays = false) {
    const { model } = this.state;
    this.glide.stop();
    this.plane = plane;
    this.projected = plane.project(model.codes);
    this.labels = plane.labels(this.projected, model);
    this.spread = null;
    this.offPlane = null;
    if (!stays) this.manifold.forget(); // else the last checkpoint's is there until the next one's is
    this.field.forget();
    if (!stays) this.buildAxes();
    this.message.hidden = !model.constant;
    this.message.textContent = model.constant ?? "";
    if (stays) this.frameChanged();
    else this.showAll();
    if (this.layers.ellipses) this.field.computeEllipses();
  }

  buildAxes() {
    const { size, principal } = this.state.model;
    this.axes.replaceChildren();
    if (size <= 2) return;
    const ofPrincipal = this.plane.principal;
    /** @type {[string, string][]} */
    const options = principal ? [["principal", "principal axes"], ["units", "two units"]] : [["units", "two units"]];
    const kind = choice("Map of", options, (value) => {
      this.choosePlane(value === "principal" ? this.firstPlane() : this.unitsPlane());
      this.axes.querySelector("select")?.focus();
    });
    kind.select.value = ofPrincipal ? "principal" : "units";
    this.axes.append(kind.root);
    if (ofPrincipal) return;
    /** @type {[string, string][]} */
    const names = Array.from({ length: size }, (_, j) => [String(j), String(j + 1)]);
    this.units.forEach((unit, place) => {
      const pick = choice(place ? "↑" : "→", names, (value) => {
        const [i, j] = this.units;
        this.chosen = place ? [i, Number(value)] : [Number(value), j];
        if (this.chosen[0] === this.chosen[1]) this.chosen = [j, i]; // the same unit twice is no plane: swap
        this.choosePlane(this.unitsPlane());
        this.axes.querySelectorAll("select")[place + 1].focus();
      });
      pick.select.value = String(unit);
      pick.select.setAttribute("aria-label", place ? "upward axis" : "rightward axis");
      this.axes.append(pick.root);
    });
  }

  showAll() {
    this.frame.fit(this.plane.reach);
    this.frameChanged();
  }

  /**
   * @param {number} factor
   * @param {Pair} at what stays where it is
   */
  zoom(factor, at = this.plane.coordinates(this.state.z)) {
    this.frame.zoom(factor, at);
    this.frameChanged();
  }

  resize() {
    const beside = this.root.offsetWidth < (this.root.parentElement?.offsetWidth ?? 0);
    if (beside !== this.beside) this.choices.open = this.beside = beside; // in one column what is below matters more
    const size = this.pad.clientWidth;
    if (!size || size === this.frame.size) return;
    this.frame.size = size;
    this.frameChanged();
  }

  frameChanged() {
    this.state.change("place");
    this.zoomOut.setAttribute("aria-disabled", String(!this.frame.zooms.out)); // and keeps the focus
    this.zoomIn.setAttribute("aria-disabled", String(!this.frame.zooms.in));
    this.draw();
    this.placeCursor();
    this.computeUnder(120);
  }

  draw() {
    for (const canvas of [this.manifoldCanvas, this.pointsCanvas]) {
      const wanted = Math.round(this.frame.size * pixelRatio());
      if (canvas.width !== wanted) canvas.width = canvas.height = wanted;
    }
    this.pointsCanvas.hidden = !this.layers.points;
    this.legend.paint(isDark() || this.layers.under === "manifold"); // pictures are dimmed under the points
    this.signed = this.findRoom();
    this.drawPlaces();
    this.drawUnder();
    this.drawOverlay();
  }

  /** The images that are drawn with their class's sign or, where there are no classes, as their pictures. */
  findRoom() {
    const { classes, points: { labels, pictures, count } } = this.state.subject;
    const { only, many } = this.legend;
    if (labels && many && !only.size && this.marks !== classes) return []; // numbers that nobody knows
    if (!labels) return withRoom(this.frame, this.projected, THUMBNAIL, (i) => pictureAt(i, { pictures, count }) >= 0);
    return withRoom(this.frame, this.projected, roomOf(this.marks), (i) => !only.size || only.has(labels[i]));
  }

  /**
   * @param {number} i an image
   * @param {number} ratio canvas pixels in a CSS pixel
   */
  sign(i, ratio) {
    const { subject } = this.state;
    const label = subject.points.labels?.[i];
    const { legend } = this;
    if (label !== undefined) return signSprite(label === NO_LABEL ? NO_SIGN : this.marks[label], legend.colourOf(label), legend.rim, ratio);
    const start = pictureAt(i, subject.points) * subject.pixels;
    return thumbnail(String(i), subject.points.pixels.subarray(start, start + subject.pixels), subject, ratio);
  }

  /** The images alone, where they are or are just passing. */
  drawPlaces() {
    if (!this.layers.points) return;
    const { labels } = this.state.subject.points;
    const { legend, signed } = this;
    drawPoints(this.pointsCanvas, this.frame, this.glide.places ?? this.projected, {
      labels, signed, only: legend.only, rim: legend.rim,
      colourOf: (label) => legend.colourOf(label), sign: (i, ratio) => this.sign(i, ratio),
    }, pixelRatio());
  }

  drawGlide() {
    this.drawPlaces();
    this.placeCursor();
  }

  /** Whoever takes something in hand does not wait. */
  arrive() {
    if (!this.glide.places) return;
    this.glide.stop();
    this.drawGlide();
  }

  /** What lies under the points. */
  drawUnder() {
    const { under } = this.layers;
    this.manifoldCanvas.hidden = under === "nothing";
    if (under === "manifold") this.manifold.draw(this.manifoldCanvas, this.frame);
    else if (under !== "nothing") this.field.draw(this.manifoldCanvas, this.frame);
    this.pad.classList.toggle("aex-on-manifold", under === "manifold");
    this.pad.classList.toggle("aex-dimmed", under === "manifold" && this.layers.points);
    this.pad.classList.toggle("aex-on-field", under !== "manifold" && under !== "nothing");
  }

  /** Computes the layers that depend on the frame, when the hand rests. */
  computeUnder(wait = 0) {
    clearTimeout(this.later);
    const { under, arrows } = this.layers;
    if (under === "nothing") this.draw();
    if (under === "nothing" && !arrows) return;
    this.later = setTimeout(() => {
      const { z, model } = this.state;
      if (arrows) this.field.computeArrows(this.frame.copy(), this.plane);
      if (under === "manifold") {
        this.manifold.compute(this.frame, this.plane, z, model.engine, () => {
          this.draw();
          this.pad.dataset.manifold = String((Number(this.pad.dataset.manifold) || 0) + 1);
        });
      } else if (under !== "nothing") this.field.compute(under, this.frame, this.plane);
    }, wait);
  }

  drawOverlay() {
    const { size } = this.frame;
    this.overlay.setAttribute("viewBox", `0 0 ${size} ${size}`);
    const inside = drawn("svg", { width: size, height: size, class: "aex-inside" }, ...this.posteriors(), ...this.contours(), ...this.walk(), ...this.arrow());
    this.overlay.replaceChildren(...this.ticks(), inside);
    this.below.setAttribute("viewBox", `0 0 ${size} ${size}`);
    this.below.replaceChildren(...this.roundTrips());
    this.contourNote.textContent = this.contourText();
    this.fieldNote.textContent = this.fieldText();
  }

  ticks() {
    const { size, low, high } = this.frame;
    /** @type {SVGElement[]} */
    const labels = [];
    /**
     * @param {string} text
     * @param {number} x
     * @param {number} y
     * @param {string} anchor
     */
    const at = (text, x, y, anchor, more = {}) => labels.push(drawn("text", { x, y, "text-anchor": anchor, ...more }, text));
    for (const value of niceTicks(low[0], high[0])) at(tickText(value), this.frame.toScreen(value, 0)[0], size + 13, "middle");
    at(`${this.labels[0]} →`, size / 2, size + 27, "middle");
    if (!this.plane.second) return labels;
    for (const value of niceTicks(low[1], high[1])) at(tickText(value), -5, this.frame.toScreen(0, value)[1] + 4, "end");
    at(`${this.labels[1]} →`, 0, 0, "middle", { transform: `translate(-34 ${size / 2}) rotate(-90)` });
    return labels;
  }

  contours() {
    if (this.layers.contours === "prior" && this.plane.second) {
      const [u, v] = this.plane.coordinates(new Float32Array(this.state.model.size));
      const [x, y] = this.frame.toScreen(u, v);
      return SHARES.map((share) => {
        const [right, top] = this.frame.toScreen(u + priorRadius(share), v + priorRadius(share));
        return drawn("g", {}, drawn("ellipse", { cx: x, cy: y, rx: right - x, ry: y - top, class: "aex-contour" }), shareAt(share, x, top));
      });
    }
    if (this.layers.contours !== "density" || this.projected.us.length < 20) return [];
    const { paths, whole } = (this.spread ??= this.measureSpread());
    const [left, top] = this.frame.toScreen(whole.low[0], whole.high[1]);
    const [right, bottom] = this.frame.toScreen(whole.high[0], whole.low[1]);
    const place = `translate(${left} ${top}) scale(${(right - left) / whole.size} ${(bottom - top) / whole.size})`;
    return paths.map(({ d, at: [x, y] }, i) => drawn("g", {},
      drawn("path", { d, transform: place, class: "aex-contour", "vector-effect": "non-scaling-stroke" }),
      shareAt(SHARES[i], left + (x * (right - left)) / whole.size, top + (y * (bottom - top)) / whole.size)));
  }

  roundTrips() {
    return this.layers.arrows ? this.field.arrows(this.frame, this.plane) : [];
  }

  posteriors() {
    return this.layers.ellipses ? this.field.ellipses(this.frame, this.plane, this.legend) : [];
  }

  fieldText() {
    const { layers: { arrows, ellipses, under }, state: { model } } = this;
    const through = model.size > 2 && under !== "nothing" && under !== "error" ? "Background: in this plane, with the rest of the code as it is at the point." : "";
    const plane = model.size > 2 ? ", seen in this plane" : "";
    const trips = `Arrows: from z to where it comes back, encode(decode(z))${plane}; longer ones are cut to a step of their grid, dots stay. Where they meet lies an attractor.`;
    const known = "Ellipses: one standard deviation of the posterior q(z|x) of 40 images, or of those of them whose class is picked out, and in front that of the image that is looked at.";
    const unknown = `${model.name} has no posterior whose spread is known here, so there are no ellipses.`;
    const short = "The arrow of the arithmetic is hardly seen in this plane: the slider of t moves along it.";
    const ends = this.arrowEnds();
    return [through, arrows ? trips : "", ellipses ? (model.spread ? known : unknown) : "", ends && ends.length <= 2 * END ? short : ""].join(" ").trim();
  }

  /** Contours of the density of all images: made once for a plane, and moved with the map. */
  measureSpread() {
    const { us, vs } = this.projected;
    const whole = new Frame(400);
    whole.fit(this.plane.reach);
    const n = 72;
    const grid = density(us, vs, whole.low, whole.high, n);
    const cell = whole.size / n;
    const paths = levels(heightsAt(grid, n, us, vs, whole.low, whole.high)).map((level, i) => {
      const [right, down] = TOWARDS[i];
      const lines = contour(grid, n, level).map((ends) => ends.map((end, i) => (i % 2 ? whole.size - (end + 0.5) * cell : (end + 0.5) * cell)));
      const [x, y] = lines.reduce((best, line) => (line[0] * right + line[1] * down > best[0] * right + best[1] * down ? line : best), lines[0] ?? [0, 0]);
      return { d: lines.map((ends) => ends.map(round)).map(([x1, y1, x2, y2]) => `M${x1} ${y1}L${x2} ${y2}`).join(""), at: [x, y] };
    });
    return { paths, whole };
  }

  contourText() {
    const { contours } = this.layers;
    if (contours === "none") return "";
    if (!this.plane.second) return "A map of one unit has no contours.";
    const shares = `Lines: 50, 80, 95 % of the ${contours === "prior" ? "prior N(0, I)" : "images"}`;
    if (contours === "prior" && this.state.model.prior === false) return `${shares}, which this model was not trained with.`;
    if (contours === "prior" && this.state.model.prior === null) return `${shares}; whether this model was trained with it is not known: prior= says so.`;
    return contours === "density" && this.projected.us.length < 20 ? "Too few images for contours." : `${shares}.`;
  }

  /** The walk from A to B, while that view is open. */
  walk() {
    const { walk } = this.state;
    if (!walk) return [];
    const places = walk.codes.map((code) => this.frame.toScreen(...this.plane.coordinates(code)).map(round));
    const ends = ["A", "B"].map((name, end) => {
      const [x, y] = places[end * (places.length - 1)];
      return drawn("g", {}, drawn("circle", { cx: x, cy: y, r: END - 1, class: "aex-end" }), drawn("text", { x, y: y + 4, "text-anchor": "middle", class: "aex-end-name" }, name));
    });
    const lines = ["aex-walk-rim", "aex-walk"].map((name) => drawn("polyline", { points: places.join(" "), class: name }));
    return [...lines, ...ends];
  }

  /**
   * The arrow of the arithmetic, while that view is open: where its start and, for t = 1, its head are on the screen, and
   * where its head is now; where it goes nowhere, it is offered at t = 1.
   */
  arrowEnds() {
    const { arrow } = this.state;
    if (!arrow) return null;
    const [start, one] = [arrow.at(0), arrow.at(1)].map((code) => this.frame.toScreen(...this.plane.coordinates(code)));
    /**
     * @param {number} t
     * @returns {Pair}
     */
    const at = (t) => [start[0] + t * (one[0] - start[0]), start[1] + t * (one[1] - start[1])];
    return { at, t: arrow.t, reach: arrow.reach.map(at), head: at(arrow.t || 1), length: Math.hypot(one[0] - start[0], one[1] - start[1]) };
  }

  arrow() {
    const ends = this.arrowEnds();
    if (!ends || ends.length < 1) return [];
    const { at, t, reach: [[x1, y1], [x2, y2]], head, length } = ends;
    const [startX, startY] = at(0);
    const [dx, dy] = at(Math.sign(t || 1) / length).map((value, axis) => value - at(0)[axis]); // one pixel along it
    const barbs = [1, -1].map((side) => `${round(head[0] - 11 * dx - side * 6 * dy)},${round(head[1] - 11 * dy + side * 6 * dx)}`);
    return [
      drawn("line", { x1, y1, x2, y2, class: "aex-reach" }),
      drawn("line", { x1: startX, y1: startY, x2: head[0], y2: head[1], class: "aex-sum-rim" }),
      drawn("circle", { cx: startX, cy: startY, r: 4, class: "aex-end" }),
      drawn("g", { class: `aex-sum-arrow ${t ? "" : "aex-offered"}` },
        drawn("line", { x1: startX, y1: startY, x2: head[0] - 9 * dx, y2: head[1] - 9 * dy }),
        drawn("polygon", { points: `${round(head[0])},${round(head[1])} ${barbs.join(" ")}` })),
    ];
  }

  followCode() {
    if (this.state.z !== this.began) this.invitation.remove();
    const [u, v] = this.plane.coordinates(this.state.z);
    const { model, subject: { film } } = this.state;
    const stays = film && this.followed !== model; // another checkpoint leaves the map where it is
    this.followed = model;
    if (!this.dragging && !stays && this.frame.include(u, v)) this.frameChanged();
    this.placeCursor();
    const [before, rest] = [this.offPlane, this.plane.moved(this.state.z, 0, 0)];
    if (before && rest.some((value, j) => Math.abs(value - before[j]) > 1e-3)) this.computeUnder(100);
    this.offPlane = rest;
    if (this.layers.ellipses && this.original !== this.state.original) this.drawOverlay();
    this.original = this.state.original;
  }

  placeCursor() {
    const [x, y] = this.frame.toScreen(...this.plane.coordinates(this.state.z));
    const [{ part }, [fromX, fromY]] = [this.glide, this.cursorFrom];
    this.cursorAt = [fromX + part * (x - fromX), fromY + part * (y - fromY)];
    this.cursor.style.transform = `translate(${this.cursorAt[0]}px, ${this.cursorAt[1]}px)`;
    this.cursor.classList.toggle("aex-left", x > this.frame.size / 2);
  }

  // ---- the hand

  /** @param {AbortSignal} signal */
  listen(signal) {
    /**
     * @template {keyof HTMLElementEventMap} Name
     * @param {Name} name
     * @param {(event: HTMLElementEventMap[Name]) => void} f
     */
    const on = (name, f) => this.pad.addEventListener(name, f, { signal });
    on("pointerdown", (event) => {
      if (event.button !== 0) return;
      event.preventDefault();
      this.showHelp(false);
      this.pad.focus({ preventScroll: true });
      this.pad.setPointerCapture(event.pointerId);
      this.arrive();
      this.before = this.place(event);
      this.fingers.set(event.pointerId, this.before);
      if (this.fingers.size > 1) {
        this.dragging = "pinch";
        return;
      }
      const reach = event.pointerType === "touch" ? FINGER : END;
      this.end = this.endUnder(...this.before, reach);
      this.dragging = event.shiftKey ? "map" : this.end >= 0 ? "end" : this.headUnder(...this.before, reach) ? "head" : "code";
      if (this.dragging === "code") this.moveTo(...this.before);
      this.lookUnder(event, this.before);
    });
    on("pointermove", (event) => {
      const place = this.place(event);
      const inside = this.frame.inside(place); // a hand that leaves the map takes the point to its edge
      this.lookUnder(event, inside);
      if (this.dragging === "code") this.moveTo(...inside);
      else if (this.dragging === "end") this.moveEnd(...inside);
      else if (this.dragging === "head") this.moveHead(...inside);
      else if (this.dragging === "map") {
        const [a, b] = [this.frame.toPlane(...this.before), this.frame.toPlane(...place)];
        this.frame.pan(a[0] - b[0], a[1] - b[1]);
        this.before = place;
        this.frameMoves();
      } else if (this.dragging === "pinch" && this.fingers.size === 2) this.pinch(event.pointerId, place);
    });
    /** @param {PointerEvent} event */
    const release = (event) => {
      this.fingers.delete(event.pointerId);
      if (!this.fingers.size) this.dragging = null; // what is left of a pinch moves nothing
    };
    on("pointerup", release);
    on("pointercancel", release);
    on("lostpointercapture", release); // whatever else may end a drag
    on("pointerleave", () => this.hover(-1));
    on("dblclick", (event) => this.takeImage(this.place(event)));
    on("pointerup", (event) => {
      if (event.pointerType !== "touch") return; // of which not every browser makes double clicks
      const [place, [x, y]] = [this.place(event), this.tapped.place];
      const again = event.timeStamp - this.tapped.time < TWICE && Math.hypot(place[0] - x, place[1] - y) < 2 * NEAR;
      this.tapped = { time: again ? 0 : event.timeStamp, place };
      if (again) this.takeImage(place);
    });
    on("wheel", (event) => {
      if (!event.ctrlKey && !event.metaKey) return; // the page scrolls; with Ctrl, or pinched, the map zooms
      event.preventDefault();
      this.zoom(Math.exp(-event.deltaY / 200), this.frame.toPlane(...this.place(event)));
    });
    on("keydown", (event) => this.key(event));
    signal.addEventListener("abort", () => cancelAnimationFrame(this.moving));
  }

  /** While the hand moves the map: once per frame of the screen. */
  frameMoves() {
    this.moving ||= requestAnimationFrame(() => {
      this.moving = 0;
      this.frameChanged();
    });
  }

  /**
   * Two fingers: what was between them stays between them.
   * @param {number} finger the pointer's id of the one that moved
   * @param {Pair} place
   */
  pinch(finger, place) {
    const before = [...this.fingers.values()];
    this.fingers.set(finger, place);
    const after = [...this.fingers.values()];
    /** @param {Pair[]} fingers */
    const gap = ([a, b]) => Math.max(1, Math.hypot(a[0] - b[0], a[1] - b[1]));
    /** @param {Pair[]} fingers */
    const middle = ([a, b]) => this.frame.toPlane((a[0] + b[0]) / 2, (a[1] + b[1]) / 2);
    const [from, to] = [middle(before), middle(after)];
    this.frame.pan(from[0] - to[0], from[1] - to[1]);
    this.frame.zoom(gap(after) / gap(before), from);
    this.frameMoves();
  }

  /**
   * The code of the image at a place, if there is one.
   * @param {Pair} place
   */
  takeImage(place) {
    const index = this.nearest(...place, 2 * NEAR);
    if (index < 0) return;
    this.state.goToImage(index);
    this.hover(-1);
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const steps = STEPS[event.key];
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    this.arrive();
    if (steps) {
      const step = (event.shiftKey ? 10 : 1) / 100;
      const [u, v] = this.plane.coordinates(this.state.z);
      const [width, height] = [0, 1].map((axis) => this.frame.high[axis] - this.frame.low[axis]);
      this.state.setCode(this.plane.moved(this.state.z, u + steps[0] * step * width, v + steps[1] * step * height));
    } else if (event.key === "+" || event.key === "=") this.zoom(1.25);
    else if (event.key === "-") this.zoom(1 / 1.25);
    else if (event.key === "0") this.showAll();
    else if (event.key === "Escape") {
      if (!this.help.hidden) this.showHelp(false);
      else if (!this.legend.undo()) return;
      event.stopPropagation();
    } else if (event.key === "Enter") {
      const index = this.nearest(...this.frame.toScreen(...this.plane.coordinates(this.state.z)), Infinity);
      if (index >= 0) this.state.goToImage(index);
    } else return;
    this.hover(-1); // from now on the keys say where to look
    event.preventDefault();
  }

  /**
   * The image under the mouse, while it drags nothing; a finger hides what is under it.
   * @param {PointerEvent} event
   * @param {Pair} place
   */
  lookUnder({ pointerType }, place) {
    const hidden = pointerType === "touch" || this.glide.places || this.dragging || !this.layers.points;
    this.hover(hidden ? -1 : this.nearest(...place, NEAR));
  }

  /**
   * Where on the map the pointer is, in CSS pixels.
   * @param {MouseEvent} event
   * @returns {Pair}
   */
  place(event) {
    const box = this.pad.getBoundingClientRect();
    const scale = this.pad.clientWidth / (box.width - 2); // the border is no part of the map
    return [(event.clientX - box.left - 1) * scale, (event.clientY - box.top - 1) * scale];
  }

  /**
   * @param {number} x
   * @param {number} y
   */
  moveTo(x, y) {
    this.state.setCode(this.plane.moved(this.state.z, ...this.frame.toPlane(x, y)));
  }

  /**
   * Which end of the walk is under the hand: 0 for A, 1 for B, or -1.
   * @param {number} x
   * @param {number} y
   * @param {number} reach
   */
  endUnder(x, y, reach) {
    const { walk } = this.state;
    if (!walk) return -1;
    return [walk.codes[0], walk.codes[walk.codes.length - 1]].findIndex((code) => {
      const [endX, endY] = this.frame.toScreen(...this.plane.coordinates(code));
      return Math.hypot(endX - x, endY - y) <= reach;
    });
  }

  /**
   * Whether the arrow's head is under the hand. Where the arrow is hardly seen in this plane, it cannot be taken.
   * @param {number} x
   * @param {number} y
   * @param {number} reach
   */
  headUnder(x, y, reach) {
    const ends = this.arrowEnds();
    return ends !== null && ends.length > 2 * END && Math.hypot(ends.head[0] - x, ends.head[1] - y) <= reach;
  }

  /**
   * To the place on the arrow's line that is nearest to the hand.
   * @param {number} x
   * @param {number} y
   */
  moveHead(x, y) {
    const ends = this.arrowEnds();
    if (!ends) return;
    const [[startX, startY], [oneX, oneY]] = [ends.at(0), ends.at(1)];
    this.state.arrow?.moveTo(((x - startX) * (oneX - startX) + (y - startY) * (oneY - startY)) / ends.length ** 2);
  }

  /**
   * @param {number} x
   * @param {number} y
   */
  moveEnd(x, y) {
    const { walk } = this.state;
    if (!walk) return;
    const code = walk.codes[this.end * (walk.codes.length - 1)];
    walk.moveEnd(this.end, this.plane.moved(code, ...this.frame.toPlane(x, y)));
  }

  /** @param {number} index of an image; -1 for none */
  hover(index) {
    if (index === this.hovered) return;
    this.hovered = index;
    this.ring.hidden = this.tip.hidden = index < 0;
    if (index < 0) return;
    const [x, y] = this.frame.toScreen(this.projected.us[index], this.projected.vs[index]);
    this.ring.style.transform = `translate(${x}px, ${y}px)`;
    const { pixels, text } = this.state.imageAt(index);
    this.seen.canvas.hidden = !pixels;
    if (pixels) this.seen.draw(pixels);
    this.seenText.textContent = text;
    const [left, up] = [x > this.frame.size / 2, y > this.frame.size / 2]; // towards the map's middle
    this.tip.style.transform = `translate(${x}px, ${y}px) translate(${left ? "calc(-100% - 12px)" : "12px"}, ${up ? "calc(-100% - 12px)" : "12px"})`;
  }

  // ---- the place, which an address names

  /** @returns {Pick<Place, "axes" | "frame" | "layers">} */
  where() {
    const whole = new Frame(this.frame.size);
    whole.fit(this.plane.reach);
    const { low, high } = this.frame;
    const ends = [...low, ...high];
    const moved = [...whole.low, ...whole.high].some((end, i) => Math.abs(end - ends[i]) > 1e-3 * (high[i % 2] - low[i % 2]));
    const first = this.plane.principal || (!this.state.model.principal && this.units[0] === 0 && this.units[1] === 1);
    return { axes: first ? null : this.units, frame: moved ? ends : null, layers: this.layersOn() };
  }

  layersOn() {
    return Object.entries(this.controls).flatMap(([name, control]) => {
      if (control instanceof HTMLInputElement) return control.checked ? [name] : [];
      return control.selectedIndex > 0 ? [`${name}:${control.value}`] : [];
    });
  }

  /**
   * Goes there; returns the layers that are not known.
   * @param {Place} place
   */
  goTo({ axes, frame, layers }) {
    if (axes) this.chosen = axes;
    this.choosePlane(axes ? this.unitsPlane() : this.firstPlane());
    if (frame) {
      this.frame.low = [frame[0], frame[1]];
      this.frame.high = [frame[2], frame[3]];
      this.frameChanged();
    }
    if (!layers) return [];
    for (const [name, control] of Object.entries(this.controls)) {
      const told = layers.find((layer) => layer.split(":")[0] === name);
      if (control instanceof HTMLInputElement) control.checked = told === name;
      else control.selectedIndex = Math.max(0, [...control.options].findIndex((option) => told === `${name}:${option.value}`));
      control.dispatchEvent(new Event("change", { bubbles: true }));
    }
    const on = this.layersOn();
    return layers.filter((layer) => !on.includes(layer));
  }

  /**
   * The image whose point is nearest on the screen, of those that are not faded; -1 if none is within `reach`.
   * @param {number} x
   * @param {number} y
   * @param {number} reach
   */
  nearest(x, y, reach) {
    const { us, vs } = this.projected;
    const { low, high, size } = this.frame;
    const [scaleX, scaleY] = [size / (high[0] - low[0]), size / (high[1] - low[1])];
    const [u, v] = this.frame.toPlane(x, y);
    const { labels } = this.state.subject.points;
    const { only } = this.legend;
    let [best, index] = [reach * reach, -1];
    for (let i = 0; i < us.length; i++) {
      const distance = ((us[i] - u) * scaleX) ** 2 + ((vs[i] - v) * scaleY) ** 2;
      if (distance < best && (!only.size || (labels && only.has(labels[i])))) [best, index] = [distance, i];
    }
    return index;
  }
}

/**
 * Which share of the codes is inside a contour, written on it.
 * @param {number} share
 * @param {number} x
 * @param {number} y
 */
const shareAt = (share, x, y) => drawn("text", { x, y: y + 4, "text-anchor": "middle", class: "aex-share" }, `${Math.round(100 * share)}\u00a0%`);

/** Canvas pixels in a CSS pixel. */
const pixelRatio = () => Math.min(2, globalThis.devicePixelRatio || 1);

/** @param {number} value */
const round = (value) => Math.round(value * 10) / 10;
