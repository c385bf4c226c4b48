// @ts-check
// Plays the checkpoints of a training run, one after the other; any press ends it.

import { button } from "../dom.js";

/** @import { State } from "../state.js" */

export const PERIOD = 600; // milliseconds from one checkpoint to the next

export class Film {
  /**
   * @param {State} state
   * @param {HTMLElement} root presses are heard in here
   * @param {AbortSignal} signal
   */
  constructor(state, root, signal) {
    this.state = state;
    this.later = 0; // a timer
    this.button = button("", () => (state.playing ? this.pause() : this.play()), { class: "aex-play" });
    for (const name of /** @type {const} */ (["pointerdown", "keydown"])) {
      root.addEventListener(name, (event) => {
        if (state.playing && !this.pressedBy(event)) this.pause();
      }, { signal, capture: true });
    }
    signal.addEventListener("abort", () => clearTimeout(this.later));
    this.show();
  }

  /**
   * Whether the button is pressed, which then does it itself.
   * @param {Event} event
   */
  pressedBy(event) {
    return event.target === this.button && !(event instanceof KeyboardEvent && ![" ", "Enter"].includes(event.key));
  }

  /** On from the checkpoint that is shown; after the last, from the first. */
  play() {
    const { state } = this;
    const last = state.subject.models.length - 1;
    state.playing = true;
    const step = () => {
      state.setModel(state.modelIndex === last ? 0 : state.modelIndex + 1);
      this.later = setTimeout(() => (state.modelIndex === last ? this.pause() : step()), PERIOD);
    };
    step();
    this.show();
  }

  pause() {
    clearTimeout(this.later);
    this.state.playing = false;
    this.state.change("place"); // here it rests
    this.show();
  }

  show() {
    this.button.textContent = this.state.playing ? "❚❚ Pause" : "▶ Play";
  }
}
