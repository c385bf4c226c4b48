// @ts-check
// Marks on an axis: round numbers, and how they are written.

/** @param {number} value */
export const tickText = (value) => String(Number(value.toPrecision(6))).replace("-", "−");

/**
 * About so many round numbers between low and high.
 * @param {number} low
 * @param {number} high
 */
export function niceTicks(low, high, count = 5) {
  const rough = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5].find((factor) => factor * power >= rough) ?? 10);
  const ticks = [];
  for (let i = Math.ceil(low / step); i * step <= high; i++) ticks.push(i * step);
  return ticks;
}
