// The result of the suite browsers, as in its JSON file.

import type { KernelSet } from "@silhouette/training-wasm";

import type { MissingPeer } from "../measure/missing-peer.ts";
import type { ResultHead } from "../measure/result.ts";
import type { RoundSettings, Timing } from "../measure/rounds.ts";
import type { Engine } from "./engines.ts";
import type { StepName } from "./step-turn.ts";

/** The result of the suite browsers. */
export interface BrowsersResult extends ResultHead<"browsers"> {
  /** How long each turn was. */
  readonly settings: RoundSettings;
  /** One per step, kernel set, number of threads and batch. */
  readonly groups: readonly BrowsersGroup[];
  /** Engines that are not installed, or that do not run a kernel set. */
  readonly missing: readonly MissingPeer[];
  /** Which figures are invalid, and why; null if all are valid. */
  readonly invalid: string | null;
}

/** All engines with the same step, kernels, threads and batch. */
export interface BrowsersGroup {
  /** The step that is measured. */
  readonly step: StepName;
  /** Kernels of our backend, in every engine. */
  readonly kernelSet: KernelSet;
  /** Threads of our backend. */
  readonly threads: number;
  /** Pictures per step. */
  readonly batch: number;
  /** Node.js first. The losses of the first steps are the same bytes in all of them. */
  readonly engines: readonly EngineTiming[];
}

/** An engine. Times are milliseconds per picture. */
export interface EngineTiming extends Timing {
  /** Node.js, or which browser. */
  readonly kind: Engine["kind"];
  /** Of the engine, by name. */
  readonly versions: Readonly<Record<string, string>>;
  /** Best time relative to that of the first Node.js that runs these kernels; null if none does. */
  readonly relativeToNode: number | null;
}
