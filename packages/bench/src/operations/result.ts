// The result of the suite operations, as in its JSON file.

import type { ResultHead } from "../measure/result.ts";
import type { RoundSettings, Timing } from "../measure/rounds.ts";

/** The result of the suite operations. */
export interface OperationsResult extends ResultHead<"operations"> {
  /** How long each turn was. */
  readonly settings: RoundSettings;
  /** Each operation, at each size and number of threads, by each backend. */
  readonly timings: readonly OperationTiming[];
}

/** An operation by a backend. Times are milliseconds per call. */
export interface OperationTiming extends Timing {
  /** Its name in TensorFlow.js, with the shape if there are several. */
  readonly operation: string;
  /** Numbers of the largest tensor. */
  readonly floats: number;
  /** Our threads; TensorFlow.js' own backend has one in Node.js. */
  readonly threads: number;
  /** Bytes of all inputs and the output, each once. */
  readonly bytes: number;
  /** Bytes per second that a copy on all of our threads read and wrote in the same rounds, in billions; null for small tensors. */
  readonly copyGigabytesPerSecond: number | null;
  /** Best time relative to that of TensorFlow.js' own backend in the same rounds. */
  readonly relativeToStock: number;
  /** Relative L2 distance of the answer from that of TensorFlow.js' own backend. */
  readonly deviation: number;
}
