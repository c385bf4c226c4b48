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

// A formula that is wider than its page can be pushed, by the keyboard, too.
for (const formula of document.querySelectorAll("div.math")) {
  if (formula.scrollWidth > formula.clientWidth) formula.tabIndex = 0;
}

// What is folded is printed, too, but for answers, hints and solutions, which are opened by whoever wants them there; and
// paper is white.
let theme = "";
addEventListener("beforeprint", () => {
  theme = document.documentElement.dataset.theme ?? "";
  document.documentElement.dataset.theme = "light";
  for (const fold of document.querySelectorAll("details:not([open], .ae-answer, .box details)")) {
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

// A long page of questions, or of words, shows those that hold what is typed; a phone has no Ctrl-F.
if (/\/(questions|glossary)\.html$/.test(location.pathname)) {
  const entries = [...document.querySelectorAll(".bd-article section li, .bd-article section tbody tr")].map((entry) => ({
    entry,
    text: entry.textContent.toLowerCase(),
  }));
  const parts = [...document.querySelectorAll(".bd-article section section")];
  const before = [...document.querySelectorAll(".bd-article > section > p")];
  const field = document.createElement("input");
  field.type = "search";
  field.className = "form-control narrow";
  field.placeholder = "Only those with these words";
  field.setAttribute("aria-label", field.placeholder);
  document.querySelector(".bd-article h1")?.after(field);
  field.addEventListener("input", () => {
    const words = field.value.toLowerCase().match(/\S+/g) ?? [];
    for (const paragraph of before) paragraph.hidden = words.length > 0;
    for (const { entry, text } of entries) entry.hidden = !words.every((word) => text.includes(word));
    for (const part of parts) part.hidden = words.length > 0 && !part.querySelector("li:not([hidden]), tbody tr:not([hidden])");
  });
}
