// What a run of the suite of convolutions came to, as its JSON file keeps it.

import type { ResultHead } from "../measure/result.ts";
import type { RoundSettings, Timing } from "../measure/rounds.ts";
import type { ConvolutionOperation } from "./kernels.ts";

/** What a run of the suite of convolutions came to. */
export interface ConvolutionsResult extends ResultHead<"convolutions"> {
  /** How long each turn was. */
  readonly settings: RoundSettings;
  /** Each operation of each layer, by each family of kernels. */
  readonly timings: readonly ConvolutionTiming[];
}

/** An operation of a layer by some kernels. Times are milliseconds a picture. */
export interface ConvolutionTiming extends Timing {
  /** Its number, and what it makes of what. */
  readonly layer: string;
  /** What is computed. */
  readonly operation: ConvolutionOperation;
  /** Floating-point operations of a picture, as direct convolutions count them. */
  readonly flopsPerPicture: number;
  /** What the register tile reached in the same rounds, at its best. */
  readonly tileGigaflops: number;
  /** Relative L2 distance of the answer from the direct kernels' one. */
  readonly deviation: number;
}
