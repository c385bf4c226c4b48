// @ts-check
// An explorer in the place of its still.

import { addressOf, bytes, given, has, style } from "./taken.js";

/**
 * @import { Meta } from "../../aeutils/explorer/body/subject.js"
 * @typedef {{ key: string, size: number, places: [start: number, length: number][] }} Part bytes, `size` packed, and where each
 *   run of them goes
 * @typedef {{ kind: "explorer", title: string, state: string, size: number, views: { meta: Meta, parts: Part[] }[] }} About what
 *   tools/web/making.py writes; of a film the first view is its last checkpoint
 */

/**
 * Shows it; resolves when it is there.
 * @param {HTMLElement} place
 * @param {About} about
 * @param {{ alone?: boolean, view?: number }} options alone: the page's address names the place where it stands
 */
export async function showExplorer(place, about, { alone = false, view = 0 } = {}) {
  const { meta, parts } = about.views[view];
  const payload = new ArrayBuffer(about.size);
  const [render] = await Promise.all([given("explorer"), style("explorer"), ...parts.map((part) => fill(payload, part))]);
  /** @type {Record<string, unknown>} */
  const traits = { meta, payload, state: about.state };
  const get = (/** @type {string} */ name) => traits[name];
  const nobody = () => {}; // beside the text of a page the address is not the explorer's, and there is no Python
  const root = document.createElement("div");
  root.className = "ae-explorer";
  place.querySelector(":scope > .ae-explorer")?.remove();
  place.append(root);
  await render({ model: alone ? { get } : { get, set: nobody, save_changes: nobody, on: nobody, off: nobody }, el: root });
  if (!alone) root.prepend(linkTo(`play.html?of=${place.dataset.live}`, "Larger, on a page of its own"));
  if (view + 1 < about.views.length) root.prepend(filmButton(place, about, alone));
}

/**
 * @param {ArrayBuffer} payload
 * @param {Part} part
 */
async function fill(payload, { key, places }) {
  const from = await bytes(key);
  let at = 0;
  for (const [start, length] of places) {
    new Uint8Array(payload, start, length).set(from.subarray(at, at + length));
    at += length;
  }
}

/**
 * How many bytes of scripts a view still brings: what is already here, or on its way, weighs nothing.
 * @param {About} about
 * @param {number} view
 */
export function weight(about, view = 0) {
  return about.views[view].parts.reduce((sum, { key, size }) => sum + (has(key) ? 0 : (size * 4) / 3), 0);
}

/**
 * A button for what is too much to come unasked.
 * @param {string} words
 * @param {() => Promise<unknown>} bring
 */
export function onRequest(words, bring) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "ae-more";
  button.textContent = words;
  button.addEventListener("click", async () => {
    if (button.hasAttribute("aria-disabled")) return;
    button.textContent = "It is coming …";
    button.setAttribute("aria-disabled", "true");
    try {
      await bring();
    } catch (error) {
      button.textContent = `It did not come. Try again: ${words}`;
      button.removeAttribute("aria-disabled");
      console.warn(error);
    }
  });
  return button;
}

/**
 * Brings the whole film.
 * @param {HTMLElement} place
 * @param {About} about
 * @param {boolean} alone
 */
function filmButton(place, about, alone) {
  const models = about.views[1].meta.models.length;
  return onRequest(`Bring the whole training as a film: ${models} models, ${megabytes(weight(about, 1))}`, async () => {
    await showExplorer(place, about, { alone, view: 1 });
    /** @type {HTMLElement | null} */ (place.querySelector(".aex-play, .aex-pad"))?.focus();
  });
}

/**
 * @param {string} page
 * @param {string} words
 */
function linkTo(page, words) {
  const link = Object.assign(document.createElement("a"), { href: addressOf(page), textContent: words });
  link.className = "ae-alone";
  return link;
}

/** @param {number} bytes */
export const megabytes = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`;
