// @ts-check
// Draws the images as points of the map: a sign where there is room, so that colour alone says nothing, and else a dot.

import { flat } from "./dom.js";
import { paint } from "./pictures.js";
import { NO_LABEL } from "./subject.js";

/**
 * @import { Shape } from "./pictures.js"
 * @import { Frame } from "./plane.js"
 * @typedef {{ us: Float32Array, vs: Float32Array }} Places in the plane
 * @typedef {(label: number) => string} ColourOf what a class is drawn in, as #RRGGBB
 */

const MANY = 2500; // images; beyond, dots are a few pixels each, without a rim
const FADED = 0.12; // how much is seen of the classes that are not picked out

/**
 * What each class is drawn as: its name where all have up to three characters, else its number.
 * @param {string[]} classes
 */
export const signs = (classes) => (classes.every((name) => [...name].length <= 3 && name.trim()) ? classes : classes.map((_, index) => String(index)));

/** Stands for an image that has no label. */
export const NO_SIGN = "•";

/**
 * The images that have room for a sign: none is nearer than `room` pixels to another of them. The order is the same in every
 * frame, so that a sign stays where it is while the map moves.
 * @param {Frame} frame
 * @param {Places} places
 * @param {number} room
 * @param {(i: number) => boolean} wanted
 */
export function withRoom(frame, { us, vs }, room, wanted) {
  const cell = room / Math.SQRT2; // so small that no two of them are in one
  const columns = Math.ceil(frame.size / cell) + 4; // and two on either side that stay empty
  const taken = new Int32Array(columns * columns).fill(-1);
  /** @type {number[]} */
  const found = [];
  const n = us.length;
  for (let k = 0; k < n; k++) {
    const i = (k * 7919) % n; // 7919 is prime: no class is left out because the images have an order
    if (!wanted(i)) continue;
    const [x, y] = frame.toScreen(us[i], vs[i]);
    if (!(x >= 0 && y >= 0 && x < frame.size && y < frame.size)) continue;
    const at = (Math.floor(y / cell) + 2) * columns + Math.floor(x / cell) + 2;
    if (taken[at] >= 0 || crowded(at, x, y)) continue;
    taken[at] = i;
    found.push(i);
  }
  return found;

  /**
   * @param {number} at
   * @param {number} x
   * @param {number} y
   */
  function crowded(at, x, y) {
    for (let row = -2; row <= 2; row++) {
      for (let column = -2; column <= 2; column++) {
        const other = taken[at + row * columns + column];
        if (other < 0) continue;
        const [otherX, otherY] = frame.toScreen(us[other], vs[other]);
        if ((x - otherX) ** 2 + (y - otherY) ** 2 < room * room) return true;
      }
    }
    return false;
  }
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {Frame} frame
 * @param {Places} places
 * @param {{ labels: Uint16Array | null, colourOf: ColourOf, rim: string, only: Set<number>, signed: number[], sign: (i: number, ratio: number) => HTMLCanvasElement }} how
 *   `only`: the labels that are picked out, all others fade; none: nothing does. `signed`: the images with a `sign`
 * @param {number} ratio canvas pixels in a CSS pixel
 */
export function drawPoints(canvas, frame, { us, vs }, { labels, colourOf, rim, only, signed, sign }, ratio) {
  const context = flat(canvas);
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.clearRect(0, 0, canvas.width, canvas.height);
  const n = us.length;
  /** @param {number} i */
  const label = (i) => labels?.[i] ?? NO_LABEL;
  /**
   * @param {number} i
   * @param {HTMLCanvasElement} drawn
   */
  const put = (i, drawn) => {
    const [x, y] = frame.toScreen(us[i], vs[i]);
    const [width, height] = [drawn.width / ratio, drawn.height / ratio];
    if (x < -width || y < -height || x > frame.size + width || y > frame.size + height) return;
    context.drawImage(drawn, x - width / 2, y - height / 2, width, height);
  };
  if (n > MANY) drawDots(context, canvas, frame, us, vs, labels, colourOf, ratio, only);
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  for (const picked of only.size ? [false, true] : [true]) { // what is picked out lies on top
    if (n > MANY) break;
    context.globalAlpha = picked ? 1 : FADED;
    for (let i = 0; i < n; i++) if (!only.size || only.has(label(i)) === picked) put(i, dot(colourOf(label(i)), rim, ratio));
  }
  context.globalAlpha = 1;
  for (const i of signed) put(i, sign(i, ratio));
}

/** @type {Map<string, HTMLCanvasElement>} */
const sprites = new Map();

/**
 * Something small, made once.
 * @param {string} key
 * @param {number} width in CSS pixels
 * @param {number} height
 * @param {number} ratio
 * @param {(context: CanvasRenderingContext2D) => void} draw
 */
function sprite(key, width, height, ratio, draw) {
  const whole = `${key} ${ratio}`;
  const known = sprites.get(whole);
  if (known) return known;
  if (sprites.size > 2000) sprites.clear();
  const canvas = document.createElement("canvas");
  sprites.set(whole, canvas);
  canvas.width = width * ratio;
  canvas.height = height * ratio;
  const context = flat(canvas);
  context.scale(ratio, ratio);
  draw(context);
  return canvas;
}

/**
 * A dot with a rim in the ground's colour, which keeps it apart from pictures and from other dots.
 * @param {string} colour
 * @param {string} rim
 * @param {number} ratio
 */
const dot = (colour, rim, ratio) => sprite(`dot ${colour} ${rim}`, 8, 8, ratio, (context) => {
  context.beginPath();
  context.arc(4, 4, 3, 0, 2 * Math.PI);
  context.fillStyle = colour;
  context.fill();
  context.strokeStyle = rim;
  context.stroke();
});

const HEIGHT = 16; // of a sign

/** @param {string} sign */
const widthOf = (sign) => HEIGHT + 6 * ([...sign].length - 1);

/**
 * How far apart signs of these classes are, in pixels.
 * @param {string[]} marks
 */
export const roomOf = (marks) => Math.max(0, ...marks.map(widthOf)) - 1;

/**
 * @param {string} sign
 * @param {string} colour
 * @param {string} rim in the ground's colour, keeps the sign readable on pictures and on dots
 * @param {number} ratio
 */
export const signSprite = (sign, colour, rim, ratio) => sprite(`sign ${sign} ${colour} ${rim}`, widthOf(sign), HEIGHT, ratio, (context) => {
  const middle = widthOf(sign) / 2;
  context.font = `bold ${[...sign].length === 1 ? 12 : 10}px system-ui, sans-serif`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.lineWidth = 4;
  context.lineJoin = "round";
  context.strokeStyle = rim;
  context.strokeText(sign, middle, HEIGHT / 2 + 0.5);
  context.fillStyle = colour;
  context.fillText(sign, middle, HEIGHT / 2 + 0.5);
});

export const THUMBNAIL = 24; // CSS pixels across, with its edge

/**
 * An image as its own sign.
 * @param {string} key of its own
 * @param {Uint8Array} pixels
 * @param {Shape} shape
 * @param {number} ratio
 */
export const thumbnail = (key, pixels, { channels, height, width }, ratio) => sprite(`image ${key}`, THUMBNAIL, THUMBNAIL, ratio, (context) => {
  const small = document.createElement("canvas");
  small.width = width;
  small.height = height;
  const image = new ImageData(width, height);
  paint(image.data, pixels, channels);
  flat(small).putImageData(image, 0, 0);
  context.fillStyle = "#fff";
  const scale = (THUMBNAIL - 2) / Math.max(width, height);
  const [w, h] = [width * scale, height * scale];
  context.fillRect((THUMBNAIL - w) / 2 - 1, (THUMBNAIL - h) / 2 - 1, w + 2, h + 2);
  context.drawImage(small, (THUMBNAIL - w) / 2, (THUMBNAIL - h) / 2, w, h);
});

/**
 * Many points: written straight into the pixels, which takes milliseconds for 60,000.
 * @param {CanvasRenderingContext2D} context
 * @param {HTMLCanvasElement} canvas
 * @param {Frame} frame
 * @param {Float32Array} us
 * @param {Float32Array} vs
 * @param {Uint16Array | null} labels
 * @param {ColourOf} colourOf
 * @param {number} ratio
 * @param {Set<number>} only
 */
function drawDots(context, canvas, frame, us, vs, labels, colourOf, ratio, only) {
  const image = context.createImageData(canvas.width, canvas.height);
  const pixels = new Uint32Array(image.data.buffer);
  /** @param {string} colour */
  const pack = (colour) => {
    const value = parseInt(colour.slice(1), 16);
    return ((0xff << 24) | ((value & 255) << 16) | (value & 0xff00) | (value >> 16)) >>> 0; // little-endian ABGR
  };
  /** @type {Map<number, number>} */
  const packed = new Map();
  labels?.forEach((label) => packed.has(label) || packed.set(label, pack(colourOf(label))));
  const unlabelled = pack(colourOf(NO_LABEL));
  const { width, height } = canvas;
  const scaleX = width / (frame.high[0] - frame.low[0]);
  const scaleY = height / (frame.high[1] - frame.low[1]);
  const side = Math.max(1, Math.round(1.5 * ratio));
  /** @param {number} i */
  const draw = (i) => {
    const x = ((us[i] - frame.low[0]) * scaleX) | 0;
    const y = ((frame.high[1] - vs[i]) * scaleY) | 0;
    if (x < 0 || y < 0 || x + side > width || y + side > height) return;
    const full = (labels && packed.get(labels[i])) ?? unlabelled;
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
