// A curve of a line's height.

const LEVELS = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"] as const;

/** The lowest and the highest value of a curve. */
export type Range = readonly [low: number, high: number];

/** The range of `values` that are finite; undefined if none are. */
export function rangeOf(values: readonly number[]): Range | undefined {
  const finite = values.filter(Number.isFinite);
  return finite.length === 0 ? undefined : [Math.min(...finite), Math.max(...finite)];
}

/**
 * One character per value, or, if there are more than `columns`, per mean of neighbors. Values that are not finite leave a gap.
 *
 * @param range values of the lowest and the highest character
 */
export function sparkline(values: readonly number[], columns: number, [low, high]: Range): string {
  const count = Math.min(values.length, columns);
  return Array.from({ length: count }, (_, index) => {
    const from = Math.floor((index * values.length) / count);
    const to = Math.floor(((index + 1) * values.length) / count);
    const finite = values.slice(from, to).filter(Number.isFinite);
    if (finite.length === 0) return " ";
    const mean = finite.reduce((sum, value) => sum + value, 0) / finite.length;
    // A curve without a range is flat, in the middle.
    const share = high > low ? (mean - low) / (high - low) : 0.5;
    return LEVELS[Math.min(LEVELS.length - 1, Math.max(0, Math.floor(share * LEVELS.length)))] ?? " ";
  }).join("");
}
