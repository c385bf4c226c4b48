// @ts-check
// Brings a page to life: explorers and panels when they come into sight, predictions at once.

import { showExplorer } from "./explorer.js";
import { askGuess } from "./guess.js";
import { showPanel } from "./panel.js";
import { given } from "./taken.js";

const NEAR = "300px 0px"; // how far below the window something begins to start

/** @param {HTMLElement} place */
async function start(place) {
  const alone = place.hasAttribute("data-alone"); // the page is the explorer's
  const other = alone ? new URLSearchParams(location.search).get("of") : null;
  const name = other && /^[\w-]+$/.test(other) ? other : place.dataset.live ?? "";
  place.classList.add("ae-coming");
  try {
    const about = await given(name);
    if (about.kind === "panel") await showPanel(place, about);
    else {
      if (alone) for (const heading of document.querySelectorAll("h1, title")) heading.textContent = about.title;
      await showExplorer(place, about, { alone });
    }
    place.classList.add("ae-alive");
  } catch (error) {
    const line = place.querySelector(".ae-still > p:last-child");
    if (line) line.textContent = "This could not be brought to life: a file of the site is missing, or the browser is too old.";
    console.warn(error);
  }
  place.classList.remove("ae-coming");
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
