// @ts-check
// The classes of the map, each as a button that picks it out: the images of all others fade.

import { button, element } from "./dom.js";
import { NO_SIGN, signs } from "./points.js";
import { labelText, NO_LABEL } from "./subject.js";
import { classColours, noClassColour, paper } from "./theme.js";

const MOST = 500; // classes with a button
/** @type {Record<string, (at: number, last: number) => number>} */
const KEYS = { ArrowRight: (at) => at + 1, ArrowLeft: (at) => at - 1, ArrowDown: (at) => at + 1, ArrowUp: (at) => at - 1, Home: () => 0, End: (_, last) => last };

export class Legend {
  /**
   * @param {Uint16Array | null} labels
   * @param {string[]} classes
   * @param {() => void} changed called after other classes were picked
   */
  constructor(labels, classes, changed) {
    this.changed = changed;
    /** @type {Set<number>} the labels that were picked; none: nothing fades */
    this.only = new Set();
    /** @type {boolean | null} whether the map's ground is dark */
    this.dark = null;
    /** @type {Map<number, number>} */
    const counts = new Map();
    labels?.forEach((label) => counts.set(label, (counts.get(label) ?? 0) + 1));
    this.labels = [...counts.keys()].sort((a, b) => a - b);
    const more = Math.max(0, this.labels.length - MOST);
    this.labels.length -= more;
    const marks = signs(classes);
    this.swatches = this.labels.map(() => element("span", { class: "aex-dot", "aria-hidden": "true" }));
    this.buttons = this.labels.map((label, index) => {
      const [sign, name] = [label === NO_LABEL ? NO_SIGN : marks[label], labelText(classes, label)];
      const count = /** @type {number} */ (counts.get(label));
      const made = element("button", { type: "button", "aria-pressed": "false", tabindex: index ? -1 : 0, title: `${name}: ${count.toLocaleString("en")} image${count === 1 ? "" : "s"}`, onclick: () => this.toggle(label) }, this.swatches[index]);
      if (sign !== name) made.append(element("span", { class: "aex-sign", "aria-hidden": "true" }, sign));
      made.append(element("span", { class: "aex-class" }, name));
      return made;
    });
    this.all = button("all", () => {
      this.stopAt(this.buttons[0]).focus(); // what is disabled cannot keep it
      this.undo();
    }, { tabindex: -1, title: "no class picked out" });
    this.root = element(
      "div", { class: "aex-legend", role: "toolbar", "aria-label": "classes: pick out", hidden: !labels, onkeydown: /** @param {KeyboardEvent} event */ (event) => this.key(event) },
      this.all, ...this.buttons, ...(more ? [element("span", { class: "aex-note" }, `and ${more.toLocaleString("en")} more`)] : []),
    );
    this.show();
  }

  /** @param {number} label */
  colourOf(label) {
    const colours = classColours(Boolean(this.dark));
    return label === NO_LABEL ? noClassColour(Boolean(this.dark)) : colours[label % colours.length];
  }

  /**
   * In the colours that the map has on such ground.
   * @param {boolean} dark
   */
  paint(dark) {
    if (dark === this.dark) return;
    this.dark = dark;
    this.swatches.forEach((swatch, index) => {
      swatch.style.background = this.colourOf(this.labels[index]);
      swatch.style.boxShadow = `0 0 0 2px ${paper(dark)}`; // on the map's ground, as a point is
    });
  }

  /** @param {number} label */
  toggle(label) {
    if (!this.only.delete(label)) this.only.add(label);
    this.show();
    this.changed();
  }

  /** Returns whether there was something to undo. */
  undo() {
    if (!this.only.size) return false;
    this.only.clear();
    this.show();
    this.changed();
    return true;
  }

  show() {
    this.buttons.forEach((made, index) => made.setAttribute("aria-pressed", String(this.only.has(this.labels[index]))));
    this.all.disabled = !this.only.size;
    this.all.hidden = this.labels.length < 2;
  }

  /**
   * A toolbar is one stop of the Tab key; the arrows go from button to button.
   * @param {KeyboardEvent} event
   */
  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const stops = this.all.disabled ? this.buttons : [this.all, ...this.buttons];
    const at = stops.findIndex((made) => made === document.activeElement);
    const last = stops.length - 1;
    if (event.key === "Escape") {
      if (!this.undo()) return;
      event.stopPropagation(); // JupyterLab would leave the cell
    } else if (event.key in KEYS) {
      this.stopAt(stops[Math.min(last, Math.max(0, KEYS[event.key](at, last)))]).focus();
    } else return;
    event.preventDefault();
  }

  /**
   * Where the Tab key stops.
   * @param {HTMLButtonElement} stop
   */
  stopAt(stop) {
    [this.all, ...this.buttons].forEach((made) => (made.tabIndex = made === stop ? 0 : -1));
    return stop;
  }
}
