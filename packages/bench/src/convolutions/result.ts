// The result of the suite convolutions, as in its JSON file.

import type { ResultHead } from "../measure/result.ts";
import type { RoundSettings, Timing } from "../measure/rounds.ts";
import type { ConvolutionOperation } from "./kernels.ts";

/** The result of the suite convolutions. */
export interface ConvolutionsResult extends ResultHead<"convolutions"> {
  /** How long each turn was. */
  readonly settings: RoundSettings;
  /** Each operation of each layer, by each family of kernels. */
  readonly timings: readonly ConvolutionTiming[];
}

/** An operation of a layer by some kernels. Times are milliseconds per picture. */
export interface ConvolutionTiming extends Timing {
  /** Its number, its input and its output channels. */
  readonly layer: string;
  /** What is computed. */
  readonly operation: ConvolutionOperation;
  /** Floating-point operations per picture, counted as direct convolutions. */
  readonly flopsPerPicture: number;
  /** Best of the register tile in the same rounds. */
  readonly tileGigaflops: number;
  /** Relative L2 distance of the answer from the other family's. */
  readonly deviation: number;
}
