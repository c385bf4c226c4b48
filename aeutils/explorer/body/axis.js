// Marks on an axis: round numbers, and how they are written.

export const tickText = (value) => String(Number(value.toPrecision(6))).replace("-", "−");

// About so many round numbers between low and high.
export function niceTicks(low, high, count = 5) {
  const rough = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= rough);
  const ticks = [];
  for (let i = Math.ceil(low / step); i * step <= high; i++) ticks.push(i * step);
  return ticks;
}
