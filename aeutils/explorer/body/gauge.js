// @ts-check
// Memory or invention, on one line: how far a picture is from its nearest training image, beside what is usual.

import { element, shown } from "./dom.js";

/**
 * @import { Usual } from "./subject.js"
 * @typedef {{ kind: "rebuilt" | "real" | "you", name: string, value: number, at: number }} Mark
 *   `at`: its place on the line, in [0, 1]
 */

const MARGIN = 0.2; // of the line, at its ends, where a label is not centred on its mark; none is wider than two of them
const ROOM = 1.25; // how much longer than to the farthest usual distance the line is

/**
 * The line's end: the same for all pictures of a model, so that only the marks move.
 * @param {Usual[]} usuals
 * @returns {number} 0 where nothing usual is known
 */
export function gaugeEnd(usuals) {
  const known = usuals.flatMap((usual) => (usual ? [usual.all, ...usual.classes.map((value) => value ?? 0)] : []));
  return ROOM * Math.max(0, ...known);
}

/**
 * The marks on a line from 0 to `end`; a distance beyond it stands at its end, and a median that is not known is left out.
 * @param {number} distance
 * @param {number | null} rebuilt the usual distance of a reconstruction
 * @param {number | null} real and of a real image
 * @param {number} end
 * @returns {Mark[]}
 */
export function gaugeMarks(distance, rebuilt, real, end) {
  /** @type {[Mark["kind"], string, number | null][]} */
  const all = [["rebuilt", "reconstructions", rebuilt], ["real", "real images", real], ["you", "this picture", distance]];
  return all.flatMap(([kind, name, value]) => (value === null ? [] : [{ kind, name, value, at: end > 0 ? Math.min(1, value / end) : 0 }]));
}

/**
 * Which part of a label stands left of its mark: half, but at the ends of the line as much as leaves none of it outside.
 * @param {number} at
 */
export function leftPart(at) {
  if (at < MARGIN) return at / (2 * MARGIN);
  return at > 1 - MARGIN ? 1 - (1 - at) / (2 * MARGIN) : 0.5;
}

/**
 * The same for those who hear it.
 * @param {Mark[]} marks
 */
export function gaugeText(marks) {
  const places = [...marks].sort((a, b) => a.value - b.value).map(({ name, value }) => `${name} ${shown(value)}`);
  return `Squared pixel distance to the nearest training image, from low to high: copy 0, ${places.join(", ")}.`;
}

export class Gauge {
  constructor() {
    this.farthest = 0; // where nothing usual is known, the line grows with what was seen
    this.line = element("span", { class: "aex-gauge-line" });
    this.end = element("span");
    this.root = element("div", { class: "aex-gauge", role: "img" }, element("span", {}, "copy 0"), this.line, this.end);
  }

  /**
   * @param {number} distance
   * @param {number | null} rebuilt
   * @param {number | null} real
   * @param {number} end
   */
  show(distance, rebuilt, real, end) {
    this.farthest = Math.max(this.farthest, ROOM * distance);
    const last = end || this.farthest;
    const marks = gaugeMarks(distance, rebuilt, real, last);
    this.end.textContent = `unlike any ${shown(last)}`;
    this.line.replaceChildren(
      ...marks.map(({ kind, name, value, at }) =>
        element(
          "span", { class: `aex-mark aex-mark-${kind}`, style: `left: ${(100 * at).toFixed(2)}%` },
          element("span", { style: `transform: translateX(${(-100 * leftPart(at)).toFixed(1)}%)` }, `${name} ${shown(value)}${kind === "you" && end > 0 && value > end ? " →" : ""}`),
        ),
      ),
    );
    this.root.setAttribute("aria-label", gaugeText(marks));
  }
}
