// @ts-check
// Draw your own: ink becomes an image, a grey one as MNIST makes them, and its code moves the point on the map. What the
// model sees and what comes back is where every original and its decode are: above.

import { button, element, flat, tick } from "../dom.js";
import { asDrawn, centred } from "../drawing.js";
import { PENS } from "../theme.js";

/**
 * @import { Pair } from "../plane.js"
 * @import { State } from "../state.js"
 */

const SIZE = 168; // ink pixels on a side: six for each of MNIST's 28
const PEN = 15;
/** @type {Record<string, Pair>} */
const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const DRAWING_HELP =
  "Drawing area. Draw with the mouse or a finger. With the keyboard: the arrow keys move the pen, the space bar lowers " +
  "and lifts it, Delete clears.";

export class DrawView {
  /**
   * @param {State} state
   * @param {AbortSignal} signal
   */
  constructor(state, signal) {
    this.state = state;
    this.drawing = false;
    this.lowered = false; // the pen that the keys move
    this.frame = 0;
    /** @type {Pair} */
    this.place = [SIZE / 2, SIZE / 2];
    const { channels, height, width } = state.subject;
    this.colour = PENS[0][1];
    this.canvas = element("canvas", {
      class: "aex-ink", width: SIZE, height: SIZE, tabindex: "0", role: "application", "aria-label": DRAWING_HELP, "data-role": "ink",
    });
    this.context = flat(this.canvas, { willReadFrequently: true });
    this.pen = element("div", { class: "aex-pen", "aria-hidden": "true", hidden: true }); // for those who draw by keys
    this.invitation = element("p", { class: "aex-draw-here", "aria-hidden": "true" }, "draw here");
    this.centre = channels === 1; // MNIST is grey
    const centring = tick("Centre and scale as MNIST does", true, (on) => {
      this.centre = on;
      this.encode();
    });
    this.status = element("p", { class: "aex-spoken", role: "status", "aria-live": "polite" });
    this.problem = element("p", { class: "aex-problem", role: "alert", hidden: true });
    this.root = element(
      "div", {},
      element(
        "div", { class: "aex-drawing" },
        element("div", { class: "aex-ink-frame" }, this.canvas, this.pen, this.invitation),
        element(
          "div", { class: "aex-column" },
          button("Clear", () => this.clear()), ...(channels === 1 ? [centring.root] : this.pens()),
          element("p", { class: "aex-note" }, "The drawing is encoded as you draw, and its code decoded: above, what the model sees and what comes back; on the map, where it lands."),
        ),
      ),
      this.problem, this.status,
    );
    this.clear();
    this.listen(signal);
    if (height !== width) this.root.replaceChildren(element("p", { class: "aex-note" }, `Drawing needs square images; these have ${height} × ${width} pixels.`));
    signal.addEventListener("abort", () => cancelAnimationFrame(this.frame));
  }

  /** For colour: what to draw with. */
  pens() {
    const own = element("input", { type: "color", value: this.colour, oninput: () => take(own.value) });
    const presets = PENS.map(([name, colour]) =>
      element("button", { type: "button", class: "aex-ink-colour", onclick: () => take(colour) }, element("span", { class: "aex-swatch", style: `background: ${colour}` }), name),
    );
    /** @param {string} colour */
    const take = (colour) => {
      this.colour = own.value = colour;
      presets.forEach((preset, index) => preset.setAttribute("aria-pressed", String(PENS[index][1] === colour)));
    };
    take(this.colour);
    const fill = button("Fill with this colour", () => {
      this.context.fillStyle = this.colour;
      this.context.fillRect(0, 0, SIZE, SIZE);
      this.invitation.hidden = true;
      this.encode();
    });
    return [
      element("div", { class: "aex-pens", role: "group", "aria-label": "colour of the pen" }, ...presets, element("label", { class: "aex-tick" }, own, "another")),
      fill,
    ];
  }

  show() {
    this.movePen();
  }

  hide() {}

  /** @param {AbortSignal} signal */
  listen(signal) {
    /**
     * @template {keyof HTMLElementEventMap} Name
     * @param {Name} name
     * @param {(event: HTMLElementEventMap[Name]) => void} f
     */
    const on = (name, f) => this.canvas.addEventListener(name, f, { signal });
    on("pointerdown", (event) => {
      event.preventDefault();
      this.canvas.focus({ preventScroll: true });
      this.canvas.setPointerCapture(event.pointerId);
      this.pen.hidden = this.drawing = true;
      this.place = this.under(event);
      this.stroke(this.place);
    });
    on("pointermove", (event) => {
      if (this.drawing) this.stroke(this.under(event));
    });
    const release = () => (this.drawing = false);
    on("pointerup", release);
    on("pointercancel", release);
    on("focus", () => (this.pen.hidden = !this.canvas.matches(":focus-visible")));
    on("keydown", (event) => this.key(event));
  }

  /**
   * The place on the canvas that is under the pointer, in ink pixels.
   * @param {PointerEvent} event
   * @returns {Pair}
   */
  under(event) {
    const box = this.canvas.getBoundingClientRect();
    return [((event.clientX - box.left) / box.width) * SIZE, ((event.clientY - box.top) / box.height) * SIZE];
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const step = STEPS[event.key];
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (step) {
      /** @param {number} axis */
      const at = (axis) => Math.min(SIZE - 10, Math.max(10, this.place[axis] + 8 * step[axis]));
      /** @type {Pair} */
      const next = [at(0), at(1)];
      if (this.lowered) this.stroke(next);
      this.place = next;
      this.movePen();
    } else if (event.key === " ") {
      this.lowered = !this.lowered;
      this.status.textContent = this.lowered ? "pen down" : "pen up";
      if (this.lowered) this.stroke(this.place);
      this.movePen();
    } else if (event.key === "Delete" || event.key === "Backspace") this.clear();
    else return;
    this.pen.hidden = false;
    event.preventDefault();
  }

  movePen() {
    const scale = this.canvas.clientWidth / SIZE;
    this.pen.style.transform = `translate(${this.place[0] * scale}px, ${this.place[1] * scale}px)`;
    this.pen.classList.toggle("aex-lowered", this.lowered);
  }

  /** @param {Pair} to */
  stroke(to) {
    Object.assign(this.context, { strokeStyle: this.colour, lineWidth: PEN, lineCap: "round", lineJoin: "round" });
    this.context.beginPath();
    this.context.moveTo(...this.place);
    this.context.lineTo(to[0] + 0.01, to[1]); // a line of no length would leave no dot
    this.context.stroke();
    this.place = to;
    this.movePen();
    this.invitation.hidden = true;
    this.frame ||= requestAnimationFrame(() => this.encode());
  }

  clear() {
    this.context.fillStyle = "#000";
    this.context.fillRect(0, 0, SIZE, SIZE);
    this.invitation.hidden = false;
    if (this.state.original?.kind === "drawing") this.state.setCode(this.state.z, null, "drawing cleared");
    this.lowered = false;
    this.place = [SIZE / 2, SIZE / 2];
    this.movePen();
    if (this.status.textContent) this.status.textContent = "cleared";
  }

  encode() {
    this.frame = 0;
    const { subject, model } = this.state;
    const rgba = this.context.getImageData(0, 0, SIZE, SIZE).data;
    const inks = Array.from({ length: subject.channels }, (_, channel) => Float32Array.from({ length: SIZE * SIZE }, (_, i) => rgba[4 * i + channel] / 255));
    if (!inks.some((ink) => ink.some((value) => value > 0.1))) return;
    const pixels = new Float32Array(subject.pixels);
    inks.forEach((ink, channel) => pixels.set((this.centre ? centred : asDrawn)(ink, SIZE, subject.width), channel * subject.height * subject.width));
    model.engine.encode(pixels, (code, _, problem) => {
      this.problem.hidden = Boolean(code);
      if (!code) {
        this.problem.textContent = problem ?? "";
        return;
      }
      this.state.setCode(code, { kind: "drawing", pixels, text: "your drawing" });
    });
  }

  stop() {}
}
