// @ts-check
// Asks the kernel to decode or encode, for the models that the browser cannot evaluate.

const PATIENCE = 10_000; // milliseconds

/**
 * anywidget's model in a notebook; on a page of its own there is `get` alone.
 * @typedef {{ get(name: string): any }} Traits
 * @typedef {object} Alive
 * @property {(name: string, value: unknown) => void} set
 * @property {() => void} save_changes
 * @property {(message: object, callbacks: undefined, buffers: ArrayBuffer[]) => void} send
 * @property {(event: string, f: (...given: any[]) => void) => void} on
 * @property {(event: string, f: (...given: any[]) => void) => void} off
 * @typedef {Traits | (Traits & Alive)} WidgetModel
 */

/** @typedef {"decode" | "encode"} Operation */

/**
 * Resolves to what the kernel answers for the model at `index`; rejects when it is not there.
 * @typedef {(operation: Operation, index: number, values: ArrayLike<number>) => Promise<Float32Array>} Ask
 */

/** @typedef {{ resolve: (values: Float32Array) => void, reject: (error: Error) => void, timer: number }} Asked */

export class Kernel {
  /**
   * @param {WidgetModel} model
   * @param {AbortSignal} signal
   */
  constructor(model, signal) {
    this.model = model;
    /** @type {Map<string, Asked>} */
    this.asked = new Map();
    this.count = 0;
    /** @type {Ask} */
    this.ask = (operation, index, values) => this.send(operation, index, values);
    if (!("send" in model)) return;
    /**
     * @param {{ id: string, problem?: string }} message
     * @param {DataView<ArrayBuffer>[]} buffers
     */
    const hear = (message, buffers) => this.hear(message, buffers);
    model.on("msg:custom", hear);
    signal.addEventListener("abort", () => {
      model.off("msg:custom", hear);
      this.asked.forEach(({ timer }) => clearTimeout(timer));
    });
  }

  /** @type {Ask} */
  send(operation, index, values) {
    const { model } = this;
    if (!("send" in model)) return Promise.reject(new Error("this model can only be evaluated by Python, and this page has none"));
    const id = `${++this.count}-${Math.random().toString(36).slice(2)}`; // two views of one widget hear the same answers
    return new Promise((resolve, reject) => {
      const late = () => {
        this.asked.delete(id);
        reject(new Error("the kernel does not answer; run the cells that made the model and the explorer again"));
      };
      this.asked.set(id, { resolve, reject, timer: setTimeout(late, PATIENCE) });
      try {
        model.send({ id, operation, model: index }, undefined, [Float32Array.from(values).buffer]);
      } catch {
        late();
      }
    });
  }

  /**
   * @param {{ id: string, problem?: string }} message
   * @param {DataView<ArrayBuffer>[]} buffers
   */
  hear(message, buffers) {
    const asked = this.asked.get(message.id);
    if (!asked) return;
    this.asked.delete(message.id);
    clearTimeout(asked.timer);
    if (message.problem) asked.reject(new Error(message.problem));
    else asked.resolve(new Float32Array(buffers[0].buffer.slice(buffers[0].byteOffset, buffers[0].byteOffset + buffers[0].byteLength)));
  }
}
