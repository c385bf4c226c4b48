// One model: decodes and encodes here in the browser, or asks the kernel where a layer is not known here.

import { buildNetwork } from "./network.js";

export class Engine {
  constructor(entry, index, weights, [height, width], ask) {
    Object.assign(this, { name: entry.name, size: entry.size, index, ask, pixels: height * width, waiting: new Map() });
    const build = (layers, shape) => {
      try {
        return layers && buildNetwork(layers, weights, shape);
      } catch (error) {
        throw new Error(`${entry.name}: ${error.message}`);
      }
    };
    this.decoder = build(entry.decoder, [entry.size]);
    this.encoder = build(entry.encoder, [1, height, width]);
    if (this.decoder && this.decoder.outputs !== this.pixels) throw new Error(`${entry.name}: the decoder makes ${this.decoder.outputs} pixels instead of ${this.pixels}`);
    if (this.encoder && this.encoder.outputs < entry.size) throw new Error(`${entry.name}: the encoder makes ${this.encoder.outputs} numbers instead of ${entry.size}`);
    this.spread = entry.spread; // whether the encoder's second half is the posterior's log-variance
  }

  // Whether everything is computed here.
  get local() {
    return Boolean(this.decoder && this.encoder);
  }

  // Calls deliver(picture): at once where the decoder is known here; otherwise when the kernel has answered. Of many
  // questions that pile up under one name, only the newest is asked.
  decode(z, deliver, name = "picture") {
    if (this.decoder) return deliver(this.decoder.run(z));
    this.newest(name, "decode", z, deliver);
  }

  // Calls deliver(code, sd): sd is the posterior's standard deviation of each unit, or null.
  encode(x, deliver, name = "code") {
    if (this.encoder) {
      const out = this.encoder.run(x);
      return deliver(out.slice(0, this.size), this.spread ? this.deviations(out) : null);
    }
    this.newest(name, "encode", x, (code) => deliver(code, null));
  }

  deviations(out) {
    return Float32Array.from({ length: this.size }, (_, j) => Math.exp(out[this.size + j] / 2));
  }

  // Pictures of many codes, in pieces short enough that the page goes on answering: progress(index, picture) for each.
  async decodeMany(codes, progress, signal) {
    if (this.decoder) {
      await inPieces(codes.length, (i) => progress(i, this.decoder.run(codes[i])), signal);
      return;
    }
    const together = Float32Array.from(codes.flatMap((code) => [...code]));
    const pictures = await this.ask("decode", this.index, together);
    if (!signal.aborted) codes.forEach((_, i) => progress(i, pictures.subarray(i * this.pixels, (i + 1) * this.pixels)));
  }

  async newest(name, operation, values, deliver) {
    const busy = this.waiting.has(name);
    this.waiting.set(name, { values, deliver });
    if (busy) return;
    while (this.waiting.get(name)) {
      const { values, deliver } = this.waiting.get(name);
      this.waiting.set(name, null);
      try {
        deliver(await this.ask(operation, this.index, values));
      } catch (error) {
        deliver(null, null, error.message);
      }
    }
    this.waiting.delete(name);
  }
}

// Runs step(0) … step(n - 1), a few milliseconds at a time, until the signal is aborted.
export async function inPieces(n, step, signal, budget = 6) {
  let started = performance.now();
  for (let i = 0; i < n; i++) {
    if (performance.now() - started > budget) {
      await new Promise((resolve) => setTimeout(resolve, 4));
      started = performance.now();
    }
    if (signal?.aborted) return;
    step(i);
  }
}
