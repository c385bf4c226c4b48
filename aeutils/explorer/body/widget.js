// @ts-check
// The explorer: puts the views together, in a notebook (anywidget calls `render`) or on a page of its own.

import { BetweenView } from "./views/between.js";
import { CompareView } from "./views/compare.js";
import { element, freshId } from "./dom.js";
import { messageOf } from "./engine.js";
import { DrawView } from "./views/draw.js";
import { Kernel } from "./kernel.js";
import { MapView } from "./views/map.js";
import { PictureView } from "./views/picture.js";
import { State } from "./state.js";
import { hideStill } from "./still.js";
import { readSubject } from "./subject.js";
import { isDark, whenThemeChanges } from "./theme.js";
import { TraversalView } from "./views/traversal.js";

/**
 * @import { WidgetModel } from "./kernel.js"
 * @typedef {{ root: HTMLElement, show(): void, hide(): void, stop(): void }} View a tab below the map
 */

/**
 * Shows the explorer in `el`; returns what takes it away without a trace.
 * @param {{ model: WidgetModel, el: HTMLElement }} given
 */
export async function render({ model, el }) {
  const started = performance.now();
  const life = new AbortController();
  const { signal } = life;
  const root = element("div", { class: "aex", role: "group", "aria-label": "latent-space explorer", onkeydown: keepKeys });
  const tell = (theme = isDark()) => (root.dataset.theme = theme ? "dark" : "light");
  tell();
  const kernel = new Kernel(model, signal);
  /** @type {State | null} */
  let state = null;
  try {
    const subject = await readSubject(model.get("meta"), bytesOf(model.get("payload")), kernel.ask);
    state = new State(subject);
    const map = build(root, state, signal);
    whenThemeChanges(() => {
      tell();
      map.draw();
      state?.change("code"); // the difference is drawn in the theme's colours
    }, signal);
    el.replaceChildren(root); // on a page in place of the still
    hideStill(root, signal); // in a notebook
    map.resize();
    followPython(model, state, signal);
    state.change("model", "code");
    root.dataset.ready = (performance.now() - started).toFixed(0);
  } catch (error) {
    root.replaceChildren(problem(error));
    el.replaceChildren(root);
    console.warn(error); // with its place in the code, for those who look
  }
  return () => {
    life.abort();
    state?.stop();
    root.remove();
  };
}

/**
 * Keys that are pressed in here are not for JupyterLab, which would move to another cell; its commands with Ctrl are.
 * @param {KeyboardEvent} event
 */
function keepKeys(event) {
  if (!event.ctrlKey && !event.metaKey && event.key !== "Escape") event.stopPropagation();
}

/** @param {unknown} error */
function problem(error) {
  return element(
    "p", { class: "aex-problem", role: "alert" },
    `The explorer cannot be shown: ${messageOf(error)}. The saved notebook may be damaged; run the cell that made the explorer again.`,
  );
}

/**
 * A DataView from the notebook, or bytes.
 * @param {DataView<ArrayBuffer> | Uint8Array<ArrayBuffer> | null} value
 */
function bytesOf(value) {
  if (!value) return null;
  return value instanceof Uint8Array ? value : new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
}

/**
 * Puts the views into the root, and returns the map.
 * @param {HTMLElement} root
 * @param {State} state
 * @param {AbortSignal} signal
 */
function build(root, state, signal) {
  const pictures = new PictureView(state, signal);
  const map = new MapView(state, { hover: (index) => pictures.hover(index) }, signal);
  /** @type {[name: string, view: View][]} */
  const views = [
    ["Traversal", new TraversalView(state)],
    ["Between", new BetweenView(state)],
    ["Draw your own", new DrawView(state, signal)],
  ];
  if (state.subject.models.length > 1) views.unshift(["Compare", new CompareView(state)]);
  signal.addEventListener("abort", () => views.forEach(([, view]) => view.stop()));
  const notes = state.subject.models.flatMap((model) => model.notes.map((note) => element("p", { class: "aex-note aex-asks" }, note)));
  root.append(...notes, element("div", { class: "aex-body" }, map.root, element("div", { class: "aex-side" }, pictures.root, tabs(views))));
  return map;
}

/**
 * Tabs as the ARIA practices describe them: one stop of the Tab key, the arrow keys choose.
 * @param {[name: string, view: View][]} views
 */
function tabs(views) {
  const panels = views.map(([, view]) => element("div", { role: "tabpanel", id: freshId(), class: "aex-panel", hidden: true }, view.root));
  const labels = views.map(([name], index) =>
    element("button", { type: "button", role: "tab", id: freshId(), "aria-controls": panels[index].id, onclick: () => choose(index) }, name),
  );
  labels.forEach((label, index) => panels[index].setAttribute("aria-labelledby", label.id));
  let now = -1;
  /** @param {number} index */
  function choose(index) {
    if (index === now) return;
    if (now >= 0) views[now][1].hide();
    now = index;
    labels.forEach((label, i) => {
      label.setAttribute("aria-selected", String(i === now));
      label.tabIndex = i === now ? 0 : -1;
      panels[i].hidden = i !== now;
    });
    views[now][1].show();
  }
  const list = element("div", {
    role: "tablist", class: "aex-tabs", "aria-label": "views",
    onkeydown: /** @param {KeyboardEvent} event */ (event) => {
      const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
      if (!step) return;
      choose((now + step + views.length) % views.length);
      labels[now].focus();
      event.preventDefault();
    },
  }, ...labels);
  choose(0);
  return element("div", { class: "aex-views" }, list, ...panels);
}

/**
 * `explorer.code` in Python: the code at rest is told, and a code that is set there is gone to.
 * @param {WidgetModel} model
 * @param {State} state
 * @param {AbortSignal} signal
 */
function followPython(model, state, signal) {
  if (!("on" in model)) return;
  let timer = 0;
  state.on("code", () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      try {
        model.set("code", [...state.z]);
        model.set("model", state.model.name);
        model.save_changes();
      } catch {
        // the kernel was restarted: nobody is there to be told, and the explorer goes on without
      }
    }, 300);
  });
  const come = () => {
    /** @type {number[]} */
    const code = model.get("code");
    if (code.length === state.model.size && code.some((value, j) => Math.abs(value - state.z[j]) > 1e-5)) state.setCode(code);
  };
  model.on("change:code", come);
  signal.addEventListener("abort", () => {
    clearTimeout(timer);
    model.off("change:code", come);
  });
}
