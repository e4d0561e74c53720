// A contact sheet of predictions, as one PNG: a row for each class, silhouettes that were classified rightly in green frames
// with a tick, the others in red frames with a cross; below each the class that was predicted, and the picture's file.

import { posix } from "node:path";

import type { LabeledPrediction } from "@silhouette/trainer";
import sharp, { type OverlayOptions } from "sharp";

import { caption } from "./caption.ts";
import { silhouetteResizer, type Size } from "./resized-silhouette.ts";

/** What the pictures are of, and their size in pixels. */
export interface Pictured extends Size {
  /** All classes, in the order of the rows. */
  readonly labels: readonly string[];
}

/** Pixels of a silhouette's longer side, of its frame, and between pictures. */
const TILE = 104;
const FRAME = 4;
const GAP = 12;

/** Pixels of a line of text, of both below a picture, of the column with the classes' names, and of the title. */
const LINE = 18;
const CAPTION = 32;
const NAMES = 170;
const TITLE = 48;

/** Pictures of a class that are shown: right ones, then wrong ones. */
const SHOWN = 6;

/** Classes that are shown: those with the most wrong answers, if there are more. */
const ROWS = 40;

/** Colors that differ in lightness too, for eyes that do not tell red from green. */
const RIGHT = "#2e9e5b";
const WRONG = "#c0143c";
const INK = "#1c1c1c";

/** What a row of the sheet shows. */
interface Row {
  readonly label: string;
  readonly total: number;
  readonly right: readonly LabeledPrediction[];
  readonly wrong: readonly LabeledPrediction[];
}

/**
 * Draws predictions of pictures whose classes are known: of each class up to six right ones, the least sure first, and
 * up to six wrong ones, the surest first.
 *
 * @param answers of `train` or `evaluate`, all of pictures of one size
 * @param pictured their classes and their size
 * @returns a PNG in sRGB, each silhouette's longer side 104 pixels; of more than 40 classes those with the most wrong answers
 * @throws {PreprocessError} `WRONG_LENGTH` for pixels that are not of this size
 * @example
 * import { writeFile } from "node:fs/promises";
 *
 * import { predictionSheet } from "@silhouette/report";
 * import { train } from "@silhouette/trainer";
 *
 * const { predictions, config } = await train({ source: "photos", run: "runs/photos" });
 * await writeFile("predictions.png", await predictionSheet(predictions, config.dataset));
 */
export async function predictionSheet(answers: readonly LabeledPrediction[], pictured: Pictured): Promise<Uint8Array> {
  const rows = rowsOf(answers, pictured.labels);
  const scale = TILE / Math.max(pictured.width, pictured.height);
  const tile = {
    width: Math.max(1, Math.round(pictured.width * scale)),
    height: Math.max(1, Math.round(pictured.height * scale)),
  };
  const resized = await silhouetteResizer(tile);
  // Narrow pictures have captions as wide as others.
  const step = { x: TILE + 2 * FRAME + GAP, y: tile.height + 2 * FRAME + CAPTION + GAP };
  const width = NAMES + 2 * SHOWN * step.x + GAP;
  const height = TITLE + rows.length * step.y + GAP;

  const shapes: string[] = [];
  const silhouettes: OverlayOptions[] = [];
  const right = answers.filter(isRight).length;
  const title = `${right} right, ${answers.length - right} wrong`;
  shapes.push(caption(title, { x: GAP, y: TITLE - 18, width: width - 2 * GAP }, { size: 20, bold: true, color: INK }));
  for (const [line, row] of rows.entries()) {
    const top = TITLE + line * step.y;
    shapes.push(
      caption(row.label, { x: GAP, y: top + 24, width: NAMES - 2 * GAP }, { size: 16, bold: true, color: INK }),
      caption(
        `${row.right.length} of ${row.total} right`,
        { x: GAP, y: top + 24 + LINE, width: NAMES - 2 * GAP },
        { size: 13, color: INK },
      ),
    );
    // Wrong ones begin at the same place in each row.
    const columns = [
      ...row.right.slice(0, SHOWN).map((answer, column) => ({ answer, column })),
      ...row.wrong.slice(0, SHOWN).map((answer, column) => ({ answer, column: SHOWN + column })),
    ];
    for (const { answer, column } of columns) {
      const left = NAMES + column * step.x;
      shapes.push(framed(answer, left, top, tile));
      silhouettes.push({
        input: Buffer.from(resized(answer.pixels, pictured)),
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

function rowsOf(answers: readonly LabeledPrediction[], labels: readonly string[]): readonly Row[] {
  const rows = labels.map((label) => {
    const ofClass = answers.filter((answer) => answer.label === label);
    return {
      label,
      total: ofClass.length,
      right: ofClass.filter(isRight).toSorted((a, b) => a.probability - b.probability),
      wrong: ofClass.filter((answer) => !isRight(answer)).toSorted((a, b) => b.probability - a.probability),
    };
  });
  if (rows.length <= ROWS) return rows;
  return rows.toSorted((a, b) => b.wrong.length - a.wrong.length).slice(0, ROWS);
}

function isRight({ label, predicted }: LabeledPrediction): boolean {
  return label === predicted;
}

/** A frame for a silhouette; below it a mark, what was predicted, and the name of the picture's file. */
function framed(answer: LabeledPrediction, left: number, top: number, { width, height }: Size): string {
  const color = isRight(answer) ? RIGHT : WRONG;
  const outer = { width: width + 2 * FRAME, height: height + 2 * FRAME };
  const mark = isRight(answer) ? "m4 9 4 4 7-8" : "m5 5 9 9m0-9-9 9";
  const [below, cell] = [top + outer.height, TILE + 2 * FRAME];
  const sure = `${Math.round(100 * answer.probability)} %`;
  return (
    `<rect x="${left}" y="${top}" width="${outer.width}" height="${outer.height}" fill="${color}"/>` +
    `<g transform="translate(${left} ${below})"><path d="${mark}" stroke="${color}" stroke-width="3" fill="none"/></g>` +
    caption(
      answer.predicted,
      { x: left + 20, y: below + 14, width: cell - 20 },
      { size: 12, color },
      "end",
      ` ${sure}`,
    ) +
    caption(posix.basename(answer.path), { x: left, y: below + 28, width: cell }, { size: 11, color: INK }, "middle")
  );
}
