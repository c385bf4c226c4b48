// @ts-check
// What a notebook loads for each explorer. A browser keeps every module that it has loaded for as long as its page is
// open; so this one is short, and the explorer's body, which comes along as text, is loaded once a page.

/** @import { WidgetModel } from "./kernel.js" */
/** @typedef {{ model: WidgetModel, el: HTMLElement }} Given what anywidget gives to a view */

const here = Symbol.for("aeutils.explorer");
/** @type {Map<string, Promise<{ default: { render(given: Given): Promise<() => void> } }>>} */
const bodies = (/** @type {any} */ (globalThis)[here] ??= new Map());

/** @param {Given} given */
async function render(given) {
  const text = given.model.get("_body");
  if (!bodies.has(text)) {
    const address = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
    bodies.set(text, import(address).finally(() => URL.revokeObjectURL(address)));
  }
  return (await /** @type {NonNullable<ReturnType<bodies["get"]>>} */ (bodies.get(text))).default.render(given);
}

export default { render };
