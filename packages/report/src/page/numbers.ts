// Numbers and sentences as text for readers. Numbers that are not finite, which JSON has none of, are a dash.

const NO_BREAK = "\u00A0";
const NONE = "–";

/** A share of 0 to 1 as `92.4 %`. */
export function percent(share: number | null, digits = 1): string {
  return share === null || !Number.isFinite(share) ? NONE : `${(100 * share).toFixed(digits)}${NO_BREAK}%`;
}

/** A probability as `87 %`, and as `> 99 %` or `< 1 %` where rounding would promise certainty. */
export function probability(share: number): string {
  if (share < 1 && share >= 0.995) return `>${NO_BREAK}99${NO_BREAK}%`;
  if (share > 0 && share < 0.005) return `<${NO_BREAK}1${NO_BREAK}%`;
  return percent(share, 0);
}

/** `value` with a fixed number of decimals. */
export function decimal(value: number | null, digits = 2): string {
  return value === null || !Number.isFinite(value) ? NONE : value.toFixed(digits);
}

/** Decimals that ticks need to differ if an axis has about five of them over `range`; at least `least`. */
export function tickDigits(range: number, least = 0): number {
  return Math.max(least, Math.ceil(-Math.log10(range / 5)));
}

/** A whole number, with commas between thousands. */
export function whole(count: number): string {
  return count.toLocaleString("en");
}

/** `1 picture`, `2 pictures`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${whole(count)} ${count === 1 ? one : many}`;
}

/** An interval of shares, as `95 % interval 88.1 to 96.2 %`. */
export function intervalText([low, high]: readonly [low: number, high: number]): string {
  return `95${NO_BREAK}% interval ${(100 * low).toFixed(1)} to ${percent(high)}`;
}

/** A p-value, as `p = 0.03`. */
export function pText(value: number): string {
  if (value < 0.001) return `p${NO_BREAK}<${NO_BREAK}0.001`;
  return `p${NO_BREAK}=${NO_BREAK}${value < 0.095 ? Number(value.toPrecision(1)) : value.toFixed(2)}`;
}

/** `48 s`, `2 min 5 s`, `1 h 4 min`. */
export function duration(seconds: number): string {
  const rounded = Math.round(seconds);
  if (rounded < 60) return `${rounded}${NO_BREAK}s`;
  const [unit, small, large] = rounded < 3600 ? [60, "s", "min"] : [3600, "min", "h"];
  const rest = unit === 60 ? rounded % 60 : Math.floor((rounded % 3600) / 60);
  return `${Math.floor(rounded / unit)}${NO_BREAK}${large} ${rest}${NO_BREAK}${small}`;
}

/** The harmonic mean of precision and recall; null if either is unknown. 0 if both are 0. */
export function f1(precision: number | null, recall: number | null): number | null {
  if (precision === null || recall === null) return null;
  return precision + recall === 0 ? 0 : (2 * precision * recall) / (precision + recall);
}

/** The sum of `numbers`. */
export function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}

/** The letter by which a run is called in a comparison: A to Z, then A2. */
export function letterOf(index: number): string {
  const letter = String.fromCodePoint(65 + (index % 26));
  return index < 26 ? letter : `${letter}${Math.floor(index / 26) + 1}`;
}
