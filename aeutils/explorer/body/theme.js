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

// The colours of classes: the hues of the collection's figures, as aeutils/figures/look.py has them for light and for dark
// pages (a test holds the two together). The page's own colours are at the head of explorer.css.
const LIGHT = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#8A6D00", "#2E9BD6", "#000000", "#C97A00", "#7B3294", "#767676"];
const DARK = ["#4DA6E8", "#FF8A4A", "#2CD3A0", "#F0A3CC", "#D9B04A", "#9AD8FF", "#FFFFFF", "#FFC043", "#C79BE6", "#A6A6A6"];

export const classColours = () => (isDark() ? DARK : LIGHT);

/**
 * What to draw with, where images have colour.
 * @type {[name: string, colour: string][]}
 */
export const PENS = [["white", "#ffffff"], ["black", "#000000"], ["red", "#d55e00"], ["orange", "#e69f00"], ["green", "#009e73"], ["blue", "#0072b2"], ["pink", "#cc79a7"]];

/** From low to high, in even steps of lightness, on light pages and on dark ones; look.FROM_LOW in Python. */
export const SCALE = ["#440154", "#472D7B", "#3B528B", "#2C728E", "#21918C", "#28AE80", "#5EC962", "#ADDC30", "#FDE725"];

/** Of images that have no label: the page's soft ink. */
export const noClassColour = () => (isDark() ? "#B5B5B5" : "#595959");

/** The map's background, with which signs are rimmed. */
export const paper = () => (isDark() ? "#151515" : "#FFFFFF");
