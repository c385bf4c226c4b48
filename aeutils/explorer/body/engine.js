// @ts-check
// One model: decodes and encodes here in the browser, or asks the kernel where a layer is not known here.

import { geodesic } from "./geodesic.js";
import { buildNetwork } from "./network.js";

/**
 * @import { Ask, Operation } from "./kernel.js"
 * @import { Operator } from "./operators.js"
 * @import { ModelMeta } from "./subject.js"
 */

/**
 * Takes a picture, or a code with the posterior's standard deviation of each unit where that is known; or null, and what
 * stood in the way.
 * @typedef {(values: Float32Array | null, sd: Float32Array | null, problem?: string) => void} Deliver
 */

export class Engine {
  /**
   * @param {Pick<ModelMeta, "name" | "size" | "encoder" | "decoder" | "spread">} entry
   * @param {number} index
   * @param {{ numbers: Float32Array, indices: Int32Array }} constants of both networks
   * @param {number} pixels of an image, over all channels
   * @param {Ask} ask
   */
  constructor(entry, index, { numbers, indices }, pixels, ask) {
    this.size = entry.size;
    this.index = index;
    this.ask = ask;
    this.pixels = pixels;
    /** @type {Map<string, { values: Float32Array, deliver: Deliver } | null>} */
    this.waiting = new Map();
    /** @param {Operator[] | null} operations */
    const build = (operations) => {
      try {
        return operations && buildNetwork(operations, numbers, indices);
      } catch (error) {
        throw new Error(`${entry.name}: ${messageOf(error)}`);
      }
    };
    this.decoder = build(entry.decoder);
    this.encoder = build(entry.encoder);
    if (this.decoder && this.decoder.outputs !== pixels) throw new Error(`${entry.name}: the decoder makes ${this.decoder.outputs} pixels instead of ${pixels}`);
    const outputs = entry.spread ? 2 * entry.size : entry.size;
    if (this.encoder && this.encoder.outputs !== outputs) throw new Error(`${entry.name}: the encoder makes ${this.encoder.outputs} numbers instead of ${outputs}`);
    this.spread = entry.spread; // whether the encoder's second half is the posterior's standard deviation
  }

  /** Whether everything is computed here. */
  get local() {
    return Boolean(this.decoder && this.encoder);
  }

  /**
   * Delivers the picture of a code: at once where the decoder is known here; otherwise when the kernel has answered. Of
   * many questions that pile up under one name, only the newest is asked.
   * @param {Float32Array} z
   * @param {Deliver} deliver
   */
  decode(z, deliver, name = "picture") {
    if (this.decoder) deliver(this.decoder.run(z), null);
    else this.newest(name, "decode", z, deliver);
  }

  /**
   * Delivers the code of an image, in the same way.
   * @param {Float32Array} x
   * @param {Deliver} deliver
   */
  encode(x, deliver, name = "code") {
    if (!this.encoder) {
      this.newest(name, "encode", x, deliver);
      return;
    }
    const out = this.encoder.run(x);
    deliver(out.slice(0, this.size), this.spread ? out.slice(this.size) : null);
  }

  /**
   * Pictures of many codes, in pieces short enough that the page goes on answering; of the kernel, all in one question.
   * @param {Float32Array[]} codes
   * @param {(index: number, picture: Float32Array) => void} progress called for each
   * @param {AbortSignal} signal
   * @param {number} [budget] milliseconds that a piece may take
   */
  async decodeMany(codes, progress, signal, budget) {
    const { decoder } = this;
    if (decoder) {
      await inPieces(codes.length, (i) => progress(i, decoder.run(codes[i])), signal, budget);
      return;
    }
    const together = Float32Array.from(codes.flatMap((code) => [...code]));
    const pictures = await this.ask("decode", this.index, together);
    await inPieces(codes.length, (i) => progress(i, pictures.subarray(i * this.pixels, (i + 1) * this.pixels)), signal, budget);
  }

  /**
   * What comes back of many codes that are decoded and encoded again, in the same way.
   * @param {Float32Array[]} codes
   * @param {(index: number, code: Float32Array) => void} progress called for each
   * @param {AbortSignal} signal
   * @param {number} [budget]
   */
  async throughBoth(codes, progress, signal, budget) {
    const { encoder, size, pixels } = this;
    if (encoder) {
      await this.decodeMany(codes, (i, picture) => progress(i, encoder.run(picture).slice(0, size)), signal, budget);
      return;
    }
    const pictures = new Float32Array(codes.length * pixels);
    await this.decodeMany(codes, (i, picture) => pictures.set(picture, i * pixels), signal, budget);
    if (signal.aborted) return;
    const back = await this.ask("encode", this.index, pictures);
    if (!signal.aborted) codes.forEach((_, i) => progress(i, back.subarray(i * size, (i + 1) * size)));
  }

  /**
   * Of many images the posterior's means, and behind them its standard deviations; only where `spread` says that they are
   * known here.
   * @param {Float32Array[]} images
   * @param {(index: number, both: Float32Array) => void} progress called for each
   * @param {AbortSignal} signal
   * @param {number} [budget]
   */
  async posteriors(images, progress, signal, budget) {
    const { encoder } = this;
    if (!encoder || !this.spread) throw new Error("the posterior is not known here");
    await inPieces(images.length, (i) => progress(i, encoder.run(images[i])), signal, budget);
  }

  /**
   * Shorter and shorter ways, in pixels, between the ends of the one that is given; only where the decoder is known here.
   * @param {Float32Array[]} way
   * @param {(shorter: Float32Array[]) => void} progress
   * @param {AbortSignal} signal
   * @param {number} [budget]
   */
  async shorten(way, progress, signal, budget) {
    const { decoder } = this;
    if (!decoder) throw new Error("the decoder is not known here");
    await takeInPieces(geodesic(way, decoder.run), (shorter) => shorter && progress(shorter), signal, budget);
  }

  /**
   * @param {string} name
   * @param {Operation} operation
   * @param {Float32Array} values
   * @param {Deliver} deliver
   */
  async newest(name, operation, values, deliver) {
    const busy = this.waiting.has(name);
    this.waiting.set(name, { values, deliver });
    if (busy) return;
    for (let next = this.waiting.get(name); next; next = this.waiting.get(name)) {
      this.waiting.set(name, null);
      try {
        next.deliver(await this.ask(operation, this.index, next.values), null);
      } catch (error) {
        next.deliver(null, null, messageOf(error));
      }
    }
    this.waiting.delete(name);
  }
}

/** @param {unknown} error */
export const messageOf = (error) => (error instanceof Error ? error.message : String(error));

/**
 * Runs step(0) … step(n - 1), a few milliseconds at a time, until the signal is aborted.
 * @param {number} n
 * @param {(i: number) => void} step
 * @param {AbortSignal} signal
 * @param {number} [budget] milliseconds
 */
export const inPieces = (n, step, signal, budget) => takeInPieces(Array(n).keys(), step, signal, budget);

/**
 * Takes what is made one by one, in the same way.
 * @template T
 * @param {Iterable<T>} all
 * @param {(each: T) => void} take
 * @param {AbortSignal} signal
 */
async function takeInPieces(all, take, signal, budget = 6) {
  let started = performance.now();
  for (const each of all) {
    if (performance.now() - started > budget) {
      await new Promise((resolve) => setTimeout(resolve, 4));
      started = performance.now();
    }
    if (signal.aborted) return;
    take(each);
  }
}
