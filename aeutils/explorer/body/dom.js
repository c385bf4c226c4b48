// Small helpers around the page's elements.

// element("button", { class: "x", "aria-label": "y", onclick: f }, child, …); `onclick` and its kin become listeners.
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  set(made, attributes);
  made.append(...children);
  return made;
}

const SVG = "http://www.w3.org/2000/svg";

export function drawn(tag, attributes = {}, ...children) {
  const made = document.createElementNS(SVG, tag);
  set(made, attributes);
  made.append(...children);
  return made;
}

function set(made, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(name, value);
  }
}

let ids = 0;

// An id that no other explorer on the page has.
export const freshId = () => `aex-${++ids}-${Math.random().toString(36).slice(2, 8)}`;

// A labelled choice: options are [value, text] pairs.
export function choice(label, options, onchange) {
  const id = freshId();
  const select = element("select", { id, onchange: () => onchange(select.value) });
  for (const [value, text] of options) select.append(element("option", { value }, text));
  return { root: element("span", { class: "aex-choice" }, element("label", { for: id }, label), select), select };
}

export function tick(label, checked, onchange) {
  const box = element("input", { type: "checkbox", checked, onchange: () => onchange(box.checked) });
  return { root: element("label", { class: "aex-tick" }, box, label), box };
}

export function button(text, onclick, attributes = {}) {
  return element("button", { type: "button", onclick, ...attributes }, text);
}

// Numbers as people read them: a true minus, three digits.
export function shown(value) {
  if (!Number.isFinite(value)) return "–";
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return value.toFixed(digits).replace("-", "−");
}
