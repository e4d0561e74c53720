// Draws the demo's pictures: drawings of vehicles (drawings/), varied in distance, tilt, mirroring, shade and sky, all from one
// seeded generator.

import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import sharp from "sharp";

/** Classes, in the order of their one-hot labels. */
export const LABELS = ["car", "bus", "motorcycle"];

/** Side length of a picture in pixels. */
const SIDE = 128;

/** Seed of all variation. */
const SEED = 2026;

/**
 * @typedef {object} Drawing
 * @property {string} label
 * @property {"train" | "val" | "test"} split by origin: drawings of one family of icon sets are in the same split
 * @property {string} set
 * @property {string} name
 * @property {readonly { viewBox: string, body: string }[]} styles a single one, or filled and outlined
 */

/**
 * Draws `<folder>/<split>/<class>/<set>-<name>-<number>.jpg`.
 *
 * @param {string} folder
 * @param {{ trainingPictures?: number }} [options] `trainingPictures`: pictures per training drawing. Validation and test
 * drawings are drawn once.
 * @returns {Promise<Record<"drawings" | Drawing["split"], number>>} the numbers of drawings, and of pictures in each split
 */
export async function drawPictures(folder, { trainingPictures = 8 } = {}) {
  /** @type {readonly Drawing[]} */
  const drawings = JSON.parse(readFileSync(new URL("drawings/drawings.json", import.meta.url), "utf8"));
  const random = seededRandom(SEED);
  const drawn = { drawings: drawings.length, train: 0, val: 0, test: 0 };
  for (const drawing of drawings) {
    const place = join(folder, drawing.split, drawing.label);
    mkdirSync(place, { recursive: true });
    const pictures = drawing.split === "train" ? trainingPictures : 1;
    for (let index = 0; index < pictures; index++) {
      await sharp(Buffer.from(picture(drawing, random)))
        .jpeg({ quality: 90 })
        .toFile(join(place, `${drawing.set}-${drawing.name}-${index}.jpg`));
    }
    drawn[drawing.split] += pictures;
  }
  return drawn;
}

/**
 * @param {Drawing} drawing
 * @param {() => number} random
 * @returns {string} an SVG of SIDE x SIDE pixels
 */
function picture(drawing, random) {
  const between = (/** @type {number} */ least, /** @type {number} */ most) => least + (most - least) * random();
  const style = /** @type {Drawing["styles"][number]} */ (
    drawing.styles[Math.floor(between(0, drawing.styles.length))]
  );
  const [hue, sky] = [between(0, 360), between(0, 360)];
  // Emoji are colored: when darkened, all of them contrast with the sky.
  const shade = between(0.55, 0.9);
  const size = between(0.6, 0.95) * SIDE;
  const mirror = random() < 0.5 ? -1 : 1;
  const [, , width] = style.viewBox.split(" ");
  // Half of them with thicker lines.
  const stroke = random() < 0.5 ? "" : `stroke="currentColor" stroke-width="${between(0.02, 0.06) * Number(width)}"`;
  const free = (SIDE - size) / 2;
  const pose = [
    `translate(${SIDE / 2 + between(-free, free)} ${SIDE / 2 + between(-free, free)})`,
    `rotate(${between(-10, 10)})`,
    `skewX(${between(-12, 12)})`,
    `scale(${mirror * between(0.75, 1)} ${between(0.75, 1)})`,
  ].join(" ");
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="${SIDE}" height="${SIDE}">`,
    `<linearGradient id="sky" x2="${between(-0.5, 0.5)}" y2="1">`,
    `<stop stop-color="hsl(${sky} 35% ${between(70, 95)}%)"/>`,
    `<stop offset="1" stop-color="hsl(${sky} 35% ${between(70, 95)}%)"/>`,
    `</linearGradient>`,
    `<filter id="shade" color-interpolation-filters="sRGB"><feComponentTransfer>`,
    ...["R", "G", "B"].map((channel) => `<feFunc${channel} type="linear" slope="${shade}"/>`),
    `</feComponentTransfer></filter>`,
    `<rect width="100%" height="100%" fill="url(#sky)"/>`,
    `<g filter="url(#shade)"><g transform="${pose}" color="hsl(${hue} ${between(10, 60)}% ${between(5, 25)}%)" ${stroke}>`,
    `<svg x="${-size / 2}" y="${-size / 2}" width="${size}" height="${size}" viewBox="${style.viewBox}">${style.body}</svg>`,
    "</g></g>",
    ...Array.from({ length: Math.floor(between(0, 3.5)) }, () => sign(between)),
    "</svg>",
  ].join("\n");
}

/**
 * A small dark object next to the vehicle: a ring, a post, a board, an arrow head, a cross or a grating.
 *
 * @param {(least: number, most: number) => number} between
 */
function sign(between) {
  const shapes = [
    `<circle r="0.7" fill="none"/>`,
    `<path d="M0-1V1"/>`,
    `<rect x="-0.8" y="-0.5" width="1.6" height="1"/>`,
    `<path d="M-0.8-0.6 0.6 0-0.8 0.6" fill="none"/>`,
    `<path d="M-0.8-0.8 0.8 0.8M-0.8 0.8 0.8-0.8"/>`,
    `<path d="M-1 0H1M-1-0.8H1M-1 0.8H1"/>`,
  ];
  // Somewhere around the center, at a distance of more than a third of a side.
  const angle = between(0, 2 * Math.PI);
  const far = between(0.36, 0.55) * SIDE;
  const [x, y] = [SIDE / 2 + far * Math.cos(angle), SIDE / 2 + far * Math.sin(angle)];
  const size = between(0.05, 0.16) * SIDE;
  return (
    `<g transform="translate(${x} ${y}) rotate(${between(-20, 20)}) scale(${size})" color="hsl(0 0% ${between(5, 25)}%)" ` +
    `fill="currentColor" stroke="currentColor" stroke-width="${between(0.2, 0.6)}">${shapes[Math.floor(between(0, shapes.length))]}</g>`
  );
}

/**
 * A generator of numbers from 0 to 1 (mulberry32, by Tommy Ettinger, public domain): small, and the same on every platform.
 *
 * @param {number} seed a 32-bit integer
 * @returns {() => number}
 */
function seededRandom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
