// @ts-check
// What stands where nothing runs are outputs of their own. Where the widget lives it would be there twice.

/**
 * A widget without looks, which hides what stands at rest before the output that it is in, for as long as it is there.
 * @param {{ el: HTMLElement }} given
 */
export function render({ el }) {
  const life = new AbortController();
  hideStill(el, life.signal);
  return () => life.abort();
}

/**
 * Hides the still, and the line below it, that are the outputs before the widget's, until the signal is aborted.
 * @param {HTMLElement} root
 * @param {AbortSignal} signal
 */
export function hideStill(root, signal) {
  // A notebook puts the widget into its page only after it was drawn: then it first gets a size.
  const observer = new ResizeObserver(() => {
    if (!root.isConnected) return;
    observer.disconnect();
    for (const output of outputsBefore(root)) {
      output.style.display = "none";
      signal.addEventListener("abort", () => output.style.removeProperty("display"), { once: true });
    }
  });
  observer.observe(root);
  signal.addEventListener("abort", () => observer.disconnect(), { once: true });
}

/**
 * Whatever a host wraps its outputs in, they are neighbours: the still, the line `.ae-rest` (__init__.py), the widget. A
 * neighbour that says more than the line does is another cell.
 * @param {HTMLElement} root
 * @returns {HTMLElement[]}
 */
function outputsBefore(root) {
  for (let output = /** @type {Element | null} */ (root); output; output = output.parentElement) {
    const line = output.previousElementSibling;
    const said = line?.querySelector(".ae-rest")?.textContent;
    if (!(line instanceof HTMLElement) || said === undefined || line.textContent?.trim() !== said?.trim()) continue;
    const still = line.previousElementSibling;
    return still instanceof HTMLElement && still.querySelector("img") ? [still, line] : [line];
  }
  return [];
}
