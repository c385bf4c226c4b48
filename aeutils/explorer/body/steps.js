// @ts-check
// Steps that can be taken back, and taken again.

/** @template Step */
export class Steps {
  /**
   * @param {Step} first
   * @param {(a: Step, b: Step) => boolean} alike whether going from one to the other is no step
   * @param {number} [most] steps that are kept; the oldest are forgotten
   */
  constructor(first, alike, most = 100) {
    this.alike = alike;
    this.most = most;
    this.all = [first];
    this.at = 0; // the place in `all` of the step that counts now
  }

  /**
   * Takes a step; those that were taken back are then gone.
   * @param {Step} step
   */
  take(step) {
    if (this.alike(step, this.all[this.at])) return;
    this.all.length = this.at + 1;
    this.all.push(step);
    if (this.all.length > this.most) this.all.shift();
    this.at = this.all.length - 1;
  }

  /**
   * Whether there is a step to go to.
   * @param {-1 | 1} way back or forth
   */
  has(way) {
    return this.all[this.at + way] !== undefined;
  }

  /**
   * The step before or after, which counts from now on; null if there is none.
   * @param {-1 | 1} way
   */
  go(way) {
    if (!this.has(way)) return null;
    this.at += way;
    return this.all[this.at];
  }
}
