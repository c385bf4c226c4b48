// What all views share: the code that is looked at, where it came from, and which model decodes it.

export class State {
  constructor(subject) {
    this.subject = subject;
    this.modelIndex = 0;
    this.z = subject.models[0].codeOf(0).slice();
    this.original = this.imageAt(0);
    this.listeners = new Map();
    this.changed = new Set();
    this.frame = 0;
  }

  get model() {
    return this.subject.models[this.modelIndex];
  }

  // Calls f(state) in the next frame after something called `event` changed: "model", "code", "ends" (of a walk).
  on(event, f) {
    if (!this.listeners.has(event)) this.listeners.set(event, []);
    this.listeners.get(event).push(f);
  }

  // However often something changes, the views follow once per frame.
  change(...events) {
    events.forEach((event) => this.changed.add(event));
    if (!this.frame) this.frame = requestAnimationFrame(() => this.tell());
  }

  tell() {
    this.frame = 0;
    const changed = [...this.changed];
    this.changed.clear();
    for (const event of ["model", "code", "ends"]) {
      if (changed.includes(event)) (this.listeners.get(event) ?? []).forEach((f) => f(this));
    }
  }

  // original: what the code is the code of, { kind, index, pixels, text }, or null when it was moved by hand.
  setCode(z, original = null) {
    this.z = Float32Array.from(z);
    this.original = original;
    this.change("code");
  }

  // An image of the map, as `original`.
  imageAt(index) {
    const { points, pixels, classes } = this.subject;
    const label = points.labels ? classes[points.labels[index]] : null;
    const bytes = points.pixels?.subarray(index * pixels, (index + 1) * pixels);
    return {
      kind: "image",
      index,
      pixels: bytes ? Float32Array.from(bytes, (value) => value / 255) : null,
      text: `${points.name} [${index}]${label === null ? "" : `, label ${label}`}`,
    };
  }

  goToImage(index) {
    this.setCode(this.model.codeOf(index), this.imageAt(index));
  }

  // The same image, or the same code, in another model.
  setModel(index) {
    if (index === this.modelIndex) return;
    const before = this.model;
    this.modelIndex = index;
    const { original } = this;
    if (original?.kind === "image") this.goToImage(original.index);
    else if (original?.kind === "drawing") this.model.engine.encode(original.pixels, (code) => code && this.setCode(code, original));
    else if (before.size !== this.model.size) this.setCode(this.model.units.map((unit) => unit.mean));
    this.change("model", "code", "ends");
  }

  stop() {
    cancelAnimationFrame(this.frame);
    this.listeners.clear();
  }
}
