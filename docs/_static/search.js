// The page of the search: sections, questions and words of the glossary that fit what is typed, the best first.
// `MiniSearch`, `aeSearched` (tools/web/search.py), and Sphinx's `stopwords` and `Stemmer` come in scripts before this one.

{
  const MOST = 25;
  const AROUND = 90; // letters shown before the first word found, and about twice as many after it
  const { titles, parts } = aeSearched;
  const stemmer = new Stemmer();
  const stems = new Map(); // word -> its stem; null for one that says nothing
  const stem = (word) => {
    const small = word.toLowerCase();
    if (!stems.has(small)) stems.set(small, stopwords.has(small) ? null : stemmer.stemWord(small));
    return stems.get(small);
  };
  const index = new MiniSearch({
    fields: ["heading", "page", "text"],
    processTerm: stem,
    searchOptions: {
      boost: { heading: 3, page: 1.5 },
      boostDocument: (id) => ({ questions: 1.4, glossary: 1.2 })[parts[id][0]] ?? 1, // in words of those who ask
      prefix: (word) => word.length > 3,
      fuzzy: (word) => (word.length > 4 ? 0.2 : false),
      weights: { prefix: 0.4, fuzzy: 0.2 },
    },
  });
  index.addAll(parts.map(([page, , heading, text], id) => ({ id, heading, page: titles[page], text })));

  /** The text around the first of the words that were found, with all of them marked. */
  function around(text, found) {
    const words = [...text.matchAll(/[\p{L}\p{N}]+/gu)].filter(([word]) => found.has(stem(word)));
    const start = Math.max(0, (words[0]?.index ?? 0) - AROUND);
    const end = start + 3 * AROUND;
    const line = document.createElement("p");
    line.className = "context";
    let at = start && text.indexOf(" ", start) + 1;
    if (at) line.append("… ");
    for (const { 0: word, index: place } of words) {
      if (place < at || place > end) continue;
      line.append(text.slice(at, place), Object.assign(document.createElement("mark"), { textContent: word }));
      at = place + word.length;
    }
    if (at < end) line.append(text.slice(at, end));
    if (end < text.length) line.append(" …");
    return line;
  }

  function item({ id, terms }) {
    const [page, anchor, heading, text] = parts[id];
    const found = document.createElement("li");
    found.append(Object.assign(document.createElement("a"), { href: `${page}.html#${anchor}`, textContent: heading }));
    if (heading !== titles[page]) {
      found.append(Object.assign(document.createElement("span"), { className: "of-page", textContent: titles[page] }));
    }
    found.append(around(text, new Set(terms)));
    return found;
  }

  const field = document.querySelector(".bd-article-container form.bd-search input");
  const results = document.getElementById("search-results");
  const line = document.createElement("p");
  line.setAttribute("role", "status");
  const list = Object.assign(document.createElement("ul"), { className: "search" });
  results.append(line, list);

  function show() {
    const asked = field.value.trim();
    const found = asked ? index.search(asked).slice(0, MOST) : [];
    list.replaceChildren(...found.map(item));
    line.textContent = found.length ? `${found.length} places, the best first.` : asked ? "Nothing here has these words. We may call it something else: " : "";
    if (asked && !found.length) line.append(Object.assign(document.createElement("a"), { href: "questions.html#words", textContent: "what people type, and what we say" }));
  }

  field.value = new URLSearchParams(location.search).get("q") ?? "";
  field.addEventListener("input", () => {
    const address = new URL(location.href);
    address.searchParams.set("q", field.value);
    history.replaceState(null, "", address); // to come back to
    show();
  });
  show();
}
