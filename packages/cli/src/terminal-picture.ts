// A silhouette as text: each character is two pixels, one above the other.

import { silhouetteResizer, type Size } from "./resized-silhouette.ts";

/** Lines of `columns` characters that show a picture's packed pixels in its proportions. */
export async function terminalPicture(pixels: Uint8Array, size: Size, columns: number): Promise<readonly string[]> {
  const rows = Math.max(1, Math.round((columns * size.height) / size.width / 2));
  const resized = await silhouetteResizer(size, { width: columns, height: 2 * rows });
  const levels = resized(pixels);
  const isLight = (column: number, line: number): boolean => (levels[line * columns + column] ?? 0) > 127;
  return Array.from({ length: rows }, (_, row) =>
    Array.from({ length: columns }, (__, column) => {
      const lower = isLight(column, 2 * row + 1);
      if (isLight(column, 2 * row)) return lower ? "█" : "▀";
      return lower ? "▄" : " ";
    }).join(""),
  );
}
