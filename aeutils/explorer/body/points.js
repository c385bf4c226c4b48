// @ts-check
// Draws the images as points of the map: each as its class's sign where there is room, so that colour alone says nothing.

import { flat } from "./dom.js";
import { NO_LABEL } from "./subject.js";
import { classColours, noClassColour, paper } from "./theme.js";

/** @import { Frame } from "./plane.js" */

const MOST_SIGNS = 2500; // beyond, points are dots and some of them signs
const SOME_SIGNS = 700;
const FADED = 0.12; // how much is seen of the classes that are not picked out

/**
 * What each class is drawn as: its name where all have up to three characters, else its number.
 * @param {string[]} classes
 */
export const signs = (classes) => (classes.every((name) => [...name].length <= 3 && name.trim()) ? classes : classes.map((_, index) => String(index)));

/** Stands for an image that has no label. */
export const NO_SIGN = "•";

/**
 * @param {HTMLCanvasElement} canvas
 * @param {Frame} frame
 * @param {{ us: Float32Array, vs: Float32Array }} places
 * @param {Uint16Array | null} labels
 * @param {string[]} classes
 * @param {number} ratio canvas pixels in a CSS pixel
 * @param {Set<number>} only the labels that are picked out: all others fade; none: nothing does
 */
export function drawPoints(canvas, frame, { us, vs }, labels, classes, ratio, only) {
  const context = flat(canvas);
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.clearRect(0, 0, canvas.width, canvas.height);
  const colours = classColours();
  const n = us.length;
  if (n > MOST_SIGNS) drawDots(context, canvas, frame, us, vs, labels, colours, ratio, only);
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  if (!labels) {
    if (n <= MOST_SIGNS) crosses(context, frame, us, vs, colours[0]);
    return;
  }
  const marks = signs(classes);
  const some = n > MOST_SIGNS ? SOME_SIGNS : n;
  for (const picked of only.size ? [false, true] : [true]) { // what is picked out lies on top
    context.globalAlpha = picked ? 1 : FADED;
    for (let k = 0; k < some; k++) {
      const i = n > MOST_SIGNS ? (k * 7919) % n : k; // 7919 is prime: no class is left out because the images have an order
      const label = labels[i];
      if (only.size && only.has(label) !== picked) continue;
      const [x, y] = frame.toScreen(us[i], vs[i]);
      if (x < -12 || y < -8 || x > frame.size + 12 || y > frame.size + 8) continue;
      const drawn = label === NO_LABEL ? sprite(NO_SIGN, noClassColour(), ratio) : sprite(marks[label], colours[label % colours.length], ratio);
      const width = drawn.width / ratio;
      context.drawImage(drawn, x - width / 2, y - HEIGHT / 2, width, HEIGHT);
    }
  }
  context.globalAlpha = 1;
}

const HEIGHT = 16; // of a sign
/** @type {Map<string, HTMLCanvasElement>} */
const sprites = new Map();

/**
 * A sign, made once.
 * @param {string} sign
 * @param {string} colour
 * @param {number} ratio
 */
function sprite(sign, colour, ratio) {
  const key = `${sign} ${colour} ${paper()} ${ratio}`;
  const known = sprites.get(key);
  if (known) return known;
  if (sprites.size > 2000) sprites.clear();
  const canvas = document.createElement("canvas");
  sprites.set(key, canvas);
  const length = [...sign].length;
  const width = HEIGHT + 6 * (length - 1);
  canvas.width = width * ratio;
  canvas.height = HEIGHT * ratio;
  const context = flat(canvas);
  context.scale(ratio, ratio);
  context.font = `bold ${length === 1 ? 11 : 10}px system-ui, sans-serif`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.lineWidth = 2.5; // a rim in the page's colour keeps the sign readable on pictures and on other signs
  context.lineJoin = "round";
  context.strokeStyle = paper();
  context.strokeText(sign, width / 2, HEIGHT / 2 + 0.5);
  context.fillStyle = colour;
  context.fillText(sign, width / 2, HEIGHT / 2 + 0.5);
  return canvas;
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Frame} frame
 * @param {Float32Array} us
 * @param {Float32Array} vs
 * @param {string} colour
 */
function crosses(context, frame, us, vs, colour) {
  context.strokeStyle = colour;
  context.beginPath();
  for (let i = 0; i < us.length; i++) {
    const [x, y] = frame.toScreen(us[i], vs[i]);
    context.moveTo(x - 3, y);
    context.lineTo(x + 3, y);
    context.moveTo(x, y - 3);
    context.lineTo(x, y + 3);
  }
  context.stroke();
}

/**
 * Many points: written straight into the pixels, which takes milliseconds for 60,000.
 * @param {CanvasRenderingContext2D} context
 * @param {HTMLCanvasElement} canvas
 * @param {Frame} frame
 * @param {Float32Array} us
 * @param {Float32Array} vs
 * @param {Uint16Array | null} labels
 * @param {string[]} colours
 * @param {number} ratio
 * @param {Set<number>} only
 */
function drawDots(context, canvas, frame, us, vs, labels, colours, ratio, only) {
  const image = context.createImageData(canvas.width, canvas.height);
  const pixels = new Uint32Array(image.data.buffer);
  /** @param {string} colour */
  const pack = (colour) => {
    const value = parseInt(colour.slice(1), 16);
    return ((0xff << 24) | ((value & 255) << 16) | (value & 0xff00) | (value >> 16)) >>> 0; // little-endian ABGR
  };
  const packed = colours.map(pack);
  const unlabelled = pack(noClassColour());
  const { width, height } = canvas;
  const scaleX = width / (frame.high[0] - frame.low[0]);
  const scaleY = height / (frame.high[1] - frame.low[1]);
  const side = Math.max(1, Math.round(1.5 * ratio));
  /** @param {number} i */
  const draw = (i) => {
    const x = ((us[i] - frame.low[0]) * scaleX) | 0;
    const y = ((frame.high[1] - vs[i]) * scaleY) | 0;
    if (x < 0 || y < 0 || x + side > width || y + side > height) return;
    const full = !labels ? packed[0] : labels[i] === NO_LABEL ? unlabelled : packed[labels[i] % packed.length];
    const colour = only.size && !picked(i) ? ((full & 0xffffff) | ((255 * FADED) << 24)) >>> 0 : full;
    for (let dy = 0; dy < side; dy++) for (let dx = 0; dx < side; dx++) pixels[(y + dy) * width + x + dx] = colour;
  };
  /** @param {number} i */
  const picked = (i) => labels !== null && only.has(labels[i]);
  if (!only.size) for (let i = 0; i < us.length; i++) draw(i);
  else {
    for (let i = 0; i < us.length; i++) if (!picked(i)) draw(i);
    for (let i = 0; i < us.length; i++) if (picked(i)) draw(i); // on top
  }
  context.putImageData(image, 0, 0);
}
