// Distorted pictures: made from what a network sees of pictures, but of nothing that their photographs show. They stand in for pictures
// of other things where a network's pictures have to be told from those.
//
//   seen bytes ─▶ turned, upside down, enlarged, tilted, squashed, inverted or warped ─▶ seen bytes
//
// No draws: the kind and the amount follow from an index, so that a training draws the same numbers with and without them. Places are
// computed by the four operations alone, which are the same in every engine.

import type { NetworkInput } from "./network-input.ts";
import type { Affine } from "./view.ts";

/** A place in a picture, `[x, y]`; both span -1 to 1 from edge to edge. */
type Place = readonly [x: number, y: number];

/** Where each place of a distorted picture is taken from; places beyond an edge are taken from the edge. */
type Mapping = (place: Place) => Place;

/** cos 45°. */
const DIAGONAL = Math.SQRT1_2;

/** Shares of a side that enlarged pictures show. */
const ENLARGED = [0.25, 0.5] as const;

/** Share of one side that squashed pictures show, which are stretched along it. */
const SQUASHED = 0.4;

/** Farthest that places are moved in warped pictures, as a share of the side. */
const WARPED = [0.1, 0.2] as const;

/** Waves across a warped picture. */
const WAVES = [1, 3] as const;

/** How pictures are distorted, in turn; undefined inverts them. Each draws its amount from its index. */
const KINDS: readonly (((index: number) => Mapping) | undefined)[] = [
  (index) => affine(index % 2 === 0 ? [0, -1, 0, 1, 0, 0] : [0, 1, 0, -1, 0, 0]),
  () => affine([1, 0, 0, 0, -1, 0]),
  (index) => {
    const part = within(ENLARGED, spread(index, 0));
    const free = 1 - part;
    return affine([
      part,
      0,
      free * within([-1, 1], spread(index, 1)),
      0,
      part,
      free * within([-1, 1], spread(index, 2)),
    ]);
  },
  (index) => {
    const side = index % 2 === 0 ? -DIAGONAL : DIAGONAL;
    return affine([DIAGONAL, side, 0, -side, DIAGONAL, 0]);
  },
  (index) => {
    const shift = (1 - SQUASHED) * within([-1, 1], spread(index, 1));
    return affine(index % 2 === 0 ? [1, 0, 0, 0, SQUASHED, shift] : [SQUASHED, 0, shift, 0, 1, 0]);
  },
  undefined,
  (index) => {
    // Both span 2.
    const reach = 2 * within(WARPED, spread(index, 0));
    const waves = within(WAVES, spread(index, 2)) / 2;
    const phase = spread(index, 1);
    return ([x, y]) => [x + reach * wave(waves * y + phase), y + reach * wave(waves * x + phase + 0.37)];
  },
];

/**
 * Powers of 1 / g for g⁴ = g + 1, multiples of which spread evenly over a cube (M. Roberts, "The Unreasonable Effectiveness of Quasirandom
 * Sequences", 2018).
 */
const STEPS = [0.8191725133961645, 0.6710436067037893, 0.5497004779019703] as const;

/**
 * A distorted picture. Seven in a row are distorted in seven ways.
 *
 * @param seen `[height, width, channels]`: what the network sees of a picture, 0 to `white`
 * @param index a whole number of 0 or more, which says how
 * @returns a new array
 */
export function distorted(
  seen: Uint8Array,
  { width, height, channels, white }: Pick<NetworkInput, "width" | "height" | "channels" | "white">,
  index: number,
): Uint8Array {
  const mapping = KINDS[index % KINDS.length]?.(index);
  if (mapping === undefined) return seen.map((value) => white - value);
  const made = new Uint8Array(seen.length);
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const [x, y] = mapping([(2 * column + 1) / width - 1, (2 * row + 1) / height - 1]);
      const from = channels * (width * pixelAt(y, height) + pixelAt(x, width));
      made.set(seen.subarray(from, from + channels), channels * (width * row + column));
    }
  }
  return made;
}

function affine([a, b, c, d, e, f]: Affine): Mapping {
  return ([x, y]) => [a * x + b * y + c, d * x + e * y + f];
}

/** The pixel of a side at -1 to 1, or the nearest one. */
function pixelAt(at: number, side: number): number {
  return Math.min(Math.max(Math.floor(((at + 1) / 2) * side), 0), side - 1);
}

/** 0 to 1: evenly spread over all indices. */
function spread(index: number, axis: 0 | 1 | 2): number {
  const value = index * STEPS[axis];
  return value - Math.floor(value);
}

function within([from, to]: readonly [number, number], share: number): number {
  return from + (to - from) * share;
}

/** A triangle wave of period 1, from -1 to 1. */
function wave(at: number): number {
  return 4 * Math.abs(at - Math.floor(at) - 0.5) - 1;
}
