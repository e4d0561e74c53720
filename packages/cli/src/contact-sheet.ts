// A contact sheet: many silhouettes of a dataset in one PNG, a row for each class.

import type { Dataset, DatasetRow } from "@silhouette/trainer";
import sharp from "sharp";

import { silhouetteResizer } from "./resized-silhouette.ts";

/** Pixels of a picture's longer side on the sheet, and between pictures. */
const TILE = 120;
const GAP = 8;

/** Gray level of the sheet behind the pictures. */
const BACKGROUND = 128;

/**
 * Draws the first `columns` pictures of each class, in the order of the labels, and writes `file` (PNG).
 *
 * @throws {TrainerError} what `readBatch` throws
 */
export async function writeContactSheet(dataset: Dataset, file: string, columns: number): Promise<void> {
  const { labels, width, height } = dataset.description;
  const shown = new Map<string, DatasetRow[]>(labels.map((label) => [label, []]));
  for await (const row of dataset) {
    const ofClass = shown.get(row.label);
    // The row's pixels are a view of a whole record batch: keep a copy of its own.
    if (ofClass && ofClass.length < columns) ofClass.push({ ...row, pixels: row.pixels.slice() });
    if ([...shown.values()].every((rows) => rows.length === columns)) break;
  }

  const scale = TILE / Math.max(width, height);
  const tile = { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
  const resized = await silhouetteResizer({ width, height }, tile);
  const sheet = {
    width: GAP + columns * (tile.width + GAP),
    height: GAP + labels.length * (tile.height + GAP),
  };
  const levels = new Uint8Array(sheet.width * sheet.height).fill(BACKGROUND);
  for (const [line, label] of labels.entries()) {
    for (const [column, { pixels }] of (shown.get(label) ?? []).entries()) {
      const shrunk = resized(pixels);
      const corner = (GAP + line * (tile.height + GAP)) * sheet.width + GAP + column * (tile.width + GAP);
      for (let y = 0; y < tile.height; y++) {
        levels.set(shrunk.subarray(y * tile.width, (y + 1) * tile.width), corner + y * sheet.width);
      }
    }
  }
  await sharp(levels, { raw: { ...sheet, channels: 1 } })
    .png()
    .toFile(file);
}
