// What is explored: models, points and training images, read from the widget's traits and checked.

import { Engine } from "./engine.js";
import { Neighbours } from "./neighbours.js";
import { arrayAt, unpack } from "./payload.js";

// meta: the description made by aeutils/explorer/subject.py; bytes: the compressed arrays; ask: how to reach the kernel,
// or null where there is none. Throws an Error in plain words when something is wrong with the data.
export async function readSubject(meta, bytes, ask) {
  if (!meta?.models?.length) throw new Error("the description of the model is missing");
  if (!bytes?.byteLength) throw new Error("the model's weights and the images are missing");
  let buffer;
  try {
    buffer = await unpack(bytes);
  } catch {
    throw new Error("the packed weights and images cannot be unpacked");
  }
  const array = (entry) => (entry ? arrayAt(buffer, entry) : null);
  const pixels = meta.height * meta.width;
  const points = { ...meta.points, labels: array(meta.points.labels), pixels: array(meta.points.pixels) };
  const training = { ...meta.training, labels: array(meta.training.labels), pixels: array(meta.training.pixels) };
  if (training.pixels.length !== training.count * pixels) throw new Error("the training images are not complete");
  if (points.pixels && points.pixels.length !== points.count * pixels) throw new Error("the images are not complete");
  training.neighbours = new Neighbours(training.pixels, pixels);
  const models = meta.models.map((entry, index) => readModel(entry, index, meta, array, ask));
  return { ...meta, pixels, points, training, models };
}

function readModel(entry, index, meta, array, ask) {
  const codes = array(entry.codes);
  if (codes.length !== meta.points.count * entry.size) throw new Error(`${entry.name}: the codes are not complete`);
  if (codes.some((value) => !Number.isFinite(value))) throw new Error(`${entry.name}: the codes hold numbers that are not finite`);
  const engine = new Engine(entry, index, array(entry.weights), [meta.height, meta.width], ask);
  const principal = entry.principal && { components: array(entry.principal.components), mean: array(entry.principal.mean) };
  const codeOf = (image) => codes.subarray(image * entry.size, (image + 1) * entry.size);
  return { ...entry, codes, codeOf, engine, principal, units: unitSpreads(codes, entry.size) };
}

// Of every code unit: mean, standard deviation, lowest and highest value, and the two ends of the middle 95 %.
export function unitSpreads(codes, size) {
  const n = codes.length / size;
  const every = Math.ceil(n / 5000); // for the middle, a sample is enough
  return Array.from({ length: size }, (_, j) => {
    let [sum, square, low, high] = [0, 0, Infinity, -Infinity];
    const some = [];
    for (let i = 0; i < n; i++) {
      const value = codes[i * size + j];
      sum += value;
      square += value * value;
      low = Math.min(low, value);
      high = Math.max(high, value);
      if (i % every === 0) some.push(value);
    }
    const mean = sum / n;
    some.sort((a, b) => a - b);
    const middle = [0.025, 0.975].map((share) => some[Math.round(share * (some.length - 1))]);
    return { mean, sd: Math.sqrt(Math.max(0, square / n - mean * mean)), low, high, middle };
  });
}
