// A contact sheet of predictions as a PNG: one row per class, with correct predictions in green frames with a tick and incorrect
// ones in red frames with a cross. Below each silhouette are the predicted class and the picture's file name.

import { posix } from "node:path";

import type { ExamplePrediction, Metrics } from "@silhouette/trainer";
import sharp, { type OverlayOptions } from "sharp";

import { caption } from "./caption.ts";
import { silhouetteResizer, type Size } from "./resized-silhouette.ts";

/** Classes of the pictures, and their size in pixels. */
export interface Pictured extends Size {
  /** Metrics of all predictions. Its labels are in the order of the rows. */
  readonly metrics: Pick<Metrics, "labels" | "confusion" | "correct" | "incorrect">;
}

/** In pixels: a silhouette's longer side, its frame, and the gap between pictures. */
const TILE = 104;
const FRAME = 4;
const GAP = 12;

/** In pixels: a line of text, the two lines below a picture, the column of class names, and the title. */
const LINE = 18;
const CAPTION = 32;
const NAMES = 170;
const TITLE = 48;

/** Maximum number of correct and of incorrect predictions per class. */
const SHOWN = 6;

/** Maximum number of classes; of more, those with the most incorrect predictions are shown. */
const ROWS = 40;

/** The colors differ in lightness as well, for people who cannot distinguish red from green. */
const CORRECT = "#2e9e5b";
const INCORRECT = "#c0143c";
const INK = "#1c1c1c";

/** One row of the sheet. */
interface Row {
  readonly label: string;
  /** Number of its predictions, and of those that are correct. */
  readonly total: number;
  readonly right: number;
  /** Those that are shown. */
  readonly correct: readonly ExamplePrediction[];
  readonly incorrect: readonly ExamplePrediction[];
}

/**
 * Draws predictions for pictures whose classes are known. Each class shows up to six correct predictions, the least confident
 * first, and up to six incorrect ones, the most confident first.
 *
 * @param examples from `train` or `evaluate`, all for pictures of the same size
 * @param pictured size of the pictures, and the metrics of all predictions
 * @returns a PNG in sRGB; the longer side of each silhouette is 104 pixels. With more than 40 classes, only the 40 with the most
 * incorrect predictions are shown.
 * @throws {PreprocessError} `WRONG_LENGTH` if the pixels of a prediction do not match the size
 * @example
 * import { writeFile } from "node:fs/promises";
 *
 * import { predictionSheet } from "@silhouette/report";
 * import { train } from "@silhouette/trainer";
 *
 * const { examples, size, metrics } = await train({ source: "photos", run: "runs/photos" });
 * const sheet = await predictionSheet(examples, { ...size, metrics });
 * await writeFile("predictions.png", sheet);
 */
export async function predictionSheet(examples: readonly ExamplePrediction[], pictured: Pictured): Promise<Uint8Array> {
  const rows = rowsOf(examples, pictured.metrics);
  const scale = TILE / Math.max(pictured.width, pictured.height);
  const tile = {
    width: Math.max(1, Math.round(pictured.width * scale)),
    height: Math.max(1, Math.round(pictured.height * scale)),
  };
  const resized = await silhouetteResizer(tile);
  // Captions of narrow pictures are as wide as those of others.
  const step = { x: TILE + 2 * FRAME + GAP, y: tile.height + 2 * FRAME + CAPTION + GAP };
  const width = NAMES + 2 * SHOWN * step.x + GAP;
  const height = TITLE + rows.length * step.y + GAP;

  const shapes: string[] = [];
  const silhouettes: OverlayOptions[] = [];
  const title = `${pictured.metrics.correct} correct, ${pictured.metrics.incorrect} incorrect`;
  shapes.push(caption(title, { x: GAP, y: TITLE - 18, width: width - 2 * GAP }, { size: 20, bold: true, color: INK }));
  for (const [line, row] of rows.entries()) {
    const top = TITLE + line * step.y;
    shapes.push(
      caption(row.label, { x: GAP, y: top + 24, width: NAMES - 2 * GAP }, { size: 16, bold: true, color: INK }),
      caption(
        `${row.right} of ${row.total} correct`,
        { x: GAP, y: top + 24 + LINE, width: NAMES - 2 * GAP },
        { size: 13, color: INK },
      ),
    );
    // Incorrect predictions start in the same column of every row.
    const columns = [
      ...row.correct.slice(0, SHOWN).map((prediction, column) => ({ prediction, column })),
      ...row.incorrect.slice(0, SHOWN).map((prediction, column) => ({ prediction, column: SHOWN + column })),
    ];
    for (const { prediction, column } of columns) {
      const left = NAMES + column * step.x;
      shapes.push(framed(prediction, left, top, tile));
      silhouettes.push({
        input: Buffer.from(resized(prediction.pixels, pictured)),
        raw: { ...tile, channels: 1 },
        left: left + FRAME,
        top: top + FRAME,
      });
    }
  }
  const svg =
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">` +
    `<rect width="100%" height="100%" fill="white"/>${shapes.join("")}</svg>`;
  return sharp(Buffer.from(svg)).composite(silhouettes).png().toBuffer();
}

function rowsOf(examples: readonly ExamplePrediction[], { labels, confusion }: Pictured["metrics"]): readonly Row[] {
  const rows = labels.map((label, index): Row => {
    const ofClass = examples.filter((example) => example.label === label);
    return {
      label,
      total: (confusion[index] ?? []).reduce((sum, count) => sum + count, 0),
      right: confusion[index]?.[index] ?? 0,
      correct: ofClass.filter(isCorrect).toSorted((a, b) => a.probability - b.probability),
      incorrect: ofClass.filter((example) => !isCorrect(example)).toSorted((a, b) => b.probability - a.probability),
    };
  });
  if (rows.length <= ROWS) return rows;
  return rows.toSorted((a, b) => b.total - b.right - (a.total - a.right)).slice(0, ROWS);
}

function isCorrect({ label, predicted }: ExamplePrediction): boolean {
  return label === predicted;
}

/** The frame of a silhouette; below it a mark, the predicted class, and the file name. */
function framed(prediction: ExamplePrediction, left: number, top: number, { width, height }: Size): string {
  const color = isCorrect(prediction) ? CORRECT : INCORRECT;
  const outer = { width: width + 2 * FRAME, height: height + 2 * FRAME };
  const mark = isCorrect(prediction) ? "m4 9 4 4 7-8" : "m5 5 9 9m0-9-9 9";
  const [below, cell] = [top + outer.height, TILE + 2 * FRAME];
  const probability = `${Math.round(100 * prediction.probability)} %`;
  return (
    `<rect x="${left}" y="${top}" width="${outer.width}" height="${outer.height}" fill="${color}"/>` +
    `<g transform="translate(${left} ${below})"><path d="${mark}" stroke="${color}" stroke-width="3" fill="none"/></g>` +
    caption(
      prediction.predicted,
      { x: left + 20, y: below + 14, width: cell - 20 },
      { size: 12, color },
      "end",
      ` ${probability}`,
    ) +
    caption(
      posix.basename(prediction.path),
      { x: left, y: below + 28, width: cell },
      { size: 11, color: INK },
      "middle",
    )
  );
}
