// Pictures to measure on: a dark figure with soft edges before a light ground, plus grain, drawn from a seed. No files
// are read; equal arguments give equal bytes. In: size, channels, seed. Out: a picture.

import type { Picture } from "@silhouette/preprocess-wasm";

import { random32 } from "./random32.ts";

type Color = readonly [red: number, green: number, blue: number];

const GROUND: Color = [206, 198, 186];
const FIGURE: Color = [74, 64, 58];

/** The figure is the union of this many discs. */
const DISCS = 5;

/** Width of the blend between figure and ground, as a share of the picture's shorter side. */
const EDGE_SHARE = 0.015;

/** What the light loses from the left side to the right one. */
const LIGHT_FALL = 0.15;

/** Farthest that grain moves all channels of a pixel together, in gray levels. */
const GRAIN_LEVELS = 24;

/** Farthest that grain moves red and blue of a pixel on their own, in gray levels. */
const COLOR_GRAIN_LEVELS = 6;

/** Shares of red, green and blue in the picture of one channel. */
const GRAY_SHARES: Color = [0.299, 0.587, 0.114];

/** A circle and what lies in it, in pixels. */
interface Disc {
  readonly x: number;
  readonly y: number;
  readonly radius: number;
}

/** A picture that resembles a photograph of one dark thing before a light wall; opaque where it has an alpha. */
export function photoLikePicture(width: number, height: number, channels: 1 | 4, seed: number): Picture {
  const draw = random32(seed);
  const discs = Array.from({ length: DISCS }, () => drawDisc(draw, width, height));
  const edgePixels = EDGE_SHARE * Math.min(width, height);
  const clamped = new Uint8ClampedArray(width * height * channels);
  let byte = 0;
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const coverage = smoothStep(0.5 - distanceToEdge(discs, x, y) / edgePixels);
      const light = 1 - (LIGHT_FALL * x) / width;
      const grain = draw();
      // The sum of two even draws: most grain is faint.
      const levels = (((grain & 255) + ((grain >>> 8) & 255)) / 255 - 1) * GRAIN_LEVELS;
      const red = blend(GROUND[0], FIGURE[0], coverage) * light + levels + colorGrain((grain >>> 16) & 255);
      const green = blend(GROUND[1], FIGURE[1], coverage) * light + levels;
      const blue = blend(GROUND[2], FIGURE[2], coverage) * light + levels + colorGrain(grain >>> 24);
      if (channels === 1) {
        clamped[byte] = GRAY_SHARES[0] * red + GRAY_SHARES[1] * green + GRAY_SHARES[2] * blue;
      } else {
        clamped[byte] = red;
        clamped[byte + 1] = green;
        clamped[byte + 2] = blue;
        clamped[byte + 3] = 255;
      }
      byte += channels;
    }
  }
  // Engines compile loops for one type of array: all peers see the plain one.
  return { data: new Uint8Array(clamped.buffer), width, height, channels };
}

function drawDisc(draw: () => number, width: number, height: number): Disc {
  const share = (least: number, most: number): number => least + ((most - least) * draw()) / 2 ** 32;
  return {
    x: width * share(0.25, 0.75),
    y: height * share(0.25, 0.75),
    radius: Math.min(width, height) * share(0.15, 0.3),
  };
}

/** Pixels from the figure's edge, negative in the figure. */
function distanceToEdge(discs: readonly Disc[], x: number, y: number): number {
  let nearest = Infinity;
  for (const disc of discs) {
    const acrossPixels = x - disc.x;
    const downPixels = y - disc.y;
    nearest = Math.min(nearest, Math.sqrt(acrossPixels * acrossPixels + downPixels * downPixels) - disc.radius);
  }
  return nearest;
}

function smoothStep(position: number): number {
  const share = Math.min(1, Math.max(0, position));
  return share * share * (3 - 2 * share);
}

function blend(from: number, to: number, share: number): number {
  return from + (to - from) * share;
}

function colorGrain(byte: number): number {
  return ((2 * byte) / 255 - 1) * COLOR_GRAIN_LEVELS;
}
