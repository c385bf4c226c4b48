// @ts-check
// The sheet: what two standard deviations to either side do to the picture, along many directions of the code at once.

import { button, choice, element, shown, tick } from "../dom.js";
import { byEffect, codesAlong, directions, endsAlong, largestChange, STEPS } from "../directions.js";
import { messageOf } from "../engine.js";
import { Picture } from "../pictures.js";

/**
 * @import { Direction } from "../directions.js"
 * @import { State } from "../state.js"
 */

/**
 * A direction and its pictures; `codes` are those that are shown, `decoded` their pictures, and `still` says that no pixel
 * changes.
 * @typedef {{ root: HTMLElement, direction: Direction, buttons: HTMLButtonElement[], pictures: Picture[], codes: Float32Array[], decoded: Float32Array[], note: HTMLElement, still: boolean }} Row
 */

const MOST_ROWS = 32;
const FEW_ROWS = 8; // the strongest, which are shown first
const MIDDLE = (STEPS.length - 1) / 2;
const EVERY = 60; // milliseconds between two sheets while the hand moves: the picture in hand comes first
const BUDGET = 4; // milliseconds that a piece of a sheet may take
const SEEN = 1 / 255; // a change that a screen can show
/** @type {Record<string, [down: number, right: number]>} */
const MOVES = { ArrowDown: [1, 0], ArrowUp: [-1, 0], ArrowRight: [0, 1], ArrowLeft: [0, -1], Home: [0, -STEPS.length], End: [0, STEPS.length] };

/** @param {number} step */
const signed = (step) => (step > 0 ? `+${step}` : String(step).replace("-", "−"));

export class Sheet {
  /** @param {State} state */
  constructor(state) {
    this.state = state;
    this.open = false;
    this.stale = true; // whether its rows are those of another model
    /** @type {Row[]} */
    this.rows = [];
    this.changed = false; // since the last sheet was begun
    /** @type {AbortController | null} */
    this.running = null;
    /** @type {AbortController | null} the rows out of sight, which wait for a hand at rest */
    this.rest = null;
    /** @type {AbortController | null} */
    this.ranking = null;
    this.all = false; // whether all rows are shown
    this.more = button("", () => this.showAll(!this.all), { class: "aex-more", "aria-expanded": "false" });
    this.changes = tick("What changes", false, () => this.showChanges()); // for the view's own row
    this.kind = choice("Rows", [["units", "code units"], ["axes", "principal axes"]], () => this.build()); // likewise
    const { channels } = state.subject;
    this.signs = element("p", { class: "aex-note", hidden: true }, channels === 1 ? "Red: darker than in the middle; blue: brighter." : "From grey, doubled: lighter is brighter than in the middle.");
    this.note = element("p", { class: "aex-note" });
    this.problem = element("p", { class: "aex-problem", role: "alert", hidden: true });
    this.grid = element("div", {
      class: "aex-sheet", role: "grid", "aria-label": "pictures around this code",
      onkeydown: /** @param {KeyboardEvent} event */ (event) => this.key(event),
    });
    this.root = element("div", {}, this.problem, this.grid, this.signs, this.more, this.note);
    state.on("model", () => {
      this.stale = true;
      if (this.open) this.show();
    });
    state.on("code", () => this.follow());
  }

  show() {
    this.open = true;
    if (this.stale) this.build();
    else this.follow();
  }

  hide() {
    this.open = false;
    this.stop();
  }

  /** The rows, in the order of what they do to the picture of the mean code: it stays, wherever one goes. */
  async build() {
    const { model } = this.state;
    this.stop();
    this.stale = true; // until they are there
    this.grid.dataset.ready = "false";
    const { signal } = (this.ranking = new AbortController());
    const principal = this.kind.select.value === "axes";
    const widest = directions(model, principal, MOST_ROWS);
    const mean = Float32Array.from(model.units, (unit) => unit.mean);
    /** @type {Float32Array[]} */
    const decoded = [];
    try {
      await model.engine.decodeMany([mean, ...widest.flatMap((direction) => endsAlong(mean, direction))], (i, picture) => (decoded[i] = picture), signal);
    } catch (error) {
      this.tell(messageOf(error));
      return;
    }
    if (signal.aborted) return;
    this.stale = false;
    this.rows = byEffect(widest, decoded[0], decoded.slice(1)).map((direction) => this.row(direction));
    const head = ["from here", ...STEPS.map(signed)].map((text) => element("span", { role: "columnheader" }, text));
    this.grid.replaceChildren(element("div", { class: "aex-sheet-row aex-sheet-head", role: "row" }, ...head), ...this.rows.map(({ root }) => root));
    const of = principal && model.principal ? "principal axes of all images' codes" : "code units";
    const which = this.rows.length < model.size ? `the ${this.rows.length} widest of ${model.size} ${of}` : of;
    this.note.textContent = `Rows: ${which}, with their standard deviation; first those that change the picture of the mean code most. Columns: so many standard deviations from where you are. Press a picture to go there.`;
    this.showAll(this.all);
  }

  /** @param {boolean} all or the strongest alone */
  showAll(all) {
    this.all = all;
    this.rows.forEach(({ root }, i) => (root.hidden = !all && i >= FEW_ROWS));
    this.more.hidden = this.rows.length <= FEW_ROWS;
    this.more.textContent = all ? `Show the ${FEW_ROWS} strongest` : `Show all ${this.rows.length}`;
    this.more.setAttribute("aria-expanded", String(all));
    this.putStop();
    this.follow();
  }

  /** Those that are shown. */
  get shownRows() {
    return this.rows.filter(({ root }) => !root.hidden);
  }

  /**
   * @param {Direction} direction
   * @returns {Row}
   */
  row(direction) {
    const { name, sd } = direction;
    const pictures = STEPS.map((step) => new Picture(this.state.subject, `${name}, ${signed(step)} standard deviations`));
    const buttons = pictures.map((picture, column) =>
      element("button", { type: "button", tabindex: -1, onclick: () => this.goTo(row, column), onfocus: () => this.putStop(row, column) }, picture.canvas),
    );
    const note = element("span", { role: "gridcell", "aria-colspan": STEPS.length, class: "aex-sheet-note", hidden: true }, "changes no pixel by more than 1/255");
    const cells = buttons.map((button) => element("span", { role: "gridcell" }, button));
    const label = element("span", { role: "rowheader" }, name, element("span", { class: "aex-sheet-sd" }, ` ${shown(sd)}`));
    const root = element("div", { class: "aex-sheet-row", role: "row" }, label, ...cells, note);
    /** @type {Row} */
    const row = { root, direction, buttons, pictures, codes: [], decoded: [], note, still: false };
    return row;
  }

  /**
   * @param {Row} row
   * @param {number} column
   */
  goTo({ codes }, column) {
    if (codes.length) this.state.setCode(codes[column], null, "from the sheet");
  }

  follow() {
    this.changed = true;
    this.rest?.abort();
    if (this.open && !this.stale && !this.running) this.draw();
  }

  /** Decodes the sheet in pieces: the rows in sight as often as the hand moves, the others once it rests. */
  async draw() {
    const { signal } = (this.running = new AbortController());
    const wait = () => new Promise((resolve) => setTimeout(resolve, EVERY));
    this.grid.dataset.ready = "false";
    let problem = "";
    try {
      while (this.changed && !signal.aborted) {
        this.changed = false;
        const { z } = this.state;
        const inSight = this.shownRows.filter((row) => this.isInSight(row));
        await this.decode(inSight, z, signal);
        if (this.changed) await wait();
        if (this.changed || signal.aborted) continue;
        this.rest = new AbortController();
        await this.decode(this.shownRows.filter((row) => !inSight.includes(row)), z, AbortSignal.any([signal, this.rest.signal]));
      }
    } catch (error) {
      problem = messageOf(error);
    }
    if (signal.aborted) return; // there is another one, or none
    this.running = null;
    this.tell(problem);
  }

  /** @param {string} problem what stood in the way, if anything did */
  tell(problem) {
    this.problem.textContent = problem;
    this.problem.hidden = !problem;
    this.grid.dataset.ready = String(!problem);
  }

  /**
   * @param {Row[]} rows
   * @param {Float32Array} z
   * @param {AbortSignal} signal
   */
  async decode(rows, z, signal) {
    if (!rows.length) return;
    const codes = rows.map(({ direction }) => codesAlong(z, direction));
    /** @type {Float32Array[]} */
    let decoded = [];
    await this.state.model.engine.decodeMany(codes.flat(), (i, picture) => {
      decoded.push(picture);
      if (decoded.length < STEPS.length) return;
      const at = Math.floor(i / STEPS.length);
      this.fill(rows[at], codes[at], decoded);
      decoded = [];
    }, signal, BUDGET);
  }

  /**
   * @param {Row} row
   * @param {Float32Array[]} codes
   * @param {Float32Array[]} decoded
   */
  fill(row, codes, decoded) {
    row.codes = codes;
    row.decoded = decoded;
    this.paint(row);
    const still = largestChange(decoded) <= SEEN;
    if (still === row.still) return;
    const held = row.root.contains(document.activeElement);
    row.still = still;
    row.root.classList.toggle("aex-still", still);
    row.note.hidden = !still;
    this.putStop();
    if (held) this.rows.flatMap(({ buttons }) => buttons).find((button) => button.tabIndex === 0)?.focus(); // its own is gone
  }

  showChanges() {
    this.signs.hidden = !this.changes.box.checked;
    this.rows.forEach((row) => this.paint(row));
  }

  /**
   * Its pictures, or around the middle one what is another in them.
   * @param {Row} row
   */
  paint({ pictures, decoded }) {
    if (!decoded.length) return;
    const changes = this.changes.box.checked;
    pictures.forEach((picture, column) => {
      if (changes && column !== MIDDLE) picture.drawDifference(decoded[column], decoded[MIDDLE]);
      else picture.draw(decoded[column]);
    });
  }

  /** @param {Row} row */
  isInSight({ root }) {
    const { top, bottom } = root.getBoundingClientRect();
    return bottom > 0 && top < innerHeight;
  }

  /**
   * A grid is one stop of the Tab key: this picture, or where there is none the first that can be pressed.
   * @param {Row} [row]
   */
  putStop(row, column = MIDDLE) {
    const all = this.rows.flatMap(({ buttons }) => buttons);
    const before = all.find((button) => button.tabIndex === 0);
    const stays = !row && this.shownRows.some(({ still, buttons }) => !still && before && buttons.includes(before));
    if (stays) return;
    if (before) before.tabIndex = -1;
    const next = row ?? this.shownRows.find(({ still }) => !still);
    if (next) next.buttons[column].tabIndex = 0;
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const move = MOVES[event.key];
    if (!move || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const rows = this.shownRows.filter(({ still }) => !still);
    const row = rows.findIndex(({ buttons }) => buttons.some((button) => button === document.activeElement));
    if (row < 0) return;
    const columns = STEPS.map((_, column) => column).filter((column) => rows[row].buttons[column].offsetWidth); // a narrow sheet has fewer
    const column = columns.findIndex((at) => rows[row].buttons[at] === document.activeElement);
    /**
     * @param {number} at
     * @param {number} end
     */
    const within = (at, end) => Math.min(end - 1, Math.max(0, at));
    rows[within(row + move[0], rows.length)].buttons[columns[within(column + move[1], columns.length)]].focus();
  }

  stop() {
    this.ranking?.abort();
    this.running?.abort();
    this.running = null;
  }
}
