// @ts-check
// What is explored: models, points and training images, read from the widget's traits and checked.

import { Engine } from "./engine.js";
import { Neighbours } from "./neighbours.js";
import { bytesAt, indicesAt, numbersAt, unpack, wholeNumbersAt } from "./payload.js";

/**
 * @import { Ask } from "./kernel.js"
 * @import { Operator } from "./operators.js"
 * @import { Entry } from "./payload.js"
 */

/** What stands among the labels for an image that has none. */
export const NO_LABEL = 65535;

/**
 * The median squared distance to the nearest training image: of all pictures, and of each class that has enough of them.
 * @typedef {{ all: number, classes: (number | null)[] } | null} Usual
 */

/**
 * The description that `gather` in aeutils/explorer/subject.py makes; a test holds the two together.
 * @typedef {object} Meta
 * @property {number} channels of an image: 1 for grey; 3 for red, green and blue, one behind the other
 * @property {number} height in pixels
 * @property {number} width
 * @property {string[]} classes their names; a label is a place in this list, or NO_LABEL
 * @property {{ count: number, name: string, labels: Entry | null, pixels: Entry, pictures: number, first: number, note: string }} points the
 *   images of the map; `name` is what one of them is called. So many `pictures` come with their pixels, evenly chosen;
 *   the `first` to be looked at is one of these, and well rebuilt.
 * @property {number} measured how many images the models' measures are averages of
 * @property {{ count: number, name: string, labels: Entry | null, pixels: Entry, usual: Usual, note: string }} training what
 *   a picture's neighbour is looked for among
 * @property {boolean} film whether the models are checkpoints of one training run, one after the other, seen in one plane
 * @property {ModelMeta[]} models
 */

/**
 * @typedef {object} ModelMeta
 * @property {string} name
 * @property {number} size of the code
 * @property {boolean} variational
 * @property {boolean | null} prior whether it was trained with the prior N(0, I); null: nobody knows
 * @property {boolean} spread whether the encoder puts out the posterior's standard deviations behind its means
 * @property {Operator[] | null} encoder null: the kernel has to be asked
 * @property {Operator[] | null} decoder
 * @property {Entry} numbers of both: their constants
 * @property {Entry} indices of both
 * @property {Entry} codes of the images of the map, one after the other
 * @property {{ names: string[], components: Entry, sds: Entry, mean: Entry, reach: Entry } | null} principal the widest
 *   principal axes of all codes, with the codes' standard deviations along them; the first two are the plane that is shown
 *   first; null: that of the first two units is
 * @property {Entry} reach of each code unit, the two ends of what a map shows of it
 * @property {Entry | null} aside for a code of one unit: where each image stands beside it
 * @property {Record<string, number>} measures
 * @property {Usual} usual of its reconstructions
 * @property {string | null} constant says that all codes are the same, if so
 * @property {string[]} notes to be shown above everything
 */

/**
 * Everything that the views show; made of a Meta and its arrays.
 * @typedef {Awaited<ReturnType<typeof readSubject>>} Subject
 */

/** @typedef {ReturnType<typeof readModel>} Model */

/**
 * Throws an Error in plain words when something is wrong with the data.
 * @param {Meta} meta
 * @param {Uint8Array<ArrayBuffer> | ArrayBuffer | null} bytes the compressed arrays, or a buffer with them as they are
 * @param {Ask} ask how to reach the kernel
 */
export async function readSubject(meta, bytes, ask) {
  if (!meta?.models?.length) throw new Error("the description of the model is missing");
  if (!bytes?.byteLength) throw new Error("the model's weights and the images are missing");
  const buffer = bytes instanceof ArrayBuffer ? bytes : await unpack(bytes).catch(() => {
    throw new Error("the packed weights and images cannot be unpacked");
  });
  /** @param {Entry | null} entry */
  const labelsAt = (entry) => entry && wholeNumbersAt(buffer, entry);
  const pixels = meta.channels * meta.height * meta.width; // numbers of one picture
  const points = { ...meta.points, labels: labelsAt(meta.points.labels), pixels: bytesAt(buffer, meta.points.pixels) };
  const images = bytesAt(buffer, meta.training.pixels);
  if (images.length !== meta.training.count * pixels) throw new Error("the training images are not complete");
  if (points.pixels.length !== points.pictures * pixels) throw new Error("the images are not complete");
  const neighbours = new Neighbours(images, pixels, meta.width);
  const training = { ...meta.training, labels: labelsAt(meta.training.labels), pixels: images, neighbours };
  const models = [];
  for (const [index, entry] of meta.models.entries()) {
    await pause();
    models.push(readModel(entry, index, meta, buffer, ask));
  }
  await pause();
  return { ...meta, pixels, points, training, models };
}

/**
 * @param {ModelMeta} entry
 * @param {number} index
 * @param {Meta} meta
 * @param {ArrayBuffer} buffer
 * @param {Ask} ask
 */
function readModel(entry, index, meta, buffer, ask) {
  /** @param {Entry} entry */
  const array = (entry) => numbersAt(buffer, entry);
  const codes = array(entry.codes);
  if (codes.length !== meta.points.count * entry.size) throw new Error(`${entry.name}: the codes are not complete`);
  if (codes.some((value) => !Number.isFinite(value))) throw new Error(`${entry.name}: the codes hold numbers that are not finite`);
  const constants = { numbers: array(entry.numbers), indices: indicesAt(buffer, entry.indices) };
  const engine = new Engine(entry, index, constants, meta.channels * meta.height * meta.width, ask);
  const { principal } = entry;
  return {
    ...entry,
    codes,
    constants,
    engine,
    principal: principal && { ...principal, components: array(principal.components), sds: array(principal.sds), mean: array(principal.mean), reach: array(principal.reach) },
    reach: array(entry.reach),
    aside: entry.aside && array(entry.aside),
    units: unitSpreads(codes, entry.size),
    /** @param {number} image */
    codeOf: (image) => codes.subarray(image * entry.size, (image + 1) * entry.size),
  };
}

/** Lets the page go on, so that who scrolls or types meanwhile need not wait. */
const pause = () => new Promise((resolve) => setTimeout(resolve));

/**
 * Which of the pictures that came along is that of an image, or -1; `_evenly` in aeutils/explorer/subject.py chose them.
 * @param {number} image
 * @param {{ count: number, pictures: number }} points
 */
export function pictureAt(image, { count, pictures }) {
  const place = Math.ceil((image * pictures) / count);
  return imageOf(place, { count, pictures }) === image ? place : -1;
}

/**
 * The image whose picture came along at this place.
 * @param {number} place
 * @param {{ count: number, pictures: number }} points
 */
export const imageOf = (place, { count, pictures }) => Math.floor((place * count) / pictures);

/**
 * The usual distance of what has this label, or of all where that is not known; null where nothing is.
 * @param {Usual} usual
 * @param {number} label
 */
export const usualOf = (usual, label) => usual?.classes[label] ?? usual?.all ?? null;

/**
 * What a label is called.
 * @param {string[]} classes
 * @param {number} label
 */
export const labelText = (classes, label) => (label === NO_LABEL ? "no label" : classes[label]);

/** @typedef {{ mean: number, sd: number, low: number, high: number, middle: [number, number] }} Spread */

/**
 * Of every code unit: mean, standard deviation, lowest and highest value, and the two ends of the middle 95 %.
 * @param {Float32Array} codes
 * @param {number} size
 * @returns {Spread[]}
 */
export function unitSpreads(codes, size) {
  const n = codes.length / size;
  const every = Math.ceil(n / 5000); // for the middle, a sample is enough
  return Array.from({ length: size }, (_, j) => {
    let [sum, square, low, high] = [0, 0, Infinity, -Infinity];
    /** @type {number[]} */
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
    /** @param {number} share */
    const end = (share) => some[Math.round(share * (some.length - 1))];
    return { mean, sd: Math.sqrt(Math.max(0, square / n - mean * mean)), low, high, middle: [end(0.025), end(0.975)] };
  });
}
