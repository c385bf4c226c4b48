// @ts-check
// Light or dark, as the host is: the page around us may be the opposite of what the system says.

/** @type {boolean | null} found once, and again whenever the host changes: it is asked for with every drawing */
let known = null;

export function isDark() {
  known ??= saysDark() ?? looksDark();
  return known;
}

/** What the hosts that we know say of themselves: JupyterLab, Notebook and Voilà, VS Code, Colab. */
function saysDark() {
  const { body, documentElement: html } = document;
  const jupyter = body.dataset.jpThemeLight;
  if (jupyter !== undefined) return jupyter === "false";
  const code = /vscode-(?:high-contrast-)?(light|dark)|vscode-high-contrast/.exec(`${body.dataset.vscodeThemeKind ?? body.className}`);
  if (code) return code[1] !== "light";
  const colab = html.getAttribute("theme");
  return colab === "dark" ? true : colab === "light" ? false : null;
}

/** What any other page looks like: by its background, else by the schemes that it was written for. */
function looksDark() {
  const html = document.documentElement;
  const pixel = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true }); // knows every way to write a colour
  for (const element of [document.body, html]) {
    if (!pixel) break;
    pixel.fillStyle = getComputedStyle(element).backgroundColor;
    pixel.fillRect(0, 0, 1, 1);
    const [red, green, blue, alpha] = pixel.getImageData(0, 0, 1, 1).data;
    if (alpha > 127) return 0.2126 * red + 0.7152 * green + 0.0722 * blue < 128;
  }
  const schemes = getComputedStyle(html).colorScheme;
  if (!schemes.includes("dark")) return false; // the browser's own paper is white then, whatever the system says
  return !schemes.includes("light") || matchMedia("(prefers-color-scheme: dark)").matches;
}

/**
 * Calls f whenever light has turned into dark or back, until the signal is aborted.
 * @param {() => void} f
 * @param {AbortSignal} signal
 */
export function whenThemeChanges(f, signal) {
  let before = isDark();
  const look = () => {
    known = null;
    if (isDark() === before) return;
    before = isDark();
    f();
  };
  const observer = new MutationObserver(look);
  for (const element of [document.body, document.documentElement]) observer.observe(element, { attributes: true });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", look, { signal });
  signal.addEventListener("abort", () => {
    observer.disconnect();
    known = null; // nobody looks any longer
  });
}

// The colours of classes, kin to those of the collection's figures, as aeutils/figures/look.py has them for light and for dark
// ground (a test holds the two together). The page's own colours are at the head of explorer.css.
const LIGHT = ["#0453A0", "#F44C38", "#117B68", "#E151AE", "#7B8600", "#1899E0", "#000000", "#A23A05", "#8C3ECB", "#494949"];
const DARK = ["#0288FF", "#DE6815", "#1CB87B", "#FEA5C0", "#C0B40A", "#57D1FD", "#FFFFFF", "#9DFF3C", "#C05ED1", "#868686"];

/** @param {boolean} dark whether they are seen on dark ground */
export const classColours = (dark) => (dark ? DARK : LIGHT);

/**
 * What to draw with, where images have colour.
 * @type {[name: string, colour: string][]}
 */
export const PENS = [["white", "#ffffff"], ["black", "#000000"], ["red", "#d55e00"], ["orange", "#e69f00"], ["green", "#009e73"], ["blue", "#0072b2"], ["pink", "#cc79a7"]];

/** From low to high, in even steps of lightness, on light pages and on dark ones; look.FROM_LOW in Python. */
export const SCALE = ["#440154", "#472D7B", "#3B528B", "#2C728E", "#21918C", "#28AE80", "#5EC962", "#ADDC30", "#FDE725"];

/**
 * Of images that have no label: the page's soft ink.
 * @param {boolean} dark
 */
export const noClassColour = (dark) => (dark ? "#B5B5B5" : "#595959");

/**
 * What signs are rimmed with: the map's background.
 * @param {boolean} dark
 */
export const paper = (dark) => (dark ? "#151515" : "#FFFFFF");
