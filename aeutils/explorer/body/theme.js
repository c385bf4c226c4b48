// @ts-check
// Light or dark: what JupyterLab says, else what the system says.

export function isDark() {
  const jupyter = document.body.dataset.jpThemeLight;
  if (jupyter !== undefined) return jupyter === "false";
  return matchMedia("(prefers-color-scheme: dark)").matches;
}

/**
 * Calls f when that may have changed, until the signal is aborted.
 * @param {() => void} f
 * @param {AbortSignal} signal
 */
export function whenThemeChanges(f, signal) {
  const observer = new MutationObserver(f);
  observer.observe(document.body, { attributes: true, attributeFilter: ["data-jp-theme-light"] });
  signal.addEventListener("abort", () => observer.disconnect());
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", f, { signal });
}

// The colours of classes: those of the collection's figures (aeutils/figures/look.py; a test holds the two together), and
// lighter ones of the same hues for dark pages. The page's own colours are at the head of explorer.css.
const LIGHT = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#B8860B", "#56B4E9", "#000000", "#E69F00", "#7B3294", "#767676"];
const DARK = ["#4DA6E8", "#FF8A4A", "#2CD3A0", "#F0A3CC", "#D9B04A", "#9AD8FF", "#FFFFFF", "#FFC043", "#C79BE6", "#A6A6A6"];

export const classColours = () => (isDark() ? DARK : LIGHT);

/** Of images that have no label: the page's soft ink. */
export const noClassColour = () => (isDark() ? "#B5B5B5" : "#595959");

/** The map's background, with which signs are rimmed. */
export const paper = () => (isDark() ? "#151515" : "#FFFFFF");
