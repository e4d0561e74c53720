// Silhouettes as text: each character is two pixels, one above the other.

import { silhouetteResizer, type Size } from "./resized-silhouette.ts";

/**
 * A function from the packed pixels of a picture of any size to lines of text that show it, light as blocks: each character
 * is " ", "▀", "▄" or "█", and a pixel of the shrunk picture is light where more than half of it is.
 *
 * @param columns characters of a line: 1 or more
 * @param rows lines: 1 or more; half of `columns` for square pictures, since characters are twice as high as wide
 * @returns `[rows]` lines from `[height, width]` bits, 8 a byte, as a dataset's rows have them
 * @throws {PreprocessError} `INVALID_ARGUMENT` for columns or rows outside their range; the function it returns: `WRONG_LENGTH`
 * for pixels that are not of their size
 * @example
 * import { terminalPictures } from "@silhouette/report";
 * import { Dataset } from "@silhouette/trainer";
 *
 * const dataset = await Dataset.open("photos.arrow");
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
