// What a warp does to a picture: the caller's options, checked, and the bytes that the kernels read.

import { bytesOf, readNumbers, readOptions } from "./check.ts";

/** Options for `Preprocessor.warp`. */
export interface WarpOptions {
  /**
   * `[a, b, c, d, e, f]`, finite: the level at (u, v) of the output is that at (a u + b v + c, d u + e v + f) of the
   * source. Both pictures span -1 to 1 from edge to edge, along each axis, whatever their sizes; v goes down. These are
   * the rows of `theta` in PyTorch's `affine_grid` with `align_corners=False`. Default `[1, 0, 0, 0, 1, 0]`: the whole
   * source.
   */
  readonly affine?: readonly [a: number, b: number, c: number, d: number, e: number, f: number];
  /**
   * `[x, y]` in gray levels, finite: the levels that are added at the right and at the lower edge, and subtracted at the
   * edges opposite; x u + y v in between. Default `[0, 0]`.
   */
  readonly ramp?: readonly [x: number, y: number];
  /** 256 levels: what each level becomes, once it is ramped, rounded and clamped to 0 to 255. Default: itself. */
  readonly curve?: Uint8Array;
}

/** The longest side of a source in pixels: `LONGEST_SIDE` in src/warp/mod.rs. */
export const LONGEST_WARPED_SIDE = 65_535;

const WHOLE = [1, 0, 0, 0, 1, 0] as const;
const LEVEL = [0, 0] as const;
const UNCHANGED = Uint8Array.from({ length: 256 }, (_, level) => level);

/** Bytes of a number of `Warping`. */
const NUMBER_BYTES = Float64Array.BYTES_PER_ELEMENT;

/**
 * The options as `Warping` of src/warp/mod.rs: eight doubles, then the curve.
 *
 * @throws {PreprocessError} `INVALID_ARGUMENT`, `WRONG_LENGTH`
 */
export function warpingOf(options: WarpOptions): Uint8Array {
  const { affine = WHOLE, ramp = LEVEL, curve = UNCHANGED } = readOptions(options, "affine", "ramp", "curve");
  const numbers = [...readNumbers("affine", affine, WHOLE.length), ...readNumbers("ramp", ramp, LEVEL.length)];
  const levels = bytesOf("curve", curve, UNCHANGED.length);
  const warping = new Uint8Array(numbers.length * NUMBER_BYTES + levels.length);
  new Float64Array(warping.buffer, 0, numbers.length).set(numbers);
  warping.set(levels, numbers.length * NUMBER_BYTES);
  return warping;
}
