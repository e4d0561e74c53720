// Reads datasets with @silhouette/trainer, and unpacks their pixels with @silhouette/preprocess-wasm.

import { init, Preprocessor } from "@silhouette/preprocess-wasm";
import { type DatasetDescription, type DatasetRow, openDataset } from "@silhouette/trainer";

/** A row with its silhouette: `[height, width]`, one pixel per byte, 0 or 1. */
export interface UnpackedRow extends DatasetRow {
  readonly mask: Uint8Array;
}

/** A complete dataset in memory. */
export interface WholeDataset {
  readonly description: DatasetDescription;
  readonly rows: readonly UnpackedRow[];
}

/** Opens `path` and reads all of it, which verifies the checksum of each row. */
export async function readDataset(path: string): Promise<WholeDataset> {
  const dataset = await openDataset(path);
  try {
    const { description } = dataset;
    await init();
    const preprocessor = new Preprocessor({ width: description.width, height: description.height });
    const rows: UnpackedRow[] = [];
    for await (const row of dataset) {
      const mask = new Uint8Array(description.width * description.height);
      if (description.pixelFormat === "binary1") preprocessor.unpackBits(row.pixels, mask);
      else preprocessor.thresholdMask(row.pixels, row.threshold, mask, { format: "0/1" });
      rows.push({ ...row, mask });
    }
    return { description, rows };
  } finally {
    await dataset.close();
  }
}
