// @ts-check
// Where an explorer stands, as a short text: the part after # in a page's address, and `explorer.state` in Python.

/** @import { Subject } from "./subject.js" */

/**
 * What is not said stays as it is at first. place.py in aeutils/explorer reads the same text.
 * @typedef {object} Place
 * @property {number | null} model its place among the models
 * @property {string | null} view the open tab
 * @property {number | null} image whose code is looked at
 * @property {number[] | null} code or the code, where it is no image's
 * @property {[number, number] | null} axes two code units, counted from 0; null: the plane that is shown first
 * @property {number[] | null} frame of the map: lowest u and v, highest u and v; null: all of it
 * @property {string | null} show what the traversal shows, "sliders" or "sheet"
 * @property {[number, number] | null} classes the labels that the arithmetic goes from and to
 * @property {string[] | null} layers those that are on: a name, or a name and a choice, as in "contours:density"
 */

const SHOWN = ["sliders", "sheet"];

/** @param {number} value */
const written = (value) => String(Number(value.toPrecision(5)));

/**
 * @param {Place} place
 * @param {Pick<Subject, "models">} subject
 */
export function placeText({ model, view, image, code, axes, frame, show, classes, layers }, { models }) {
  /** @type {Record<string, string | undefined>} */
  const said = {
    model: model !== null && models.length > 1 ? models[model].name : undefined,
    view: view ?? undefined,
    image: image === null ? undefined : String(image),
    code: image === null ? code?.map(written).join() : undefined,
    axes: axes?.map((unit) => unit + 1).join(),
    frame: frame?.map(written).join(),
    show: show ?? undefined,
    classes: classes?.join(),
    layers: layers?.join(),
  };
  return Object.entries(said)
    .flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${encodeURIComponent(value).replace(/%2C/g, ",").replace(/%3A/g, ":")}`]))
    .join("&");
}

/**
 * Throws an Error in plain words where the text names something that is not here.
 * @param {string} text
 * @param {{ models: Pick<Subject["models"][number], "name" | "size">[], points: { count: number }, classes: string[] }} subject
 * @param {string[]} views
 * @returns {Place}
 */
export function readPlace(text, { models, points, classes: names }, views) {
  const said = new URLSearchParams(text);
  const known = ["model", "view", "image", "code", "axes", "frame", "show", "classes", "layers"];
  for (const name of said.keys()) if (!known.includes(name)) throw new Error(`“${name}” is nothing that an explorer knows`);
  /** @param {string} name */
  const numbers = (name) => {
    const values = said.get(name)?.split(",") ?? null;
    if (values?.some((value) => !value.trim() || !Number.isFinite(Number(value)))) throw new Error(`“${name}” needs numbers, separated by commas`);
    return values?.map(Number) ?? null;
  };
  /**
   * @param {boolean} fine
   * @param {string} problem
   */
  const check = (fine, problem) => {
    if (!fine) throw new Error(problem);
  };
  const [name, view] = [said.get("model"), said.get("view")];
  const model = name === null ? null : models.findIndex((each) => each.name === name);
  check(model !== -1, `there is no model “${name}”`);
  check(view === null || views.includes(view), `there is no view “${view}”`);
  const { size } = models[model ?? 0];
  const [image, code, axes, frame] = [numbers("image"), numbers("code"), numbers("axes"), numbers("frame")];
  check(!image || (image.length === 1 && Number.isInteger(image[0]) && image[0] >= 0 && image[0] < points.count), `there is no image ${said.get("image")}`);
  check(!code || code.length === size, `the code has ${code?.length} numbers, not ${size}`);
  check(!axes || (axes.length === 2 && axes[0] !== axes[1] && axes.every((unit) => Number.isInteger(unit) && unit >= 1 && unit <= size)), `there are no axes ${said.get("axes")}`);
  check(!frame || (frame.length === 4 && frame[0] < frame[2] && frame[1] < frame[3]), "the frame needs the lowest and the highest corner");
  const [show, classes] = [said.get("show"), numbers("classes")];
  check(show === null || SHOWN.includes(show), `the traversal shows ${SHOWN.join(" or ")}, not “${show}”`);
  check(!classes || (classes.length === 2 && classes.every((label) => label in names)), `there are no classes ${said.get("classes")}`);
  const layers = said.get("layers");
  return {
    model,
    view,
    image: image && image[0],
    code,
    axes: axes && [axes[0] - 1, axes[1] - 1],
    frame,
    show,
    classes: classes && [classes[0], classes[1]],
    layers: layers === null ? null : layers.split(",").filter(Boolean),
  };
}
