// @ts-check
// Small helpers around the page's elements.

/** @typedef {Record<string, string | number | boolean | null | undefined | ((event: any) => void)>} Attributes */

/**
 * element("button", { class: "x", "aria-label": "y", onclick: f }, child, …); `onclick` and its kin become listeners.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Attributes} attributes
 * @param {(Node | string)[]} children
 */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  set(made, attributes);
  made.append(...children);
  return made;
}

const SVG = "http://www.w3.org/2000/svg";

/**
 * The same for what an <svg> holds, and for the <svg> itself.
 * @template {keyof SVGElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Attributes} attributes
 * @param {(Node | string)[]} children
 */
export function drawn(tag, attributes = {}, ...children) {
  const made = document.createElementNS(SVG, tag);
  set(made, attributes);
  made.append(...children);
  return made;
}

/**
 * @param {Element} made
 * @param {Attributes} attributes
 */
function set(made, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(name.slice(2), value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(name, String(value));
  }
}

/**
 * The context to draw on a canvas with; every browser that can show an explorer has one.
 * @param {HTMLCanvasElement} canvas
 * @param {CanvasRenderingContext2DSettings} [settings]
 */
export const flat = (canvas, settings) => /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d", settings));

let ids = 0;

/** An id that no other explorer on the page has. */
export const freshId = () => `aex-${++ids}-${Math.random().toString(36).slice(2, 8)}`;

/**
 * A labelled choice.
 * @param {string} label
 * @param {[value: string, text: string][]} options
 * @param {(value: string) => void} onchange
 */
export function choice(label, options, onchange) {
  const id = freshId();
  const select = element("select", { id, onchange: () => onchange(select.value) });
  for (const [value, text] of options) select.append(element("option", { value }, text));
  return { root: element("span", { class: "aex-choice" }, element("label", { for: id }, label), select), select };
}

/**
 * A box to tick.
 * @param {string} label
 * @param {boolean} checked
 * @param {(on: boolean) => void} onchange
 */
export function tick(label, checked, onchange) {
  const box = element("input", { type: "checkbox", checked, onchange: () => onchange(box.checked) });
  return { root: element("label", { class: "aex-tick" }, box, label), box };
}

/**
 * @param {string | (Node | string)[]} text
 * @param {() => void} onclick
 * @param {Attributes} attributes
 */
export function button(text, onclick, attributes = {}) {
  return element("button", { type: "button", onclick, ...attributes }, ...[text].flat());
}

/**
 * Words of a button that are left out where there is little room.
 * @param {string} text
 */
export const spare = (text) => element("span", { class: "aex-spare" }, text);

/**
 * Numbers as people read them: a true minus, three digits.
 * @param {number} value
 */
export function shown(value) {
  if (!Number.isFinite(value)) return "–";
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return value.toFixed(digits).replace("-", "−");
}
