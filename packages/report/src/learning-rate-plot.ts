// The plot of a learning rate range test as a PNG: the loss over the rate, which has a logarithmic axis, and the suggested rate.

import type { RatePoint, RateRange } from "@silhouette/trainer";
import sharp from "sharp";

/** In pixels: the picture, and the margins of its plot. */
const WIDTH = 960;
const HEIGHT = 600;
const PLOT = { left: 84, right: WIDTH - 28, top: 64, bottom: HEIGHT - 72 };

/** Font sizes in pixels. */
const TITLE = 20;
const TEXT = 15;

/** The colors differ in lightness as well. */
const INK = "#1c1c1c";
const GRID = "#dcdcdc";
const SINGLE = "#9db8d2";
const SMOOTHED = "#1f5f99";
const SUGGESTED = "#c0143c";

/** Approximate number of lines for losses. */
const LINES = 6;

/** Share of the losses' range that is left free above and below them. */
const FREE = 0.08;

/** Where a point is in the picture, in pixels. */
interface Scales {
  readonly x: (rate: number) => number;
  readonly y: (loss: number) => number;
}

/**
 * Draws the result of `findLearningRate`: the loss of each step and the smoothed loss, over the learning rate.
 *
 * @returns a PNG of 960 x 600 pixels in sRGB
 * @throws {RangeError} without points
 * @example
 * import { writeFile } from "node:fs/promises";
 *
 * import { learningRatePlot } from "@silhouette/report";
 * import { findLearningRate } from "@silhouette/trainer";
 *
 * await writeFile("learning-rates.png", await learningRatePlot(await findLearningRate({ source: "photos" })));
 */
export async function learningRatePlot({ points, suggestion }: RateRange): Promise<Uint8Array> {
  const [first] = points;
  const last = points.at(-1);
  if (first === undefined || last === undefined) throw new RangeError("Expected at least one point of a range test");
  // Single losses may be far above the smoothed ones, where the network diverges.
  const least = Math.min(...points.map(({ loss, smoothedLoss }) => Math.min(loss, smoothedLoss)));
  const most = Math.max(...points.map(({ smoothedLoss }) => smoothedLoss));
  const free = FREE * (most - least || 1);
  const [low, high] = [least - free, most + free];
  const [lowest, highest] = [Math.log10(first.rate), Math.log10(last.rate)];
  const scales: Scales = {
    x: (rate) => PLOT.left + ((Math.log10(rate) - lowest) / (highest - lowest || 1)) * (PLOT.right - PLOT.left),
    y: (loss) => PLOT.bottom - ((loss - low) / (high - low)) * (PLOT.bottom - PLOT.top),
  };
  const title =
    suggestion === null
      ? "No learning rate suggested: the loss never fell"
      : `Suggested learning rate: ${rateText(suggestion.rate)}`;
  const svg =
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}" font-family="sans-serif" font-size="${TEXT}" fill="${INK}">` +
    `<clipPath id="plot"><rect x="${PLOT.left}" y="${PLOT.top}" width="${PLOT.right - PLOT.left}" height="${PLOT.bottom - PLOT.top}"/></clipPath>` +
    '<rect width="100%" height="100%" fill="white"/>' +
    `<text x="${PLOT.left}" y="34" font-size="${TITLE}" font-weight="bold">${title}</text>` +
    rateAxis(lowest, highest, scales) +
    lossAxis(low, high, scales) +
    `<g clip-path="url(#plot)" fill="none">` +
    line(points, scales, ({ loss }) => loss, SINGLE, 1.5) +
    line(points, scales, ({ smoothedLoss }) => smoothedLoss, SMOOTHED, 3.5) +
    "</g>" +
    (suggestion === null ? "" : mark(suggestion, scales)) +
    legend() +
    "</svg>";
  return sharp(Buffer.from(svg)).png().toBuffer();
}

/** A rate with two digits, such as 0.0032 or 4.6e-6. */
export function rateText(rate: number): string {
  return String(Number(rate.toPrecision(2)));
}

function rateAxis(lowest: number, highest: number, { x }: Scales): string {
  const decades = Array.from(
    { length: Math.floor(highest + 1e-9) - Math.ceil(lowest - 1e-9) + 1 },
    (_, index) => Math.ceil(lowest - 1e-9) + index,
  );
  const ticks = decades.map((decade) => {
    const place = x(10 ** decade);
    const label =
      decade === 0 ? "1" : `10<tspan dy="-6" font-size="11">${decade < 0 ? "\u2212" : ""}${Math.abs(decade)}</tspan>`;
    return (
      stroke(place, PLOT.top, place, PLOT.bottom) +
      `<text x="${place}" y="${PLOT.bottom + 24}" text-anchor="middle">${label}</text>`
    );
  });
  const middle = (PLOT.left + PLOT.right) / 2;
  return `${ticks.join("")}<text x="${middle}" y="${HEIGHT - 18}" text-anchor="middle">learning rate (logarithmic)</text>`;
}

function lossAxis(low: number, high: number, { y }: Scales): string {
  const step = niceStep((high - low) / LINES);
  const digits = Math.max(0, -Math.floor(Math.log10(step)));
  const first = Math.ceil(low / step);
  const ticks = Array.from({ length: Math.floor(high / step) - first + 1 }, (_, index) => (first + index) * step);
  const lines = ticks.map(
    (loss) =>
      stroke(PLOT.left, y(loss), PLOT.right, y(loss)) +
      `<text x="${PLOT.left - 10}" y="${y(loss) + 5}" text-anchor="end">${loss.toFixed(digits)}</text>`,
  );
  const middle = (PLOT.top + PLOT.bottom) / 2;
  return `${lines.join("")}<text transform="translate(24 ${middle}) rotate(-90)" text-anchor="middle">training loss per picture (nats)</text>`;
}

/** The smallest of 1, 2 and 5 times a power of ten that is at least `least`. */
function niceStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  return power * ([1, 2, 5, 10].find((factor) => factor * power >= least) ?? 10);
}

function line(
  points: readonly RatePoint[],
  { x, y }: Scales,
  of: (point: RatePoint) => number,
  color: string,
  width: number,
): string {
  const places = points.map((point) => `${x(point.rate).toFixed(1)},${y(of(point)).toFixed(1)}`);
  return `<polyline points="${places.join(" ")}" stroke="${color}" stroke-width="${width}" stroke-linejoin="round"/>`;
}

function mark({ rate, smoothedLoss }: RatePoint, { x, y }: Scales): string {
  const place = x(rate);
  // On the side with more room.
  const [anchor, beside] = place > (PLOT.left + PLOT.right) / 2 ? ["end", -10] : ["start", 10];
  return (
    `<line x1="${place}" y1="${PLOT.top}" x2="${place}" y2="${PLOT.bottom}" stroke="${SUGGESTED}" stroke-width="2" stroke-dasharray="7 5"/>` +
    `<circle cx="${place}" cy="${y(smoothedLoss)}" r="7" fill="${SUGGESTED}"/>` +
    `<text x="${place + beside}" y="${PLOT.bottom - 12}" text-anchor="${anchor}" fill="${SUGGESTED}" font-weight="bold">${rateText(rate)}</text>`
  );
}

function legend(): string {
  const entries = [
    ["smoothed", SMOOTHED, 3.5],
    ["each step", SINGLE, 1.5],
  ] as const;
  return entries
    .map(([name, color, width], index) => {
      const left = PLOT.right - 220 + 112 * index;
      return (
        `<line x1="${left}" y1="48" x2="${left + 24}" y2="48" stroke="${color}" stroke-width="${width}"/>` +
        `<text x="${left + 30}" y="53">${name}</text>`
      );
    })
    .join("");
}

function stroke(x1: number, y1: number, x2: number, y2: number): string {
  return `<line x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}" stroke="${GRID}"/>`;
}
