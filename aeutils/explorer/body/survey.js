// @ts-check
// Measures a model at many codes or images: in a worker, which keeps no hand waiting, or in short pieces on the page where
// no worker may be started or the kernel has to be asked.

import { Engine, messageOf } from "./engine.js";
import { Neighbours, squaredDistance } from "./neighbours.js";
import { pictureOf } from "./payload.js";

/**
 * @import { Operator } from "./operators.js"
 * @import { Subject } from "./subject.js"
 */

/**
 * What is measured of a code: the squared distance of its picture to the nearest training image; the code that comes back
 * when it is decoded and encoded; or the squared error of its picture as that of an image.
 * @typedef {"distance" | "trip" | "error"} Quantity
 */

/**
 * What is measured of an image: its posterior's means and, behind them, its standard deviations.
 * @typedef {"posterior"} OfImages
 */

/**
 * What is measured of a way, given by its codes: again and again, the codes of one that is shorter in pixels.
 * @typedef {"geodesic"} OfWays
 */

/**
 * @typedef {object} Question
 * @property {Quantity | OfImages | OfWays} quantity
 * @property {number} model its index
 * @property {Float32Array[]} codes none for what images have
 * @property {number[]} [places] of images, among the pictures that came along: those that have it, or whose the codes are
 */

/**
 * Takes what is known of codes[index] or places[index]: a number, or a code. Of a way: its codes, one after the other.
 * @typedef {(index: number, value: Float32Array) => void} Put
 */

/** @type {Record<Question["quantity"], ("decoder" | "encoder")[]>} the parts of a model that have to be known here, or the kernel is asked */
const NEEDED = { distance: ["decoder"], trip: ["decoder", "encoder"], error: ["decoder"], posterior: ["encoder"], geodesic: ["decoder"] };

const SHORT = 6; // milliseconds that a piece may take on the page
const LONG = 30; // and in a worker, between two looks at what is asked

/** Measures in this thread. */
export class Surveyor {
  /**
   * @param {Engine[]} engines
   * @param {Neighbours} neighbours
   * @param {Uint8Array} images those of the map whose pixels are here
   * @param {number} pixels of each
   */
  constructor(engines, neighbours, images, pixels, budget = SHORT) {
    this.engines = engines;
    this.neighbours = neighbours;
    this.images = images;
    this.pixels = pixels;
    this.budget = budget;
  }

  /**
   * Rejects when the kernel is needed and does not answer.
   * @param {Question} question
   * @param {Put} put
   * @param {AbortSignal} signal
   */
  async measure({ quantity, model, codes, places = [] }, put, signal) {
    const engine = this.engines[model];
    if (quantity === "trip") return engine.throughBoth(codes, put, signal, this.budget);
    const { neighbours, images, pixels } = this;
    if (quantity === "posterior") return engine.posteriors(places.map((place) => pictureOf(images, place, pixels)), put, signal, this.budget);
    if (quantity === "geodesic") return engine.shorten(codes, (way) => put(0, Float32Array.from(way.flatMap((code) => [...code]))), signal, this.budget);
    /** @type {(index: number, picture: Float32Array) => number} */
    const value = quantity === "distance"
      ? (_, picture) => neighbours.nearest(picture).distance
      : (i, picture) => squaredDistance(picture, pictureOf(images, places[i], pixels));
    return engine.decodeMany(codes, (i, picture) => put(i, Float32Array.of(value(i, picture))), signal, this.budget);
  }
}

/**
 * What a worker needs to know of the subject.
 * @typedef {object} Known
 * @property {{ entry: ConstructorParameters<typeof Engine>[0], constants: { numbers: Float32Array, indices: Int32Array } }[]} models
 * @property {Uint8Array} training
 * @property {Uint8Array} images
 * @property {number} pixels
 * @property {number} width
 */

/** @typedef {{ id: number, question: Question } | { stop: number }} Order */
/** @typedef {{ id: number, found: [index: number, value: Float32Array][], problem?: string, done?: boolean }} Report */

/**
 * Measures in a worker made of this bundle's own text, where that is possible.
 */
export class Survey {
  /**
   * @param {Subject} subject
   * @param {string | null} source of a function that returns all modules by their file names; null: there is no bundle
   * @param {AbortSignal} signal
   */
  constructor(subject, source, signal) {
    this.subject = subject;
    this.source = source;
    this.here = new Surveyor(subject.models.map(({ engine }) => engine), subject.training.neighbours, subject.points.pixels, subject.pixels);
    /** @type {Worker | null | undefined} undefined: not yet tried */
    this.worker = undefined;
    /** @type {Map<number, { put: Put, end: (answered: { problem?: string, lost?: boolean }) => void }>} */
    this.asked = new Map();
    this.count = 0;
    signal.addEventListener("abort", () => this.worker?.terminate());
  }

  /** @type {Surveyor["measure"]} */
  async measure(question, put, signal) {
    const engine = this.here.engines[question.model];
    const local = NEEDED[question.quantity].every((part) => engine[part]);
    if (this.worker === undefined && local) this.worker = this.start();
    const { worker } = this;
    if (!worker || !local) return this.here.measure(question, put, signal);
    const id = ++this.count;
    const { problem, lost } = await new Promise((/** @type {(answered: { problem?: string, lost?: boolean }) => void} */ end) => {
      this.asked.set(id, { put: (index, value) => signal.aborted || put(index, value), end });
      signal.addEventListener("abort", () => {
        worker.postMessage({ stop: id });
        end({});
      });
      worker.postMessage({ id, question });
    });
    this.asked.delete(id);
    if (problem) throw new Error(problem);
    return lost && !signal.aborted ? this.here.measure(question, put, signal) : undefined;
  }

  start() {
    if (!this.source || typeof Worker === "undefined") return null;
    const address = URL.createObjectURL(new Blob([`(${this.source})()["survey.js"].serve(self);`], { type: "text/javascript" }));
    /** @type {Worker} */
    let worker;
    try {
      worker = new Worker(address);
    } catch {
      return null; // the page forbids it
    }
    worker.onmessage = (/** @type {MessageEvent<Report>} */ { data: { id, found, problem, done } }) => {
      const asked = this.asked.get(id);
      found.forEach(([index, value]) => asked?.put(index, value));
      if (done || problem) asked?.end({ problem });
    };
    worker.onerror = (event) => {
      event.preventDefault();
      worker.terminate();
      this.worker = null;
      this.asked.forEach(({ end }) => end({ lost: true })); // and go on here
    };
    worker.postMessage(this.known());
    setTimeout(() => URL.revokeObjectURL(address), 10_000); // it is loaded, or never will be
    return worker;
  }

  /** @returns {Known} */
  known() {
    const { subject } = this;
    return {
      models: subject.models.map(({ name, size, encoder, decoder, spread, constants }) => ({
        entry: { name, size, encoder, decoder, spread },
        constants: { numbers: constants.numbers.slice(), indices: constants.indices.slice() }, // else all of the payload goes along
      })),
      training: subject.training.pixels.slice(),
      images: subject.points.pixels.slice(),
      pixels: subject.pixels,
      width: subject.width,
    };
  }
}

/**
 * The worker's side: hears first what is known, then orders.
 * @param {{ onmessage: ((event: MessageEvent<any>) => void) | null, postMessage(report: Report): void }} self
 */
export function serve(self) {
  /** @type {Surveyor | null} */
  let surveyor = null;
  /** @type {Map<number, AbortController>} */
  const running = new Map();
  /** @param {Known} known */
  const learn = ({ models, training, images, pixels, width }) => {
    const nobody = () => Promise.reject(new Error("a worker has no kernel"));
    const engines = models.map(({ entry, constants }, index) => new Engine(entry, index, constants, pixels, nobody));
    surveyor = new Surveyor(engines, new Neighbours(training, pixels, width), images, pixels, LONG);
  };
  /**
   * @param {number} id
   * @param {Question} question
   */
  const answer = async (id, question) => {
    const stop = new AbortController();
    running.set(id, stop);
    let [found, told] = [/** @type {Report["found"]} */ ([]), performance.now()];
    try {
      await surveyor?.measure(question, (index, value) => {
        found.push([index, value]);
        if (performance.now() - told < LONG) return;
        self.postMessage({ id, found });
        [found, told] = [[], performance.now()];
      }, stop.signal);
      self.postMessage({ id, found, done: true });
    } catch (error) {
      self.postMessage({ id, found, problem: messageOf(error) });
    }
    running.delete(id);
  };
  self.onmessage = ({ data }) => {
    if ("stop" in data) running.get(data.stop)?.abort();
    else if ("id" in data) answer(data.id, data.question);
    else learn(data);
  };
}
