// @ts-check
// The explorer: puts the views together, in a notebook (anywidget calls `render`) or on a page of its own.

import { ArithmeticView } from "./views/arithmetic.js";
import { BetweenView } from "./views/between.js";
import { CompareView } from "./views/compare.js";
import { element, freshId, spare } from "./dom.js";
import { messageOf } from "./engine.js";
import { DrawView } from "./views/draw.js";
import { Kernel } from "./kernel.js";
import { MapView } from "./views/map.js";
import { modelChoice } from "./views/models.js";
import { PictureView } from "./views/picture.js";
import { placeText, readPlace } from "./place.js";
import { State } from "./state.js";
import { hideStill } from "../../stills/still.js";
import { readSubject } from "./subject.js";
import { Survey } from "./survey.js";
import { isDark, whenThemeChanges } from "./theme.js";
import { TraversalView } from "./views/traversal.js";
import { Undo } from "./undo.js";

/**
 * @import { WidgetModel } from "./kernel.js"
 * @import { Place } from "./place.js"
 * @import { Subject } from "./subject.js"
 * @typedef {{ root: HTMLElement, show(): void, hide(): void, stop(): void }} View a tab beside the map
 * @typedef {{ key: string, name: string | (Node | string)[], view: View }} Tab `key`: what an address calls it
 */

/**
 * Shows the explorer in `el`; returns what takes it away without a trace.
 * @param {{ model: WidgetModel, el: HTMLElement, source?: string }} given the source is that of the bundle, if there is one
 */
export async function render({ model, el, source }) {
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
    const { map, views, tools } = build(root, state, source ?? null, signal);
    const places = new Places(state, map, views, tools);
    whenThemeChanges(() => {
      tell();
      map.draw();
      state?.change("code"); // the difference is drawn in the theme's colours
    }, signal);
    el.replaceChildren(root); // on a page in place of the still
    hideStill(root, signal); // in a notebook
    map.resize();
    state.change("model", "code");
    const note = element("p", { class: "aex-note aex-asks", role: "status", hidden: true });
    root.prepend(note);
    const alone = !("on" in model); // on a page, which has an address
    const go = /** @param {string} text */ (text) => {
      note.textContent = text && places.goTo(text);
      note.hidden = !note.textContent;
    };
    go((alone && location.hash.slice(1)) || model.get("state"));
    if (alone) followAddress(places, go, signal);
    else followPython(model, state, places, go, signal);
    map.buttons.prepend(...new Undo(state, root, signal).buttons); // from here on, wherever it begins
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
 * A DataView from the notebook, or bytes, or what was unpacked before.
 * @param {DataView<ArrayBuffer> | Uint8Array<ArrayBuffer> | ArrayBuffer | null} value
 */
function bytesOf(value) {
  if (!value) return null;
  return value instanceof Uint8Array || value instanceof ArrayBuffer ? value : new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
}

/** Where the explorer stands, and how it gets somewhere else. */
class Places {
  /**
   * @param {State} state
   * @param {MapView} map
   * @param {ReturnType<typeof tabs>} views
   * @param {{ traversal: TraversalView, arithmetic: ArithmeticView | null }} tools that are at a place of their own
   */
  constructor(state, map, views, tools) {
    this.tools = tools;
    this.state = state;
    this.map = map;
    this.views = views;
  }

  get text() {
    const { original, z, modelIndex, subject } = this.state;
    const image = original?.kind === "image" ? original.index : null;
    const view = this.views.now();
    const [show, classes] = [view === "traversal" ? this.tools.traversal.shown : null, view === "arithmetic" ? this.tools.arithmetic?.classes ?? null : null];
    return placeText({ model: modelIndex, view, image, code: [...z], show, classes, ...this.map.where() }, subject);
  }

  /**
   * Calls f after every change, once it rests.
   * @param {() => void} f
   * @param {AbortSignal} signal
   */
  whenChanged(f, signal) {
    let timer = 0;
    for (const event of /** @type {const} */ (["code", "place"])) {
      this.state.on(event, () => {
        clearTimeout(timer);
        timer = setTimeout(f, 300);
      });
    }
    signal.addEventListener("abort", () => clearTimeout(timer));
  }

  /**
   * Goes to a place, or says why not.
   * @param {string} text
   */
  goTo(text) {
    const { state, map, views } = this;
    /** @type {Place} */
    let place;
    try {
      place = readPlace(text, state.subject, views.names);
    } catch (error) {
      return `The place that was asked for is not here: ${messageOf(error)}.`;
    }
    state.setModel(place.model ?? state.firstModel);
    if (place.image !== null) state.goToImage(place.image);
    else if (place.code) state.setCode(place.code, null, "as asked for");
    state.tell(); // the map shows another model first as a whole
    const unknown = map.goTo(place);
    if (place.show) this.tools.traversal.showing(place.show);
    if (place.classes) this.tools.arithmetic?.take(place.classes);
    if (place.view) views.choose(place.view);
    return unknown.length ? `Not known here, and left out: ${unknown.join(", ")}.` : "";
  }
}

/**
 * A page's address names the place; whoever changes it goes there.
 * @param {Places} places
 * @param {(text: string) => void} go
 * @param {AbortSignal} signal
 */
function followAddress(places, go, signal) {
  let before = places.text;
  places.whenChanged(() => {
    if (places.text === before) return;
    before = places.text;
    history.replaceState(null, "", `#${before}`);
  }, signal);
  addEventListener("hashchange", () => go(location.hash.slice(1)), { signal });
}

/**
 * Puts the views into the root, and returns the map and the tabs.
 * @param {HTMLElement} root
 * @param {State} state
 * @param {string | null} source
 * @param {AbortSignal} signal
 */
function build(root, state, source, signal) {
  const pictures = new PictureView(state, signal);
  const survey = new Survey(state.subject, source, signal);
  const map = new MapView(state, survey, signal);
  const traversal = new TraversalView(state);
  /** @type {ArithmeticView | null} */
  let arithmetic = null;
  /** @type {Tab[]} */
  const all = [
    { key: "traversal", name: "Traversal", view: traversal },
    { key: "between", name: "Between", view: new BetweenView(state, survey) },
    { key: "draw", name: ["Draw", spare(" your own")], view: new DrawView(state, signal) },
  ];
  if (state.subject.points.labels && state.subject.classes.length > 1) {
    arithmetic = new ArithmeticView(state);
    all.splice(-1, 0, { key: "arithmetic", name: "Arithmetic", view: arithmetic });
  }
  if (state.subject.models.length > 1) {
    all.unshift({ key: "compare", name: "Compare", view: new CompareView(state) });
    map.root.prepend(modelChoice(state, root, signal));
  }
  signal.addEventListener("abort", () => all.forEach(({ view }) => view.stop()));
  const views = tabs(all, () => state.change("place"));
  const notes = state.subject.models.flatMap((model) => model.notes.map((note) => element("p", { class: "aex-note aex-asks" }, note)));
  root.append(element("p", { class: "aex-hint" }, hint(state.subject)), ...notes, element("div", { class: "aex-body" }, map.root, element("div", { class: "aex-side" }, pictures.root, views.root)));
  return { map, views, tools: { traversal, arithmetic } };
}

/**
 * What is seen, and what to try first.
 * @param {Subject} subject
 */
function hint({ points: { name }, models }) {
  const [size, ...others] = new Set(models.map((model) => model.size));
  const code = others.length ? "code" : `${size}-number code`;
  return `Each mark is ${name === "image" ? "an" : "a"} ${name} at its ${code}. Drag the pink ring: the decoder paints what lies there.`;
}

/**
 * Tabs as the ARIA practices describe them: one stop of the Tab key, the arrow keys choose.
 * @param {Tab[]} views
 * @param {() => void} changed
 */
function tabs(views, changed) {
  const panels = views.map(({ view }) => element("div", { role: "tabpanel", id: freshId(), class: "aex-panel", hidden: true }, view.root));
  const labels = views.map(({ name }, index) =>
    element("button", { type: "button", role: "tab", id: freshId(), "aria-controls": panels[index].id, onclick: () => choose(index) }, ...[name].flat()),
  );
  labels.forEach((label, index) => panels[index].setAttribute("aria-labelledby", label.id));
  let now = -1;
  /** @param {number} index */
  function choose(index) {
    if (index === now) return;
    if (now >= 0) views[now].view.hide();
    now = index;
    labels.forEach((label, i) => {
      label.setAttribute("aria-selected", String(i === now));
      label.tabIndex = i === now ? 0 : -1;
      panels[i].hidden = i !== now;
    });
    views[now].view.show();
    changed();
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
  const names = views.map(({ key }) => key);
  return {
    root: element("div", { class: "aex-views" }, list, ...panels),
    names,
    now: () => names[now],
    choose: /** @param {string} key */ (key) => choose(names.indexOf(key)),
  };
}

/**
 * `explorer.code` and `explorer.state` in Python: what rests is told, and what is set there is gone to.
 * @param {WidgetModel} model
 * @param {State} state
 * @param {Places} places
 * @param {(text: string) => void} go
 * @param {AbortSignal} signal
 */
function followPython(model, state, places, go, signal) {
  if (!("on" in model)) return;
  const tell = () => {
    try {
      model.set("_heard", model.get("_moves")); // what was set in Python since then outlives what is told now
      model.set("code", [...state.z]);
      model.set("model", state.model.name);
      model.set("state", places.text);
      model.save_changes();
    } catch {
      // the kernel was restarted: nobody is there to be told, and the explorer goes on without
    }
  };
  places.whenChanged(tell, signal);
  const toCode = () => {
    /** @type {number[]} */
    const code = model.get("code");
    if (code.length === state.model.size && code.some((value, j) => Math.abs(value - state.z[j]) > 1e-5)) state.setCode(code, null, "set in Python");
  };
  const toPlace = () => {
    if (model.get("state") !== places.text) go(model.get("state"));
  };
  model.on("change:code", toCode);
  model.on("change:state", toPlace);
  const toTell = () => state.change("place"); // also where it stands there already
  model.on("change:_moves", toTell);
  signal.addEventListener("abort", () => {
    model.off("change:code", toCode);
    model.off("change:state", toPlace);
    model.off("change:_moves", toTell);
  });
}
