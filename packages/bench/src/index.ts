// Everything that `@silhouette/bench` offers.

export {
  benchmark,
  BENCHMARK_DEFAULTS,
  SUITES,
  type BenchmarkOptions,
  type BenchmarkResult,
  type Suite,
} from "./benchmark.ts";
export { compare, comparisonText, type Change, type Comparison } from "./compare.ts";
export type { ConvolutionOperation } from "./convolution-kernels.ts";
export type { ConvolutionTiming } from "./convolutions.ts";
export type { BinarySize } from "./binary-sizes.ts";
export { BenchError, type BenchErrorCode } from "./errors.ts";
export type { HistogramTiming } from "./histogram.ts";
export type { Library } from "./installed-package.ts";
export type { Machine } from "./machine.ts";
export type { PoolTiming } from "./pool.ts";
export type { Answer, CaseReport, PeerReport, Thoroughness } from "./preprocess.ts";
export {
  readResult,
  type ConvolutionsResult,
  type Group,
  type MissingPeer,
  type PeerTiming,
  type PreprocessResult,
  type StepProfile,
  type TrainingResult,
} from "./result.ts";
export type { RoundSettings, Timing } from "./rounds.ts";
export type { BenchmarkTurn } from "./training.ts";
export type { Operation, TrainingSuite } from "./turn.ts";
