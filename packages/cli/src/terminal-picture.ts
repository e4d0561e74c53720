// A silhouette as text: each character is two pixels, one above the other.

import type { DatasetRow } from "@silhouette/trainer";

/** Lines of `columns` characters that show a picture of `width` x `height` packed pixels in its proportions. */
export function terminalPicture(
  pixels: DatasetRow["pixels"],
  { width, height }: { readonly width: number; readonly height: number },
  columns: number,
): readonly string[] {
  const rows = Math.max(1, Math.round((columns * height) / width / 2));
  /** Whether most pixels of a half character are light. */
  const isLight = (column: number, halfRow: number): boolean => {
    const [left, right] = [Math.floor((column * width) / columns), Math.ceil(((column + 1) * width) / columns)];
    const [top, bottom] = [
      Math.floor((halfRow * height) / (2 * rows)),
      Math.ceil(((halfRow + 1) * height) / (2 * rows)),
    ];
    let light = 0;
    for (let y = top; y < bottom; y++) {
      for (let x = left; x < right; x++) {
        const index = y * width + x;
        light += ((pixels[index >> 3] ?? 0) >> (7 - (index & 7))) & 1;
      }
    }
    return 2 * light > (right - left) * (bottom - top);
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
