// @ts-check
// What is big comes when it is wanted, as scripts: nothing else is let in where the site is opened from a disk.

import { unpack } from "../../aeutils/explorer/body/payload.js";

const here = /** @type {HTMLScriptElement} */ (document.currentScript).src;

/** @type {Map<string, { come: Promise<any>, take: (given: any) => void }>} by name, what was asked for */
const asked = new Map();
/** @type {Map<string, Promise<Uint8Array<ArrayBuffer>>>} */
const unpacked = new Map();

Object.assign(globalThis, {
  aeLive: {
    /**
     * Each script calls it, with its own name and what it brings.
     * @param {string} name
     * @param {unknown} given
     */
    take: (name, given) => asked.get(name)?.take(given),
  },
});

/**
 * What the script of this name brings; it is loaded once.
 * @param {string} name
 */
export function given(name) {
  const known = asked.get(name);
  if (known) return known.come;
  let take = (/** @type {any} */ _) => {};
  const come = new Promise((resolve, reject) => {
    take = resolve;
    const script = document.createElement("script");
    script.src = new URL(`${name}.js`, here).href;
    script.onerror = () => reject(new Error(`${name}.js is not there`));
    script.onload = () => {
      script.remove();
      reject(new Error(`${name}.js brought nothing`)); // says nothing where it did
    };
    document.head.append(script);
  });
  come.catch(() => asked.delete(name));
  asked.set(name, { come, take });
  return come;
}

/**
 * The bytes that the script of this name brings, unpacked; who shares them must not write on them.
 * @param {string} key
 */
export function bytes(key) {
  const known = unpacked.get(key);
  if (known) return known;
  const come = given(key).then(async (/** @type {string} */ text) => {
    asked.delete(key); // the text is not needed again
    const packed = await (await fetch(`data:;base64,${text}`)).arrayBuffer(); // decoded off the page's own thread
    return new Uint8Array(await unpack(new Uint8Array(packed)));
  });
  come.catch(() => unpacked.delete(key));
  unpacked.set(key, come);
  return come;
}

/**
 * Whether these bytes are here, or on their way.
 * @param {string} key
 */
export const has = (key) => unpacked.has(key);

/** The address of a page of the site, from wherever this one is. @param {string} name */
export const addressOf = (name) => new URL(`../../${name}`, here).href;

/** Loads a style sheet of ours, once. @param {string} name */
export function style(name) {
  if (document.querySelector(`link[data-live-style="${name}"]`)) return Promise.resolve();
  const link = document.createElement("link");
  Object.assign(link, { rel: "stylesheet", href: new URL(`${name}.css`, here).href });
  link.dataset.liveStyle = name;
  return new Promise((resolve) => {
    link.onload = link.onerror = () => resolve(undefined);
    document.head.append(link);
  });
}
