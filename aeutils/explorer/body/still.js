// @ts-check
// The still: an output of its own, which stands where nothing runs. Where the explorer lives it would be there twice.

/**
 * Hides the still, and the line below it, that are the outputs before the explorer's, until the signal is aborted.
 * @param {HTMLElement} root
 * @param {AbortSignal} signal
 */
export function hideStill(root, signal) {
  // A notebook puts the explorer into its page only after it was drawn: then it first gets a size.
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
 * Whatever a host wraps its outputs in, they are neighbours: the still, the line `.aex-rest` (widget.py), the explorer.
 * @param {HTMLElement} root
 * @returns {HTMLElement[]}
 */
function outputsBefore(root) {
  for (let output = /** @type {Element | null} */ (root); output; output = output.parentElement) {
    const line = output.previousElementSibling;
    if (!(line instanceof HTMLElement) || !line.querySelector(".aex-rest")) continue;
    const still = line.previousElementSibling;
    return still instanceof HTMLElement && still.querySelector("img") ? [still, line] : [line];
  }
  return [];
}
