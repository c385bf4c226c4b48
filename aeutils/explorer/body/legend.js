// @ts-check
// The classes of the map, each as a button that picks it out: the images of all others fade.

import { button, element } from "./dom.js";
import { NO_SIGN, signs } from "./points.js";
import { labelText, NO_LABEL } from "./subject.js";
import { classColours, noClassColour, paper } from "./theme.js";

const MOST = 500; // classes with a button
const MANY = 20; // beyond, only what is picked out has a colour: there are not so many that one can tell apart
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
    /** @type {Map<number, number>} of many classes: label -> place of its colour */
    this.slots = new Map();
    /** @type {boolean | null} whether the map's ground is dark */
    this.dark = null;
    /** @type {Map<number, number>} */
    const counts = new Map();
    labels?.forEach((label) => counts.set(label, (counts.get(label) ?? 0) + 1));
    this.labels = [...counts.keys()].sort((a, b) => a - b);
    const more = Math.max(0, this.labels.length - MOST);
    this.labels.length -= more;
    this.many = this.labels.length > MANY;
    const marks = signs(classes);
    this.swatches = this.labels.map(() => element("span", { class: "aex-dot", "aria-hidden": "true" }));
    this.buttons = this.labels.map((label, index) => {
      const [sign, name] = [label === NO_LABEL ? NO_SIGN : marks[label], labelText(classes, label)];
      const count = /** @type {number} */ (counts.get(label));
      const made = element("button", { type: "button", "aria-pressed": "false", tabindex: index ? -1 : 0, title: `${name}: ${count.toLocaleString("en")} image${count === 1 ? "" : "s"}`, onclick: () => this.toggle(label) }, this.swatches[index]);
      if (sign !== name) made.append(element("span", { class: "aex-sign", "aria-hidden": "true" }, sign));
      made.append(element("span", { class: "aex-class" }, name));
      if (this.many) made.append(element("span", { class: "aex-sign aex-count", "aria-hidden": "true" }, count.toLocaleString("en")));
      return made;
    });
    this.all = button("all", () => this.undo(), { class: "aex-all", tabindex: -1, title: "no class picked out" });
    this.find = element("input", { type: "search", placeholder: "Find a class…", "aria-label": "Find a class", oninput: () => this.seek() });
    const bar = element(
      "div", { class: `aex-legend${this.many ? " aex-many" : ""}`, role: "toolbar", "aria-label": "classes: pick out", onkeydown: /** @param {KeyboardEvent} event */ (event) => this.key(event) },
      this.all, ...this.buttons, ...(more ? [element("span", { class: "aex-note" }, `and ${more.toLocaleString("en")} more`)] : []),
    );
    this.root = element("div", { hidden: !labels }, ...(this.many ? [this.find] : []), bar);
    this.show();
  }

  /** @param {number} label */
  colourOf(label) {
    const colours = classColours(Boolean(this.dark));
    const place = label === NO_LABEL ? undefined : this.many ? this.slots.get(label) : label;
    return place === undefined ? noClassColour(Boolean(this.dark)) : colours[place % colours.length];
  }

  /** What points are rimmed with: the map's ground. */
  get rim() {
    return paper(Boolean(this.dark));
  }

  /**
   * In the colours that the map has on such ground.
   * @param {boolean} dark
   */
  paint(dark) {
    if (dark === this.dark) return;
    this.dark = dark;
    this.show();
  }

  /** @param {number} label */
  toggle(label) {
    if (this.only.delete(label)) this.slots.delete(label);
    else {
      this.only.add(label);
      const taken = new Set(this.slots.values());
      let place = 0;
      while (taken.has(place)) place++;
      this.slots.set(label, place);
    }
    this.show();
    this.changed();
  }

  /** Returns whether there was something to undo. */
  undo() {
    if (!this.only.size) return false;
    this.only.clear();
    this.slots.clear();
    this.show();
    this.changed();
    return true;
  }

  /** Leaves the buttons of classes whose name has what was written. */
  seek() {
    const wanted = this.find.value.trim().toLowerCase();
    this.buttons.forEach((made) => (made.hidden = !made.title.toLowerCase().includes(wanted)));
    this.stopAt(this.buttons.find((made) => !made.hidden) ?? this.all);
  }

  show() {
    this.swatches.forEach((swatch, index) => {
      const label = this.labels[index];
      swatch.hidden = this.many && !this.only.has(label);
      swatch.style.background = this.colourOf(label);
      swatch.style.boxShadow = `0 0 0 2px ${this.rim}`;
    });
    this.buttons.forEach((made, index) => made.setAttribute("aria-pressed", String(this.only.has(this.labels[index]))));
    this.all.setAttribute("aria-pressed", String(!this.only.size));
    this.all.hidden = this.labels.length < 2;
  }

  /**
   * A toolbar is one stop of the Tab key; the arrows go from button to button.
   * @param {KeyboardEvent} event
   */
  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const stops = [this.all, ...this.buttons].filter((made) => !made.hidden);
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
