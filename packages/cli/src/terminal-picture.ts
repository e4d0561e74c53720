// A silhouette as text: each character is two pixels, one above the other.

import type { DatasetRow } from "@silhouette/trainer";

/** Lines of `columns` characters that show a picture of `width` x `height` packed pixels in its proportions. */
export function terminalPicture(
  pixels: DatasetRow["pixels"],
  { width, height }: { readonly width: number; readonly height: number },
  columns: number,
): readonly string[] {
  const rows = Math.max(1, Math.round((columns * height) / width / 2));
  const isLight = (column: number, halfRow: number): boolean => {
    const x = Math.floor(((column + 0.5) * width) / columns);
    const y = Math.floor(((halfRow + 0.5) * height) / (2 * rows));
    const index = y * width + x;
    return (((pixels[index >> 3] ?? 0) >> (7 - (index & 7))) & 1) === 1;
  };
  return Array.from({ length: rows }, (_, row) =>
    Array.from({ length: columns }, (__, column) => {
      const upper = isLight(column, 2 * row);
      const lower = isLight(column, 2 * row + 1);
      if (upper) return lower ? "█" : "▀";
      return lower ? "▄" : " ";
    }).join(""),
  );
}
