// What the pages do by themselves; all of them can be read without it.

/** Opens the folds around the place that the address names, and goes there. */
function openFoldsAround() {
  const id = decodeURIComponent(location.hash.slice(1));
  const place = id && document.getElementById(id);
  if (!place) return;
  // A section's own fold, too: who comes for it wants to read it.
  for (const fold of place.querySelectorAll(":scope > details.optional")) fold.open = true;
  let folded = false;
  for (let around = place.parentElement; around; around = around.parentElement) {
    if (around instanceof HTMLDetailsElement && !around.open) folded = around.open = true;
  }
  if (folded) place.scrollIntoView();
}

addEventListener("hashchange", openFoldsAround);
openFoldsAround();

// From a file the search cannot fetch the pages that it found, to show a line of each: it shows their titles.
if (location.protocol === "file:" && typeof DOCUMENTATION_OPTIONS !== "undefined") DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;

// A formula that is wider than its page can be pushed, by the keyboard, too.
for (const formula of document.querySelectorAll("div.math")) {
  if (formula.scrollWidth > formula.clientWidth) formula.tabIndex = 0;
}

// What is folded is printed, too; and paper is white.
let theme = "";
addEventListener("beforeprint", () => {
  theme = document.documentElement.dataset.theme ?? "";
  document.documentElement.dataset.theme = "light";
  for (const fold of document.querySelectorAll("details:not([open])")) {
    fold.open = true;
    fold.dataset.printed = "";
  }
});
addEventListener("afterprint", () => {
  document.documentElement.dataset.theme = theme;
  for (const fold of document.querySelectorAll("details[data-printed]")) {
    fold.open = false;
    delete fold.dataset.printed;
  }
});
