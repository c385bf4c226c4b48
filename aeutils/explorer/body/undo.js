// @ts-check
// Undo and redo of where one is: by two buttons, and by the keys that everybody knows.

import { button } from "./dom.js";
import { Steps } from "./steps.js";

/** @import { Here, State } from "./state.js" */

const REST = 300; // milliseconds without a change, after which a step is made
const DOUBLE = { time: 500, pixels: 12 }; // a press so near to the last one may be the second of a double-click
/** @type {Record<string, string>} */
const NAMES = { undo: "Ctrl or Cmd + Z", redo: "Shift + Ctrl or Cmd + Z, or Ctrl + Y" };
const NO_TEXT = ["range", "checkbox", "radio", "color", "button"]; // kinds of input in which nothing is typed

export class Undo {
  /**
   * @param {State} state
   * @param {HTMLElement} root keys are heard in here
   * @param {AbortSignal} signal
   */
  constructor(state, root, signal) {
    this.state = state;
    this.steps = new Steps(state.here, alike);
    this.held = false; // whether something is down
    this.pressed = { time: -Infinity, x: 0, y: 0 };
    this.later = 0; // a timer
    /** @type {[way: -1 | 1, made: HTMLButtonElement][]} */
    this.ways = [[-1, this.button("↶", "undo", -1)], [1, this.button("↷", "redo", 1)]];
    this.buttons = this.ways.map(([, made]) => made);
    for (const event of /** @type {const} */ (["code", "place"])) state.on(event, () => this.wait());
    root.addEventListener("keydown", (event) => this.key(event), { signal });
    root.addEventListener("pointerdown", ({ timeStamp: time, clientX: x, clientY: y }) => {
      const { pressed } = this;
      const again = time - pressed.time < DOUBLE.time && Math.hypot(x - pressed.x, y - pressed.y) < DOUBLE.pixels;
      if (!again) this.take(); // where a double-click begins nobody wanted to be
      this.pressed = { time, x, y };
      this.held = true;
    }, { signal, capture: true });
    for (const name of /** @type {const} */ (["pointerup", "pointercancel"])) {
      addEventListener(name, () => {
        if (!this.held) return;
        this.held = false;
        this.wait();
      }, { signal });
    }
    signal.addEventListener("abort", () => clearTimeout(this.later));
    this.show();
  }

  /**
   * @param {string} sign
   * @param {string} name
   * @param {-1 | 1} way
   */
  button(sign, name, way) {
    return button(sign, () => this.go(way), { class: "aex-undo", "aria-label": name, title: `${name} (${NAMES[name]})` });
  }

  /** What rests is a step: a drag is one, however long it lasted. */
  wait() {
    clearTimeout(this.later);
    this.later = setTimeout(() => this.take(), REST);
  }

  take() {
    if (this.held || this.state.playing) return;
    clearTimeout(this.later);
    this.steps.take(this.state.here);
    this.show();
  }

  /** @param {-1 | 1} way */
  go(way) {
    this.take(); // from where one is, rested or not
    const step = this.held ? null : this.steps.go(way);
    if (step) this.state.goBack(step);
    this.show();
  }

  /** A button that has nothing to do stays where it is: whoever has the focus on it keeps it. */
  show() {
    for (const [way, made] of this.ways) made.setAttribute("aria-disabled", String(!this.steps.has(way)));
  }

  /**
   * JupyterLab, which would undo what was done to its cells, hears nothing of these keys. A text that is being written
   * has an undo of its own.
   * @param {KeyboardEvent} event
   */
  key(event) {
    const key = event.key.toLowerCase();
    if (event.altKey || !(event.ctrlKey || event.metaKey) || !["z", "y"].includes(key)) return;
    event.stopPropagation();
    if (isText(event.target)) return;
    event.preventDefault();
    this.go(key === "y" || event.shiftKey ? 1 : -1);
  }
}

/**
 * Whether it is a place to write in.
 * @param {EventTarget | null} target
 */
function isText(target) {
  if (target instanceof HTMLInputElement) return !NO_TEXT.includes(target.type);
  return target instanceof HTMLTextAreaElement || (target instanceof HTMLElement && target.isContentEditable);
}

/**
 * Whether two are one place: the same code of the same thing in the same model.
 * @param {Here} a
 * @param {Here} b
 */
function alike(a, b) {
  if (a.modelIndex !== b.modelIndex || a.z.some((value, j) => value !== b.z[j])) return false;
  if (a.original?.kind === "image" && b.original?.kind === "image") return a.original.index === b.original.index;
  return a.original === b.original;
}
