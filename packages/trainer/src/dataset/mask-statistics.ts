// What can be measured of a silhouette: how much of it is light, and into which regions it falls; and a local threshold to compare it with.

import type { PictureSize } from "./format.ts";

/** Measures of a black-and-white picture. The figure is what has fewer pixels: the light ones, or the dark ones. */
export interface MaskStatistics {
  /** Share of light pixels, 0 to 1. */
  readonly lightShare: number;
  /** Share of the figure's pixels, 0 to 0.5; 0 if the picture is blank. */
  readonly figureShare: number;
  /** Number of connected regions of the figure; pixels that share a side are connected. */
  readonly regions: number;
  /** Share of the pixels in regions, light or dark, of less than 0.5 % of the picture, 0 to 1. */
  readonly fragmentShare: number;
  /** Share of the picture that the smallest upright rectangle around the figure covers, 0 to 1. */
  readonly boxShare: number;
}

/** Share of the rarer tone below which a silhouette is nearly blank. */
export const BLANK_SHARE = 0.02;

/** Regions with less than this share of the picture are fragments. */
const FRAGMENT = 0.005;

/**
 * Measures a black-and-white picture.
 *
 * @param mask `[height, width]`, 0 (dark) or 1 (light); read, not kept
 */
export function maskStatistics(mask: Uint8Array, { width, height }: PictureSize): MaskStatistics {
  const pixels = width * height;
  let light = 0;
  for (let at = 0; at < pixels; at++) light += mask[at] ?? 0;
  const figure = light <= pixels - light ? 1 : 0;
  const figurePixels = figure === 1 ? light : pixels - light;
  let [regions, inFragments] = [0, 0];
  for (const { tone, size } of regionsOf(mask, { width, height })) {
    if (tone === figure) regions++;
    if (size < FRAGMENT * pixels) inFragments += size;
  }
  return {
    lightShare: light / pixels,
    figureShare: figurePixels / pixels,
    regions,
    fragmentShare: inFragments / pixels,
    boxShare: boxShareOf(mask, { width, height }, figure),
  };
}

/** Connected pixels of one tone. */
interface Region {
  readonly tone: number;
  /** Number of its pixels. */
  size: number;
}

/** The connected regions, light or dark: runs of pixels in a row, joined with the runs of their tone that they touch in the row above. */
function regionsOf(mask: Uint8Array, { width, height }: PictureSize): readonly Region[] {
  const runs: Region[] = [];
  const ends: number[] = [];
  /** The run that each has been joined with; itself, if it stands for its region (union-find). */
  const joined: number[] = [];
  const regionOf = (run: number): number => {
    let at = run;
    for (let next = joined[at] ?? at; next !== at; next = joined[at] ?? at) {
      joined[at] = joined[next] ?? next;
      at = next;
    }
    return at;
  };
  const join = (run: number, above: number): void => {
    const [one, other] = [regionOf(run), regionOf(above)];
    const [kept, added] = [runs[other], runs[one]];
    if (one === other || kept === undefined || added === undefined) return;
    joined[one] = other;
    kept.size += added.size;
    added.size = 0;
  };
  let above = 0;
  for (let y = 0; y < height; y++) {
    const [row, first] = [y * width, runs.length];
    for (let begin = 0, x = 0; x < width; begin = x) {
      const tone = mask[row + begin] ?? 0;
      while (x < width && mask[row + x] === tone) x++;
      const run = runs.length;
      runs.push({ tone, size: x - begin });
      ends.push(x);
      joined.push(run);
      // The last run above that touches this one may touch the next one, too.
      for (let end = 0; above < first && end < x;) {
        if (runs[above]?.tone === tone) join(run, above);
        end = ends[above] ?? x;
        if (end <= x) above++;
      }
    }
    above = first;
  }
  return runs.filter(({ size }) => size > 0);
}

/** Width of the border of a picture, as a share of its sides. */
const BORDER = 0.05;

/**
 * Share of light pixels along the border of a black-and-white picture, 0 to 1: whether its ground is light or dark.
 *
 * @param mask `[height, width]`, 0 (dark) or 1 (light)
 */
export function lightBorderShare(mask: Uint8Array, { width, height }: PictureSize): number {
  const [beside, above] = [Math.ceil(BORDER * width), Math.ceil(BORDER * height)];
  let [light, pixels] = [0, 0];
  for (let y = 0; y < height; y++) {
    const isInside = y >= above && y < height - above;
    for (let x = 0; x < width; x++) {
      if (isInside && x >= beside && x < width - beside) continue;
      light += mask[y * width + x] ?? 0;
      pixels++;
    }
  }
  return light / pixels;
}

function boxShareOf(mask: Uint8Array, { width, height }: PictureSize, value: number): number {
  let [left, right, top, bottom] = [width, -1, height, -1];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (mask[y * width + x] !== value) continue;
      if (x < left) left = x;
      if (x > right) right = x;
      if (y < top) top = y;
      if (y > bottom) bottom = y;
    }
  }
  return right < 0 ? 0 : ((right - left + 1) * (bottom - top + 1)) / (width * height);
}

/** Sauvola's parameter: how far the threshold falls where there is little contrast. */
const SAUVOLA_K = 0.2;
/** Sauvola's dynamic range of standard deviations of gray levels. */
const SAUVOLA_R = 128;
/** Window as a share of the shorter side: large enough for the parts of an object. */
const SAUVOLA_WINDOW = 0.25;

/**
 * A picture in black and white by a local threshold: a pixel is light if it is above m (1 + k (s / R - 1)), for the mean m and the standard
 * deviation s of the window around it (Sauvola and Pietikainen 2000), with k = 0.2 and R = 128.
 *
 * @param levels `[height, width]` gray levels, 0 to 255
 * @returns `[height, width]`, 0 (dark) or 1 (light)
 */
export function sauvolaMask(levels: Uint8Array, { width, height }: PictureSize): Uint8Array {
  const reach = Math.max(1, Math.floor((SAUVOLA_WINDOW * Math.min(width, height)) / 2));
  // Sums of all pixels above and to the left: [height + 1, width + 1].
  const stride = width + 1;
  const sums = new Float64Array(stride * (height + 1));
  const squares = new Float64Array(stride * (height + 1));
  for (let y = 0; y < height; y++) {
    let [sum, square] = [0, 0];
    for (let x = 0; x < width; x++) {
      const level = levels[y * width + x] ?? 0;
      sum += level;
      square += level * level;
      const at = (y + 1) * stride + x + 1;
      sums[at] = (sums[at - stride] ?? 0) + sum;
      squares[at] = (squares[at - stride] ?? 0) + square;
    }
  }
  const mask = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    const [top, bottom] = [Math.max(y - reach, 0), Math.min(y + reach + 1, height)];
    for (let x = 0; x < width; x++) {
      const [left, right] = [Math.max(x - reach, 0), Math.min(x + reach + 1, width)];
      const corners = [bottom * stride + right, top * stride + right, bottom * stride + left, top * stride + left];
      const over = (table: Float64Array): number =>
        (table[corners[0] ?? 0] ?? 0) -
        (table[corners[1] ?? 0] ?? 0) -
        (table[corners[2] ?? 0] ?? 0) +
        (table[corners[3] ?? 0] ?? 0);
      const count = (bottom - top) * (right - left);
      const mean = over(sums) / count;
      const deviation = Math.sqrt(Math.max(over(squares) / count - mean * mean, 0));
      const threshold = mean * (1 + SAUVOLA_K * (deviation / SAUVOLA_R - 1));
      mask[y * width + x] = (levels[y * width + x] ?? 0) > threshold ? 1 : 0;
    }
  }
  return mask;
}
