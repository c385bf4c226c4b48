// @ts-check
// Which model the map shows: the models by name, as buttons or, where they are many, along a slider.

import { button, element, freshId } from "../dom.js";
import { Film } from "./film.js";

/** @import { State } from "../state.js" */

const MOST = 8; // models with a button each
/** @type {Record<string, number>} */
const STEPS = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };

/**
 * @param {State} state with more than one model
 * @param {HTMLElement} root of the explorer
 * @param {AbortSignal} signal
 */
export function modelChoice(state, root, signal) {
  const { models, film } = state.subject;
  if (film) {
    const chosen = slider(state, "Checkpoint", new Film(state, root, signal).button);
    const told = `The principal axes are those of ${models[models.length - 1].name}, for all checkpoints.`;
    return models[0].principal ? element("div", {}, chosen, element("p", { class: "aex-note" }, told)) : chosen;
  }
  return models.length <= MOST ? buttons(state, "Model on the map") : slider(state, "Model on the map");
}

/**
 * A radio group as the ARIA practices describe it: one stop of the Tab key, the arrow keys choose.
 * @param {State} state
 * @param {string} label
 */
function buttons(state, label) {
  const { models } = state.subject;
  const all = models.map(({ name }, index) => button(name, () => state.setModel(index), { role: "radio" }));
  const follow = () => all.forEach((made, index) => {
    made.setAttribute("aria-checked", String(index === state.modelIndex));
    made.tabIndex = index === state.modelIndex ? 0 : -1;
  });
  state.on("model", follow);
  follow();
  return element("div", {
    class: "aex-models", role: "radiogroup", "aria-label": label,
    onkeydown: /** @param {KeyboardEvent} event */ (event) => {
      const step = STEPS[event.key];
      if (!step || event.ctrlKey || event.metaKey || event.altKey) return;
      const next = (state.modelIndex + step + all.length) % all.length;
      state.setModel(next);
      all[next].focus();
      event.preventDefault();
    },
  }, ...all);
}

/**
 * @param {State} state
 * @param {string} label
 * @param {HTMLElement[]} before
 */
function slider(state, label, ...before) {
  const { models } = state.subject;
  const id = freshId();
  const input = element("input", {
    id, type: "range", min: 0, max: models.length - 1, step: 1,
    oninput: () => state.setModel(Number(input.value)),
  });
  const name = element("output", { for: id });
  const follow = () => {
    input.value = String(state.modelIndex);
    input.setAttribute("aria-valuetext", state.model.name);
    name.textContent = state.model.name;
  };
  state.on("model", follow);
  follow();
  return element("div", { class: "aex-row aex-model-slider" }, ...before, element("label", { for: id }, label), input, name);
}
