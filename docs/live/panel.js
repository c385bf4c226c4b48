// @ts-check
// A panel of a notebook, all answers of which were recorded when the page was made: choose, and look up.

import { bytes } from "./taken.js";

/**
 * What tools/web/panels.py records.
 * @typedef {object} Control
 * @property {string} label
 * @property {"buttons" | "list" | "slider"} kind
 * @property {number} first which option is chosen at first
 * @property {{ name: string, then: Control | number }[]} options under each the next control, or the page that it leads to
 */

/** @typedef {{ kind: "panel", controls: Control, answers: { key: string, size: number } }} About */

/** @typedef {{ root: HTMLElement, names: string, at: number }} Shown a control, and which of its options is chosen */

/**
 * Shows it; resolves when it is there.
 * @param {HTMLElement} place
 * @param {About} about
 */
export async function showPanel(place, about) {
  /** @type {{ pages: string[], pictures: string[] }} */
  const { pages, pictures } = JSON.parse(new TextDecoder().decode(await bytes(about.answers.key)));
  const controls = document.createElement("div");
  controls.className = "ae-controls";
  const answer = document.createElement("div");
  answer.className = "ae-answer-page";
  answer.tabIndex = 0; // it may be wider than a phone
  answer.setAttribute("role", "group");
  answer.setAttribute("aria-label", "what follows from the choice");
  /** @type {Shown[]} */
  const shown = [];

  /** From the first control on: each offers what those before it leave. */
  function follow() {
    /** @type {Control | number} */
    let next = about.controls;
    for (let level = 0; typeof next !== "number"; level++) {
      /** @type {Control} */
      const control = next;
      const names = JSON.stringify(control.options.map(({ name }) => name));
      if (shown[level]?.names !== names) {
        const made = { ...controlOf(control, (at) => choose(level, at)), names };
        if (shown[level]) shown[level].root.replaceWith(made.root);
        else controls.append(made.root);
        shown[level] = made;
      }
      next = control.options[shown[level].at].then;
    }
    answer.innerHTML = pages[next].replace(/⟦(\d+)⟧/g, (_, number) => pictures[Number(number)]);
  }

  /**
   * @param {number} level
   * @param {number} at
   */
  function choose(level, at) {
    shown[level].at = at;
    follow();
  }

  follow();
  const panel = document.createElement("div");
  panel.className = "ae-panel";
  const line = document.createElement("p");
  line.textContent = "All of this was computed when the page was made. To train, or to look at models of yours, run the notebook.";
  panel.append(controls, answer, line);
  place.append(panel);
}

/**
 * @param {Control} control
 * @param {(at: number) => void} choose
 */
function controlOf(control, choose) {
  return { buttons: buttonsOf, list: listOf, slider: sliderOf }[control.kind](control, choose);
}

let count = 0;

/**
 * @param {Control} control
 * @param {(at: number) => void} choose
 */
function buttonsOf({ label, first, options }, choose) {
  const root = document.createElement("fieldset");
  root.innerHTML = "<legend></legend>";
  /** @type {HTMLElement} */ (root.firstChild).textContent = label;
  const group = `ae-panel-${++count}`;
  options.forEach(({ name }, at) => {
    const input = Object.assign(document.createElement("input"), { type: "radio", name: group, checked: at === first });
    input.addEventListener("change", () => choose(at));
    const each = document.createElement("label");
    each.append(input, name);
    root.append(each);
  });
  return { root, at: first };
}

/**
 * @param {Control} control
 * @param {(at: number) => void} choose
 */
function listOf({ label, first, options }, choose) {
  const root = document.createElement("label");
  const list = document.createElement("select");
  for (const { name } of options) list.append(new Option(name));
  list.selectedIndex = first;
  list.addEventListener("change", () => choose(list.selectedIndex));
  root.append(said(label), list);
  return { root, at: first };
}

/**
 * @param {Control} control
 * @param {(at: number) => void} choose
 */
function sliderOf({ label, first, options }, choose) {
  const root = document.createElement("label");
  const slider = Object.assign(document.createElement("input"), { type: "range", min: "0", max: String(options.length - 1), value: String(first) });
  const value = document.createElement("output");
  const tell = (/** @type {number} */ at) => {
    value.textContent = options[at].name;
    slider.setAttribute("aria-valuetext", options[at].name);
  };
  tell(first);
  slider.addEventListener("input", () => {
    tell(slider.valueAsNumber);
    choose(slider.valueAsNumber);
  });
  root.append(said(label), slider, value);
  return { root, at: first };
}

/** @param {string} label */
function said(label) {
  const text = document.createElement("span");
  text.textContent = label;
  return text;
}
