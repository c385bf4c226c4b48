// @ts-check
// Predictions: the reader guesses, and what follows, up to the answer, opens. Whoever does not want to guess says so.

// Where what follows from an answer ends; what one may try meanwhile does not end it, and stays in sight.
const NEXT = "section, .ae-guess, .box:not(.try-it), details.optional";
const TRY_IT = ".box.try-it";

/** @param {Element} child @param {string} selector */
const isOrHolds = (child, selector) => child.matches(selector) || child.querySelector(selector) !== null;

/** @typedef {Record<string, string>} Remarks for each option, what is said to who chose it */

/**
 * Turns a question's list of options into buttons, and hides what follows until one is chosen.
 * @param {HTMLElement} question
 */
export function askGuess(question) {
  const name = question.dataset.guess ?? "";
  const answer = document.querySelector(`details.ae-answer[data-guess="${name}"]`);
  const list = question.querySelector("ul");
  if (!(answer instanceof HTMLDetailsElement) || !list) return;
  /** @type {Remarks} */
  const remarks = JSON.parse(answer.dataset.remarks ?? "{}");
  const told = answer.appendChild(document.createElement("p"));
  const veil = veilBetween(question, answer);
  const line = document.createElement("p");
  line.className = "ae-guess-line";
  line.setAttribute("role", "status");
  const kept = `ae-guess ${location.pathname} ${name}`;

  const buttons = [...list.children].map((item) => {
    const option = item.querySelector("span")?.textContent ?? "";
    const button = document.createElement("button");
    button.type = "button";
    button.setAttribute("aria-pressed", "false");
    button.append(...item.childNodes);
    item.append(button);
    button.addEventListener("click", () => take(option, true));
    return { option, button };
  });
  const skip = document.createElement("button");
  skip.type = "button";
  skip.className = "ae-skip";
  skip.textContent = "No guess: show it";
  skip.addEventListener("click", () => take("", true));
  list.append(Object.assign(document.createElement("li"), { className: "ae-skip-item" }));
  list.lastElementChild?.append(skip);
  question.append(line);
  const say = (/** @type {string} */ text) => {
    line.textContent = text;
    if (!text) return;
    const link = Object.assign(document.createElement("a"), { href: `#${answer.id}`, textContent: "Go to the answer" });
    line.append(" ", link, ".");
  };
  line.textContent = veil ? "What follows gives the answer away: it opens with your guess." : "The answer opens with your guess.";

  /**
   * @param {string} option "" for none
   * @param {boolean} now whether it was chosen just now
   */
  function take(option, now) {
    for (const each of buttons) each.button.setAttribute("aria-pressed", String(each.option === option));
    veil?.lift();
    if (answer instanceof HTMLDetailsElement) answer.open = true;
    told.textContent = option ? remarks[option] ?? "" : "";
    say(option ? `You guess “${option}”. Read on and see.` : "Read on and see.");
    if (now) remember(kept, option);
  }

  const before = remembered(kept);
  if (before !== null) take(before, false);
  else if (veil?.holds(location.hash)) take("", false);
  else {
    veil?.lower(() => take("", false));
    addEventListener("hashchange", () => veil?.holds(location.hash) && take("", false));
  }
}

/**
 * What stands between a question and its answer, if they are of one section, the answer's cell with it and what is said
 * of it there: up to the next section, question, exercise or *Try it*.
 * @param {HTMLElement} question
 * @param {HTMLElement} answer
 */
function veilBetween(question, answer) {
  let common = question.parentElement;
  while (common && !common.contains(answer)) common = common.parentElement;
  if (!common) return null;
  const children = [...common.children];
  const first = children.findIndex((child) => child.contains(question));
  const last = children.findIndex((child) => child.contains(answer));
  if ([children[first], children[last]].some((child) => child.matches("section"))) return null;
  const next = children.findIndex((child, i) => i > last && isOrHolds(child, NEXT));
  const between = children
    .filter((child, i) => i > first && (next < 0 || i < next) && !(i > last && isOrHolds(child, TRY_IT)))
    .filter((child) => child instanceof HTMLElement);
  return {
    /** @param {() => void} found called when the browser's own search or a link finds something in it */
    lower(found) {
      for (const child of between) {
        child.setAttribute("hidden", "until-found");
        child.classList.add("ae-veiled");
        child.addEventListener("beforematch", found, { once: true });
      }
    },
    lift() {
      for (const child of between) {
        child.removeAttribute("hidden");
        child.classList.remove("ae-veiled");
      }
    },
    /** @param {string} hash */
    holds(hash) {
      const place = hash && document.getElementById(decodeURIComponent(hash.slice(1)));
      return Boolean(place && between.some((child) => child.contains(place)));
    },
  };
}

// Until the tab is closed: the next reader at this machine is asked again.

/**
 * @param {string} key
 * @param {string} option
 */
function remember(key, option) {
  try {
    sessionStorage.setItem(key, option);
  } catch {
    // not allowed here: nothing is kept
  }
}

/** @param {string} key */
function remembered(key) {
  try {
    return sessionStorage.getItem(key);
  } catch {
    return null;
  }
}
