// Silhouettes as text: each character is two pixels, one above the other.

import { silhouetteResizer, type Size } from "./resized-silhouette.ts";

/**
 * A function from the packed pixels of a picture of any size to lines of text that show it, light as blocks.
 *
 * @param columns characters of a line: 1 or more
 * @param rows lines: 1 or more
 * @example
 * const lines = await terminalPictures(24, 12);
 * for await (const { pixels } of dataset) console.log(lines(pixels, dataset.description).join("\n"));
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
