// Silhouettes as text: each character shows two pixels, one above the other.

import { silhouetteResizer, type Size } from "./resized-silhouette.ts";

/**
 * Returns a function that renders the packed pixels of a picture of any size as lines of text, with light pixels as blocks. Each
 * character is " ", "▀", "▄" or "█"; a pixel of the reduced picture is light if more than half of its area is.
 *
 * @param columns characters per line: 1 or more
 * @param rows number of lines: 1 or more. For square pictures, half of `columns`, since characters are twice as high as wide.
 * @returns a function from `[height, width]` bits, 8 per byte as in the rows of a dataset, to `[rows]` lines
 * @throws {PreprocessError} `INVALID_ARGUMENT` if `columns` or `rows` is out of range; the returned function throws `WRONG_LENGTH`
 * if the pixels do not match their size
 * @example
 * import { terminalPictures } from "@silhouette/report";
 * import { openDataset } from "@silhouette/trainer";
 *
 * const dataset = await openDataset("photos.arrow");
 * const lines = await terminalPictures(24, 12);
 * for await (const { pixels } of dataset) console.log(lines(pixels, dataset.description).join("\n"));
 * await dataset.close();
 */
export async function terminalPictures(
  columns: number,
  rows: number,
): Promise<(pixels: Uint8Array, size: Size) => readonly string[]> {
  const resized = await silhouetteResizer({ width: columns, height: 2 * rows });
  return (pixels, size) => {
    const levels = resized(pixels, size);
    const isLight = (column: number, line: number): boolean => (levels[line * columns + column] ?? 0) > 127;
    return Array.from({ length: rows }, (_, row) =>
      Array.from({ length: columns }, (__, column) => {
        const lower = isLight(column, 2 * row + 1);
        if (isLight(column, 2 * row)) return lower ? "█" : "▀";
        return lower ? "▄" : " ";
      }).join(""),
    );
  };
}
