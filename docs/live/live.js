// @ts-check
// Brings a page to life: explorers and panels when they come into sight, predictions at once.

import { megabytes, onRequest, showExplorer, weight } from "./explorer.js";
import { askGuess } from "./guess.js";
import { showPanel } from "./panel.js";
import { given } from "./taken.js";

const NEAR = "300px 0px"; // how far below the window something begins to start
const MOST = 2.4e6; // bytes of scripts that come unasked; beyond the first explorer, what is more waits for a click
let brought = 0;
/** @type {Promise<unknown>} */
let weighed = Promise.resolve(); // one after the other in the order of the page, whatever loads first

/** @param {HTMLElement} place */
async function start(place) {
  const alone = place.hasAttribute("data-alone"); // the page is the explorer's
  const other = alone ? new URLSearchParams(location.search).get("of") : null;
  const name = other && /^[\w-]+$/.test(other) ? other : place.dataset.live ?? "";
  await bring(place, async () => {
    const coming = given(name);
    const turn = weighed.then(() => coming);
    weighed = turn.catch(() => {});
    const about = await coming;
    if (about.kind === "panel") return showPanel(place, about);
    if (alone) for (const heading of document.querySelectorAll("h1, title")) heading.textContent = about.title;
    await turn;
    const more = weight(about);
    if (brought && brought + more > MOST) return asks(place, about, more);
    brought += more;
    return showExplorer(place, about, { alone });
  });
}

/**
 * Puts something alive in the place of its still, or says that it could not.
 * @param {HTMLElement} place
 * @param {() => Promise<unknown>} show resolves to false where it waits for a click
 */
async function bring(place, show) {
  place.classList.add("ae-coming");
  try {
    if ((await show()) !== false) place.classList.add("ae-alive");
  } catch (error) {
    say(place, "It did not come: the connection is gone, a file of the site is missing, or the browser is too old.");
    const button = onRequest("Try again", async () => {
      button.remove();
      await bring(place, show);
    });
    place.append(button);
    console.warn(error);
  }
  place.classList.remove("ae-coming");
}

/**
 * A button below the still, for an explorer that is too much to come unasked.
 * @param {HTMLElement} place
 * @param {import("./explorer.js").About} about
 * @param {number} more in bytes
 */
async function asks(place, about, more) {
  const button = onRequest(`Bring this explorer to life: ${megabytes(more)}`, async () => {
    await bring(place, () => showExplorer(place, about));
    button.remove();
    /** @type {HTMLElement | null} */ (place.querySelector(".aex-pad"))?.focus();
  });
  place.append(button);
  say(place, "A still picture: the explorer comes in its place when you ask for it.");
  return false;
}

/**
 * The line below a still.
 * @param {HTMLElement} place
 * @param {string} words
 */
function say(place, words) {
  const line = place.querySelector(".ae-still > p:last-child");
  if (line) line.textContent = words;
}

const watch = new IntersectionObserver(
  (entries) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting || !(target instanceof HTMLElement)) continue;
      watch.unobserve(target);
      start(target);
    }
  },
  { rootMargin: NEAR },
);
for (const place of document.querySelectorAll("[data-live]")) watch.observe(place);
for (const question of document.querySelectorAll(".ae-guess")) if (question instanceof HTMLElement) askGuess(question);
