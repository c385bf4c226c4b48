// Asks the kernel to decode or encode, for the models that the browser cannot evaluate.

const PATIENCE = 10_000; // milliseconds

export class Kernel {
  constructor(model, signal) {
    this.model = model;
    this.asked = new Map();
    this.count = 0;
    this.ask = (operation, index, values) => this.send(operation, index, values);
    if (!model.send) return;
    const hear = (message, buffers) => this.hear(message, buffers);
    model.on("msg:custom", hear);
    signal.addEventListener("abort", () => {
      model.off("msg:custom", hear);
      this.asked.forEach(({ timer }) => clearTimeout(timer));
    });
  }

  // Resolves to the Float32Array that the kernel answers; rejects when it is not there.
  send(operation, index, values) {
    if (!this.model.send) return Promise.reject(new Error("this model can only be evaluated by Python, and this page has none"));
    const id = `${++this.count}-${Math.random().toString(36).slice(2)}`; // two views of one widget hear the same answers
    return new Promise((resolve, reject) => {
      const late = () => {
        this.asked.delete(id);
        reject(new Error("the kernel does not answer; run the cells that made the model and the explorer again"));
      };
      this.asked.set(id, { resolve, reject, timer: setTimeout(late, PATIENCE) });
      try {
        this.model.send({ id, operation, model: index }, undefined, [Float32Array.from(values).buffer]);
      } catch {
        late();
      }
    });
  }

  hear(message, buffers) {
    const asked = this.asked.get(message.id);
    if (!asked) return;
    this.asked.delete(message.id);
    clearTimeout(asked.timer);
    if (message.problem) asked.reject(new Error(message.problem));
    else asked.resolve(new Float32Array(buffers[0].buffer.slice(buffers[0].byteOffset, buffers[0].byteOffset + buffers[0].byteLength)));
  }
}
