// @ts-check
// Traversal: a slider for each code unit, the most used first, and what the units do to the picture: of a short code each
// of them, of a longer one that in hand; or a sheet of what many directions do.

import { button, choice, element, freshId, shown, spare } from "../dom.js";
import { Sheet } from "./sheet.js";
import { EVERY, Strip } from "./strip.js";

/**
 * @import { Drawing, ShownImage, State } from "../state.js"
 * @import { Spread } from "../subject.js"
 */

/**
 * The slider of a unit; `place` moves a mark, such as that of the posterior, between two values.
 * @typedef {{ input: HTMLInputElement, value: HTMLElement, posterior: HTMLElement, place: (mark: HTMLElement, from: number, to: number) => HTMLElement }} Slider
 * @typedef {{ unit: number, strip: Strip }} Row the pictures along a unit
 */

const STEPS = 9;
export const MOST_UNITS = 64;
const MOST_ROWS = 4; // up to so many units have a row of pictures each
const FEW_UNITS = 8; // up to so many, sliders are shown first

export class TraversalView {
  /** @param {State} state */
  constructor(state) {
    this.state = state;
    this.open = false;
    /** @type {Slider[]} one for each unit */
    this.inputs = [];
    /** @type {Row[]} */
    this.rows = [];
    this.unit = 0; // in hand
    this.start = state.z; // where "Back to the last image" goes, and which image that is
    /** @type {ShownImage | Drawing | null} */
    this.from = null;
    /** @type {ShownImage | Drawing | null | undefined} */
    this.posteriorOf = undefined;
    this.later = 0;
    /** @type {HTMLElement | null} what is told of the posterior, while there is one */
    this.posteriorKey = null;
    /** @type {AbortController | null} */
    this.running = null;
    this.sliders = element("div", { class: "aex-sliders" });
    this.common = element("div", { class: "aex-common" }); // the row of the unit in hand
    this.caption = element("p", { class: "aex-note" });
    this.sheet = new Sheet(state);
    this.tools = choice("Show", [["sliders", "a slider for each unit"], ["sheet", "a sheet of pictures"]], () => {
      this.showTools();
      state.change("place");
    });
    this.order = choice("Order", [["usage", "widest spread first"], ["number", "by number"]], () => this.build());
    this.legend = element("p", { class: "aex-note" });
    this.oneByOne = element("div", {}, this.sliders, this.common, this.legend);
    this.root = element(
      "div", {},
      element(
        "div", { class: "aex-row" },
        button([spare("Back to the "), "last image"], () => this.reset()),
        button([spare("Random draw "), "from N(0, I)"], () => this.draw(() => [0, 1])),
        button([spare("Random draw, spread "), "like the codes"], () => this.draw((unit) => [unit.mean, unit.sd])),
        this.tools.root, this.order.root, this.sheet.kind.root, this.sheet.changes.root,
      ),
      this.oneByOne, this.sheet.root,
    );
    state.on("model", () => this.followModel());
    state.on("code", () => this.follow());
    this.followModel();
  }

  followModel() {
    this.build();
    this.tools.select.value = this.state.model.size > FEW_UNITS ? "sheet" : "sliders";
    this.showTools();
  }

  /** Sliders or the sheet. */
  showTools() {
    const sheet = this.tools.select.value === "sheet";
    this.order.root.hidden = this.oneByOne.hidden = sheet;
    this.sheet.root.hidden = !sheet;
    this.sheet.kind.root.hidden = !sheet || !this.state.model.principal;
    this.sheet.changes.root.hidden = !sheet;
    if (sheet && this.open) this.sheet.show();
    else this.sheet.hide();
    this.follow();
  }

  /** "sliders" or "sheet", as a place names them. */
  get shown() {
    return this.tools.select.value;
  }

  /** @param {string} tools */
  showing(tools) {
    this.tools.select.value = tools;
    this.showTools();
  }

  /** Whether there are sliders in sight. */
  get slides() {
    return this.open && !this.oneByOne.hidden && this.inputs.length > 0;
  }

  /** Only while the view is open; the sliders then catch up. */
  show() {
    this.open = true;
    this.showTools();
  }

  hide() {
    this.open = false;
    this.sheet.hide();
  }

  build() {
    const { model } = this.state;
    const focused = this.sliders.contains(document.activeElement);
    this.sliders.replaceChildren();
    this.inputs = [];
    this.rows = [];
    const tooMany = model.size > MOST_UNITS;
    /** @param {string} kind */
    const swatch = (kind) => element("span", { class: `aex-swatch ${kind}`, "aria-hidden": "true" });
    this.common.replaceChildren();
    this.legend.replaceChildren();
    if (tooMany) {
      this.legend.textContent = `This code has ${model.size} units; there are sliders for codes of up to ${MOST_UNITS}.`;
      return;
    }
    this.posteriorKey = element("span", { hidden: true }, "; ", swatch("aex-posterior"), " narrow band: the posterior of the original, mean ± 2 standard deviations");
    this.legend.append(swatch("aex-codes"), " wide band: the middle 95 % of all images' codes", this.posteriorKey);
    const units = model.units.map((unit, j) => ({ ...unit, j }));
    if (this.order.select.value === "usage") units.sort((a, b) => b.sd - a.sd);
    this.unit = units[0].j;
    const each = units.length <= MOST_ROWS;
    this.rows = (each ? units : units.slice(0, 1)).map(({ j }) => this.row(j));
    units.forEach((unit, i) => this.sliders.append(this.slider(unit, each ? this.rows[i].strip : null)));
    if (!each) this.common.append(this.caption, this.rows[0].strip.root);
    this.start = Float32Array.from(this.state.z);
    this.posteriorOf = undefined;
    if (focused) this.inputs[units[0].j].input.focus();
    this.follow();
  }

  /**
   * @param {number} unit
   * @returns {Row}
   */
  row(unit) {
    const strip = new Strip(this.state.subject, STEPS, (share) => {
      const [low, high] = this.ends(row.unit);
      this.move(row.unit, low + share * (high - low));
    });
    const row = { unit, strip };
    return row;
  }

  /**
   * Of a unit's slider.
   * @param {number} unit
   */
  ends(unit) {
    const { min, max } = this.inputs[unit].input;
    return [Number(min), Number(max)];
  }

  /**
   * @param {Spread & { j: number }} unit
   * @param {Strip | null} strip its pictures, if it has some to itself
   */
  slider(unit, strip) {
    const { variational } = this.state.model;
    const low = Math.min(unit.mean - 3 * unit.sd, unit.low, variational ? -3 : Infinity);
    const high = Math.max(unit.mean + 3 * unit.sd, unit.high, variational ? 3 : -Infinity);
    const [from, to] = high - low > 1e-6 ? [low, high] : [low - 3, high + 3];
    const id = freshId();
    const input = element("input", {
      id, type: "range", min: from, max: to, step: (to - from) / 400,
      oninput: () => this.move(unit.j, Number(input.value)),
      onfocus: () => this.choose(unit.j),
    });
    const value = element("output", { for: id });
    /** @param {number} at */
    const share = (at) => Math.min(1, Math.max(0, (at - from) / (to - from)));
    /**
     * @param {HTMLElement} mark
     * @param {number} a
     * @param {number} b
     */
    const place = (mark, a, b) => {
      mark.style.setProperty("--from", share(a).toFixed(4));
      mark.style.setProperty("--to", share(b).toFixed(4));
      return mark;
    };
    /**
     * @param {number} a
     * @param {number} b
     * @param {string} kind
     */
    const band = (a, b, kind) => place(element("span", { class: `aex-band ${kind}` }), a, b);
    const posterior = band(from, from, "aex-posterior");
    posterior.hidden = true;
    this.inputs[unit.j] = { input, value, posterior, place };
    const zero = from < 0 && to > 0 ? [place(element("span", { class: "aex-zero" }), 0, 0)] : [];
    return element(
      "div", { class: `aex-slider ${strip ? "aex-along" : ""}`, "data-unit": unit.j },
      element("label", { for: id }, `unit ${unit.j + 1}`),
      ...(strip ? [strip.root] : []),
      element(
        "div", { class: "aex-rail" },
        element("span", { class: "aex-track" }, band(...unit.middle, "aex-codes"), posterior, ...zero, input),
        element("span", { class: "aex-reaches", "aria-hidden": "true" }, element("span", {}, shown(from)), element("span", {}, shown(to))),
      ),
      value,
    );
  }

  /**
   * @param {number} unit
   * @param {number} value
   */
  move(unit, value) {
    const z = Float32Array.from(this.state.z);
    z[unit] = value;
    this.unit = unit;
    this.state.setCode(z, null, `slider of unit ${unit + 1}`);
  }

  /** @param {number} unit */
  choose(unit) {
    this.unit = unit;
    this.showRows();
  }

  reset() {
    const { model } = this.state;
    if (this.from?.kind === "image") this.state.goToImage(this.from.index);
    else if (this.start.length === model.size) this.state.setCode(this.start, null, "as it was");
    else this.state.setCode(model.units.map((unit) => unit.mean), null, "mean of the codes");
  }

  /** @param {(unit: Spread) => [mean: number, sd: number]} spreadOf */
  draw(spreadOf) {
    this.state.setCode(this.state.model.units.map((unit) => {
      const [mean, sd] = spreadOf(unit);
      return mean + sd * standardNormal();
    }), null, "random draw");
  }

  follow() {
    if (this.state.original) {
      this.from = this.state.original;
      this.start = Float32Array.from(this.state.z);
    }
    if (!this.slides) return;
    this.state.z.forEach((value, j) => {
      const { input, value: output } = this.inputs[j];
      if (document.activeElement !== input || Math.abs(Number(input.value) - value) > 1e-3 * (Number(input.max) - Number(input.min))) input.value = String(value);
      output.textContent = shown(value);
      input.setAttribute("aria-valuetext", shown(value));
    });
    this.showPosterior();
    this.later ||= setTimeout(() => {
      this.later = 0;
      this.showRows();
    }, EVERY);
  }

  showPosterior() {
    const { model, original } = this.state;
    if (original === this.posteriorOf) return;
    this.posteriorOf = original;
    this.inputs.forEach(({ posterior }) => (posterior.hidden = true)); // a code moved by hand has none
    if (this.posteriorKey) this.posteriorKey.hidden = true;
    if (!model.spread || !original?.pixels) return;
    model.engine.encode(original.pixels, (mean, sd) => {
      if (!mean || !sd || original !== this.posteriorOf) return;
      if (this.posteriorKey) this.posteriorKey.hidden = false;
      mean.forEach((centre, j) => {
        const { posterior, place } = this.inputs[j];
        place(posterior, centre - 2 * sd[j], centre + 2 * sd[j]).hidden = false;
      });
    });
  }

  /** The pictures along each unit that has some, everything else as it is. */
  showRows() {
    if (!this.slides) return;
    const { model, z } = this.state;
    if (this.common.hasChildNodes()) this.rows[0].unit = this.unit;
    const steps = this.rows.flatMap(({ unit, strip }) => {
      const [low, high] = this.ends(unit);
      strip.mark(Math.round(((z[unit] - low) / (high - low)) * (STEPS - 1)));
      return Array.from({ length: STEPS }, (_, at) => ({ unit, strip, at, value: low + (at / (STEPS - 1)) * (high - low) }));
    });
    this.caption.textContent = `Along unit ${this.unit + 1}, the other units as they are:`;
    this.running?.abort();
    const { signal } = (this.running = new AbortController());
    const codes = steps.map(({ unit, value }) => Float32Array.from(z, (old, j) => (j === unit ? value : old)));
    model.engine.decodeMany(codes, (i, picture) => {
      const { unit, strip, at, value } = steps[i];
      strip.draw(at, picture);
      strip.label(at, `unit ${unit + 1} at ${shown(value)}`);
    }, signal).catch(() => {});
  }

  stop() {
    clearTimeout(this.later);
    this.running?.abort();
    this.sheet.stop();
  }
}

/** Box and Muller's way from two uniform numbers to a standard normal one. */
function standardNormal() {
  return Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random());
}
